"""Hostile inputs: a good delivery of three rows, of which one value, the text or the container is changed.

An input is for one delivery; its content is a function of the period, so that many inputs can lie on one server,
each in a period of its own. Row 2 has the changed value; rows 1 and 3 stay as they are.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from green_freight.periods import Period

from tests.integration.hostile.servers import Answer, envelope
from tests.integration.hostile.values import ANY, BOOLEANS, DATES, IDENTIFIERS, JSON_ONLY, NUMBERS
from tests.integration.loading import workbooks
from tests.integration.loading.deliveries import operation, order
from tests.integration.loading.postal_forms import PARCEL_HEADER, TRICYCLE_HEADER

Content = Callable[[Period], bytes]
SEED = 20230102
GOOD = "as agreed"
VALUES: dict[str, Sequence[Any]] = {
    "number": NUMBERS,
    "date": DATES,
    "boolean": BOOLEANS,
    "identifier": IDENTIFIERS,
    "text": ANY,
}


@dataclass(frozen=True)
class HostileInput:
    """One input: `dataset` and `column` say which value is hostile; without a column the whole container is.

    `content` gives the file, or what the service sends for the request.
    """

    agency: str
    delivery: str
    dataset: str
    name: str
    content: Callable[[Period], Any]
    column: str | None = None

    @property
    def key(self) -> str:
        """Return the name under which the expected outcome is recorded."""
        return f"{self.dataset}: {self.name}"


def inputs() -> list[HostileInput]:
    """Return all inputs, by agency and delivery."""
    return [*_postal(), *_commerce(), *_transport(), *_exchange(), *_orders()]


def good_deliveries() -> list[HostileInput]:
    """Return a delivery of each kind that has inputs, with nothing changed."""
    contents: dict[tuple[str, str, str], Callable[[Period], Any]] = {
        ("postal", "tricycles", "postal_tricycle"): lambda _: _csv(TRICYCLE_HEADER, _TRICYCLES).encode(),
        ("postal", "parcel_volumes", "postal_parcel_volume"): lambda _: _csv(
            PARCEL_HEADER, _PARCELS
        ).encode(),
        ("commerce", "monthly_report", "commerce_store_delivery"): lambda period: _book(period, _STORES),
        ("transport", "vehicle_operations", "transport_vehicle_operation"): lambda p: _page(_operations(p)),
        ("transport", "enterprises", "transport_enterprise"): lambda p: _page(_enterprises(p)),
        ("power", "stations", "power_station"): lambda _: envelope(stations_page()),
        ("power", "station_stats", "power_connector_energy"): lambda _: envelope(
            json.dumps({"StationStats": stats("S2")})
        ),
        ("power", "charge_orders", "power_charge_order"): lambda p: gzip.compress(_lines(p), mtime=0),
    }
    return [HostileInput(*place, GOOD, content) for place, content in contents.items()]


def _always(content: Any) -> Callable[[Period], Any]:
    """Return the function that gives the same content in every period."""
    return lambda _: content


def _made(make: Callable[..., Any], *facts: Any) -> Callable[[Period], Any]:
    """Return the function that makes the content of a period from `facts`."""
    return lambda period: make(period, *facts)


def named(value: Any) -> str:
    """Return a value in printable characters, shortened."""
    written = json.dumps(value)
    return written if len(written) <= 60 else f"{written[:40]}… ({len(written)} characters)"


# Damage that any file can suffer, and texts in other encodings.


def _damaged(good: Content) -> Iterator[tuple[str, Content]]:
    yield "empty file", lambda _: b""
    yield "one byte", lambda _: b"\x00"
    yield "zero bytes", lambda _: bytes(5000)
    yield "random bytes", lambda _: random.Random(SEED).randbytes(5000)
    for share in (0.02, 0.3, 0.5, 0.9):
        yield f"cut off at {share:.0%}", _made(lambda period, share: _cut(good(period), share), share)
    for seed in range(6):
        yield f"bytes changed, seed {seed}", _made(lambda period, seed: _changed(good(period), seed), seed)
    yield "twice", lambda period: good(period) * 2
    yield "HTML", lambda _: b"<!DOCTYPE html><html><body>404</body></html>"
    yield "PDF", lambda _: b"%PDF-1.7\n" + bytes(100)
    yield "program", lambda _: b"\x7fELF" + bytes(100)
    yield "picture", lambda _: b"\x89PNG\r\n\x1a\n" + bytes(100)
    yield "in a zip", lambda period: _zipped({"form.txt": good(period)})
    yield "in gzip", lambda period: gzip.compress(good(period), mtime=0)


def _cut(content: bytes, share: float) -> bytes:
    return content[: int(len(content) * share)]


def _changed(content: bytes, seed: int) -> bytes:
    chance = random.Random(SEED + seed)
    found = bytearray(content)
    for _ in range(3):
        found[chance.randrange(len(found))] = chance.randrange(256)
    return bytes(found)


def _zipped(entries: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return target.getvalue()


# The postal administration: CSV on SFTP.

_TRICYCLES = (
    ["TR1", "甲", "320706", "2021-10-29", "", "", "是", ""],
    ["TR2", "甲", "320706", "2021-10-29", "", "", "是", "备用"],
    ["TR3", "乙", "320705", "2022-03-01", "", "", "否", ""],
)
_PARCELS = (["320706", "甲", "12", "8"], ["320706", "乙", "5", "4"], ["320705", "甲", "7", "6"])
_TRICYCLE_COLUMNS = {
    "tricycle_no": (0, "identifier"),
    "in_use_from": (3, "date"),
    "is_marking_uniform": (6, "boolean"),
    "remark": (7, "text"),
}


def _csv(header: str, rows: Iterable[Sequence[str]], end: str = "\r\n") -> str:
    return "".join(f"{line}{end}" for line in (header, *(",".join(map(_quoted, row)) for row in rows)))


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(c in cell for c in ',"\r\n') else cell


def _replaced(rows: Sequence[Sequence[Any]], at: int, value: Any) -> list[list[Any]]:
    return [
        [value if (n, m) == (1, at) else cell for m, cell in enumerate(row)] for n, row in enumerate(rows)
    ]


def _postal() -> Iterator[HostileInput]:
    def tricycles(name: str, content: Content, column: str | None = None) -> HostileInput:
        return HostileInput("postal", "tricycles", "postal_tricycle", name, content, column)

    good = _csv(TRICYCLE_HEADER, _TRICYCLES)
    for column, (at, kind) in _TRICYCLE_COLUMNS.items():
        for value in VALUES[kind]:
            content = _csv(TRICYCLE_HEADER, _replaced(_TRICYCLES, at, value)).encode("utf-8-sig")
            yield tricycles(f"{column} = {named(value)}", _always(content), column)
    for value in NUMBERS:
        content = _csv(PARCEL_HEADER, _replaced(_PARCELS, 2, value)).encode("utf-8-sig")
        name = f"inbound_parcels = {named(value)}"
        yield HostileInput(
            "postal", "parcel_volumes", "postal_parcel_volume", name, _always(content),
            "inbound_parcels",
        )  # fmt: skip
    for name, damaged in _damaged(_always(good.encode("utf-8-sig"))):
        yield tricycles(name, damaged)
    for name, text in _texts(good).items():
        yield tricycles(name, _always(text))


def _texts(good: str) -> dict[str, bytes]:
    lines = good.splitlines(keepends=True)
    return {
        "GB18030": good.encode("gb18030"),
        "Big5": good.replace("启", "啟").encode("big5", "replace"),
        "UTF-16 with mark": good.encode("utf-16"),
        "UTF-16 without mark": good.encode("utf-16-le"),
        "UTF-32": good.encode("utf-32"),
        "three byte order marks": b"\xef\xbb\xbf" * 3 + good.encode(),
        "half in another encoding": good[:60].encode() + good[60:].encode("gb18030"),
        "carriage returns alone": good.replace("\r\n", "\r").encode(),
        "form feeds and line separators": good.replace("\r\n", "\u2028").encode(),
        "semicolons": good.replace(",", ";").encode(),
        "tabs": good.replace(",", "\t").encode(),
        "full-width commas": good.replace(",", "，").encode(),
        "titles alone": lines[0].encode(),
        "titles twice": (lines[0] + good).encode(),
        "titles again below": (good + lines[0]).encode(),
        "rows alone": "".join(lines[1:]).encode(),
        "titles after the rows": ("".join(lines[1:]) + lines[0]).encode(),
        "a title twice": good.replace("备注", "编号").encode(),
        "no title in a column": good.replace("备注", "").encode(),
        "titles with blanks and marks": good.replace("编号", " ★编 号： ").encode(),
        "titles of another form": good.replace(lines[0].rstrip(), PARCEL_HEADER).encode(),
        "a row with a column more": good.replace("TR2,", "TR2,x,").encode(),
        "a row with a column less": good.replace("TR2,甲,", "TR2,").encode(),
        "every row with a comma more": good.replace("\r\n", ",\r\n").encode(),
        "a quote that is never closed": good.replace("TR2", '"TR2').encode(),
        "a quote within a cell": good.replace("TR2", 'T"R2').encode(),
        "quotes around everything": "".join(f'"{line.strip()}"\r\n' for line in lines).encode(),
        "a line break in a cell": good.replace("备用", '"备\r\n用"').encode(),
        "escaped by backslash": good.replace("备用", '"备\\"用"').encode(),
        "empty lines between": good.replace("\r\n", "\r\n\r\n\r\n").encode(),
        "lines of commas": (good + ",,,,,,,\r\n" * 50).encode(),
        "a total below": (good + "合计,3,,,,,,\r\n").encode(),
        "a note below": (good + "填报人：某某 联系电话：0518\r\n").encode(),
        "a zero byte in a cell": good.replace("备用", "备\x00用").encode(),
        "zero bytes at the end": good.encode() + bytes(4096),
        "end-of-file mark": good.encode() + b"\x1a",
        "no line end": good.rstrip().encode(),
        "separator named first": ("sep=,\r\n" + good).encode(),
        "comment lines": ("# form\r\n" + good).encode(),
        "every row three times": (lines[0] + "".join(lines[1:]) * 3).encode(),
        "SQL instead of rows": b"insert into tricycle values ('TR1','\xe7\x94\xb2');\r\n" * 3,
        "JSON instead of rows": json.dumps([{"编号": "TR1"}]).encode(),
    }


# The commerce bureau: workbooks on SFTP.

_STORES = (workbooks.store("A1"), workbooks.store("A2", 5, 2, 1, 0), workbooks.store("A3", 7, 3, 2, 1))
_STORE_COLUMNS = {"store_code": (1, "identifier"), "store_name": (2, "text"), "total_tonnes": (5, "number")}
# What a workbook's cell can hold besides text.
_CELLS: tuple[Any, ...] = (
    -1,
    0,
    0.1 + 0.2,
    1e300,
    1e-300,
    10**18,
    True,
    "#REF!",
    "#DIV/0!",
    "=A1",
    '=HYPERLINK("http://x")',
)


def _commerce() -> Iterator[HostileInput]:
    def report(name: str, content: Content, column: str | None = None) -> HostileInput:
        return HostileInput("commerce", "monthly_report", "commerce_store_delivery", name, content, column)

    for column, (at, kind) in _STORE_COLUMNS.items():
        values = [*VALUES[kind], *(_CELLS if kind == "number" else ())]
        for value in values:
            cells = _replaced(_STORES, at, value)
            yield report(f"{column} = {named(value)}", _made(_book, cells), column)
    for value in DATES:
        yield HostileInput(
            "commerce", "monthly_report", "commerce_cold_chain_enterprise", f"registered_on = {named(value)}",
            _made(_book, _STORES, value), "registered_on",
        )  # fmt: skip
    for name, content in _damaged(lambda period: _book(period, _STORES)):
        yield report(name, content)
    for name, change in _PARTS.items():
        yield report(name, _made(lambda period, change: _rewritten(_book(period, _STORES), change), change))


def _book(period: Period, stores: Iterable[Sequence[Any]], cold_date: Any = "2012年6月18日") -> bytes:
    title = f"连云港市城市配送月报 {period.first_day.year}年{period.first_day.month}月（演示数据）"
    first, second = workbooks.CODES
    good, hostile = (first, "冷链甲", 1200, 3, "2014年3月9日"), (second, "冷链乙", 800, 2, cold_date)
    return workbooks.report(
        [(title,), *workbooks.stores_above(*stores)[1:]],
        cold=[(title,), workbooks.COLD, good, hostile],
        pharma=[(title,), *workbooks.PHARMA_ROWS[1:]],
    )


Parts = dict[str, bytes]


def _rewritten(book: bytes, change: Callable[[Parts], None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    return _zipped(parts)


def _without(name: str) -> Callable[[Parts], None]:
    return lambda parts: (parts.pop(name), None)[1]


def _with(name: str, content: bytes) -> Callable[[Parts], None]:
    return lambda parts: parts.update({name: content})


def _replacing(name: str, old: bytes, new: bytes) -> Callable[[Parts], None]:
    return lambda parts: parts.update({name: parts[name].replace(old, new)})


def _share_texts(parts: Parts, items: bytes | None, prefix: bytes = b"") -> None:
    """Let the second store's name stand in the part of shared strings, which holds `items`, or is missing."""
    name = re.compile(rb'(<c r="C6") t="inlineStr"><is><t>.*?</t></is></c>')
    parts[_SHEET] = name.sub(rb'\1 t="s"><v>0</v></c>', parts[_SHEET])
    kind = b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    kind += b'spreadsheetml.sharedStrings+xml"/></Types>'
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", kind)
    if items is not None:
        space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        parts["xl/sharedStrings.xml"] = prefix + b'<sst xmlns="' + space + b'">' + items + b"</sst>"


