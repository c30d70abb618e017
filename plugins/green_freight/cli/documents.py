"""`form`, `export` and `bulletin`: documents that one publication states."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from green_freight.cli.console import as_month, console
from green_freight.cli.installation import Installation
from green_freight.labels import label
from green_freight.periods import Period

OfPublication = Annotated[
    int | None,
    typer.Option("--publication", metavar="N", help="哪次发布，默认最新 · of which publication; the newest."),
]
Output = Annotated[
    Path,
    typer.Option(
        "--output", metavar="PATH", help="文件或文件夹，默认当前 · a file or a folder; the current one."
    ),
]


def form_command(
    context: typer.Context,
    quarter: Annotated[str, typer.Option(metavar="YYYYQN", help="季度，如 2024Q2 · the quarter, as 2024Q2.")],
    reporter: Annotated[str, typer.Option(help="填报人 · who reports.")] = "",
    telephone: Annotated[str, typer.Option(help="联系电话 · the reporter's telephone.")] = "",
    publication: OfPublication = None,
    output: Output = Path(),
) -> None:
    """国家季报表 · Write the national quarterly form with its 32 items as a workbook.

    What no agency delivers stays empty; the second sheet says why. The same publication gives the same bytes.
    """
    # Excel's library takes a while to import.
    from green_freight.documents.quarterly_form import Reporter, write_form

    installation: Installation = context.obj
    with installation.warehouse() as warehouse:
        form = write_form(warehouse, quarter.upper(), output, publication, Reporter(reporter, telephone))
    filled = sum(item.text_value is not None for item in form.items)
    number, count = form.publication.publication_no, len(form.items)
    console().print(
        f"第 {number} 号发布 · publication {number}：{count} 项 items，已填 {filled} 项 filled\n"
        f"[green]✓[/] {escape(str(form.path))}",
        soft_wrap=True,
    )


def export_command(
    context: typer.Context,
    table: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="只要这些表 · only these tables.")
    ] = None,
    detail: Annotated[
        bool,
        typer.Option("--detail", help="含明细级的表 · also the tables that name a vehicle, plate or VIN."),
    ] = False,
    publication: OfPublication = None,
    output: Annotated[
        Path,
        typer.Option("--output", metavar="FOLDER", help="上级文件夹，默认当前 · the folder to write into."),
    ] = Path(),
) -> None:
    """开放数据 · Write the readers' tables as Parquet and as CSV with a Frictionless data package.

    With checksums and the data dictionary. The same publication gives the same bytes.
    """
    # pandas and pyarrow take a second to import.
    from green_freight.documents.open_files import write_export

    installation: Installation = context.obj
    with installation.warehouse() as warehouse:
        export = write_export(warehouse, output, publication, table or [], is_detail=detail)
    number, rows = export.publication.publication_no, sum(export.rows.values())
    console().print(
        f"第 {number} 号发布 · publication {number}：{len(export.rows)} 张表 tables，{rows:,} 行 rows\n"
        f"[green]✓[/] {escape(str(export.path))}",
        soft_wrap=True,
    )


def bulletin_command(
    context: typer.Context,
    month: Annotated[
        Period,
        typer.Option(parser=as_month, metavar="YYYY-MM", help="月份，如 2024-06 · the month, as 2024-06."),
    ],
    template: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Word 模板 · the Word template to fill.")
    ] = None,
    provisional: Annotated[
        bool,
        typer.Option("--provisional", help="未结账的月份生成暂定稿 · a draft of a month not yet closed."),
    ] = False,
    publication: OfPublication = None,
    output: Annotated[
        Path, typer.Option("--output", metavar="FOLDER", help="文件夹，默认当前 · the folder to write into.")
    ] = Path(),
) -> None:
    """通报 · Write the bulletin of a month as a Word document, and its working table as a workbook.

    The wording is that of a Word template. The same publication and template give the same bytes.
    """
    # Word and Excel take half a second to import.
    from green_freight.documents.bulletin import write_bulletin

    installation: Installation = context.obj
    with installation.warehouse() as warehouse:
        bulletin = write_bulletin(
            warehouse, month, output, publication, template=template, may_be_provisional=provisional
        )
    number = bulletin.data.publication.publication_no
    counts = "，".join(
        f"{label('status', code).both} {count}" for code, count in bulletin.data.status_counts().items()
    )
    console().print(f"第 {number} 号发布 · publication {number}：{counts}", soft_wrap=True)
    for path in (bulletin.document, bulletin.workbook):
        console().print(f"[green]✓[/] {escape(str(path))}", soft_wrap=True)
