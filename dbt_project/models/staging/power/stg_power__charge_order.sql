-- The newest push of each order. An anti-join, because a window over every order would have to be sorted
-- whole before an incremental build could choose its months.
with pushed as (
    select * from {{ source('raw', 'power_charge_order') }}
),

newer as (
    select * from {{ source('raw', 'power_charge_order') }}
),

final as (
    select
        pushed._city_code as city_code,
        pushed.start_charge_seq,
        {{ month_of('pushed.started_at') }} as period_month,
        cast(pushed.started_at as date) as business_date,
        pushed.operator_id,
        pushed.connector_id,
        {{ shanghai_instant('pushed.started_at') }} as started_at,
        {{ shanghai_instant('pushed.ended_at') }} as ended_at,
        pushed.energy_kwh,
        pushed.electricity_fee_yuan,
        pushed.service_fee_yuan,
        pushed.total_fee_yuan,
        pushed.stop_reason_code,
        upper(pushed.vin) as vin,
        cast(pushed._period as date) as pushed_on,
        {{ lineage('pushed') }}
    from pushed
    left join newer
        on
            pushed._city_code = newer._city_code
            and pushed.start_charge_seq = newer.start_charge_seq
            and pushed._period < newer._period
    where newer.start_charge_seq is null
)

select * from final
