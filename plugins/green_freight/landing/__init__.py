"""Landing: what agencies delivered, kept as delivered."""

from green_freight.landing.exchanges import Exchange, read_exchanges, write_exchanges
from green_freight.landing.store import Landed, LandingStore, Origin, sha256_of, source_file_key

__all__ = [
    "Exchange",
    "Landed",
    "LandingStore",
    "Origin",
    "read_exchanges",
    "sha256_of",
    "source_file_key",
    "write_exchanges",
]
