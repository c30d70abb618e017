-- One row per month and vehicle in service on the as-of day: refrigerated or insulated ones over all.
{{ counted_evidence(
    'cold_vehicle_share',
    numerator={
        'of': ref('dim_vehicle'), 'entity': 'vehicle',
        'when': [
            is_in_service('months.as_of_day', 'entities.in_service_on', 'entities.out_of_service_on'),
            "entities.is_cold_chain_body",
        ],
    },
    denominator={
        'of': ref('dim_vehicle'), 'entity': 'vehicle',
        'when': [
            is_in_service('months.as_of_day', 'entities.in_service_on', 'entities.out_of_service_on'),
        ],
    }
) }}
