"""Readers: one a container. Each turns a landed file into the data rows of one dataset."""

from green_freight.loading.readers.opening import open_reading
from green_freight.loading.readers.reading import Reading, Source

__all__ = ["Reading", "Source", "open_reading"]
