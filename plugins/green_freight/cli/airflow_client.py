"""The part of Airflow's REST API (v2) that driving a run needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from green_freight.cli.errors import CommandError, NoResponseError
from green_freight.messages import message

TIMEOUT_SECONDS = 60.0
UNFINISHED = ("queued", "running")


class AirflowRequestError(CommandError):
    """Airflow rejected a request; the message carries its response."""


@dataclass(frozen=True)
class DagRun:
    """One run of a DAG; `state` is queued, running, success or failed."""

    dag_id: str
    run_id: str
    state: str
    conf: Mapping[str, Any]

    @property
    def is_finished(self) -> bool:
        """Return whether nothing more will happen in this run."""
        return self.state not in UNFINISHED

    @property
    def path(self) -> str:
        """Return the run's path in the API."""
        return f"/api/v2/dags/{self.dag_id}/dagRuns/{self.run_id}"


@dataclass(frozen=True)
class TaskState:
    """One task instance: `map_index` is -1 unless the task is mapped; `state` None means not yet scheduled."""

    task_id: str
    map_index: int
    state: str | None
    try_number: int
    started_at: datetime | None
    ended_at: datetime | None


class AirflowClient:
    """A client of one api-server, logged in as one user."""

    def __init__(self, address: str, user: str, password: str) -> None:
        self.address = address
        # No proxy of the caller's environment stands between the command line and the api-server.
        self._http = httpx.Client(base_url=address, timeout=TIMEOUT_SECONDS, trust_env=False)
        response = self._http.post("/auth/token", json={"username": user, "password": password})
        self._http.headers["Authorization"] = f"Bearer {_checked(response).json()['access_token']}"

    def set_pool(self, name: str, slots: int, description: str) -> None:
        """Make a pool, or give it this number of slots."""
        body: dict[str, Any] = {"slots": slots, "description": description, "include_deferred": False}
        response = self._http.post("/api/v2/pools", json=body | {"name": name})
        if response.status_code == httpx.codes.CONFLICT:
            response = self._http.patch(f"/api/v2/pools/{name}", json=body | {"pool": name})
        _checked(response)

    def parsed_at(self, dag_id: str) -> datetime | None:
        """Return when a DAG's file was last parsed, None while Airflow does not know the DAG."""
        response = self._http.get(f"/api/v2/dags/{dag_id}")
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        return _moment(_checked(response).json()["last_parsed_time"])

    def import_errors(self) -> dict[str, str]:
        """Return the DAG files that cannot be imported, with the stack trace of each."""
        found = self._json("GET", "/api/v2/importErrors")["import_errors"]
        return {error["filename"]: error["stack_trace"] for error in found}

    def unpause(self, dag_id: str) -> None:
        """Let a DAG run."""
        self._json("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})

    def trigger(
        self,
        dag_id: str,
        run_id: str | None = None,
        interval: tuple[datetime, datetime] | None = None,
        conf: Mapping[str, Any] | None = None,
    ) -> DagRun:
        """Start a run; with `interval` it is the run of that data interval, as the timetable would make it."""
        body: dict[str, Any] = {"logical_date": None, "conf": dict(conf or {})}
        if run_id:
            body["dag_run_id"] = run_id
        if interval:
            start, end = (moment.isoformat() for moment in interval)
            body |= {"logical_date": start, "data_interval_start": start, "data_interval_end": end}
        return _dag_run(self._json("POST", f"/api/v2/dags/{dag_id}/dagRuns", body))

    def run_of(self, dag_id: str, logical_date: datetime) -> DagRun | None:
        """Return the run of a logical date, None if there is none."""
        moment = logical_date.isoformat()
        found = self._runs(dag_id, {"logical_date_gte": moment, "logical_date_lte": moment})
        return found[0] if found else None

    def unfinished(self, dag_id: str) -> DagRun | None:
        """Return the oldest run of a DAG that is not over."""
        found = self._runs(dag_id, {"state": list(UNFINISHED), "order_by": "run_after"})
        return found[0] if found else None

    def run(self, dag_id: str, run_id: str) -> DagRun:
        """Return one run as it is now."""
        return _dag_run(self._json("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}"))

    def clear(self, run: DagRun) -> DagRun:
        """Let all tasks of a run that is over run again, with the newest version of its DAG."""
        body = {"dry_run": False, "only_failed": False, "run_on_latest_version": True}
        self._json("POST", f"{run.path}/clear", body)
        return self.run(run.dag_id, run.run_id)

    def tasks(self, run: DagRun) -> list[TaskState]:
        """Return the task instances of a run."""
        found: list[TaskState] = []
        while True:
            page = self._json("GET", f"{run.path}/taskInstances?limit=1000&offset={len(found)}")
            found += [_task(one) for one in page["task_instances"]]
            if not page["task_instances"] or len(found) >= page["total_entries"]:
                return found

    def respond(self, run: DagRun, task_id: str, option: str, form: Mapping[str, str]) -> None:
        """Respond for a person to a task that waits: choose an option and fill in its form."""
        body = {"chosen_options": [option], "params_input": dict(form)}
        self._json("PATCH", f"{run.path}/taskInstances/{task_id}/-1/hitlDetails", body)

    def scheduler_state(self) -> str:
        """Return the state of the scheduler as Airflow reports it: healthy, unhealthy or unknown."""
        part = self._json("GET", "/api/v2/monitor/health").get("scheduler") or {}
        return part.get("status") or "unknown"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _json(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        try:
            response = self._http.request(method, path, json=body)
        except httpx.TransportError as error:
            raise NoResponseError(
                message("airflow_no_response", address=self.address, detail=error)
            ) from error
        return _checked(response).json()

    def _runs(self, dag_id: str, parameters: Mapping[str, Any]) -> list[DagRun]:
        response = self._http.get(f"/api/v2/dags/{dag_id}/dagRuns", params={"limit": 10, **parameters})
        if response.status_code == httpx.codes.NOT_FOUND:  # the DAG has never been read, so it has no runs
            return []
        return [_dag_run(one) for one in _checked(response).json()["dag_runs"]]


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_server_error:
        raise NoResponseError(
            message("airflow_server_error", path=response.request.url.path, detail=response.text[:600])
        )
    if response.is_error:
        raise AirflowRequestError(
            f"{response.request.method} {response.request.url.path}: {response.status_code} {response.text[:600]}"
        )
    return response


def _dag_run(body: Mapping[str, Any]) -> DagRun:
    return DagRun(body["dag_id"], body["dag_run_id"], body["state"], body["conf"] or {})


def _task(body: Mapping[str, Any]) -> TaskState:
    return TaskState(
        task_id=body["task_id"],
        map_index=body["map_index"],
        state=body["state"],
        try_number=body["try_number"],
        started_at=_moment(body["start_date"]),
        ended_at=_moment(body["end_date"]),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
