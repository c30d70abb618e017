-- One row per month and new-energy vehicle entered as new in the month's year, up to its as-of day.
{{ counted_evidence(
    'nev_added',
    numerator={
        'of': ref('dim_vehicle'), 'entity': 'vehicle',
        'when': [
            in_year_to_date('in_service_on'),
            "entities.is_new_energy",
            "entities.entry_kind_code = 'new'",
        ],
    }
) }}
