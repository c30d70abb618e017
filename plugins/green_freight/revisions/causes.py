"""Why a figure changes: time, late data, a correction, a deletion, a definition, told from the evidence behind it.

Evidence that is new of a thing that nobody knew before is late data; of a thing that was known, or from a file that
was sent again, a correction. Evidence that is gone is a correction where its thing still exists, else a deletion.
Without any new load a change can only come from the models, a definition, or from time. A publication that has new
models and new data at once shows as definition only where the indicator's card or target differs: publish a change of
definition by itself (docs/backfilling.md).
"""

from __future__ import annotations

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
    came_empty = facts.is_availability_changed and not facts.changed_rows
    is_from_models = facts.has_new_models and not facts.has_new_loads and not facts.is_as_of_moved
    applying = {
        "progress": facts.is_as_of_moved,
        # What a new day brings to a running month is not late.
        "late_data": facts.has_new_loads and (facts.late_rows or came_empty) and not facts.is_as_of_moved,
        "correction": facts.has_new_loads and facts.corrected_rows,
        "deletion": facts.has_new_loads and facts.deleted_rows,
        "definition": facts.is_definition_changed or is_from_models,
    }
    return tuple(code for code, applies in applying.items() if applies) or ("unexplained",)
