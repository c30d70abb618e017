-- One row per month and joint-delivery terminal station opened in the month's year, up to its as-of day.
{{ counted_evidence(
    'terminal_station_added',
    numerator={
        'of': ref('dim_node'), 'entity': 'node', 'by_region': true,
        'when': [
            in_year_to_date('in_service_on'),
            "entities.node_kind_code = 'terminal_station'",
            "entities.is_joint",
        ],
    }
) }}
