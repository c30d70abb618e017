-- One row per terminal station, with whether it is in service on the as-of date.
select
    node.node_name,
    node.company_name,
    region.region_name_zh,
    case when node.is_joint then '共同配送 joint' else '非共同 not joint' end as joint_name,
    node.in_service_on,
    node.out_of_service_on,
    (node.in_service_on <= newest.as_of_date
        and coalesce(node.out_of_service_on > newest.as_of_date, true))::int as in_service_count
from mart.dim_node as node
cross join mart.current_publication as newest
left join mart.dim_region as region using (city_code, region_code)
where node.node_kind_code = 'terminal_station'
