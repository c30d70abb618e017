"""All that one pack says, before it is put into documents: what was published, counted and proven, and where in the
pack it lies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from green_freight.evidence import formatting as fmt
from green_freight.evidence.archive import safe_name
from green_freight.evidence.evidence_rows import SourceFile
from green_freight.evidence.figures import Figure, Request, Revision, Work
from green_freight.evidence.publication import Publication
from green_freight.evidence.verification import ProvenRow, sum_of

DETAILS = "指标明细"


@dataclass(frozen=True)
class Proof:
    """A figure, its counted rows as they stand in their files, and how it came to its value."""

    figure: Figure
    rows: tuple[ProvenRow, ...]
    revisions: tuple[Revision, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the parts that the indicator has: only a ratio has a denominator."""
        return ("numerator", "denominator") if self.figure.measure_kind_code == "ratio" else ("numerator",)

    def part(self, part_code: str) -> list[ProvenRow]:
        """Return the rows of one part."""
        return [row for row in self.rows if row.counted.evidence.part_code == part_code]

    def published(self, part_code: str) -> Decimal | None:
        """Return the published number of one part."""
        return self.figure.numerator if part_code == "numerator" else self.figure.denominator

    def added(self, part_code: str) -> Decimal:
        """Return the sum of one part's rows."""
        return sum_of(row.counted for row in self.part(part_code))

    def unit(self, part_code: str) -> str:
        """Return the unit in which a part is counted; without rows the indicator's own, if it is no ratio's."""
        rows = self.part(part_code)
        if rows:
            return rows[0].counted.kind.unit_zh
        return "" if self.figure.measure_kind_code in ("ratio", "milestone") else self.figure.unit_zh

    def rows_by_file(self) -> Counter[str]:
        """Return how many counted rows each file gives, by its key."""
        return Counter(row.file.source_file_key for row in self.rows)


@dataclass(frozen=True)
class Material:
    """What a pack is made of. `files` are the originals in the order of agency, delivery and period, `paths` their
    places in the pack, both by the files' keys."""

    city_zh: str
    publication: Publication
    work: Work
    request: Request
    proofs: tuple[Proof, ...]
    files: Mapping[str, SourceFile]
    paths: Mapping[str, str]

    @property
    def is_synthetic(self) -> bool:
        """Tell whether any figure rests on synthetic data."""
        return any(proof.figure.is_synthetic for proof in self.proofs)

    @property
    def name(self) -> str:
        """Return the name of the zip and of the folder in it."""
        only = f"_{safe_name(self.proofs[0].figure.name_zh)}" if self.request.indicator_code else ""
        return self._marked(
            f"佐证材料_重点工作{self.work.work_no:02}_{self.year}年{only}_第{self.publication.publication_no}号发布"
        )

    @property
    def year(self) -> int:
        """Return the year that was asked for."""
        return self.request.year

    @property
    def cover_path(self) -> str:
        """Return the place of the cover page."""
        return f"{self._marked('封面')}.docx"

    def workbook_path(self, proof: Proof) -> str:
        """Return the place of an indicator's workbook."""
        return f"{DETAILS}/{self._marked(_named(proof))}.xlsx"

    def table_path(self, proof: Proof, part_code: str) -> str:
        """Return the place of the table (CSV) of one part of an indicator."""
        return f"{DETAILS}/{self._marked(f'{_named(proof)}_{fmt.part(part_code)}')}.csv"

    def files_of(self, proof: Proof) -> list[SourceFile]:
        """Return the files that hold counted rows of one figure."""
        counted = proof.rows_by_file()
        return [file for key, file in self.files.items() if key in counted]

    def _marked(self, name: str) -> str:
        return f"{name}_{fmt.SYNTHETIC}" if self.is_synthetic else name


def _named(proof: Proof) -> str:
    return f"{proof.figure.display_order:02}_{safe_name(proof.figure.name_zh)}"
