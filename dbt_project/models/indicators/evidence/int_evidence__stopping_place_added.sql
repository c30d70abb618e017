-- One row per month and stopping place put into service in the month's year, up to its as-of day.
{{ counted_evidence(
    'stopping_place_added',
    numerator={
        'of': ref('dim_stopping_place'), 'entity': 'stopping_place', 'key': 'place_key', 'by_region': true,
        'when': [
            in_year_to_date('in_service_on'),
        ],
    }
) }}
