with indicators as (
    select * from {{ ref('plan_indicator') }}
),

programme as (
    select * from {{ ref('programme') }}
),

final as (
    select
        indicators.indicator_code,
        dataset_id,
        indicators.window_code
    from indicators
    inner join programme on indicators.city_code = programme.city_code
    cross join unnest(string_to_array(indicators.dataset_ids, ' ')) as dataset_id
)

select * from final
