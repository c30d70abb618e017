"""`dictionary`: the data dictionary and the other pages that are generated from the code."""

from __future__ import annotations

from typing import Annotated

import typer

from green_freight.settings import PROJECT


def dictionary_command(
    write: Annotated[
        bool, typer.Option("--write", help="写入全部生成文件 · write it and every other generated file.")
    ] = False,
) -> None:
    """数据字典 · Print the data dictionary, generated from the models' metadata."""
    from green_freight.contracts.generated_files import generated_files
    from green_freight.reporting import data_dictionary, pages

    # dbt's sources come from the contracts, and the dictionary from dbt's manifest.
    from_code = {pages.FAILURE_CODES: pages.failure_codes(), pages.SETTINGS: pages.settings_page()}
    files = {**generated_files(), **from_code} if write else {}
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    page = data_dictionary.markdown(data_dictionary.parsed_manifest())
    if not write:
        typer.echo(page, nl=False)
        return
    data_dictionary.PAGE.write_text(page, encoding="utf-8")
    for path in (*files, data_dictionary.PAGE):
        typer.echo(f"已写入 · written: {path.relative_to(PROJECT)}")
