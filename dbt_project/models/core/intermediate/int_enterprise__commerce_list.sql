-- One row per enterprise that the commerce bureau's lists of cold-chain and pharmaceutical enterprises have
-- ever had, as each list has it last; on a list is who is on its newest month.
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
            period_month,
            source_file_key,
            source_sheet,
            source_row_number,
            period_month = max(period_month) over (partition by city_code, credit_code) as is_its_last,
            period_month = max(period_month) over (partition by city_code) as is_newest
        from {{ ref(list) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (
    select
        city_code,
        credit_code,
        -- Both lists are sheets of one file; the cold-chain sheet stands for an enterprise on both.
        {% for column in ['enterprise_name', 'source_file_key', 'source_sheet', 'source_row_number'] %}
            (array_agg({{ column }} order by period_month desc, is_cold_chain desc))[1] as {{ column }},
        {% endfor %}
        min(registered_on) as registered_on,
        bool_or(is_cold_chain and is_newest) as is_cold_chain,
        bool_or(not is_cold_chain and is_newest) as is_pharmaceutical
    from listed
    where is_its_last
    group by city_code, credit_code
)

select * from final
