"""The demonstration agencies as real servers: `with DemoAgencies(city, home, clock) as agencies: …`."""

from demo_city.servers.agencies import DemoAgencies
from demo_city.servers.credentials import DemoConnection

__all__ = ["DemoAgencies", "DemoConnection"]
