"""Names and places of documents: the publication and what is synthetic stand in each name."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from green_freight.documents.errors import PlaceTakenError
from green_freight.evidence.archive import safe_name, without_clock
from green_freight.evidence.contents import SYNTHETIC
from green_freight.evidence.figures import Publication
from green_freight.messages import message


def document_name(title: str, publication: Publication, suffix: str, *, is_synthetic: bool) -> str:
    """Return a document's file name: title, publication, and the mark of synthetic data."""
    mark = f"_{SYNTHETIC}" if is_synthetic else ""
    return safe_name(f"{document_stem(title, publication.publication_no)}{mark}{suffix}")


def document_stem(title: str, publication_no: int) -> str:
    """Return how the name of a document begins: title and publication."""
    return f"{title}_第{publication_no}号发布"


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


class DocumentStore:
    """A folder or an object store (any fsspec URL) that documents are put into."""

    def __init__(self, url: str) -> None:
        self._filesystem, root = fsspec.core.url_to_fs(url)
        self._root = root.rstrip("/")

    def names(self) -> set[str]:
        """Return the names of the documents that are there."""
        # Another process has put some there since the last listing.
        self._filesystem.invalidate_cache()
        if not self._filesystem.exists(self._root):
            return set()
        return {path.rpartition("/")[2] for path in self._filesystem.ls(self._root, detail=False)}

    def put(self, path: Path) -> str:
        """Put a file there under its own name, whole or not at all, and return its place."""
        target, part = f"{self._root}/{path.name}", f"{self._root}/.unfinished/{path.name}"
        self._filesystem.makedirs(part.rpartition("/")[0], exist_ok=True)
        self._filesystem.put_file(str(path), part)
        self._filesystem.mv(part, target)
        is_local = isinstance(self._filesystem, LocalFileSystem)
        return target if is_local else str(self._filesystem.unstrip_protocol(target))
