-- One row per month and usable charging station put into service in the month's year, up to its as-of day.
{{ counted_evidence(
    'charging_station_added',
    numerator={
        'of': ref('dim_station'), 'entity': 'station',
        'when': [
            in_year_to_date('in_service_on'),
            "entities.is_usable_by_delivery_vehicles",
        ],
    }
) }}
