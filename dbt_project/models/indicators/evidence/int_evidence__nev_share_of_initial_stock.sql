-- One row per month and vehicle: new-energy ones entered as new since the programme's first day over those in
-- service the day before.
{{ counted_evidence(
    'nev_share_of_initial_stock',
    numerator={
        'of': ref('dim_vehicle'), 'entity': 'vehicle',
        'when': [
            in_programme_to_date('in_service_on'),
            "entities.is_new_energy",
            "entities.entry_kind_code = 'new'",
        ],
    },
    denominator={
        'of': ref('dim_vehicle'), 'entity': 'vehicle',
        'when': [
            is_in_service(
                '(months.programme_begins_on - 1)', 'entities.in_service_on', 'entities.out_of_service_on'
            ),
            "entities.is_new_energy",
        ],
    }
) }}
