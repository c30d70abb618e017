with source as (
    select * from {{ source('ops', 'expected_part') }}(cast('{{ var("as_of_date") }}' as date))
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
