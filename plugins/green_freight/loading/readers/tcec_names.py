"""Names of T/CEC 102 for the readers: drifted keys put right by the exchange's own drift table."""

from __future__ import annotations

from collections.abc import Callable

from green_freight.protocols.tcec102_drift import Shape, canonical


def standard_names(shape: Shape) -> Callable[[str], str]:
    """Return a function from a key as it came to the standard's spelling in one kind of message."""

    def standard_name(key: str) -> str:
        return next(iter(canonical({key: None}, shape, None)))

    return standard_name


def is_standard(shape: Shape, keys: tuple[str, ...]) -> bool:
    """Tell whether keys are all spelt as the standard does, or unknown to it."""
    name = standard_names(shape)
    return all(name(key) == key for key in keys)
