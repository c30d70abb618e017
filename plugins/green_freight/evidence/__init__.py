"""Evidence packs: a published figure with the rows that were counted in it and the files they came in."""

from green_freight.evidence.errors import EvidenceError, NothingPublished
from green_freight.evidence.figures import Request
from green_freight.evidence.pack import Pack, write_pack

__all__ = ["EvidenceError", "NothingPublished", "Pack", "Request", "write_pack"]
