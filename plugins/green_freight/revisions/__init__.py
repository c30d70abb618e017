"""Revisions: what a candidate would change, figure by figure, why, and whether somebody has to approve it first."""

from green_freight.revisions.approval_rules import ApprovalRules
from green_freight.revisions.approvals import (
    Approval,
    ApprovalMissing,
    approve,
    insist_on_approval,
    outstanding,
)
from green_freight.revisions.figure_diff import Comparison, compare, compare_with_past
from green_freight.revisions.figures import FigureChange, FigureKey, Values
from green_freight.revisions.store import keep_comparison, kept_comparison, write_revisions

__all__ = [
    "Approval",
    "ApprovalMissing",
    "ApprovalRules",
    "Comparison",
    "FigureChange",
    "FigureKey",
    "Values",
    "approve",
    "compare",
    "compare_with_past",
    "insist_on_approval",
    "keep_comparison",
    "kept_comparison",
    "outstanding",
    "write_revisions",
]
