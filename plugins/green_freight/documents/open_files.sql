-- The tables of a level of readers, in order: name, comment, keys, and whether it is partitioned by months.
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
    coalesce((
        select
            jsonb_agg(
                jsonb_build_object('columns', ends.columns, 'table', other.relname, 'referenced', ends.referenced)
                order by other.relname, ends.columns
            )
        from pg_constraint as constraint_
        inner join pg_class as other on other.oid = constraint_.confrelid
        cross join lateral (
            select
                array_agg(own.attname::text order by key.place) as columns,
                array_agg(theirs.attname::text order by key.place) as referenced
            from unnest(constraint_.conkey, constraint_.confkey) with ordinality as key (own, theirs, place)
            inner join pg_attribute as own
                on own.attrelid = constraint_.conrelid and own.attnum = key.own
            inner join pg_attribute as theirs
                on theirs.attrelid = constraint_.confrelid and theirs.attnum = key.theirs
        ) as ends
        where
            constraint_.conrelid = base.oid
            and constraint_.contype = 'f'
            and constraint_.conparentid = 0
    ), '[]') as foreign_keys,
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