_SHEET = "xl/worksheets/sheet1.xml"
_ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
_PARTS: dict[str, Callable[[Parts], None]] = {
    "without workbook.xml": _without("xl/workbook.xml"),
    "without the sheet's part": _without(_SHEET),
    "without styles": _without("xl/styles.xml"),
    "without relations": _without("xl/_rels/workbook.xml.rels"),
    "without content types": _without("[Content_Types].xml"),
    "empty sheet part": _with(_SHEET, b""),
    "sheet part is no XML": _with(_SHEET, b"<worksheet><sheetData><row>"),
    "sheet part in UTF-16": lambda parts: parts.update({_SHEET: parts[_SHEET].decode().encode("utf-16")}),
    "entities in a sheet": _replacing(_SHEET, b"<worksheet", _ENTITIES + b"<worksheet"),
    "external entity": lambda parts: _share_texts(
        parts, b"<si><t>&e;</t></si>", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    ),
    "a shared string": lambda parts: _share_texts(parts, "<si><t>门店A2</t></si>".encode()),
    "a shared string that is not there": lambda parts: _share_texts(parts, b""),
    "no part of shared strings": lambda parts: _share_texts(parts, None),
    "shared strings are no XML": lambda parts: _share_texts(parts, b"<si><t>"),
    "a row number of 0": _replacing(_SHEET, b'<row r="6"', b'<row r="0"'),
    "a row number twice": _replacing(_SHEET, b'<row r="6"', b'<row r="5"'),
    "a row number that is text": _replacing(_SHEET, b'<row r="6"', b'<row r="six"'),
    "a cell reference that is none": _replacing(_SHEET, b'r="F6"', b'r="??"'),
    "a cell reference in another row": _replacing(_SHEET, b'r="F6"', b'r="F9"'),
    "a cell twice": _replacing(_SHEET, b'r="F6"', b'r="G6"'),
    "a style that is not there": _replacing(_SHEET, b'r="F6"', b's="9999" r="F6"'),
    "a cell type that is unknown": _replacing(_SHEET, b'r="F6"', b't="zz" r="F6"'),
    "an infinite number": _replacing(_SHEET, b"<v>5</v>", b"<v>INF</v>"),
    "a number that is text": _replacing(_SHEET, b"<v>5</v>", b"<v>five</v>"),
    "a dimension that lies": _replacing(_SHEET, b"<sheetData>", b'<dimension ref="A1:A1"/><sheetData>'),
    "a part outside the archive": _with("../../outside.xml", b"x"),
    "macros": _with("xl/vbaProject.bin", bytes(100)),
}


