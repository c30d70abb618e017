"""Writing an evidence pack: what a publication says of one work and year, verified in the files as delivered."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from green_freight.evidence import archive
from green_freight.evidence.archive import Content
from green_freight.evidence.contents import Contents, Proof
from green_freight.evidence.cover_page import CHECKSUMS, MANIFEST, cover_of
from green_freight.evidence.errors import UnwritableError
from green_freight.evidence.evidence_rows import read_files, read_rows, verify_rows, verify_sums
from green_freight.evidence.figures import (
    Request,
    choose_publication,
    read_figures,
    read_revisions,
    read_session,
    read_work,
)
from green_freight.evidence.workbook import Table, table_of, workbook_of
from green_freight.exports import write_csv
from green_freight.landing import LandingStore
from green_freight.messages import message
from green_freight.periods import SHANGHAI
from green_freight.programme import programme
from green_freight.warehouse import Session, Warehouse

# Raised when an entry of the manifest changes its meaning or goes away.
_MANIFEST_VERSION = 1
_OF_FIGURE = (
    "period_month", "as_of_date", "target_value", "actual_value", "numerator", "denominator", "status_code",
    "revision_state_code", "null_reason_code", "milestone_achieved_on", "milestone_reported_on",
    "is_reported_after_year", "plan_total_value", "cumulative_value", "remaining_value", "cumulative_completion_ratio",
    "cumulative_expected_value", "yearly_targets_due_value", "cumulative_status_code",
)  # fmt: skip
_OF_FILE = ("agency_code", "delivery_name", "period_label", "file_name", "sha256", "bytes")


@dataclass(frozen=True)
class Pack:
    """A pack that was written: where, its size in bytes, and what it holds."""

    path: Path
    bytes: int
    contents: Contents


def write_pack(warehouse: Warehouse, request: Request, output: Path) -> Pack:
    """Write the pack as a zip; into a folder, under the pack's own name. The same request for the same publication
    gives the same bytes.

    Nothing is written where EvidenceError is raised: there is nothing of the kind, a file is not what was delivered,
    or the rows do not give the figure. Raises psycopg.OperationalError where the warehouse does not answer.
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
            raise UnwritableError(message("pack_unwritable", path=target, error=error)) from error
    return Pack(target, target.stat().st_size, contents)


def _gather(
    session: Session, store: LandingStore, request: Request, folder: Path
) -> tuple[Contents, Mapping[str, Path]]:
    city = programme()
    publication = choose_publication(session, request.publication_no)
    work = read_work(session, city.city_code, request.work_no)
    figures = read_figures(session, city.city_code, request)
    counted = [read_rows(session, city.city_code, figure) for figure in figures]
    for figure, rows in zip(figures, counted, strict=True):
        verify_sums(figure, rows)
    files = read_files(session, city.city_code, {row.source_file_key for rows in counted for row in rows})
    copies = archive.copy_originals(files.values(), store, folder)
    verified = iter(verify_rows([*chain.from_iterable(counted)], files, copies))
    proofs = tuple(
        Proof(
            figure,
            tuple(islice(verified, len(rows))),
            tuple(read_revisions(session, city.city_code, figure)),
        )
        for figure, rows in zip(figures, counted, strict=True)
    )
    paths = archive.original_paths(files.values())
    return Contents(city.city_name_zh, publication, work, request, proofs, files, paths), copies


def _csv(table: Table) -> bytes:
    """Return a table as CSV in UTF-8 with a mark, which Excel needs to read Chinese; empty fields are empty."""
    text = io.StringIO(newline="")
    write_csv(text, table.titles, table.rows)
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
        "year": contents.request.year,
        "publication_no": publication.publication_no,
        "published_at": publication.published_at.astimezone(SHANGHAI).isoformat(),
        "as_of_date": publication.as_of_date,
        "code_version": publication.code_version,
        "indicators": [_indicator(contents, proof) for proof in contents.proofs],
        "files": [
            {"path": contents.paths[key]} | {name: getattr(file, name) for name in _OF_FILE}
            for key, file in contents.files.items()
        ],
    }
    # Numbers as text, so that no reader rounds them.
    return (json.dumps(manifest, ensure_ascii=False, indent=1, default=str) + "\n").encode()


def _indicator(contents: Contents, proof: Proof) -> dict[str, Any]:
    figure = proof.figure
    return {
        "indicator_code": figure.indicator_code,
        "indicator_name_zh": figure.name_zh,
        **{name: getattr(figure, name) for name in _OF_FIGURE},
        "workbook": contents.workbook_path(proof),
        "tables": {part: contents.table_path(proof, part) for part in proof.parts},
        "rows": {part: len(proof.part(part)) for part in proof.parts},
    }
