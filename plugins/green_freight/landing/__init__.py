"""Landing: what agencies delivered, kept as delivered."""

from green_freight.landing.exchanges import Exchange, read_exchanges, write_exchanges
from green_freight.landing.store import Landed, LandingStore, Origin, source_file_key

__all__ = [
    "Exchange",
    "Landed",
    "LandingStore",
    "Origin",
    "read_exchanges",
    "source_file_key",
    "write_exchanges",
]
