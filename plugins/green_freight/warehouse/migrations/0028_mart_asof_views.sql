-- The condition on publications stands outside the union, so that a view as-of can use the order of an index, and the
-- function that chooses the publication may run in a parallel worker.
set role green_freight_publisher;

alter function mart_asof.chosen_publication() parallel safe;

do $$
declare
    one record;
begin
    for one in
        select
            c.relname,
            string_agg(quote_ident(a.attname), ', ' order by a.attnum) as listed,
            string_agg(
                case a.attname when 'publication_no' then 'known_from' else quote_ident(a.attname) end,
                ', ' order by a.attnum
            ) as known
        from pg_class as c
        inner join pg_attribute as a on c.oid = a.attrelid and a.attnum > 0
        where
            c.relnamespace = 'mart_asof'::regnamespace and c.relkind = 'v'
            and to_regclass(format('mart_history.%I', c.relname)) is not null
        group by c.relname
    loop
        execute format(
            'create or replace view mart_asof.%1$I as select %2$s from ('
            'select %2$s, 9223372036854775807 as known_to from mart.%1$I'
            ' union all select %3$s, known_to from mart_history.%1$I) as version'
            ' where publication_no <= (select mart_asof.chosen_publication())'
            ' and known_to > (select mart_asof.chosen_publication())',
            one.relname, one.listed, one.known
        );
    end loop;
end
$$;

reset role;
