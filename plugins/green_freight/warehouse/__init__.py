"""The warehouse's frame: its database, its roles and the record of runs. The star inside is dbt's."""

from green_freight.warehouse.connection import connect

__all__ = ["connect"]
