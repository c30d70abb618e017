"""Revisions: what a candidate would change, figure by figure, why, and whether somebody has to approve it first."""

from green_freight.revisions.approvals import (
    Approval,
    ApprovalMissingError,
    approve,
    outstanding,
    require_approval,
)
from green_freight.revisions.figure_diff import Comparison, compare, compare_with_past
from green_freight.revisions.figures import FigureChange, FigureKey, Values
from green_freight.revisions.store import save_comparison, saved_comparison, write_revisions

__all__ = [
    "Approval",
    "ApprovalMissingError",
    "Comparison",
    "FigureChange",
    "FigureKey",
    "Values",
    "approve",
    "compare",
    "compare_with_past",
    "outstanding",
    "require_approval",
    "save_comparison",
    "saved_comparison",
    "write_revisions",
]
