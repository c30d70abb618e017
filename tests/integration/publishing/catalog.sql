-- What a database is besides its rows: relations with owners and rights, partitions, keys, functions, triggers, settings.
-- Only what is ours, and what was taken from everybody in the system's schema.
select 'relation', c.oid::regclass::text, c.relkind::text, pg_get_userbyid(c.relowner), c.relacl::text,
    pg_get_expr(c.relpartbound, c.oid), obj_description(c.oid, 'pg_class')
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname !~ '^(pg_|information_schema$)'
union all
select 'constraint', o.conname, o.contype::text, o.conrelid::regclass::text, pg_get_constraintdef(o.oid), null, null
from pg_constraint as o
inner join pg_namespace as n on n.oid = o.connamespace
where n.nspname !~ '^(pg_|information_schema$)'
union all
select 'schema', n.nspname, null, pg_get_userbyid(n.nspowner), n.nspacl::text, null, obj_description(n.oid, 'pg_namespace')
from pg_namespace as n
where n.nspname !~ '^pg_'
union all
select 'function', p.oid::regprocedure::text, null, pg_get_userbyid(p.proowner), p.proacl::text, md5(p.prosrc), null
from pg_proc as p
inner join pg_namespace as n on n.oid = p.pronamespace
where p.proname ~ '^(pg_(try_)?advisory_|lo_|loread$|lowrite$)' or n.nspname !~ '^(pg_|information_schema$)'
union all
select 'default rights', d.defaclnamespace::regnamespace::text, d.defaclobjtype::text, pg_get_userbyid(d.defaclrole),
    d.defaclacl::text, null, null
from pg_default_acl as d
union all
select 'extension', e.extname, null, e.extversion, null, null, null from pg_extension as e
union all
select 'event trigger', t.evtname, t.evtenabled::text, t.evtevent, t.evtfoid::regprocedure::text, null, null
from pg_event_trigger as t
union all
select 'trigger', t.tgname, t.tgenabled::text, t.tgrelid::regclass::text, pg_get_triggerdef(t.oid), null, null
from pg_trigger as t
where not t.tgisinternal
union all
select 'database', null, null, pg_get_userbyid(d.datdba), d.datacl::text, d.encoding::text, null
from pg_database as d
where d.datname = current_database()
union all
select 'setting', pg_get_userbyid(s.setrole), null, unnest(s.setconfig), null, null, null
from pg_db_role_setting as s
inner join pg_database as d on d.oid = s.setdatabase
where d.datname = current_database()
