"""Publishing the audited candidate: `publish(run_id, build_id)`."""

from green_freight.publishing.errors import PublishingError
from green_freight.publishing.publication import PublicationOutcome, manifest_path, publish
from green_freight.publishing.specs import ForeignKey, TableSpec

__all__ = ["ForeignKey", "PublicationOutcome", "PublishingError", "TableSpec", "manifest_path", "publish"]
