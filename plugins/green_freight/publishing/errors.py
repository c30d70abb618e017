"""Why a publication did not happen; whatever is raised, readers go on seeing the last publication, whole."""

from __future__ import annotations

from green_freight.errors import PermanentError


class PublishingError(PermanentError, RuntimeError):
    """Nothing was published; publishing the same again, without what the message asks for, ends the same way."""


class InvalidSpecError(PublishingError):
    """A model's key constraints contradict its columns or another model."""


class NotAuditedError(PublishingError):
    """The build did not pass its audit, or has none."""


class CandidateRebuiltError(PublishingError):
    """The candidate is not the one that was audited any more."""


class UnauditedChangeError(PublishingError):
    """The candidate differs from mart in a month or a table that its build did not make: no audit has seen it."""


class ConservationError(PublishingError):
    """The merge changed a month of a large fact that it had to leave alone."""


class BreakingChangeError(PublishingError):
    """The candidate lost or changed something that readers of mart rely on."""


class InvalidCandidateError(PublishingError):
    """The candidate's rows break a key or a reference."""


class ReaderLockError(PublishingError):
    """A new column could not be added because a session keeps a lock on the table."""
