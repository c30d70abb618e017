"""The four agencies by their short codes."""

from __future__ import annotations

from green_freight.agencies import commerce, postal, power, transport
from green_freight.agencies.delivery import Agency

AGENCIES: dict[str, Agency] = {
    module.AGENCY.code: module.AGENCY for module in (transport, commerce, postal, power)
}


def agency_named(code: str) -> Agency:
    """Return an agency by its code.

    Raises:
        LookupError: there is none; the message lists those there are.
    """
    try:
        return AGENCIES[code]
    except KeyError:
        raise LookupError(f"没有部门 / there is no agency {code!r}; {', '.join(AGENCIES)}") from None
