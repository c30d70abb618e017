"""Texts of others (names, messages, quotations) in a form that PostgreSQL's text can hold."""

from __future__ import annotations


def storable(text: str) -> str:
    """Return a text without what PostgreSQL refuses: U+0000 and lone surrogates, each replaced."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
