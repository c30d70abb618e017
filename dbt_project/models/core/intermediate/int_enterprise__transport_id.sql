-- Which enterprise the transport bureau means by its own id; one that is referred to but not registered
-- keeps that id as its key.
with enterprises as (
    select * from {{ ref('stg_transport__enterprise') }}
),

referred as (
    select
        city_code,
        enterprise_id
    from {{ ref('stg_transport__vehicle') }}
    union
    select
        city_code,
        enterprise_id
    from {{ ref('stg_transport__enterprise_grade') }}
    union
    select
        city_code,
        enterprise_id
    from enterprises
),

final as (
    select
        referred.city_code,
        referred.enterprise_id,
        coalesce(
            'uscc:' || enterprises.credit_code, 'transport:' || referred.enterprise_id
        ) as enterprise_key,
        enterprises.enterprise_id is null as is_inferred
    from referred
    left join enterprises
        on
            referred.city_code = enterprises.city_code
            and referred.enterprise_id = enterprises.enterprise_id
    where referred.enterprise_id is not null
)

select * from final
