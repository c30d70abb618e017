-- The tables of a level of readers, in order: name, comment, key, and whether it is partitioned by months.
select
    view.relname as name,
    coalesce(obj_description(base.oid, 'pg_class'), '') as description,
    coalesce((
        select array_agg(attribute.attname::text order by key.place)
        from pg_constraint as constraint_
        cross join lateral unnest(constraint_.conkey) with ordinality as key (number, place)
        inner join pg_attribute as attribute
            on attribute.attrelid = constraint_.conrelid and attribute.attnum = key.number
        where constraint_.conrelid = base.oid and constraint_.contype = 'p'
    ), '{}') as key,
    (
        select array_agg(attribute.attname::text)
        from pg_partitioned_table as partitioned
        inner join pg_attribute as attribute
            on
                attribute.attrelid = partitioned.partrelid
                and attribute.attnum = any(partitioned.partattrs::smallint[])
        where partitioned.partrelid = base.oid
    ) as partition_columns
from pg_class as view
inner join pg_class as base
    on base.relname = view.relname and base.relnamespace = 'mart'::regnamespace
where
    view.relnamespace = 'mart_asof'::regnamespace
    and view.relkind = 'v'
    and has_table_privilege(%(role)s, view.oid, 'select')
order by view.relname
