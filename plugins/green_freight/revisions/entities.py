"""Where the things that indicators count stand in the star: the table and key of each kind of evidence."""

from __future__ import annotations

from psycopg import sql

# entity_kind_code of fct_indicator_evidence → table, and the expression that gives its entity_key.
ENTITIES: dict[str, tuple[str, str]] = {
    "enterprise": ("dim_enterprise_grade", "enterprise_key"),
    "fund_entry": ("fct_fund_payment", "entry_key"),
    "milestone": ("fct_milestone", "milestone_key"),
    "node": ("dim_node", "node_key"),
    "pile": ("dim_pile", "pile_key"),
    "platform": ("dim_platform", "platform_key"),
    "station": ("dim_station", "station_key"),
    "stopping_place": ("dim_stopping_place", "place_key"),
    "store_report": (
        "fct_store_delivery",
        "store_key || ':' || substring(cast(period_month as text), 1, 7)",
    ),
    "tricycle": ("fct_tricycle_inspection", "tricycle_key"),
    "vehicle": ("dim_vehicle", "vehicle_key"),
}


def known_entities(schema: str, tables: frozenset[str]) -> sql.Composable:
    """Return the query of all things in a schema (`mart` or `candidate`) that has these tables."""
    parts = [
        sql.SQL("select {kind} as entity_kind_code, {key} as entity_key from {table}").format(
            kind=sql.Literal(kind), key=sql.SQL(key), table=sql.Identifier(schema, table)
        )
        for kind, (table, key) in ENTITIES.items()
        if table in tables
    ]
    nothing = sql.SQL("select null::text as entity_kind_code, null::text as entity_key where false")
    return sql.SQL(" union ").join([*parts, nothing])