# The transport platform: pages of JSON over HTTP.

_OPERATION_COLUMNS = {"vehicle_id": "identifier", "distance_km": "number", "trip_count": "number"}
_ENTERPRISES = [
    {
        "enterprise_id": f"E{number}",
        "credit_code": workbooks.CODES[number % 2],
        "name": f"企业{number}",
        "region_code": "320706",
        "is_demonstration": True,
        "registered_on": "2020-01-01",
        "closed_on": None,
        "is_deleted": False,
    }
    for number in (1, 2, 3)
]
_ENTERPRISE_COLUMNS = {
    "credit_code": "identifier",
    "name": "text",
    "is_deleted": "boolean",
    "registered_on": "date",
    "changed_at": "date",
}


def _operations(period: Period) -> list[dict[str, Any]]:
    return [operation(number, operation_date=period.label) for number in (1, 2, 3)]


def _enterprises(period: Period) -> list[dict[str, Any]]:
    return [row | {"changed_at": f"{period.first_day}T08:00:00+08:00"} for row in _ENTERPRISES]


def _page(items: Any, **changes: Any) -> bytes:
    total = len(items) if isinstance(items, list) else 0
    return json.dumps({"code": 0, "message": "ok", "total": total, "items": items} | changes).encode()


def _with_value(rows: list[dict[str, Any]], column: str, value: Any) -> list[dict[str, Any]]:
    return [row | {column: value} if number == 1 else row for number, row in enumerate(rows)]


