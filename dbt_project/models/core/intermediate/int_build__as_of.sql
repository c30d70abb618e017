{{ config(materialized='table') }}

-- A table, so that the views that read it stay as they are while builds of later days follow.
with final as (
    select cast('{{ var("as_of_date") }}' as date) as as_of_date
)

select * from final
