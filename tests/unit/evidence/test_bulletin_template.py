"""The bulletin's wording stands in its Word template, and the template names only what the bulletin has."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from docxtpl import DocxTemplate
from green_freight.documents import bulletin

SENTENCE = re.compile("[\u4e00-\u9fff][^\n]*[。；：]|[\u4e00-\u9fff]{9}")


def _sentences(source: str) -> list[str]:
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    described = {
        ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)
    }
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [
        text for text in texts if isinstance(text, str) and text not in described and SENTENCE.search(text)
    ]


def test_no_wording_of_the_bulletin_stands_in_code() -> None:
    folder = Path(bulletin.__file__).parent
    for name in ("bulletin.py", "bulletin_data.py", "word_charts.py"):
        assert _sentences((folder / name).read_text(encoding="utf-8")) == []
    assert _sentences("x = f'截至{day}，进展通报如下。'")
    assert _sentences("x = '请有关牵头单位抓紧落实'")


def test_the_template_names_what_the_documentation_lists() -> None:
    names = DocxTemplate(bulletin.TEMPLATE).get_undeclared_template_variables()
    assert {
        "figures",
        "behind",
        "units",
        "restatements",
        "qualities",
        "publication_no",
        "chart_course",
    } <= names
    page = (bulletin.TEMPLATE.parents[4] / "docs" / "documents.md").read_text(encoding="utf-8")
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []
