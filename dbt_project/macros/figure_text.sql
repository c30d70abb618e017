{#- The rule of plugins/green_freight/figure_text.py, for those who read tables; a test compares both. -#}
{% macro figure_text(value, decimals, is_share, compared) -%}
    (
        select
            to_char(
                shown.scaled,
                'FM999,999,999,999,990' || case when shown.places > 0 then '.' || repeat('0', shown.places) else '' end
            ) || case when {{ is_share }} then '%' else '' end
        from (
            select
                scales.scaled,
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
                    case when {{ is_share }} then 100 else 1 end as factor,
                    cast({{ value }} * case when {{ is_share }} then 100 else 1 end as numeric) as scaled
            ) as scales
        ) as shown
    )
{%- endmacro %}

{% macro completion_text(ratio, decimals=0) -%}
    {{ figure_text(ratio, decimals, 'true', ['case when ' ~ ratio ~ ' < 1 then 1 end']) }}
{%- endmacro %}

{% macro indicator_text(indicators, value, compared) -%}
    {{ figure_text(value, indicators ~ '.decimals', indicators ~ ".unit_zh = '%'", compared) }}
{%- endmacro %}