def _transport() -> Iterator[HostileInput]:
    def operations(name: str, content: Callable[[Period], Any], column: str | None = None) -> HostileInput:
        return HostileInput(
            "transport", "vehicle_operations", "transport_vehicle_operation", name, content, column
        )

    for column, kind in _OPERATION_COLUMNS.items():
        for value in (*VALUES[kind], *JSON_ONLY):
            yield operations(
                f"{column} = {named(value)}",
                _made(lambda p, *changed: _page(_with_value(_operations(p), *changed)), column, value),
                column,
            )
    for column, kind in _ENTERPRISE_COLUMNS.items():
        for value in (*VALUES[kind], *JSON_ONLY):
            yield HostileInput(
                "transport", "enterprises", "transport_enterprise", f"{column} = {named(value)}",
                _made(lambda p, *changed: _page(_with_value(_enterprises(p), *changed)), column, value), column,
            )  # fmt: skip
    for name, content in _damaged(lambda period: _page(_operations(period))):
        yield operations(name, content)
    for name, change in _PAGES.items():
        yield operations(name, _made(lambda period, change: change(_operations(period)), change))


_PAGES: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "null": lambda _: b"null",
    "a list": lambda _: b"[]",
    "a text": lambda _: b'"ok"',
    "an empty object": lambda _: b"{}",
    "no code": lambda rows: _page(rows).replace(b'"code": 0, ', b""),
    "code true": lambda rows: _page(rows, code=True),
    "code as text": lambda rows: _page(rows, code="0"),
    "code 1": lambda rows: _page(rows, code=1),
    "code 10^30": lambda rows: _page(rows, code=10**30),
    "code and message hostile": lambda rows: _page(rows, code="\x00", message="\ud83d{}%s"),
    "items null": lambda rows: _page(None, total=3),
    "items an object": lambda rows: _page({"0": rows[0]}, total=3),
    "items a text": lambda rows: _page("[]", total=3),
    "an item null": lambda rows: _page([rows[0], None, rows[2]]),
    "an item a list": lambda rows: _page([rows[0], [], rows[2]]),
    "an item a number": lambda rows: _page([rows[0], 5, rows[2]]),
    "an item empty": lambda rows: _page([rows[0], {}, rows[2]]),
    "an item with other names": lambda rows: _page([rows[0], {"VehicleID": "V2"}, rows[2]]),
    "items in a list": lambda rows: _page([rows]),
    "total negative": lambda rows: _page(rows, total=-1),
    "total a fraction": lambda rows: _page(rows, total=3.5),
    "total as text": lambda rows: _page(rows, total="3"),
    "total null": lambda rows: _page(rows, total=None),
    "total of another list": lambda rows: _page(rows, total=4),
    "total 10^30": lambda rows: _page(rows, total=10**30),
    "a comma too many": lambda rows: _page(rows).replace(b"]", b",]"),
    "single quotes": lambda rows: _page(rows).replace(b'"', b"'"),
    "comments": lambda rows: b"/* list */" + _page(rows),
    "JSONP": lambda rows: b"callback(" + _page(rows) + b");",
    "two objects": lambda rows: _page(rows) + b"\n" + _page(rows),
    "a key twice": lambda rows: _page(rows).replace(
        b'"distance_km": 82.5', b'"distance_km": 1, "distance_km": 82.5'
    ),
    "byte order mark": lambda rows: b"\xef\xbb\xbf" + _page(rows),
    "UTF-16": lambda rows: _page(rows).decode().encode("utf-16"),
    "GBK": lambda rows: json.dumps(
        {"code": 0, "message": "成功", "total": 3, "items": rows}, ensure_ascii=False
    ).encode("gbk"),
    "300 levels": lambda rows: _page([rows[0] | {"note": json.loads("[" * 300 + "]" * 300)}, *rows[1:]]),
    "100,000 levels": lambda rows: b"[" * 100_000,
    "a long name": lambda rows: _page([rows[0] | {"x" * 100_000: 1}, *rows[1:]]),
    "10,000 names": lambda rows: _page([rows[0] | {f"n{i}": i for i in range(10_000)}, *rows[1:]]),
    "compressed but not": lambda rows: Answer(_page(rows), headers={"Content-Encoding": "gzip"}),
    "unknown compression": lambda rows: Answer(_page(rows), headers={"Content-Encoding": "rot13"}),
    "compressed": lambda rows: Answer(
        gzip.compress(_page(rows), mtime=0), headers={"Content-Encoding": "gzip"}
    ),
    "called a picture": lambda rows: Answer(_page(rows), headers={"Content-Type": "image/png"}),
    "charset that is none": lambda rows: Answer(
        _page(rows), headers={"Content-Type": "application/json; charset=x-none"}
    ),
    "status 204": lambda rows: Answer(b"", 204),
    "status 206": lambda rows: Answer(_page(rows), 206),
    "status 302": lambda rows: Answer(b"", 302, {"Location": "file:///etc/passwd"}),
    "status 418": lambda rows: Answer("茶壶\x00".encode(), 418),
    "status 500 with a page": lambda rows: Answer(_page(rows), 500),
    "status 599": lambda rows: Answer(b"", 599),
    "retry after a word": lambda rows: Answer(b"", 503, {"Retry-After": "soon"}),
    "retry after 10^30 s": lambda rows: Answer(b"", 503, {"Retry-After": str(10**30)}),
}


