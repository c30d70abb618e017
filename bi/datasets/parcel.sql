-- One row per month and district: parcels.
select
    parcel.period_month,
    region.region_name_zh || ' ' || region.region_name_en as region_name,
    sum(parcel.inbound_parcels) as inbound_parcels,
    sum(parcel.outbound_parcels) as outbound_parcels
from mart.fct_parcel_volume as parcel
left join mart.dim_region as region using (city_code, region_code)
group by 1, 2
