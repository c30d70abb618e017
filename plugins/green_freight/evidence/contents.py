"""All that one pack says, before it is put into documents: what was published, counted and verified, how its values
read in Chinese, and where in the pack each document lies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from green_freight import figure_text
from green_freight.agencies import AGENCIES
from green_freight.evidence.archive import safe_name
from green_freight.evidence.evidence_rows import SourceFile, VerifiedRow, total
from green_freight.evidence.figures import Figure, Publication, Request, Revision, Work
from green_freight.labels import label
from green_freight.messages import read_words
from green_freight.periods import SHANGHAI

DETAILS = "指标明细"
SYNTHETIC = "演示数据"
SYNTHETIC_SENTENCE = "演示数据：本材料依据合成数据生成，不是本市的真实数据，不代表任何真实情况"
EMPTY = "—"
# What the documents explain, in sentences.
SENTENCES = read_words(Path(__file__).with_name("sentences.yaml"))


class Valued(Protocol):
    """What says how the values of an indicator read."""

    @property
    def measure_kind_code(self) -> str:
        """Return what is measured: a milestone, an amount, a count, a ratio."""

    @property
    def unit_zh(self) -> str:
        """Return the unit."""

    @property
    def decimals(self) -> int:
        """Return the decimals of the indicator's card."""


@dataclass(frozen=True)
class Proof:
    """A figure, its counted rows as they stand in their files, and how it came to its value."""

    figure: Figure
    rows: tuple[VerifiedRow, ...]
    revisions: tuple[Revision, ...]

    @property
    def title(self) -> str:
        """Return the title of the figure's evidence."""
        return f"{self.figure.name_zh} {self.figure.year}年佐证明细"

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the parts that the indicator has: only a ratio has a denominator."""
        return ("numerator", "denominator") if self.figure.measure_kind_code == "ratio" else ("numerator",)

    @property
    def value(self) -> str:
        """Return the figure's value as its card reads."""
        return value_text(self.figure, self.figure.actual_value, self.figure.target_value)

    def part(self, part_code: str) -> list[VerifiedRow]:
        """Return the rows of one part."""
        return [row for row in self.rows if row.counted.part_code == part_code]

    def published(self, part_code: str) -> Decimal | None:
        """Return the published number of one part."""
        return self.figure.numerator if part_code == "numerator" else self.figure.denominator

    def added(self, part_code: str) -> Decimal:
        """Return the sum of one part's rows."""
        return total((row.counted for row in self.rows), part_code)

    def unit(self, part_code: str) -> str:
        """Return the unit in which a part is counted; without rows the indicator's own, if it is no ratio's."""
        rows = self.part(part_code)
        if rows:
            return rows[0].counted.kind.unit_zh
        return "" if self.figure.measure_kind_code in ("ratio", "milestone") else self.figure.unit_zh

    def part_text(self, part_code: str) -> str:
        """Return the published number of one part with its unit."""
        value = self.published(part_code)
        return EMPTY if value is None else f"{exact(value)}{self.unit(part_code)}"

    def rows_by_file(self) -> Counter[str]:
        """Return how many counted rows each file gives, by its key."""
        return Counter(row.file.source_file_key for row in self.rows)


@dataclass(frozen=True)
class Contents:
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
    def author(self) -> str:
        """Return who writes the documents."""
        return f"{self.city_zh}绿色货运数据仓库"

    @property
    def name(self) -> str:
        """Return the name of the zip and of the folder in it."""
        only = f"_{safe_name(self.proofs[0].figure.name_zh)}" if self.request.indicator_code else ""
        work, number = self.work.work_no, self.publication.publication_no
        return self._marked(f"佐证材料_重点工作{work:02}_{self.request.year}年{only}_第{number}号发布")

    @property
    def cover_path(self) -> str:
        """Return the place of the cover page."""
        return f"{self._marked('封面')}.docx"

    def workbook_path(self, proof: Proof) -> str:
        """Return the place of an indicator's workbook."""
        return f"{DETAILS}/{self._marked(_file_name(proof))}.xlsx"

    def table_path(self, proof: Proof, part_code: str) -> str:
        """Return the place of the table (CSV) of one part of an indicator."""
        return f"{DETAILS}/{self._marked(f'{_file_name(proof)}_{part_zh(part_code)}')}.csv"

    def files_of(self, proof: Proof) -> list[SourceFile]:
        """Return the files that hold counted rows of one figure."""
        counted = proof.rows_by_file()
        return [file for key, file in self.files.items() if key in counted]

    def _marked(self, name: str) -> str:
        return f"{name}_{SYNTHETIC}" if self.is_synthetic else name