# The power company's exchange: encrypted JSON over HTTP.

_STATION_COLUMNS = {"StationName": ("station_name", "text"), "OfficialRunTime": ("official_run_on", "date")}


def station(number: int, **changes: Any) -> dict[str, Any]:
    """Return a station with a pile and a connector, as the exchange lists it."""
    return {
        "StationID": f"S{number}", "OperatorID": "MAD000078", "EquipmentOwnerID": "MAD000078", "StationName": "站",
        "CountryCode": "CN", "AreaCode": "320706", "Address": "a", "StationType": 1, "StationStatus": 50,
        "ParkNums": 0, "StationLng": 119.2, "StationLat": 34.6, "Construction": 9, "OfficialRunTime": "2021-01-01",
        "DecommissionTime": "",
        "EquipmentInfos": [
            {
                "EquipmentID": f"P{number}", "EquipmentType": 1, "Power": 60, "OfficialRunTime": "2021-01-01",
                "DecommissionTime": "",
                "ConnectorInfos": [{"ConnectorID": f"C{number}", "ConnectorType": 4, "Power": 60}],
            }
        ],
    } | changes  # fmt: skip


def stations_page(*changed: Any) -> str:
    """Return a page of three stations, the second one perhaps changed."""
    rows = [station(1), *(changed or (station(2),)), station(3)]
    return json.dumps({"PageNo": 1, "PageCount": 1, "ItemSize": len(rows), "StationInfos": rows})


