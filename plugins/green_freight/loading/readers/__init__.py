"""Readers: one a container. Each turns a landed file into the data rows of one dataset."""

from green_freight.loading.readers.base import Reading, Source
from green_freight.loading.readers.registry import open_reading

__all__ = ["Reading", "Source", "open_reading"]
