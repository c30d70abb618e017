-- One row per month and joint-delivery terminal station opened in the month's year, up to its as-of day.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

nodes as (
    select * from {{ ref('dim_node') }}
),

final as (
    select
        {{ evidence_columns(
            'terminal_station_added', 'numerator', 'node', 'nodes.node_key',
            of='nodes', region_code='coalesce(nodes.region_code, months.city_code)'
        ) }}
    from months
    inner join nodes
        on
            months.city_code = nodes.city_code
            and nodes.in_service_on between months.year_begins_on and months.as_of_day
    where nodes.node_kind_code = 'terminal_station' and nodes.is_joint
)

select * from final