def stats(station_id: str, energy: Any = 5.5, **changes: Any) -> dict[str, Any]:
    """Return a station's energy of a day."""
    connectors = [{"ConnectorID": f"C{station_id[1:]}", "ConnectorElectricity": energy}]
    piles = [
        {
            "EquipmentID": f"P{station_id[1:]}",
            "EquipmentElectricity": energy,
            "ConnectorStatsInfos": connectors,
        }
    ]
    return {"StationID": station_id, "StationElectricity": energy, "EquipmentStatsInfos": piles} | changes


def _exchange() -> Iterator[HostileInput]:
    def stations(name: str, content: Callable[[Period], Any], column: str | None = None) -> HostileInput:
        return HostileInput("power", "stations", "power_station", name, content, column)

    def energy(name: str, content: Callable[[Period], Any], column: str | None = None) -> HostileInput:
        return HostileInput("power", "station_stats", "power_connector_energy", name, content, column)

    for key, (column, kind) in _STATION_COLUMNS.items():
        for value in (*VALUES[kind], *JSON_ONLY):
            page = envelope(stations_page(station(2, **{key: value})))
            yield stations(f"{column} = {named(value)}", _always(page), column)
    for value in (*NUMBERS, *JSON_ONLY):
        body = envelope(json.dumps({"StationStats": stats("S2", value)}))
        yield energy(f"connector_kwh = {named(value)}", _always(body), "connector_kwh")
    for name, changed in _STATION_PARTS.items():
        page = envelope(stations_page(changed))
        yield stations(name, _always(page))
    for name, body in _ENVELOPES.items():
        yield stations(name, _always(body))
    for name, content in _damaged(lambda _: envelope(stations_page())):
        yield stations(f"envelope: {name}", content)


