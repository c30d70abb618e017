"""How tables look in the database at this moment: columns, types, keys, comments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from green_freight.publishing.specs import ForeignKey
from green_freight.warehouse import Session

_TABLES = """
select c.relname, obj_description(c.oid, 'pg_class'),
    (select a.attname from pg_partitioned_table as p
     inner join pg_attribute as a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
     where p.partrelid = c.oid)
from pg_class as c
where c.relnamespace = %(schema)s::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
"""

_COLUMNS = """
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum)
from pg_class as c
inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = %(schema)s::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
order by c.relname, a.attnum
"""

# Keys in the order they were written; the copies that partitions carry (conparentid) are not ours to manage.
_KEYS = """
select c.relname, k.contype, k.conname, f.relname,
    array(select a.attname::text from unnest(k.conkey) with ordinality as n (no, place)
          inner join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = n.no order by n.place),
    array(select a.attname::text from unnest(k.confkey) with ordinality as n (no, place)
          inner join pg_attribute as a on a.attrelid = k.confrelid and a.attnum = n.no order by n.place)
from pg_constraint as k
inner join pg_class as c on c.oid = k.conrelid
left join pg_class as f on f.oid = k.confrelid
where c.relnamespace = %(schema)s::regnamespace and k.contype in ('p', 'f') and k.conparentid = 0
"""


@dataclass
class Shape:
    """One relation; `columns` maps names to types in order, `foreign_keys` keys to their constraint's name."""

    name: str
    comment: str | None
    partition_column: str | None
    columns: dict[str, str] = field(default_factory=dict)
    column_comments: dict[str, str | None] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    foreign_keys: dict[ForeignKey, str] = field(default_factory=dict)


def read_shapes(session: Session, schema: str) -> Mapping[str, Shape]:
    """Return the tables and views of a schema by name."""
    where = {"schema": schema}
    shapes = {row[0]: Shape(*row) for row in session.execute(_TABLES, where)}
    for table, column, type_name, comment in session.execute(_COLUMNS, where):
        shapes[table].columns[column] = type_name
        shapes[table].column_comments[column] = comment
    for table, kind, name, references, columns, referenced in session.execute(_KEYS, where):
        if kind == "p":
            shapes[table].primary_key = tuple(columns)
        else:
            shapes[table].foreign_keys[ForeignKey(tuple(columns), references, tuple(referenced))] = name
    return shapes
