"""Revisions: what a candidate would change in figures and large facts, why, and whether somebody has to approve it."""

from green_freight.revisions.approvals import (
    Approval,
    ApprovalMissingError,
    approve,
    outstanding,
    require_approval,
)
from green_freight.revisions.fact_changes import FactChange
from green_freight.revisions.fact_diff import contents_of
from green_freight.revisions.fact_store import write_fact_revisions
from green_freight.revisions.figure_diff import Change, Comparison, compare, compare_with_past
from green_freight.revisions.figures import FigureChange, FigureKey, Values
from green_freight.revisions.store import save_comparison, saved_comparison, write_revisions

__all__ = [
    "Approval",
    "ApprovalMissingError",
    "Change",
    "Comparison",
    "FactChange",
    "FigureChange",
    "FigureKey",
    "Values",
    "approve",
    "compare",
    "compare_with_past",
    "contents_of",
    "outstanding",
    "require_approval",
    "save_comparison",
    "saved_comparison",
    "write_fact_revisions",
    "write_revisions",
]
