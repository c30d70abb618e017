-- The newest publication, one row, with what its figures rest on.
select
    newest.publication_no,
    to_char(newest.published_at, 'YYYY-MM-DD HH24:MI') as published_at,
    newest.as_of_date,
    coalesce(nullif(newest.stale_agencies, ''), '无 none') as stale_agencies,
    newest.verdict_warning_count,
    (select min(score.completeness_ratio) from mart.scorecard as score
        where score.year = extract(year from newest.as_of_date)) as completeness_ratio,
    case
        when exists (select 1 from mart.scorecard as score where score.is_synthetic)
            then '⚠ 演示（合成）数据，不代表真实情况 Synthetic'
        else '实际数据 Real data'
    end as data_kind
from mart.current_publication as newest
