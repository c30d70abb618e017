-- One row per node, charging station, charging pile and stopping place.
with facilities as (
    select
        city_code, 'node_' || node_kind_code as kind_code, node_name as facility_name, region_code, in_service_on,
        out_of_service_on, null::numeric as longitude, null::numeric as latitude
    from mart.dim_node
    union all
    select
        city_code, 'station', station_name, region_code, in_service_on, out_of_service_on,
        longitude_gcj02, latitude_gcj02
    from mart.dim_station where not is_inferred
    union all
    select
        pile.city_code, 'pile', pile.equipment_id, station.region_code, pile.in_service_on,
        pile.out_of_service_on, station.longitude_gcj02, station.latitude_gcj02
    from mart.dim_pile as pile
    inner join mart.dim_station as station using (city_code, station_key)
    where not pile.is_inferred
    union all
    select city_code, 'stopping_place', place_name, region_code, in_service_on, out_of_service_on, null, null
    from mart.dim_stopping_place
)

select
    kind.label_zh || ' ' || kind.label_en as facility_kind,
    facility.facility_name,
    region.region_name_zh,
    region.region_name_zh || ' ' || region.region_name_en as region_name,
    region.display_order as region_order,
    facility.in_service_on,
    facility.out_of_service_on,
    facility.longitude,
    facility.latitude,
    (facility.in_service_on <= newest.as_of_date
        and coalesce(facility.out_of_service_on > newest.as_of_date, true))::int as in_service_count
from facilities as facility
cross join mart.current_publication as newest
inner join (values
    ('node_level1', '一级节点', 'level 1 node'), ('node_level2', '二级节点', 'level 2 node'),
    ('node_level3', '三级节点', 'level 3 node'), ('node_terminal_station', '末端站点', 'terminal station'),
    ('station', '充电站', 'charging station'), ('pile', '充电桩', 'charging pile'),
    ('stopping_place', '临时停靠点', 'stopping place')
) as kind (code, label_zh, label_en) on facility.kind_code = kind.code
left join mart.dim_region as region using (city_code, region_code)
