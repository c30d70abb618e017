"""How much memory and time deliveries take that are made to exhaust both, and the largest good ones.

    python -m bench.hostile_deliveries [--only NAME]

Each is received or read in a process of its own, by the protocol's client or the reader of its contract, with the
limits of the contract, and without a warehouse. Printed are the outcome, seconds and the peak of memory; the command
ends with status 1 where a process needs a gigabyte or has an outcome other than the one expected.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import chain, repeat
from pathlib import Path
from typing import Any, BinaryIO, cast

from green_freight.contracts import contract
from green_freight.errors import FetchError, fetch_error
from green_freight.limits import LimitError
from green_freight.loading.outcomes import UnreadableFileError
from green_freight.loading.readers import Source, open_reading
from green_freight.loading.row_validation import Accepted, RowValidator
from green_freight.periods import Period
from green_freight.protocols.http import PagedApi, open_http
from green_freight.protocols.retry_policy import Retries, RetryPolicy
from green_freight.protocols.sftp import RemoteFile, SftpSession, check_whole

from bench import results
from bench.results import Results
from tests.integration.fetch.raw_server import response, serving
from tests.integration.fetch.shares import Odd, Share
from tests.integration.loading.deliveries import order
from tests.integration.loading.postal_forms import TRICYCLE_HEADER
from tests.integration.loading.workbooks import report, store, stores_above

MOST_MEGABYTES = 1_000
MIB = 1 << 20
LAST_ROW = 1_048_576
SHEET, STYLES = "xl/worksheets/sheet1.xml", "xl/styles.xml"
STORES, TRICYCLES, ORDERS = "commerce_store_delivery", "postal_tricycle", "power_charge_order"
LIMIT, UNREADABLE = "limit_exceeded", "unreadable_file"

Blocks = Iterable[bytes]
Writer = Callable[[Path], object]
# By name: the dataset, the outcome that is expected, and what writes the file.
Files = dict[str, tuple[str, str, Writer]]


def _workbook(blocks: Callable[[], Blocks], part: str = SHEET, before: bytes = b"</sheetData>") -> Writer:
    """Return a writer of a good workbook that has these blocks in one of its parts."""

    def write(path: Path) -> None:
        good = path.with_suffix(".good")
        good.write_bytes(report(stores_above(store("A1"), store("A2"))))
        with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                content = source.read(name)
                with target.open(name, "w", force_zip64=True) as copy:
                    if name == part:
                        head, tail = content.split(before)
                        copy.write(head)
                        for block in blocks():
                            copy.write(block)
                        content = before + tail
                    copy.write(content)

    return write


def _formatted(columns: int) -> Iterator[bytes]:
    letters = [chr(65 + number) for number in range(columns)]
    for row in range(7, LAST_ROW + 1):
        cells = "".join(f'<c r="{letter}{row}" s="1"/>' for letter in letters)
        yield f'<row r="{row}" spans="1:{columns}">{cells}</row>'.encode()


def _many(element: str, count: int) -> Callable[[], Blocks]:
    """Return blocks of elements that differ, so that they do not pack as well as one repeated would."""
    return lambda: (element.format(number, number * 7919 % 1_000_003).encode() for number in range(count))


def _plain(blocks: Callable[[], Blocks]) -> Writer:
    return lambda path: _write(path.open("wb"), blocks())


def _packed(blocks: Callable[[], Blocks]) -> Writer:
    return lambda path: _write(cast(BinaryIO, gzip.open(path, "wb", compresslevel=3)), blocks())


def _write(target: BinaryIO, blocks: Blocks) -> None:
    with target:
        for block in blocks:
            target.write(block)


def _orders(count: int) -> Blocks:
    return (json.dumps(order(number), ensure_ascii=False).encode() + b"\n" for number in range(count))


def _tricycles(count: int) -> Blocks:
    rows = (f"TR{number},甲,320706,2021-10-29,,,是,\r\n".encode() for number in range(count))
    return chain([f"{TRICYCLE_HEADER}\r\n".encode()], rows)


FILES: Files = {
    "workbook: 12 formatted columns": (STORES, "2 rows", _workbook(lambda: _formatted(12))),
    "workbook: formatted rows": (STORES, "2 rows", _workbook(_many('<row r="{0}" s="1" ht="20"/>', LAST_ROW))),
    "workbook: cell in row 100,000,000": (
        STORES, UNREADABLE, _workbook(_many('<row r="100000000"><c r="A100000000"><v>1</v></c></row>', 1)),
    ),
    "workbook: 200,000 columns": (STORES, LIMIT, _workbook(
        lambda: [b'<row r="9">', *(b'<c r="%s9"><v>1</v></c>' % _letters(n) for n in range(1, 200_000)), b"</row>"]
    )),
    "workbook: a million cells": (STORES, LIMIT, _workbook(_many('<row><c><v>{1}.5</v></c></row>', 1_000_000))),
    "workbook: a million unknown elements": (STORES, "2 rows", _workbook(_many('<x a="{1}"/>', 1_000_000))),
    "workbook: ten million elements": (STORES, LIMIT, _workbook(_many('<x a="{1}"/>', 10_000_000))),
    "workbook: 300,000 formats": (
        STORES, "2 rows", _workbook(_many('<xf numFmtId="0"/>', 300_000), STYLES, b"</cellXfs>"),
    ),
    "workbook: a gigabyte of zeros": (STORES, LIMIT, _workbook(lambda: repeat(b"0" * MIB, 1_000))),
    "workbook: a cell of 60 MB": (STORES, LIMIT, _workbook(_many("{0}{1}", 6_000_000))),
    "workbook: a million levels": (STORES, "2 rows", _workbook(lambda: [b"<x>" * 10**6, b"</x>" * 10**6])),
    "csv: 100,000 rows": (TRICYCLES, "100000 rows", _plain(lambda: _tricycles(100_000))),
    "csv: one line of 100 MB": (TRICYCLES, LIMIT, _plain(lambda: chain(_tricycles(1), repeat(b"x" * MIB, 100)))),
    "csv: 100,000 columns": (TRICYCLES, LIMIT, _plain(lambda: [b"," * 100_000 + b"x\r\n"])),
    "csv: a row within quotes": (TRICYCLES, LIMIT, _plain(lambda: chain(_tricycles(1), repeat(b'"\n",', 20_000_000)))),
    "orders: 100,000": (ORDERS, "100000 rows", _packed(lambda: _orders(100_000))),
    "orders: 400 MB without a line end": (ORDERS, LIMIT, _packed(lambda: repeat(b'{"a": 1},' * 10_000, 4_500))),
    "orders: two gigabytes of zeros": (ORDERS, LIMIT, _packed(lambda: repeat(b"0" * MIB, 2_048))),
    "orders: a million brackets": (ORDERS, "no_row_readable", _packed(lambda: [b"[" * 10**6])),
}  # fmt: skip


def _letters(number: int) -> bytes:
    letters = b""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = bytes([65 + rest]) + letters
    return letters


def _page(path: str, count: int, total: int) -> bytes:
    number = int(path.partition("page=")[2].partition("&")[0])
    # One character beyond the usual planes makes a text take four bytes a character.
    items = [{"id": f"V{number}-{row}", "name": "连云港\U0001f69a" + "x" * 400} for row in range(count)]
    return json.dumps({"code": 0, "total": total, "items": items}, ensure_ascii=False).encode()


HEAD = response(b"")[0]
LISTS: dict[str, tuple[str, Callable[[str], Blocks]]] = {
    "list: 250,000 records, 118 MB": ("500 pages", lambda path: response(_page(path, 500, 250_000))),
    "list: 350,000 records, 165 MB": (LIMIT, lambda path: response(_page(path, 500, 350_000))),
    "list: changing total, 94 MB": ("paging_unstable", lambda path: response(_page(path, 500, 200_000 + len(path)))),
    "list: endless response": (LIMIT, lambda _: chain([HEAD], repeat(b" " * MIB))),
    "list: gzip bomb": (LIMIT, lambda _: response(gzip.compress(b" " * (512 * MIB)), "Content-Encoding: gzip")),
    "list: 16 MB of empty objects": (
        "answer_unexpected", lambda _: response(b'{"code":0,"x":[' + b"{}," * 5_000_000 + b"{}]}"),
    ),
    "list: a million brackets": ("not_json", lambda _: response(b"[" * 10**6)),
    "list: total of 10^30": (LIMIT, lambda path: response(_page(path, 1, 10**30))),
    "list: the same page for ever": ("paging_unstable", lambda _: response(_page("page=1", 500, 900_000))),
}  # fmt: skip


async def _endless(offset: int, size: int) -> bytes:
    return b"x" * size


async def _largest(offset: int, size: int) -> bytes:
    return b"x" * max(0, min(size, 250 * MIB - offset))


SHARED: dict[str, tuple[str, Any]] = {
    "share: 250 MB": ("262144000 bytes", Odd(size=250 * MIB, read=_largest)),
    "share: endless file": ("truncated_file", Odd(size=0, read=_endless)),
    "share: a terabyte": (LIMIT, Odd(size=10**12)),
    "share: gzip bomb": (LIMIT, None),
}


def main() -> int:
    """Run every delivery in a process of its own and print what it took; return the status."""
    logging.getLogger("asyncssh").setLevel(logging.CRITICAL)
    arguments = _arguments()
    if arguments.child:
        _child(arguments.child, arguments.place)
        return 0
    names = [name for name in (*FILES, *LISTS, *SHARED) if arguments.only in name]
    found = Results(arguments.json)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="green-freight-bench-") as folder:
        for name in names:
            outcome, expected, megabytes, seconds = _measured(name, Path(folder))
            is_good = outcome == expected and megabytes < MOST_MEGABYTES
            failed += not is_good
            verdict = "as expected" if is_good else "not as expected"
            found.add(
                name,
                expected=expected,
                outcome=outcome,
                verdict=verdict,
                seconds=seconds,
                memory_mb=megabytes,
            )
    print(f"{len(names) - failed} of {len(names)} as expected and below {MOST_MEGABYTES} MB")
    return min(1, failed)


def _measured(name: str, folder: Path) -> tuple[str, str, int, float]:
    """Return outcome, expected outcome, peak of memory and seconds of a delivery."""
    with ExitStack() as servers:
        if name in FILES:
            _, expected, write = FILES[name]
            place = str(folder / "file.xlsx")
            write(Path(place))
        elif name in LISTS:
            expected, reply = LISTS[name]
            place = str(servers.enter_context(serving(reply)))
        else:
            expected, content = SHARED[name]
            content = content or gzip.compress(b"\0" * (512 * MIB))
            share = servers.enter_context(Share({"/drop": [(_file_name(name).encode(), content)]}))
            place = json.dumps([share.connection.port, share.connection.extra["host_key"]])
        begun = time.perf_counter()
        command = [sys.executable, "-m", "bench.hostile_deliveries", "--child", name, "--place", place]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - begun
    if found.returncode:
        return found.stderr.strip().rpartition("\n")[2][:60], expected, 0, seconds
    outcome, megabytes = json.loads(found.stdout)
    return outcome, expected, megabytes, seconds


def _child(name: str, place: str) -> None:
    try:
        outcome = _read(FILES[name][0], place) if name in FILES else _received(name, place)
    except UnreadableFileError as stop:
        outcome = stop.reason_code
    except (FetchError, LimitError) as error:
        outcome = fetch_error(error).code
    print(json.dumps([outcome, _peak()]))


def _peak() -> int:
    """Return the peak of this process's memory in megabytes; getrusage would count that of the parent before."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def _read(dataset: str, place: str) -> str:
    found = contract(dataset)
    period = Period("2025-09-30" if dataset == ORDERS else "2025-09")
    reading = open_reading(Source(found, period, "file", lambda: Path(place).open("rb")))  # noqa: SIM115
    rows = RowValidator(found, period).validate(reading.rows())
    return f"{sum(isinstance(row, Accepted) for row in rows)} rows"


def _received(name: str, place: str) -> str:
    policy = RetryPolicy(attempts=1)
    if name in LISTS:
        retries = Retries(policy, contract("transport_vehicle").limits)
        with open_http(f"http://127.0.0.1:{place}", policy) as client:
            return f"{len(PagedApi(client, 'token').exchanges('/list', {}, retries))} pages"
    port, key = json.loads(place)
    session = SftpSession("127.0.0.1", port, "demo", "demo", key)
    retries = Retries(policy, contract(ORDERS).limits)
    with tempfile.TemporaryFile() as content:
        found = session.download(
            RemoteFile("/drop", _file_name(name), 0, Period("2025-09-30").starts_at), content, retries
        )
        if "bomb" in name:
            check_whole(found.name, content, retries.limits)
    return f"{found.bytes} bytes"


def _file_name(name: str) -> str:
    # A file of this suffix is checked while it is received, so the others must not have it.
    return "file.gz" if "bomb" in name else "file"


def _arguments() -> argparse.Namespace:
    parser = results.parser(__doc__)
    parser.add_argument("--only", default="", help="the deliveries whose names contain this")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--place", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
