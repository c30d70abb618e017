"""The audit: Great Expectations on the candidate star, results in `ops.verdict`, Data Docs for reading.

A critical failure stops the publication; a warning is published with the figures.
"""

from green_freight.auditing.audit import AuditFailedError, AuditOutcome, audit

__all__ = ["AuditFailedError", "AuditOutcome", "audit"]
