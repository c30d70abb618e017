-- One row per month and level-2 node put into service in the month's year, up to its as-of day.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

nodes as (
    select * from {{ ref('dim_node') }}
),

final as (
    select
        {{ evidence_columns(
            'node_level2_added', 'numerator', 'node', 'nodes.node_key',
            of='nodes', region_code='coalesce(nodes.region_code, months.city_code)'
        ) }}
    from months
    inner join nodes
        on
            months.city_code = nodes.city_code
            and nodes.in_service_on between months.year_begins_on and months.as_of_day
    where nodes.node_kind_code = 'level2'
)

select * from final
