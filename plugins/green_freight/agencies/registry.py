"""The agencies of this installation: one file each beside this module, in the order of their positions."""

from __future__ import annotations

from pathlib import Path

from green_freight.agencies.agency import FOLDER, Agency, AgencyFileError, ConnectionEntry, read_agency
from green_freight.messages import message
from green_freight.warehouse import Session


def read_agencies(folder: Path = FOLDER) -> dict[str, Agency]:
    """Return the agencies of a folder by code.

    Raises:
        AgencyFileError: a file is not usable, or two agencies have the same position or connection id.
    """
    agencies = sorted(
        (read_agency(path) for path in folder.glob("*.yaml")), key=lambda agency: agency.position
    )
    ids = [connection_id for agency in agencies for connection_id in agency.connections]
    for what, values in (("position", [agency.position for agency in agencies]), ("connection", ids)):
        if len(values) > len(set(values)):
            raise AgencyFileError(f"two agency files have the same {what}: {values}")
    return {agency.code: agency for agency in agencies}


AGENCIES = read_agencies()
CONNECTIONS: dict[str, ConnectionEntry] = {
    connection_id: entry
    for agency in AGENCIES.values()
    for connection_id, entry in agency.connections.items()
}


def agency_named(code: str) -> Agency:
    """Return an agency by its code.

    Raises:
        LookupError: there is none; the message lists those there are.
    """
    try:
        return AGENCIES[code]
    except KeyError:
        raise LookupError(message("unknown_agency", agency=code, known=", ".join(AGENCIES))) from None


def store_agencies(owner: Session) -> None:
    """Write codes and names into ops.agency, as the owner.

    An agency whose file was removed stays: what it delivered still refers to it.
    """
    with owner.transaction(), owner.cursor() as cursor:
        cursor.executemany(
            "insert into ops.agency (code, name_zh, name_en) values (%s, %s, %s) "
            "on conflict (code) do update set name_zh = excluded.name_zh, name_en = excluded.name_en",
            [(agency.code, agency.name_zh, agency.name_en) for agency in AGENCIES.values()],
        )
