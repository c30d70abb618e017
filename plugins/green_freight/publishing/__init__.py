"""Publishing the audited candidate, `publish(run_id, build_id)`, or an earlier state again, `revert(run_id, no)`."""

from green_freight.publishing.audited_months import large_facts, require_audited
from green_freight.publishing.errors import PublishingError, UnauditedChangeError
from green_freight.publishing.publication import PublicationOutcome, publish
from green_freight.publishing.revert import PublicationNotFoundError, past_publication, revert
from green_freight.publishing.specs import ForeignKey, TableSpec

__all__ = [
    "ForeignKey",
    "PublicationNotFoundError",
    "PublicationOutcome",
    "PublishingError",
    "TableSpec",
    "UnauditedChangeError",
    "large_facts",
    "past_publication",
    "publish",
    "require_audited",
    "revert",
]
