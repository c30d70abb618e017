-- One row per month and usable charging pile put into service in the month's year, up to its as-of day.
{{ counted_evidence(
    'charging_pile_added',
    numerator={
        'of': ref('dim_pile'), 'entity': 'pile',
        'when': [
            in_year_to_date('in_service_on'),
            "entities.is_usable_by_delivery_vehicles",
        ],
    }
) }}
