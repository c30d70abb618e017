-- One row per month and public platform in service on the month's as-of day.
{{ counted_evidence(
    'public_platform',
    numerator={
        'of': ref('dim_platform'), 'entity': 'platform',
        'when': [
            is_in_service('months.as_of_day', 'entities.in_service_on', 'entities.out_of_service_on'),
            "entities.platform_kind_code = 'public'",
        ],
    }
) }}
