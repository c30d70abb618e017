"""Names and places of documents: the publication and what is synthetic stand in each name."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from green_freight.documents.errors import PlaceTakenError
from green_freight.evidence.archive import safe_name, without_clock
from green_freight.evidence.contents import SYNTHETIC
from green_freight.evidence.figures import Publication
from green_freight.messages import message


def document_name(title: str, publication: Publication, suffix: str, *, is_synthetic: bool) -> str:
    """Return a document's file name: title, publication, and the mark of synthetic data."""
    mark = f"_{SYNTHETIC}" if is_synthetic else ""
    return safe_name(f"{title}_第{publication.publication_no}号发布{mark}{suffix}")


def write_document(output: Path, name: str, content: bytes, moment: datetime) -> Path:
    """Write a Word or Excel document dated `moment`; into a folder, under its own name. The same content gives the
    same bytes.

    It appears when it is complete. Raises PlaceTakenError: it cannot be written there.
    """
    target = output / name if output.is_dir() else output
    part = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(without_clock(content, moment))
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise PlaceTakenError(message("place_taken", path=target, error=error.strerror)) from error
    return target
