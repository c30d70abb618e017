-- One row per publication, with the results of its audit.
select
    publication.publication_no,
    publication.published_at,
    publication.as_of_date,
    kind.label_zh || ' ' || kind.label_en as run_kind_name,
    publication.verdict_passed_count,
    publication.verdict_warning_count,
    publication.reason,
    publication.approved_by
from mart.publication as publication
left join {{ labels('run_kind') }} as kind on publication.kind_code = kind.code
