"""Charts of a Word document, drawn by Word itself: its fonts are used, and lines and colours can be changed there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.shared import Mm
from markupsafe import Markup
from openpyxl.chart import BarChart
from openpyxl.chart.data_source import (
    AxDataSource,
    NumData,
    NumDataSource,
    NumRef,
    NumVal,
    StrData,
    StrRef,
    StrVal,
)
from openpyxl.chart.series import Series, SeriesLabel
from openpyxl.xml.functions import tostring

_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_DRAWING = """<w:r><w:drawing>
<wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">
<wp:extent cx="{width}" cy="{height}"/><wp:docPr id="{number}" name="chart{number}"/><wp:cNvGraphicFramePr/>
<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">
<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">
<c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"
xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="{relation}"/>
</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"""


@dataclass(frozen=True)
class Bars:
    """Bars of one or several series over categories: stacked columns, or lying bars for long names."""

    categories: Sequence[str]
    series: Mapping[str, Sequence[float | None]]
    colours: Sequence[str]
    is_lying: bool
    height_mm: float
    number_format: str = "0"


def add_chart(document: Document, number: int, bars: Bars) -> Markup:
    """Add a chart to a document and return the run that shows it, as wide as the type area."""
    uri = PackURI(f"/word/charts/chart{number}.xml")
    part = Part(uri, _CONTENT_TYPE, _xml(bars), document.part.package)
    relation = document.part.relate_to(part, RELATIONSHIP_TYPE.CHART)
    # Nothing in it is text of others.
    return Markup(  # nosec B704
        _DRAWING.format(width=Mm(156), height=Mm(bars.height_mm), number=100 + number, relation=relation)
    )


def _xml(bars: Bars) -> bytes:
    chart = BarChart()
    chart.type, chart.grouping, chart.overlap, chart.gapWidth = (
        "bar" if bars.is_lying else "col",
        "stacked",
        100,
        40,
    )
    count = len(bars.categories)
    names = StrData(
        ptCount=count, pt=[StrVal(idx=place, v=name) for place, name in enumerate(bars.categories)]
    )
    for place, (name, values) in enumerate(bars.series.items()):
        points = [NumVal(idx=at, v=str(value)) for at, value in enumerate(values) if value is not None]
        letter = "BCDEFGHIJ"[place]
        series = Series(
            idx=place,
            order=place,
            tx=SeriesLabel(v=name),
            cat=AxDataSource(strRef=StrRef(f=f"Sheet1!$A$2:$A${count + 1}", strCache=names)),
            val=NumDataSource(
                numRef=NumRef(
                    f=f"Sheet1!${letter}$2:${letter}${count + 1}",
                    numCache=NumData(formatCode=bars.number_format, ptCount=count, pt=points),
                )
            ),
        )
        series.graphicalProperties.solidFill = bars.colours[place]
        chart.series.append(series)
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.scaling.min = 0
    chart.y_axis.number_format, chart.y_axis.majorGridlines = bars.number_format, None
    if bars.is_lying:
        # The first category on top.
        chart.x_axis.scaling.orientation = "maxMin"
    if len(bars.series) > 1:
        chart.legend.position = "b"
    else:
        chart.legend = None
    # What the library itself calls when it saves a workbook; its type stubs do not have it.
    xml: bytes | str = tostring(getattr(chart, "_write")())  # noqa: B009
    return xml.encode() if isinstance(xml, str) else xml
