"""What the audit of the last publication found, which of it still stands, and how the results of this one differ.

An expectation is evaluated again where something that it reads may have changed since the last publication was audited;
its query names what it reads. Else its result stands.

Builds of different months evaluate different rows of the large facts. A row outside a build's months is neither new nor
resolved: it is kept as the last audit that evaluated it left it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from psycopg.rows import dict_row

from green_freight.auditing.expectations import Expectation, Suite
from green_freight.auditing.failing_rows import NO_MONTH, failing_query
from green_freight.auditing.results import ExpectationResult, rule_hash
from green_freight.warehouse import Session, scalar
from green_freight.warehouse.statements import statements

_SQL = statements(__file__)

# A relation in the SQL of an expectation; `audited_` and `published_` are the views of `audit_views`.
_RELATION = re.compile(
    r"\b(?:(?<!distinct )from|join)\s+((?:raw|candidate|mart|ops|reference|staging|intermediate)\."
    r"(?:(audited|published)_)?\w+)"
)
# These change with the code or the year alone, after which everything is built; the functions are of days and seeds.
_FIXED = re.compile(r"reference\.\w+|raw\.reference_calendar|ops\.(calendar|dataset_month|closes_on)")
# The condition that nothing was loaded since the build, under which alone `raw` is compared with the candidate.
_AS_BUILT = re.compile(
    r"not exists \(\s*select l\.load_id\s+from ops\.load as l\s+inner join intermediate\.audited_build[^)]*\)"
)
_BUILD_FACT = re.compile(r"select (?:unnest\()?(\w+)\)?(?: as \w+)? from intermediate\.audited_build")
_RAW_AS_BUILT = "raw as built"

# Hashes of the keys of failing rows by month.
RowHashes = Mapping[str, Collection[int]]


@dataclass(frozen=True)
class PublishedAudit:
    """The failing rows of the last publication by table and expectation; none before the first publication.

    `months` are those of the build that is compared with it, as `2025-09-01`; `results` are those that may stand, and
    `changed` the relations whose rows may differ from those that were audited, None: all of them.
    """

    rows: Mapping[tuple[str, str], RowHashes]
    months: frozenset[str]
    results: Mapping[tuple[str, str], ExpectationResult] = field(default_factory=dict)
    changed: frozenset[str] | None = None

    def standing(self, suite: Suite) -> list[ExpectationResult]:
        """Return the results of a suite whose expectations need not be evaluated again, as results of this audit."""
        found = []
        for expectation in suite.expectations:
            result = self.results.get((suite.table, expectation.code))
            if (
                result
                and result.rule_hash == rule_hash(suite, expectation)
                and not self._concerns(suite, expectation)
            ):
                sample = [{**row, "is_new": False} for row in result.sample]
                found.append(self.compare(replace(result, sample=sample)))
        return found

    def _concerns(self, suite: Suite, expectation: Expectation) -> bool:
        """Return whether something that an expectation reads may have changed."""
        return self.changed is None or bool(relations_of(suite, expectation) & self.changed)

    def known(self, table: str, expectation: str) -> set[int]:
        """Return the hashes of the rows that broke an expectation in the last publication."""
        return set().union(*self.rows.get((table, expectation), {}).values())

    def compare(self, result: ExpectationResult) -> ExpectationResult:
        """Return a result with its change since the last publication.

        The change is `new` (nothing broke the expectation), `growing` (other rows break it too), `standing` (no other
        row does) or `resolved` (it holds); none where it held and holds.
        """
        if result.is_broken:
            return replace(result, change_code="new")
        before = self.rows.get((result.table_name, result.expectation_code), {})
        known = self.known(result.table_name, result.expectation_code)
        found: set[int] = set().union(*result.row_hashes.values())
        seen = self.months | {NO_MONTH} | result.row_hashes.keys()
        unseen = {month: hashes for month, hashes in before.items() if month not in seen}
        resolved = set().union(*(before[month] for month in before.keys() & seen)) - found
        new = found - known
        if result.is_success:
            change = "resolved" if resolved else None
        else:
            change = "growing" if new and known else "new" if new else "standing"
        return replace(
            result,
            change_code=change,
            new_count=len(new),
            resolved_count=len(resolved),
            row_hashes={**unseen, **result.row_hashes},
        )


NOTHING_PUBLISHED = PublishedAudit({}, frozenset())


def relations_of(suite: Suite, expectation: Expectation) -> set[str]:
    """Return the relations whose rows decide the result of an expectation, and what it reads of the build under audit
    (`build.as_of_date`, `build.changed_months`).
    """
    query, compares_with_raw = _AS_BUILT.subn("true", failing_query(suite, expectation))
    # Where data become synthetic or real, everything is built.
    found = {f"build.{fact}" for fact in _BUILD_FACT.findall(query) if fact != "is_synthetic"}
    found |= {f"candidate.{suite.table}"} | ({_RAW_AS_BUILT} if compares_with_raw else set())
    for relation, view in _RELATION.findall(query):
        if view:
            schema = "candidate" if view == "audited" else "mart"
            relation = f"{schema}.{relation.partition('_')[2]}"
        if relation != "candidate.build" and not _FIXED.fullmatch(relation):
            found.add(relation)
    return found


def published_audit(session: Session, build_id: int) -> PublishedAudit:
    """Return what the audit of the last published build found, to compare an audit of this build with."""
    cursor = session.cursor(row_factory=dict_row)
    build = cursor.execute(_SQL["audited_build"], {"build_id": build_id}).fetchone() or {}
    months = frozenset(month.isoformat() for month in build.get("changed_months") or ())
    published = cursor.execute(_SQL["published_build"], {"build_id": build_id}).fetchone()
    if published is None:
        return PublishedAudit({}, months)
    found = cursor.execute(_SQL["results"], {"build_id": published["build_id"]}).fetchall()
    results = {(row["table_name"], row["expectation_code"]): _result(row) for row in found}
    return PublishedAudit(
        {of: result.row_hashes for of, result in results.items() if result.row_hashes},
        months,
        results,
        _changed(session, build_id, build, published),
    )


def _changed(
    session: Session, build_id: int, build: Mapping[str, Any], published: Mapping[str, Any]
) -> frozenset[str] | None:
    facts = {**published, "published": published["build_id"], "build_id": build_id}
    relations = {relation for (relation,) in session.execute(_SQL["changes_since"], facts)}
    # A revert brings back rows that the audit of their build has not compared with anything.
    is_comparable = (
        published["stands_since"] and not published["is_revert"] and published["build_id"] < build_id
    )
    if None in relations or not is_comparable:
        return None
    relations |= {
        f"build.{fact}" for fact in ("as_of_date", "changed_months") if build[fact] != published[fact]
    }
    if not scalar(session, _SQL["raw_was_as_built"], facts):
        relations.add(_RAW_AS_BUILT)
    return frozenset(relations)


def _result(row: Mapping[str, Any]) -> ExpectationResult:
    """Return a stored result of the last published build."""
    facts = {key: value for key, value in row.items() if key != "failing_rows"}
    return ExpectationResult(**facts, row_hashes=row["failing_rows"] or {})
