-- What is copied, and in which order.

-- name: tables
select n.nspname, c.relname,
    (
        select jsonb_agg(jsonb_build_array(a.attname, format_type(a.atttypid, a.atttypmod)) order by a.attnum)
        from pg_attribute as a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    )
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%s) and c.relkind in ('r', 'p')
order by n.nspname, c.relname

-- name: references
-- Names are put together here: regclass would quote those that are SQL words, such as ops.fetch.
select child_schema.nspname || '.' || child.relname, parent_schema.nspname || '.' || parent.relname
from pg_constraint as c
inner join pg_class as child on child.oid = c.conrelid
inner join pg_namespace as child_schema on child_schema.oid = child.relnamespace
inner join pg_class as parent on parent.oid = c.confrelid
inner join pg_namespace as parent_schema on parent_schema.oid = parent.relnamespace
where c.contype = 'f' and c.conrelid <> c.confrelid and c.conparentid = 0
  and c.connamespace = any(%s::regnamespace[])
