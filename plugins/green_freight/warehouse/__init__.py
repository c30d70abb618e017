"""The warehouse's database: connections, roles, schema migrations and the record of runs. The star inside is dbt's."""

from green_freight.warehouse.connection import Session, Warehouse, pin, scalar

__all__ = ["Session", "Warehouse", "pin", "scalar"]
