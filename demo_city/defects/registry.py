"""All defects by name. Reason codes are those of the loader; effects are explained at `Defect`."""

from __future__ import annotations

from demo_city.defects.answer_defects import ANSWER_DEFECTS
from demo_city.defects.file_defects import FILE_DEFECTS
from demo_city.defects.form_defects import FORM_DEFECTS
from demo_city.defects.model import Defect
from demo_city.defects.order_defects import ORDER_DEFECTS
from demo_city.defects.transport_defects import TRANSPORT_DEFECTS

REGISTRY: dict[str, Defect] = {
    defect.name: defect
    for defect in (*TRANSPORT_DEFECTS, *FORM_DEFECTS, *ORDER_DEFECTS, *FILE_DEFECTS, *ANSWER_DEFECTS)
}


def rates(wanted: dict[str, float]) -> dict[str, float]:
    """Return the rate of each defect; a name may be a defect, an agency, an effect, a place, or `all`.

    The more special name wins: a defect over an agency, place or effect, these over `all`.

    Raises:
        ValueError: a name is none of these, or a rate is not between 0 and 1.
    """
    found: dict[str, float] = {}
    named = sorted(wanted.items(), key=lambda item: (item[0] in REGISTRY, item[0] != "all"))
    for name, rate in named:
        if not 0 <= rate <= 1:
            raise ValueError(f"the rate of {name} is {rate}, it must be from 0 to 1")
        concerned = [d for d in REGISTRY.values() if name in ("all", d.name, d.agency, d.effect, d.place)]
        if not concerned:
            raise ValueError(f"{name!r} is no defect; there are: {', '.join(sorted(REGISTRY))}")
        found.update({d.name: rate for d in concerned})
    return found
