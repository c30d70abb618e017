-- A dataset's rows of a period come from its newest successful load; older files are kept but not read.
with current_loads as (
    select * from {{ ref('int_load__current') }}
),

current_files as (
    select source_file_key
    from current_loads
    group by source_file_key
),

files as (
    select * from {{ ref('stg_ops__source_file') }}
),

programme as (
    select * from {{ ref('programme') }}
),

final as (
    select
        programme.city_code,
        files.source_file_key,
        files.agency_code,
        files.delivery_name,
        files.period_label,
        files.file_name,
        files.sha256,
        files.bytes
    from files
    cross join programme
    inner join current_files on files.source_file_key = current_files.source_file_key
)

select * from final