_STATION_PARTS: dict[str, Any] = {
    "a station null": None,
    "a station a list": [],
    "a station empty": {},
    "no piles": station(2, EquipmentInfos=[]),
    "piles null": station(2, EquipmentInfos=None),
    "piles an object": station(2, EquipmentInfos={"EquipmentID": "P2"}),
    "piles a text": station(2, EquipmentInfos="P2"),
    "a pile null": station(2, EquipmentInfos=[None]),
    "a pile without connectors": station(2, EquipmentInfos=[{"EquipmentID": "P2", "EquipmentType": 1}]),
    "connectors a number": station(2, EquipmentInfos=[{"EquipmentID": "P2", "ConnectorInfos": 7}]),
    "a station in a station": station(2, EquipmentInfos=[station(9)]),
    "an identifier a list": station(2, StationID=["S2"]),
    "an identifier a number": station(2, StationID=2),
    "other spelling": {key.lower(): value for key, value in station(2).items()},
    "both spellings": station(2, stationid="S9"),
    "the key of another station": station(1),
}
_ENVELOPES: dict[str, Any] = {
    "Ret 500": envelope(stations_page(), Ret=500, Data="", Sig=""),
    "Ret -1": envelope(stations_page(), Ret=-1, Data="", Sig=""),
    "Ret 4003": envelope(stations_page(), Ret=4003, Data="", Sig=""),
    "Ret 4004 with a hostile text": envelope(stations_page(), Ret=4004, Msg="\x00\ud83d" * 500),
    "Ret null": envelope(stations_page(), Ret=None),
    "Ret a list": envelope(stations_page(), Ret=[0]),
    "Data null": envelope(stations_page(), Data=None),
    "Data a list": envelope(stations_page(), Data=["x"]),
    "Data of another response": envelope(stations_page(), Data=json.loads(envelope("{}"))["Data"]),
    "Sig null": envelope(stations_page(), Sig=None),
    "Sig not ASCII": envelope(stations_page(), Sig="签名"),
    "Sig in lower case": envelope(stations_page(), Sig=json.loads(envelope(stations_page()))["Sig"].lower()),
    "content no JSON": envelope("ok"),
    "content cut off": envelope(stations_page()[:200]),
    "content a list": envelope("[]"),
    "content null": envelope("null"),
    "content without StationInfos": envelope('{"ItemSize": 3}'),
    "content without ItemSize": envelope('{"StationInfos": []}'),
    "content 100,000 levels": envelope("[" * 100_000),
    "ItemSize 10^30": envelope(stations_page().replace('"ItemSize": 3', f'"ItemSize": {10**30}')),
    "ItemSize negative": envelope(stations_page().replace('"ItemSize": 3', '"ItemSize": -3')),
}


