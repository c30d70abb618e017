"""The transport bureau's nine registers in one place, by dataset id."""

from __future__ import annotations

from demo_city.enterprises import enterprise_grades, enterprises
from demo_city.places import nodes, stopping_places
from demo_city.programme import funds, milestones, platforms, policies
from demo_city.vehicles import vehicles
from demo_city.versioned_register import VersionedRegister


def transport_registers(seed: int, last_year: int) -> dict[str, VersionedRegister]:
    """Return the registers by dataset id, with what happens up to the end of a year."""
    return {
        "transport_enterprise": enterprises(seed),
        "transport_enterprise_grade": enterprise_grades(seed),
        "transport_vehicle": vehicles(seed, last_year),
        "transport_node": nodes(seed, last_year),
        "transport_stopping_place": stopping_places(seed, last_year),
        "transport_platform": platforms(seed),
        "transport_milestone": milestones(seed, last_year),
        "transport_fund": funds(seed, last_year),
        "transport_policy": policies(last_year),
    }
