-- One row per month and usable pile (numerator) or new-energy vehicle (denominator) in service on the
-- as-of day.
{{ counted_evidence(
    'pile_vehicle_ratio',
    numerator={
        'of': ref('dim_pile'), 'entity': 'pile',
        'when': [
            is_in_service('months.as_of_day', 'entities.in_service_on', 'entities.out_of_service_on'),
            "entities.is_usable_by_delivery_vehicles",
        ],
    },
    denominator={
        'of': ref('dim_vehicle'), 'entity': 'vehicle',
        'when': [
            is_in_service('months.as_of_day', 'entities.in_service_on', 'entities.out_of_service_on'),
            "entities.is_new_energy",
        ],
    }
) }}
