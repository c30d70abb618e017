"""`evidence`: the pack for the acceptance panel, written from what was published and what lies in the landing store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from green_freight.cli.installation import Installation

if TYPE_CHECKING:
    from green_freight.evidence.contents import Proof
    from green_freight.evidence.pack import Pack


def evidence_command(
    context: typer.Context,
    work: Annotated[int, typer.Option(metavar="1-16", help="重点工作序号 · number of the key work.")],
    year: Annotated[int, typer.Option(metavar="YYYY", help="年度 · the year.")],
    indicator: Annotated[
        str | None, typer.Option(metavar="CODE", help="只要一个指标 · only this indicator of the work.")
    ] = None,
    publication: Annotated[
        int | None, typer.Option(metavar="N", help="哪次发布，默认最新 · of which publication; the newest.")
    ] = None,
    output: Annotated[
        Path,
        typer.Option(metavar="PATH", help="文件或文件夹，默认当前 · a file or a folder; the current one."),
    ] = Path(),
) -> None:
    """佐证材料 · Write the evidence of a work's figures of a year as a zip for the acceptance panel.

    The figures with definition and target, every counted row with its file, sheet, row and checksum, the original
    files, and a cover page in Chinese. Every row is read again from its file; the same publication gives the same zip.
    """
    # Word and Excel take half a second to import.
    from green_freight.evidence.figures import Request
    from green_freight.evidence.pack import write_pack

    request = Request(work, year, indicator, publication)
    installation: Installation = context.obj
    with installation.warehouse() as warehouse:
        pack = write_pack(warehouse, request, output)
    _print(pack, Console(soft_wrap=True, highlight=False))


def _print(pack: Pack, console: Console) -> None:
    contents = pack.contents
    rows = sum(len(proof.rows) for proof in contents.proofs)
    for proof in contents.proofs:
        console.print(f"[green]✓[/] {proof.figure.name_zh} {proof.figure.indicator_code}：{_sums(proof)}")
    console.print(
        f"第 {contents.publication.publication_no} 号发布 · publication {contents.publication.publication_no}："
        f"{rows:,} 行 rows，{len(contents.files)} 份原始文件 original files，{pack.bytes / 1e6:.1f} MB"
    )
    console.print(f"[green]✓[/] {escape(str(pack.path))}")


def _sums(proof: Proof) -> str:
    """Return the re-added sums as an equation with the published value."""
    from green_freight.evidence.contents import exact

    if proof.figure.numerator is None:
        return "无发布数值 no published figure"
    sums = [f"Σ {len(proof.part(part))} 行 rows = {exact(proof.added(part))}" for part in proof.parts]
    return f"{' ÷ '.join(sums)} → {proof.value}"