# The power company's files of charge orders: compressed lines of JSON on SFTP.

_ORDER_COLUMNS = {
    "TotalPower": ("energy_kwh", "number"),
    "StartTime": ("started_at", "date"),
    "ConnectorID": ("connector_id", "identifier"),
}


def _order(number: int, period: Period, **changes: Any) -> dict[str, Any]:
    text = json.dumps(order(number)).replace("2025-09-30", period.label)
    return json.loads(text) | changes  # type: ignore[no-any-return]


def _lines(period: Period, *changed: Any) -> bytes:
    rows = [_order(1, period), *(changed or (_order(2, period),)), _order(3, period)]
    return b"".join(row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows)


def _changed_order(period: Period, key: str, value: Any) -> bytes:
    return gzip.compress(_lines(period, _order(2, period, **{key: value})), mtime=0)


def _orders() -> Iterator[HostileInput]:
    def orders(name: str, content: Content, column: str | None = None) -> HostileInput:
        return HostileInput("power", "charge_orders", "power_charge_order", name, content, column)

    for key, (column, kind) in _ORDER_COLUMNS.items():
        for value in (*VALUES[kind], *JSON_ONLY):
            yield orders(
                f"{column} = {named(value)}",
                _made(_changed_order, key, value),
                column,
            )
    for name, content in _damaged(lambda period: gzip.compress(_lines(period), mtime=0)):
        yield orders(name, content)
    for name, line in _LINES.items():
        yield orders(name, _made(lambda period, line: gzip.compress(_lines(period, line), mtime=0), line))
    for name, change in _STREAMS.items():
        yield orders(name, _made(lambda period, change: change(_lines(period)), change))


_LINES: dict[str, bytes] = {
    "an empty line": b"\n",
    "a line null": b"null\n",
    "a line a list": b"[]\n",
    "a line a number": b"7\n",
    "a line no JSON": b"{'a': 1}\n",
    "a line cut off": b'{"StartChargeSeq": "MAD\n',
    "a line not UTF-8": b'{"StartChargeSeq": "\xff\xfe"}\n',
    "a line of zero bytes": bytes(500) + b"\n",
    "a line of blanks": b" " * 100_000 + b"\n",
    "a line of 300 levels": b"[" * 300 + b"]" * 300 + b"\n",
    "a line of 100,000 levels": b"[" * 100_000 + b"\n",
    "a long line": b'"' + b"x" * 1_000_000 + b'"\n',
    "two records on a line": b'{"a": 1}{"b": 2}\n',
    "a carriage return within": b'{"a":\r1}\n',
}
_STREAMS: dict[str, Callable[[bytes], bytes]] = {
    "two gzip members": lambda lines: (
        gzip.compress(lines[:900], mtime=0) + gzip.compress(lines[900:], mtime=0)
    ),
    "bytes behind the end": lambda lines: gzip.compress(lines, mtime=0) + b"trailing",
    "zero bytes behind the end": lambda lines: gzip.compress(lines, mtime=0) + bytes(512),
    "a wrong checksum": lambda lines: gzip.compress(lines, mtime=0)[:-8] + bytes(8),
    "gzip in gzip": lambda lines: gzip.compress(gzip.compress(lines, mtime=0), mtime=0),
    "not compressed": lambda lines: lines,
    "compressed nothing": lambda _: gzip.compress(b"", mtime=0),
    "byte order mark": lambda lines: gzip.compress(b"\xef\xbb\xbf" + lines, mtime=0),
    "UTF-16": lambda lines: gzip.compress(lines.decode().encode("utf-16"), mtime=0),
    "carriage returns": lambda lines: gzip.compress(lines.replace(b"\n", b"\r\n"), mtime=0),
    "no last line end": lambda lines: gzip.compress(lines.rstrip(), mtime=0),
    "one list": lambda lines: gzip.compress(b"[" + lines.rstrip().replace(b"\n", b",") + b"]", mtime=0),
    "no line ends": lambda lines: gzip.compress(lines.replace(b"\n", b""), mtime=0),
}
