-- One row per month and level-2 node put into service in the month's year, up to its as-of day.
{{ counted_evidence(
    'node_level2_added',
    numerator={
        'of': ref('dim_node'), 'entity': 'node', 'by_region': true,
        'when': [
            in_year_to_date('in_service_on'),
            "entities.node_kind_code = 'level2'",
        ],
    }
) }}
