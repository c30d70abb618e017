"""Names of files on a share: those that were agreed, and others that can mean one delivery only.

People send a correction as `postal_tricycles_2025-09_v2（更正）.csv`. It is taken where its name tells delivery, period
and version, and no other file has them; otherwise it is reported (`SftpConnector.unplaced_files`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from green_freight.agencies.agency import FilePlace, SftpConnection
from green_freight.periods import Period
from green_freight.written_dates import month_in

# What office programs and upload tools leave beside the real files.
_NOT_DELIVERED = ("~$", ".")
_UNFINISHED = (".part", ".tmp", ".filepart", ".uploading")
_CHECKSUMS = re.compile(r"\.(?:sha\d+|md5|asc|sig)$|(?:sha\d*|md5)sums?(?:\.txt)?$")
_VERSION = re.compile(r"(?<![a-z])v(\d{1,4})(?!\d)")
_DAY = re.compile(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?([0-2]\d|3[01])(?!\d)")


def is_delivered(entry: SftpConnection, name: str) -> bool:
    """Tell whether a file may be one of the connection's by the end of its name, and is not being written."""
    return is_sent(name) and name.lower().endswith(entry.suffix)


def is_sent(name: str) -> bool:
    """Tell whether a person or program sent a file: no lock file, nothing unfinished, no checksum."""
    lower = name.lower()
    is_left_over = name.startswith(_NOT_DELIVERED) or lower.endswith(_UNFINISHED)
    return not is_left_over and not _CHECKSUMS.search(lower)


def places(entry: SftpConnection, deliveries: Sequence[str], names: Iterable[str]) -> dict[str, FilePlace]:
    """Return what the names of a folder's files tell, without those that tell nothing or too little."""
    names = list(names)
    agreed = {
        name: place
        for name in names
        if (place := entry.place(name)) is not None and place.delivery in (None, *deliveries)
    }
    near = {
        name: place
        for name in names
        if name not in agreed and (place := _near(entry, deliveries, name)) is not None
    }
    taken = Counter([*agreed.values(), *near.values()])
    return {**agreed, **{name: place for name, place in near.items() if taken[place] == 1}}


def _near(entry: SftpConnection, deliveries: Sequence[str], name: str) -> FilePlace | None:
    """Return what a name tells that was not agreed, None where it does not tell everything that an agreed one does."""
    if entry.name_pattern is None:
        return None
    groups, text = entry.name_pattern.groupindex, unicodedata.normalize("NFKC", name).lower()
    found = [delivery for delivery in deliveries if delivery in text]
    delivery = max(found, key=len, default=None)
    versions = set(_VERSION.findall(text))
    label = _day_in(text) if "day" in groups else month_in(text, is_file_name=True)
    if label is None or delivery is None or ("version" in groups and len(versions) != 1):
        return None
    if any(other not in delivery for other in found):
        return None
    try:
        period = Period(label)
    except ValueError:
        return None
    version = int(versions.pop()) if "version" in groups else 1
    return FilePlace(period, version, delivery if "delivery" in groups else None)


def _day_in(text: str) -> str | None:
    days = set(_DAY.findall(text))
    return "-".join(days.pop()) if len(days) == 1 else None
