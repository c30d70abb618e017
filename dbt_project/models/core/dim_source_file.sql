-- A dataset's rows of a period come from its newest successful load; older files are kept but not read.
with loads as (
    select
        dataset_id,
        period_label,
        source_file_key,
        row_number() over (partition by dataset_id, period_label order by load_id desc) as recency
    from {{ source('ops', 'load') }}
    where outcome_code = 'loaded'
),

current_files as (
    select source_file_key
    from loads
    where recency = 1
    group by source_file_key
),

files as (
    select * from {{ source('ops', 'source_file') }}
),

final as (
    select
        {{ city_code() }} as city_code,
        files.source_file_key,
        files.agency_code,
        files.delivery_name,
        files.period_label,
        files.file_name,
        files.sha256,
        files.bytes
    from files
    inner join current_files on files.source_file_key = current_files.source_file_key
)

select * from final
