-- The bureau reports joint, night and both as overlapping parts. Here they become four modes that exclude
-- each other: freight that is joint and at night is counted once, so that the modes add up to the total.
{% set modes = {
    'joint_only': 'joint_tonnes - joint_night_tonnes',
    'night_only': 'night_tonnes - joint_night_tonnes',
    'joint_and_night': 'joint_night_tonnes',
    'neither': 'total_tonnes - (joint_tonnes + night_tonnes - joint_night_tonnes)',
} %}
with deliveries as (
    select * from {{ ref('stg_commerce__store_delivery') }}
),

{% for mode, tonnes in modes.items() %}
    {{ mode }} as (
        select
            city_code,
            period_month,
            'commerce:' || store_code as store_key,
            '{{ mode }}' as mode_code,
            {{ tonnes }} as freight_tonnes,
            is_centre_area,
            source_file_key,
            source_sheet,
            source_row_number
        from deliveries
    ),

{% endfor %}
final as (
    {% for mode in modes %}
        select * from {{ mode }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
