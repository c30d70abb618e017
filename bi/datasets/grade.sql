-- One row per grade certificate of a logistics enterprise, with its state on the as-of date.
select
    enterprise.enterprise_name,
    region.region_name_zh,
    grade.grade_code,
    grade.grade_level,
    grade.valid_from,
    grade.valid_to,
    grade.revoked_on,
    case
        when grade.revoked_on <= newest.as_of_date then '已撤销 revoked'
        when grade.valid_from > newest.as_of_date then '未生效 not yet valid'
        when grade.valid_to < newest.as_of_date then '已到期 expired'
        when grade.valid_to < newest.as_of_date + 180 then '半年内到期 expires within 180 days'
        else '有效 valid'
    end as validity_name
from mart.dim_enterprise_grade as grade
cross join mart.current_publication as newest
left join mart.dim_enterprise as enterprise using (city_code, enterprise_key)
left join mart.dim_region as region using (city_code, region_code)
where grade.grade_level >= 3
