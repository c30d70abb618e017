"""The recipe of a publication: the exact inputs of its build, as small JSON that any later version can read, and
whether its files are still landed.

It is the interface to the step that rebuilds, which may be one of another version of this code: fields are added,
never renamed, and a step ignores those that it does not know. Progress is what the step reports, a JSON line each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import dict_row
from pydantic import TypeAdapter

from green_freight import settings
from green_freight.landing import ChangedFileError, LandingStore
from green_freight.messages import message
from green_freight.warehouse import Warehouse, pin

# An object store answers in tens of milliseconds, and years are thousands of files.
_AT_ONCE = 8
_NAMED = 10


class ReplayError(RuntimeError):
    """A publication cannot be rebuilt; the message says why and what to do. That it differs is an outcome, no error."""


@dataclass(frozen=True)
class Progress:
    """How far a replay is: `stage` is verify (files), load (files), build (models) or compare (tables).

    `rows` are the rows loaded so far.
    """

    stage: str
    done: int
    total: int
    rows: int = 0


ProgressCallback = Callable[[Progress], object]

_BUILD = """
select p.publication_no, p.kind_code, b.build_id, b.as_of_date, b.through_load_id, b.code_version
from mart.publication as p
inner join ops.build as b on b.build_id = p.build_id
where p.publication_no = %s
"""

# The newest load of each dataset and period that took rows in, among those that the build contains, and how far any
# of its loads said that the period is complete: an unchanged file may be complete through a later day.
_LOADS = """
with contained as (
    select * from ops.load
    where load_id <= %s and outcome_code in ('loaded', 'unchanged')
),

newest as (
    select distinct on (dataset_id, period_label) *
    from contained
    where outcome_code = 'loaded'
    order by dataset_id, period_label, load_id desc
),

complete as (
    select dataset_id, period_label, max(complete_through) as complete_through
    from contained
    group by dataset_id, period_label
)

select n.load_id, n.agency_code, n.dataset_id, n.delivery_name, n.period_label, n.rows_loaded, n.rows_rejected,
    n.contract_version, c.complete_through, f.source_file_key, f.file_name, f.sha256, f.bytes, f.landing_url,
    f.delivered_at, f.first_received_at
from newest as n
inner join complete as c on c.dataset_id = n.dataset_id and c.period_label = n.period_label
inner join ops.source_file as f on f.source_file_key = n.source_file_key
order by n.load_id
"""


@dataclass(frozen=True)
class RecordedLoad:
    """A load that the build contains: what it read, what came of it. Days and instants are as in ops.load."""

    load_id: int
    agency_code: str
    dataset_id: str
    delivery_name: str
    period_label: str
    rows_loaded: int
    rows_rejected: int
    contract_version: str | None
    complete_through: date | None
    source_file_key: str
    file_name: str
    sha256: str
    bytes: int
    landing_url: str
    delivered_at: datetime | None
    first_received_at: datetime

    @property
    def file_label(self) -> str:
        """Return agency, dataset, period and file, as messages name the file of the load."""
        return f"{self.agency_code} {self.dataset_id} {self.period_label} {self.file_name}"


@dataclass(frozen=True)
class Recipe:
    """What a publication was built from: by which code, for which day, from which loads in their order."""

    publication_no: int
    code_version: str
    as_of_date: date
    is_synthetic: bool
    loads: tuple[RecordedLoad, ...]

    @property
    def run_id(self) -> str:
        """Return the name of the run in the scratch database."""
        return f"replay/{self.publication_no}"

    def as_json(self) -> str:
        """Return the recipe for the step that rebuilds."""
        return _JSON.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Return the recipe that `as_json` of this or a later version wrote."""
        return _JSON.validate_json(text)


_JSON = TypeAdapter(Recipe)


def recipe_of(warehouse: Warehouse, publication_no: int) -> Recipe:
    """Read from the warehouse, as its owner, what a publication was built from.

    A publication that published an old state again names the old one's build, and so has its recipe. Raises
    ReplayError: there is no such publication, or its build left no record of what it contains.
    """
    with warehouse.connect("owner") as owner, owner.cursor(row_factory=dict_row) as cursor:
        build = cursor.execute(_BUILD, [publication_no]).fetchone()
        if build is None:
            raise ReplayError(message("no_publication_to_replay", publication_no=publication_no))
        if build["through_load_id"] is None:
            raise ReplayError(message("build_without_loads", build_id=build["build_id"]))
        loads = cursor.execute(_LOADS, [build["through_load_id"]]).fetchall()
    store = LandingStore(warehouse.landing_url)
    return Recipe(
        publication_no=publication_no,
        code_version=build["code_version"],
        as_of_date=build["as_of_date"],
        is_synthetic=_was_synthetic(warehouse, publication_no),
        # Whole, for a step of a version that knows no other URLs.
        loads=tuple(
            RecordedLoad(**load | {"landing_url": store.location(load["landing_url"])}) for load in loads
        ),
    )


def _was_synthetic(warehouse: Warehouse, publication_no: int) -> bool:
    """Return what the publication's own figures say; this installation's setting where it had none."""
    with warehouse.connect("reader") as reader:
        pin(reader, publication_no)
        is_there = reader.execute("select to_regclass('mart_asof.fct_indicator_value')").fetchone()
        if is_there == (None,):
            return settings.is_synthetic()
        row = reader.execute("select is_synthetic from mart_asof.fct_indicator_value limit 1").fetchone()
    return bool(row[0]) if row else settings.is_synthetic()


def verify_landing(
    loads: Iterable[RecordedLoad],
    store: LandingStore,
    on_progress: Callable[[int, int], object] = lambda *_: None,
) -> int:
    """Read every file of the loads once, compare its checksum with the recorded one, and return how many there are.

    `on_progress` is called after each file with the number done and the number of all. Raises ReplayError: a file is
    absent or altered; the message names the first ten.
    """
    files = list({load.source_file_key: load for load in loads}.values())
    problems: list[str] = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done, problem in enumerate(pool.map(lambda load: _problem(load, store), files), start=1):
            problems += [problem] if problem else []
            on_progress(done, len(files))
    if problems:
        listed = "\n".join(problems[:_NAMED])
        raise ReplayError(f"{message('landed_files_altered', count=len(problems))}\n{listed}")
    return len(files)


def _problem(load: RecordedLoad, store: LandingStore) -> str | None:
    try:
        store.open_verified(load.landing_url, load.sha256).close()
    except OSError as error:
        return message("landed_file_absent", load=load, error=type(error).__name__)
    except ChangedFileError as changed:
        return message("landed_file_altered", load=load, found=changed.found[:16], recorded=load.sha256[:16])
    return None
