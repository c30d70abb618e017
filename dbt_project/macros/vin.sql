{% macro is_valid_vin(column) -%}
    {%- set weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2] -%}
    (
        case
            when {{ column }} is null then false
            when length({{ column }}) != 17 then false
            when translate({{ column }}, '0123456789ABCDEFGHJKLMNPRSTUVWXYZ', '') != '' then false
            else substring({{ column }}, 9, 1) = substring('0123456789X', mod((
                {%- for weight in weights if weight %}
                {%- set place = loop.index if loop.index < 9 else loop.index + 1 %}
                {{ weight }} * cast(translate(
                    substring({{ column }}, {{ place }}, 1),
                    'ABCDEFGHJKLMNPRSTUVWXYZ', '12345678123457923456789'
                ) as integer){{ " +" if not loop.last }}
                {%- endfor %}
            ), 11) + 1, 1)
        end
    )
{%- endmacro %}
