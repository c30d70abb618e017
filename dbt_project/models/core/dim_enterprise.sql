with transport_register as (
    select
        *,
        row_number() over (
            partition by city_code, credit_code
            order by changed_at desc, enterprise_id asc
        ) as version_rank
    from {{ ref('stg_transport__enterprise') }}
),

transport_enterprises as (
    select * from transport_register
    where version_rank = 1
),

commerce_enterprises as (
    select * from {{ ref('int_enterprise__commerce_list') }}
),

transport_ids as (
    select * from {{ ref('int_enterprise__transport_id') }}
),

registered as (
    select
        coalesce(transport.city_code, commerce.city_code) as city_code,
        'uscc:' || coalesce(transport.credit_code, commerce.credit_code) as enterprise_key,
        coalesce(transport.credit_code, commerce.credit_code) as credit_code,
        transport.enterprise_id as transport_enterprise_id,
        coalesce(transport.enterprise_name, commerce.enterprise_name) as enterprise_name,
        transport.region_code,
        transport.is_demonstration,
        coalesce(transport.registered_on, commerce.registered_on) as registered_on,
        transport.closed_on,
        coalesce(commerce.is_cold_chain, false) as is_cold_chain,
        coalesce(commerce.is_pharmaceutical, false) as is_pharmaceutical,
        false as is_inferred,
        coalesce(transport.source_file_key, commerce.source_file_key) as source_file_key,
        case when transport.credit_code is null then commerce.source_sheet end as source_sheet,
        coalesce(transport.source_row_number, commerce.source_row_number) as source_row_number
    from transport_enterprises as transport
    full outer join commerce_enterprises as commerce
        on
            transport.city_code = commerce.city_code
            and transport.credit_code = commerce.credit_code
),

inferred as (
    select
        city_code,
        enterprise_key,
        cast(null as text) as credit_code,
        enterprise_id as transport_enterprise_id,
        cast(null as text) as enterprise_name,
        cast(null as text) as region_code,
        cast(null as boolean) as is_demonstration,
        cast(null as date) as registered_on,
        cast(null as date) as closed_on,
        false as is_cold_chain,
        false as is_pharmaceutical,
        true as is_inferred,
        cast(null as text) as source_file_key,
        cast(null as text) as source_sheet,
        cast(null as integer) as source_row_number
    from transport_ids
    where is_inferred
),

final as (
    select * from registered
    union all
    select * from inferred
)

select * from final
