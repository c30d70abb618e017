-- One row per indicator: status, actual, target and completion of each of the programme's three years.
with scores as (
    select
        score.*,
        dense_rank() over (partition by score.city_code order by score.year) as place,
        status.label_zh || ' ' || status.label_en || ' · ' || score.year as status_name,
        {{ shown('score.actual_value', 'score.target_value') }}
        || coalesce(' / ' || nullif({{ shown('score.target_value', 'score.actual_value') }}, '–'), '') as figures
    from mart.scorecard as score
    inner join {{ labels('status') }} as status on score.status_code = status.code
)

select
    lpad(scores.work_no::text, 2, '0') || ' ' || scores.work_name_zh as work_zh,
    scores.indicator_name_zh,
    scores.indicator_name_en,
    scores.unit_zh || ' ' || scores.unit_en as unit_name,
    scores.display_order,
    {%- for place, name in ((1, 'first'), (2, 'second'), (3, 'third')) %}
    max(scores.status_name || '：' || scores.figures) filter (where scores.place = {{ place }}) as {{ name }}_year
    {{- "," if not loop.last }}
    {%- endfor %}
from scores
group by 1, 2, 3, 4, 5
