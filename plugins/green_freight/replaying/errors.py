"""Why a publication cannot be rebuilt. That it was rebuilt and differs is no error but an outcome."""

from __future__ import annotations


class ReplayError(RuntimeError):
    """A publication cannot be rebuilt; the message says why and what to do, in Chinese and English."""