def delivery_names(file: SourceFile) -> tuple[str, str]:
    """Return the Chinese names of a file's agency and delivery."""
    agency = AGENCIES[file.agency_code]
    return agency.name_zh, agency.delivery(file.delivery_name).title_zh


def part_zh(part_code: str) -> str:
    """Return what a part of a figure is called in Chinese."""
    return label("figure_part", part_code).zh


def exact(value: Decimal | None) -> str:
    """Return a number with all its decimals and without trailing zeros (1,234.5), a dash for none."""
    return EMPTY if value is None else f"{value.normalize():,f}"


def value_text(figure: Valued, value: Decimal | None, *compared: Decimal | None) -> str:
    """Return an indicator's value as its card reads: per cent, yuan and ratios with decimals, milestones as yes or no.

    `compared` are the values that decide its status: it is shown with the decimals that tell it from them.
    """
    if value is None:
        return EMPTY
    number = figure_text.figure(value, figure.decimals, *compared, unit=figure.unit_zh)
    is_complete = figure.measure_kind_code == "ratio" or figure.unit_zh in figure_text.SELF_EXPLAINING
    return number if is_complete else f"{number}{figure.unit_zh}"


def target_text(figure: Figure) -> str:
    """Return a figure's target as the plan states it; a dash is no target, not 0."""
    return (figure.target_text_zh or EMPTY).replace("–", EMPTY)


def status_text(figure: Figure) -> str:
    """Return a figure's status, with what limits it."""
    limits = [label("revision_state", figure.revision_state_code).zh]
    if figure.is_stale:
        limits.append(label("timeliness", "stale").zh)
    return f"{label('status', figure.status_code).zh}（{'，'.join(limits)}）"


def report_text(figure: Figure) -> str | None:
    """Return when a milestone was reported, and whether that was after the year's end; None without a report."""
    if figure.milestone_achieved_on is None or figure.milestone_reported_on is None:
        return None
    sentence: str = SENTENCES["reported"]["late" if figure.is_reported_after_year else "timely"]
    achieved, reported = day_text(figure.milestone_achieved_on), day_text(figure.milestone_reported_on)
    return sentence.format(achieved=achieved, reported=reported, year=figure.year)


def programme_text(figure: Figure) -> str | None:
    """Return what the programme has reached of the plan's total; None where the plan has none."""
    if figure.plan_total_value is None or figure.cumulative_status_code is None:
        return None
    ratio, expected = figure.cumulative_completion_ratio, figure.cumulative_expected_value
    sentence: str = SENTENCES["programme"]
    return sentence.format(
        as_of=day_text(figure.as_of_date),
        reached=value_text(figure, figure.cumulative_value, figure.plan_total_value, expected),
        total=value_text(figure, figure.plan_total_value),
        remaining=value_text(figure, figure.remaining_value),
        completion=EMPTY if ratio is None else figure_text.completion(ratio, 1),
        expected=value_text(figure, expected, expected),
        due=value_text(figure, figure.yearly_targets_due_value),
        status=label("status", figure.cumulative_status_code).zh,
    )


def reason_text(reason: str | None) -> str:
    """Return why something was published, in Chinese where the reason is in both languages."""
    return (reason or EMPTY).partition(" / ")[0]


def day_text(value: date) -> str:
    """Return a date as official documents write it: 2024年12月31日."""
    return f"{value.year}年{value.month}月{value.day}日"


def minute_text(value: datetime) -> str:
    """Return an instant in Beijing time, to the minute."""
    local = value.astimezone(SHANGHAI)
    return f"{day_text(local.date())}{local:%H:%M}"


def _file_name(proof: Proof) -> str:
    return f"{proof.figure.display_order:02}_{safe_name(proof.figure.name_zh)}"
