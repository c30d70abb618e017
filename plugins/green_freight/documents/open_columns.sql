-- The columns of a table of `mart_asof`, in order, with the comments and the constraints of its table in `mart`.
select
    viewed.attname as name,
    format_type(viewed.atttypid, viewed.atttypmod) as type,
    coalesce(base.attnotnull, false) as is_required,
    coalesce(col_description(base.attrelid, base.attnum), '') as description
from pg_attribute as viewed
left join pg_attribute as base
    on
        base.attrelid = to_regclass(format('mart.%%I', %(table)s::text))
        and base.attname = viewed.attname
where
    viewed.attrelid = to_regclass(format('mart_asof.%%I', %(table)s::text))
    and viewed.attnum > 0
    and not viewed.attisdropped
order by viewed.attnum
