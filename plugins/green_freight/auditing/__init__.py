"""The audit: Great Expectations over the candidate star, verdicts in `ops.verdict`, Data Docs for reading.

A critical failure stops the publication; a warning is published beside the numbers.
"""

from green_freight.auditing.audit import AuditFailedError, AuditOutcome, audit

__all__ = ["AuditFailedError", "AuditOutcome", "audit"]
