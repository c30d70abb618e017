with transport_nodes as (
    select * from {{ ref('stg_transport__node') }}
),

terminal_stations as (
    select * from {{ ref('int_node__terminal_station') }}
),

nodes as (
    select
        city_code,
        'transport:' || node_id as node_key,
        'transport' as issuer_code,
        'level' || node_level_code as node_kind_code,
        node_name,
        cast(null as text) as company_name,
        region_code,
        cast(null as text) as address,
        cast(null as boolean) as is_joint,
        is_centre_area,
        in_service_on,
        out_of_service_on,
        source_file_key,
        source_sheet,
        source_row_number
    from transport_nodes
),

terminals as (
    select
        city_code,
        'postal:' || station_no as node_key,
        'postal' as issuer_code,
        'terminal_station' as node_kind_code,
        station_name as node_name,
        company_name,
        region_code,
        address,
        is_joint,
        cast(null as boolean) as is_centre_area,
        opened_on as in_service_on,
        closed_on as out_of_service_on,
        source_file_key,
        source_sheet,
        source_row_number
    from terminal_stations
),

final as (
    select * from nodes
    union all
    select * from terminals
)

select * from final
