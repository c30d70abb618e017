with connectors as (
    select * from {{ ref('stg_power__connector') }}
),

piles as (
    select * from {{ ref('stg_power__pile') }}
),

final as (
    select
        connectors.city_code,
        connectors.operator_id,
        connectors.connector_id,
        'power:' || connectors.operator_id || ':' || connectors.equipment_id as pile_key,
        coalesce(
            piles.station_key, 'power:' || connectors.operator_id || ':' || connectors.station_id
        ) as station_key
    from connectors
    left join piles
        on
            connectors.city_code = piles.city_code
            and connectors.operator_id = piles.operator_id
            and connectors.equipment_id = piles.equipment_id
)

select * from final
