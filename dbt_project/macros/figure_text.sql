{#- The rule of plugins/green_freight/figure_text.py, for those who read tables; a test compares both. -#}
{% macro figure_text(value, decimals, unit, compared) -%}
    (
        select
            case when shown.unit = '是/否' then case when shown.scaled > 0 then '是' else '否' end else
            to_char(
                shown.scaled,
                'FM999,999,999,999,990' || case when shown.places > 0 then '.' || repeat('0', shown.places) else '' end
            ) || case when shown.unit = '%' then '%' else '' end end
        from (
            select
                scales.scaled,
                scales.unit,
                (
                    select coalesce(min(tried.places), 12)
                    from generate_series({{ decimals }}, 11) as tried (places)
                    where
                        true
                        {%- for other in compared %}
                        and (
                            sign(round(scales.scaled, tried.places) - {{ other }} * scales.factor)
                            = sign(scales.scaled - {{ other }} * scales.factor)
                        ) is not false
                        {%- endfor %}
                ) as places
            from (
                select
                    {{ unit }} as unit,
                    case when {{ unit }} = '%' then 100 else 1 end as factor,
                    cast({{ value }} * case when {{ unit }} = '%' then 100 else 1 end as numeric) as scaled
            ) as scales
        ) as shown
        where shown.scaled is not null
    )
{%- endmacro %}

{% macro completion_text(ratio, decimals=0) -%}
    {{ figure_text(ratio, decimals, "'%'", ['case when ' ~ ratio ~ ' < 1 then 1 end']) }}
{%- endmacro %}

{% macro indicator_text(indicators, value, compared) -%}
    {{ figure_text(value, indicators ~ '.decimals', indicators ~ '.unit_zh', compared) }}
{%- endmacro %}
