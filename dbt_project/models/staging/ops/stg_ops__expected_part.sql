-- No day of a build stands here: this view is kept while builds of later days follow.
with source as (
    select * from {{ source('ops', 'calendar') }}((select last_day from {{ ref('programme') }}))
),

final as (
    select
        dataset_id,
        period_month,
        period_label,
        due_on
    from source
)

select * from final
