-- One row per kind and code: its labels.
with own as (
    select * from {{ ref('label') }}
),

of_agencies as (
    select * from {{ ref('agency_label') }}
),

programme as (
    select * from {{ ref('programme') }}
),

labels as (
    select * from own
    union all
    select * from of_agencies
),

final as (
    select
        programme.city_code,
        labels.kind,
        labels.code,
        labels.label_zh,
        labels.label_en,
        labels.sort_order
    from labels
    cross join programme
)

select * from final
