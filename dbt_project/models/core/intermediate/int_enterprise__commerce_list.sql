-- The commerce bureau's newest lists of cold-chain and pharmaceutical enterprises, one row an enterprise.
{% set lists = {
    'stg_commerce__cold_chain_enterprise': 'registered_on',
    'stg_commerce__pharma_enterprise': 'first_operated_on',
} %}
with listed as (
    {% for list, begins in lists.items() %}
        select
            city_code,
            credit_code,
            enterprise_name,
            {{ begins }},
            {{ list == 'stg_commerce__cold_chain_enterprise' }} as is_cold_chain,
            source_file_key,
            source_sheet,
            source_row_number,
            period_month = max(period_month) over (partition by city_code) as is_newest
        from {{ ref(list) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (
    select
        city_code,
        credit_code,
        min(enterprise_name) as enterprise_name,
        min(registered_on) as registered_on,
        bool_or(is_cold_chain) as is_cold_chain,
        bool_or(not is_cold_chain) as is_pharmaceutical,
        -- Both lists are sheets of one file; the cold-chain sheet stands for an enterprise on both.
        (array_agg(source_file_key order by is_cold_chain desc))[1] as source_file_key,
        (array_agg(source_sheet order by is_cold_chain desc))[1] as source_sheet,
        (array_agg(source_row_number order by is_cold_chain desc))[1] as source_row_number
    from listed
    where is_newest
    group by city_code, credit_code
)

select * from final
