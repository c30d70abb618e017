"""Why no document was written. Each message is Chinese / English and says what there is or what to do."""

from __future__ import annotations

from green_freight.errors import PermanentError


class DocumentError(RuntimeError):
    """No document was written."""


class NothingOfPeriodError(DocumentError):
    """The publication has no rows of the month or quarter that was asked for."""


class MonthNotClosedError(DocumentError):
    """The figures of the month may still change without notice."""


class TemplateError(DocumentError, PermanentError):
    """The Word template cannot be filled: it is no document, or names something that the bulletin does not have."""


class NoSuchTableError(DocumentError):
    """A table was asked for that the readers of this level do not have."""


class PlaceTakenError(DocumentError):
    """A document cannot be written where it was asked for."""
