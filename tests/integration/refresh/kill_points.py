"""The points at which the processes of a night, a revert, a backfill and a dry run are killed, by step."""

from __future__ import annotations

from tests.killed_processes import KillPoint

_FETCH, _RECORDS = "green_freight.agencies.fetch", "green_freight.agencies.fetch_records"
_FILES, _LOAD = "fsspec.implementations.local:LocalFileSystem", "green_freight.loading.dataset_load"
_BUILD, _AUDIT = "green_freight.building.build", "green_freight.auditing"
_PUBLICATION, _RECORD = "green_freight.publishing.publication", "green_freight.publishing.publication_record"
_STEPS, _SCRATCH = "green_freight.backfill.steps", "green_freight.warehouse.scratch"
_NODE, _PIPELINE = "green_freight.building.dbt_run:NodeProgress.__init__", "green_freight.pipeline"
_MERGE = "green_freight.publishing.merge:_Step.add_and_change"

FETCH = (
    KillPoint("planned, nothing requested", "green_freight.pipeline:fetch_agency"),
    KillPoint("received, not landed", f"{_FETCH}:LandingStore.put", call=2),
    KillPoint("temporary file written, not renamed", f"{_FILES}.mv", is_quick=True),
    KillPoint("file half written", "green_freight.landing:shutil.copyfileobj", is_after=True, is_quick=True),
    KillPoint("renamed, without provenance", f"{_FILES}.mv", is_after=True),
    KillPoint("provenance written, not renamed", f"{_FILES}.mv", call=2),
    KillPoint("landed, not recorded", f"{_FETCH}:FetchRecorder.record", is_quick=True),
    KillPoint("file recorded, fetch not", f"{_RECORDS}:FetchRecorder._record"),
    KillPoint("one delivery recorded, the others not", f"{_RECORDS}:FetchRecorder.record", is_after=True),
)
LOAD = (
    KillPoint("nothing loaded", "green_freight.loading:load_dataset"),
    KillPoint("number taken", f"{_LOAD}:records.next_load_id", is_after=True),
    KillPoint("old rows deleted", f"{_LOAD}:_Replacement._delete_old", is_after=True),
    KillPoint("in the middle of COPY", "psycopg:Copy.write", is_after=True, is_quick=True),
    KillPoint("rows copied, load not recorded", f"{_LOAD}:records.write_load"),
    KillPoint("load recorded, not committed", f"{_LOAD}:records.write_load", is_after=True, is_quick=True),
    KillPoint("one dataset loaded, the others not", "green_freight.loading:load_dataset", is_after=True),
)
BUILD = (
    KillPoint("begun, nothing planned", f"{_BUILD}:_plan_and_run"),
    KillPoint("planned, before dbt", "green_freight.building.dbt_run:run_dbt"),
    KillPoint("project parsed, nothing built", "green_freight.building.dbt_run:_address"),
    KillPoint("first model built", _NODE),
    KillPoint(
        "some of the models built",
        _NODE,
        call=12,
        is_quick=True,
    ),
    KillPoint("dbt over, candidate not marked", f"{_BUILD}:mark_candidate"),
    KillPoint("candidate marked, build not recorded", f"{_BUILD}:_finish"),
    KillPoint("build recorded, candidate not given back", f"{_BUILD}:_finish", is_after=True),
)
AUDIT = (
    KillPoint("views made, nothing evaluated", f"{_AUDIT}.audit:gx_context.validate"),
    KillPoint("some tables evaluated", f"{_AUDIT}.gx_context:SuiteEvaluator.evaluate", call=3),
    KillPoint("everything evaluated, nothing recorded", f"{_AUDIT}.audit:record"),
    KillPoint("recorded, not decided", f"{_AUDIT}.audit:_decide"),
)
COMPARE = (
    KillPoint("nothing compared", "green_freight.pipeline:revisions.compare"),
    KillPoint("compared, not stored", f"{_PIPELINE}:revisions.save_comparison"),
    KillPoint(
        "stored, not committed",
        f"{_PIPELINE}:revisions.save_comparison",
        is_after=True,
        is_quick=True,
    ),
    KillPoint(
        "committed, files not written", "green_freight.pipeline:write_comparison", keeps_candidate=True
    ),
)
APPROVE = (
    KillPoint("nothing approved", f"{_PIPELINE}:revisions.approve"),
    KillPoint("approval written, its figures not", "psycopg:Cursor.executemany"),
    KillPoint(
        "everything written, not committed",
        f"{_PIPELINE}:revisions.approve",
        is_after=True,
    ),
)
PUBLISH = (
    KillPoint("candidate taken, nothing published", f"{_PUBLICATION}:_publish"),
    KillPoint("planned, transaction not begun", f"{_PUBLICATION}:extend", is_after=True),
    KillPoint(
        "some tables merged",
        _MERGE,
        call=9,
        is_after=True,
        is_quick=True,
    ),
    KillPoint("merged, not recorded", f"{_RECORD}:record"),
    KillPoint("recorded, not committed", f"{_RECORD}:mark_published", is_after=True, is_quick=True),
    KillPoint("committed, statistics not refreshed", f"{_PUBLICATION}:refresh_statistics", is_quick=True),
    KillPoint("published, candidate not given back", f"{_PUBLICATION}:lease.release"),
)
REPORT = (
    KillPoint("run not closed", "green_freight.pipeline:runs.finish"),
    KillPoint("run closed, not reported", "green_freight.pipeline:run_report.text"),
)
REVERT = (
    KillPoint("run begun, nothing merged", "green_freight.publishing.revert:_publish_again"),
    KillPoint("merged, not recorded", "green_freight.publishing.revert:record", is_quick=True),
    KillPoint("recorded, not committed", "green_freight.publishing.revert:_publish_again", is_after=True),
    KillPoint("committed, run not closed", f"{_STEPS}:runs.finish", is_quick=True),
)
BACKFILL = (
    KillPoint("part begun, nothing fetched", f"{_STEPS}:fetch_agency"),
    KillPoint("temporary file written, not renamed", f"{_FILES}.mv", call=5),
    KillPoint("a month fetched, not loaded", f"{_STEPS}:loading.load_agency"),
    KillPoint("half of a month loaded", "green_freight.loading:load_dataset", call=9, is_after=True),
    KillPoint("a month loaded, not noted", "green_freight.backfill.parts:Part.month_done"),
    KillPoint(
        "a month done, the next not begun", "green_freight.backfill.parts:Part.month_done", is_after=True
    ),
    KillPoint("every month done, part not finished", "green_freight.backfill.parts:Part.finish"),
)
DRY_RUN_BEGIN = (
    KillPoint("copy's database made, without its mark", f"{_SCRATCH}:mark", is_quick=True),
    KillPoint("copy's database made, without schemas", f"{_SCRATCH}:bootstrap.set_up_database"),
    KillPoint("half of the state copied", "green_freight.warehouse.state_copy:_copy_rows", call=20),
    KillPoint("state copied, run not begun in it", f"{_STEPS}:copy_state", is_after=True),
)
DRY_RUN_BUILD = (KillPoint("half of the copy's models built", _NODE, call=60),)
DRY_RUN_END = (
    KillPoint("difference kept, copy not dropped", f"{_SCRATCH}:drop", is_quick=True),
    KillPoint("copy's folder removed, its database not", f"{_SCRATCH}:shutil.rmtree", is_after=True),
    KillPoint("copy dropped, run not closed", f"{_STEPS}:runs.finish"),
)
