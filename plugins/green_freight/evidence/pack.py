"""Writing an evidence pack: what a publication says of one work and year, verified in the files as delivered."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from green_freight.evidence import archive
from green_freight.evidence.archive import Content
from green_freight.evidence.contents import Contents, Proof
from green_freight.evidence.cover_page import CHECKSUMS, MANIFEST, cover_of
from green_freight.evidence.errors import UnwritableError
from green_freight.evidence.evidence_rows import read_count, read_files, verify_rows, verify_sums
from green_freight.evidence.figures import (
    Request,
    pin,
    read_figures,
    read_revisions,
    read_session,
    read_work,
)
from green_freight.evidence.workbook import Table, table_of, workbook_of
from green_freight.landing import LandingStore
from green_freight.periods import SHANGHAI
from green_freight.programme import programme
from green_freight.warehouse import Session, Warehouse

# Raised when an entry of the manifest changes its meaning or goes away.
_MANIFEST_VERSION = 1


@dataclass(frozen=True)
class Pack:
    """A pack that was written: where, its size in bytes, and what it holds."""

    path: Path
    bytes: int
    contents: Contents


def write_pack(warehouse: Warehouse, request: Request, output: Path) -> Pack:
    """Write the pack as a zip; into a folder, under the pack's own name. The same request for the same publication
    gives the same bytes.

    Raises:
        EvidenceError: there is nothing of the kind, a file is not what was delivered, or the rows do not give the
            figure; nothing is written.
        psycopg.OperationalError: the warehouse does not answer.
    """
    with tempfile.TemporaryDirectory(prefix="green-freight-evidence-") as folder:
        with read_session(warehouse) as session:
            store = LandingStore(warehouse.landing_url)
            contents, copies = _gather(session, store, request, Path(folder))
        moment = contents.publication.published_at
        members: dict[str, Content] = {
            contents.cover_path: archive.without_clock(cover_of(contents), moment),
            **{contents.paths[key]: copy for key, copy in copies.items()},
            MANIFEST: _manifest(contents),
        }
        for proof in contents.proofs:
            tables = {part: table_of(proof.part(part), contents.paths) for part in proof.parts}
            workbook = workbook_of(contents, proof, tables)
            members[contents.workbook_path(proof)] = archive.without_clock(workbook, moment)
            for part, table in tables.items():
                members[contents.table_path(proof, part)] = _csv(table)
        members[CHECKSUMS] = archive.checksum_list(members)
        target = output / f"{contents.name}.zip" if output.is_dir() else output
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            archive.write(target, contents.name, members, moment)
        except OSError as error:
            raise UnwritableError(target, error) from error
    return Pack(target, target.stat().st_size, contents)


def _gather(
    session: Session, store: LandingStore, request: Request, folder: Path
) -> tuple[Contents, Mapping[str, Path]]:
    city = programme()
    publication = pin(session, request.publication_no)
    work = read_work(session, city.city_code, request.work_no)
    counts = [
        read_count(session, city.city_code, figure)
        for figure in read_figures(session, city.city_code, request)
    ]
    for count in counts:
        verify_sums(count)
    keys = {row.evidence.source_file_key for count in counts for row in count.rows}
    files = read_files(session, city.city_code, keys)
    copies = archive.copy_originals(files.values(), store, folder)
    verified = iter(verify_rows(counts, files, copies))
    proofs = tuple(
        Proof(
            count.figure,
            tuple(next(verified) for _ in count.rows),
            tuple(read_revisions(session, city.city_code, count.figure)),
        )
        for count in counts
    )
    paths = archive.original_paths(files.values())
    return Contents(city.city_name_zh, publication, work, request, proofs, files, paths), copies


def _csv(table: Table) -> bytes:
    """Return a table as CSV in UTF-8 with a mark, which Excel needs to read Chinese; empty fields are empty."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([table.titles, *table.rows])
    return text.getvalue().encode("utf-8-sig")


def _manifest(contents: Contents) -> bytes:
    """Return what a program checks the pack by."""
    publication = contents.publication
    manifest = {
        "manifest_version": _MANIFEST_VERSION,
        "is_synthetic": contents.is_synthetic,
        "city": contents.city_zh,
        "work_no": contents.work.work_no,
        "work_name_zh": contents.work.name_zh,
        "year": contents.year,
        "publication_no": publication.publication_no,
        "published_at": publication.published_at.astimezone(SHANGHAI).isoformat(),
        "as_of_date": publication.as_of_date.isoformat(),
        "code_version": publication.code_version,
        "indicators": [_indicator(contents, proof) for proof in contents.proofs],
        "files": [
            {
                "path": contents.paths[key],
                "agency_code": file.agency_code,
                "delivery_name": file.delivery_name,
                "period_label": file.period_label,
                "file_name": file.file_name,
                "sha256": file.sha256,
                "bytes": file.bytes,
            }
            for key, file in contents.files.items()
        ],
    }
    return (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()


def _indicator(contents: Contents, proof: Proof) -> dict[str, Any]:
    figure = proof.figure
    return {
        "indicator_code": figure.indicator_code,
        "indicator_name_zh": figure.name_zh,
        "period_month": figure.period_month.isoformat(),
        "as_of_date": figure.as_of_date.isoformat(),
        "target_value": _text(figure.target_value),
        "actual_value": _text(figure.actual_value),
        "numerator": _text(figure.numerator),
        "denominator": _text(figure.denominator),
        "status_code": figure.status_code,
        "revision_state_code": figure.revision_state_code,
        "null_reason_code": figure.null_reason_code,
        "workbook": contents.workbook_path(proof),
        "tables": {part: contents.table_path(proof, part) for part in proof.parts},
        "rows": {part: len(proof.part(part)) for part in proof.parts},
    }


def _text(value: Decimal | None) -> str | None:
    """Return a number as text, so that no reader rounds it."""
    return None if value is None else str(value)
