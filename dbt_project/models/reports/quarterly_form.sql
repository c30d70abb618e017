-- One row per quarter and item of the national form: the value that our facts give,
-- or the reason why there is none.
with quarters as (
    select * from {{ ref('int_quarterly_form__quarter') }}
),

items as (
    select * from {{ ref('quarterly_form_item') }}
),

dataset_months as (
    select * from {{ ref('int_indicator__dataset_month') }}
),

{% set subjects = ['fund', 'place', 'vehicle', 'policy', 'store', 'operation', 'indicator'] -%}
answers as (
    {% for subject in subjects -%}
        select * from {{ ref('int_quarterly_form__' ~ subject) }}
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}
),

answered as (
    select
        quarters.city_code,
        quarters.year,
        quarters.quarter_no,
        quarters.as_of_day as as_of_date,
        items.*,
        answers.numerator,
        answers.denominator,
        case
            when items.source_state_code = 'no_source' then 'no_source'
            when answers.numerator is null or not coalesce(dataset_months.has_any_delivery, false)
                then 'no_data'
            when answers.denominator = 0 then 'zero_denominator'
        end as null_reason_code
    from quarters
    cross join items
    left join answers
        on
            quarters.city_code = answers.city_code
            and quarters.quarter_begins_on = answers.quarter_begins_on
            and items.item_no = answers.item_no
    left join dataset_months
        on
            quarters.city_code = dataset_months.city_code
            and quarters.last_month = dataset_months.period_month
            and items.dataset_id = dataset_months.dataset_id
),

valued as (
    select
        *,
        case when null_reason_code is null then round(numerator / coalesce(denominator, 1), 6) end
            as numeric_value
    from answered
),

final as (
    select
        city_code,
        cast(year as text) || 'Q' || cast(quarter_no as text) as quarter_code,
        cast(year as text) || '年第' || cast(quarter_no as text) || '季度' as quarter_name_zh,
        year,
        quarter_no,
        item_no,
        form_row,
        category_zh,
        category_en,
        name_zh as item_name_zh,
        name_en as item_name_en,
        value_type_zh,
        value_type_code,
        cast(numeric_value as numeric(20, 6)) as numeric_value,
        case
            when numeric_value is null then null
            when value_type_code = 'yes_no' then case when numeric_value > 0 then '是' else '否' end
            when value_type_code in ('exists', 'exists_with_functions')
                then case when numeric_value > 0 then '有' else '无' end
            when value_type_code = 'percentage'
                then cast(cast(100 * numeric_value as numeric(20, 2)) as text) || '%'
            when value_type_code = 'two_decimals' then cast(cast(numeric_value as numeric(20, 2)) as text)
            else cast(cast(numeric_value as bigint) as text)
        end as text_value,
        null_reason_code,
        meaning_zh,
        meaning_en,
        as_of_date,
        {{ is_synthetic() }} as is_synthetic
    from valued
)

select * from final
