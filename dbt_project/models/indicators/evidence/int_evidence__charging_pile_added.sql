-- One row per month and usable charging pile put into service in the month's year, up to its as-of day.
with months as (
    select * from {{ ref('int_indicator__month') }}
),

piles as (
    select * from {{ ref('dim_pile') }}
),

final as (
    select
        {{ evidence_columns(
            'charging_pile_added', 'numerator', 'pile', 'piles.pile_key',
            of='piles'
        ) }}
    from months
    inner join piles
        on
            months.city_code = piles.city_code
            and piles.in_service_on between months.year_begins_on and months.as_of_day
    where piles.is_usable_by_delivery_vehicles
)

select * from final
