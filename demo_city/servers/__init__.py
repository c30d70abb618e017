"""The demonstration agencies as real servers: `with DemoAgencies(city, home, clock) as agencies: …`."""

from demo_city.servers.credentials import DemoConnection
from demo_city.servers.demo_agencies import DemoAgencies

__all__ = ["DemoAgencies", "DemoConnection"]
