-- One row per month and vehicle entered since the programme's first day: new new-energy ones over all new and
-- renewed ones.
{{ counted_evidence(
    'nev_share_of_new',
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
            in_programme_to_date('in_service_on'),
            "entities.entry_kind_code in ('new', 'renewal')",
        ],
    }
) }}
