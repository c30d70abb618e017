"""Why no evidence pack was written. Each message is Chinese / English and says what there is or what to do."""

from __future__ import annotations


class EvidenceError(RuntimeError):
    """No pack was written."""


class NothingPublishedError(EvidenceError):
    """There is no publication yet."""


class OlderWarehouseError(EvidenceError):
    """The warehouse lacks tables that this version of the code reads."""


class NoSuchChoiceError(EvidenceError):
    """A work, year, indicator or publication was asked for that the published state does not have."""


class OriginalMissingError(EvidenceError):
    """A file whose rows were counted is not in the landing store."""


class OriginalDiffersError(EvidenceError):
    """A file in the landing store is not the one that was recorded, or not the one that was published."""


class RowDiffersError(EvidenceError):
    """A counted thing does not stand in the file at the place that the warehouse names."""


class SumDiffersError(EvidenceError):
    """The counted rows do not give the published figure."""


class UnwritableError(EvidenceError):
    """The zip cannot be written where it was asked for."""
