"""Writing an evidence pack: what a publication says of one work and year, proven from the files as delivered."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from green_freight.evidence import archive, originals
from green_freight.evidence.archive import Content
from green_freight.evidence.contents import Material, Proof
from green_freight.evidence.cover_page import cover_of
from green_freight.evidence.errors import Unwritable
from green_freight.evidence.evidence_rows import read_count, read_files
from green_freight.evidence.figures import Request, read_figures, read_revisions, read_work
from green_freight.evidence.manifest import with_checks
from green_freight.evidence.originals import OpensLanded
from green_freight.evidence.publication import Session, pin, reading
from green_freight.evidence.tables import csv_of, table_of
from green_freight.evidence.verification import insist_on_sums, prove
from green_freight.evidence.workbook import workbook_of
from green_freight.programme import programme


@dataclass(frozen=True)
class Pack:
    """A pack that was written: where, its size in bytes, and what it holds."""

    path: Path
    bytes: int
    material: Material


def write_pack(url: str, store: OpensLanded, request: Request, output: Path) -> Pack:
    """Write the pack as a zip; into a folder, under the pack's own name. The same request for the same publication
    gives the same bytes.

    `url` is of a role that may read `mart_asof` and `ops.source_file`: the builder.

    Raises:
        EvidenceError: there is nothing of the kind, a file is not what was delivered, or the rows do not give the
            figure; nothing is written.
        psycopg.OperationalError: the warehouse does not answer.
    """
    with tempfile.TemporaryDirectory(prefix="green-freight-evidence-") as folder:
        with reading(url) as session:
            material, copies = _gather(session, store, request, Path(folder))
        members: dict[str, Content] = {
            material.cover_path: cover_of(material),
            **_tables(material),
            **{material.paths[key]: copy for key, copy in copies.items()},
        }
        target = output / f"{material.name}.zip" if output.is_dir() else output
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            moment = material.publication.published_at
            archive.write(target, material.name, with_checks(material, members), moment)
        except OSError as error:
            raise Unwritable(target, error) from error
    return Pack(target, target.stat().st_size, material)


def _gather(
    session: Session, store: OpensLanded, request: Request, folder: Path
) -> tuple[Material, Mapping[str, Path]]:
    city = programme()
    publication = pin(session, request.publication_no)
    work = read_work(session, city.city_code, request.work_no)
    counts = [
        read_count(session, city.city_code, figure)
        for figure in read_figures(session, city.city_code, request)
    ]
    for count in counts:
        insist_on_sums(count)
    keys = {row.evidence.source_file_key for count in counts for row in count.rows}
    files = read_files(session, city.city_code, keys)
    copies = originals.bring(files.values(), store, folder)
    proven = iter(prove(counts, files, copies))
    proofs = tuple(
        Proof(
            count.figure,
            tuple(next(proven) for _ in count.rows),
            tuple(read_revisions(session, city.city_code, count.figure)),
        )
        for count in counts
    )
    paths = originals.archive_paths(files.values())
    return Material(city.city_name_zh, publication, work, request, proofs, files, paths), copies


def _tables(material: Material) -> dict[str, Content]:
    members: dict[str, Content] = {}
    for proof in material.proofs:
        parts = {part: table_of(proof.part(part), material.paths) for part in proof.parts}
        members[material.workbook_path(proof)] = workbook_of(material, proof, parts)
        for part, table in parts.items():
            members[material.table_path(proof, part)] = csv_of(table)
    return members
