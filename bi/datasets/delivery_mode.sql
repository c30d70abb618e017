-- One row per month and kind of store in the centre area: freight by mode of delivery, where joint and night overlap, their union counts once.
select
    delivery.period_month,
    coalesce(kind.label_zh || ' ' || kind.label_en, '未填 not stated') as store_kind_name,
    sum(delivery.freight_tonnes) as freight_tonnes,
    sum(delivery.freight_tonnes) filter (where delivery.mode_code in ('joint_only', 'joint_and_night'))
        as joint_tonnes,
    sum(delivery.freight_tonnes) filter (where delivery.mode_code in ('night_only', 'joint_and_night'))
        as night_tonnes,
    sum(delivery.freight_tonnes) filter (where delivery.mode_code <> 'neither') as union_tonnes
from mart.fct_store_delivery as delivery
inner join mart.dim_store as store using (city_code, store_key)
left join {{ labels('store_kind') }} as kind on store.store_kind_code = kind.code
where delivery.is_centre_area
group by 1, 2
