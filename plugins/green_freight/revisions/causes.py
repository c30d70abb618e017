"""Why a figure changes: time, late data, a correction, a deletion, a definition, told from the evidence behind it.

Evidence that is new of a thing that nobody knew before is late data; of a thing that was known, or from a file that
was sent again, a correction. Evidence that is gone is a correction where its thing still exists, else a deletion.
Without any new load a change can only come from the models, a definition, or from time. A publication that has new
models and new data at once shows as definition only where the indicator's card or target differs: publish a change of
definition by itself (docs/backfilling.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """What is known of one changed figure; the counts are of evidence rows."""

    is_first: bool = False
    is_as_of_moved: bool = False
    is_definition_changed: bool = False
    is_availability_changed: bool = False
    has_new_loads: bool = False
    has_new_models: bool = False
    late_rows: int = 0
    corrected_rows: int = 0
    deleted_rows: int = 0

    @property
    def changed_rows(self) -> int:
        """Return the evidence rows that differ in any way."""
        return self.late_rows + self.corrected_rows + self.deleted_rows


def causes(facts: Facts) -> tuple[str, ...]:
    """Return the causes of a change, at least one; `unexplained` where nothing accounts for it."""
    if facts.is_first:
        return ("first",)
    return tuple(_causes(facts)) or ("unexplained",)


def _causes(facts: Facts) -> Iterator[str]:
    if facts.is_as_of_moved:
        yield "progress"
    if facts.has_new_loads:
        yield from _data_causes(facts)
    is_from_models = facts.has_new_models and not facts.has_new_loads and not facts.is_as_of_moved
    if facts.is_definition_changed or is_from_models:
        yield "definition"


def _data_causes(facts: Facts) -> Iterator[str]:
    # What a new day brings to a running month is not late.
    is_awaited = facts.is_as_of_moved
    came_empty = facts.is_availability_changed and not facts.changed_rows
    if (facts.late_rows or came_empty) and not is_awaited:
        yield "late_data"
    if facts.corrected_rows:
        yield "correction"
    if facts.deleted_rows:
        yield "deletion"
