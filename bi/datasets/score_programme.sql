-- One row per indicator: status, actual and target of each of the programme's three years.
with scores as (
    select
        score.*,
        dense_rank() over (partition by score.city_code order by score.year) as place,
        score.status_name_zh || ' ' || score.status_name_en || ' · ' || score.year || '：'
        || {{ actual }} || coalesce(' / ' || score.target_display, '') as verdict
    from mart.scorecard as score
)

select
    {{ work_zh }} as work_zh,
    score.indicator_name_zh,
    score.indicator_name_en,
    score.unit_zh || ' ' || score.unit_en as unit_name,
    score.display_order,
    {%- for place, name in ((1, 'first'), (2, 'second'), (3, 'third')) %}
    max(score.verdict) filter (where score.place = {{ place }}) as {{ name }}_year
    {{- "," if not loop.last }}
    {%- endfor %}
from scores as score
group by 1, 2, 3, 4, 5
