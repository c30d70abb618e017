-- One row per month and paid entry of the special fund for the month's year, booked by its as-of day;
-- weight in yuan.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

entries as (
    select * from {{ ref('fct_fund_payment') }}
),

final as (
    select
        {{ evidence_columns(
            'fund_paid_yuan', 'numerator', 'fund_entry', 'entries.entry_key',
            of='entries', weight='entries.amount_yuan'
        ) }}
    from months
    inner join entries
        on
            months.city_code = entries.city_code
            and months.year = entries.year
            and months.as_of_day >= entries.booked_on
    where entries.fund_kind_code = 'paid'
)

select * from final
