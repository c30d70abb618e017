"""Reading JSON responses, with the failure that names what is wrong."""

from __future__ import annotations

import json
from typing import Any

from green_freight.errors import FetchError

_QUOTED_CHARACTERS = 80


def json_object(text: str, where: str) -> dict[str, Any]:
    """Return the JSON object in a response; `where` names the request in the message.

    Raises:
        FetchError: `answer_cut_off` (transient) where the text ends too early, `not_json` or `answer_unexpected`
            (permanent) where it is something else.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise _failure(text, error, where) from error
    if not isinstance(found, dict):
        raise FetchError("answer_unexpected", f"{where}: a JSON {type(found).__name__}, an object was agreed")
    return found


def _failure(text: str, error: ValueError, where: str) -> FetchError:
    if isinstance(error, json.JSONDecodeError):
        begins_well = text.lstrip().startswith(("{", "["))
        ends_early = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        if begins_well and ends_early:
            return FetchError("answer_cut_off", f"{where}: {len(text)} characters, the JSON does not end")
        line = f"line {error.lineno} column {error.colno}"
        return FetchError(
            "not_json", f"{where}: {error.msg} at {line}; it begins {text[:_QUOTED_CHARACTERS]!r}"
        )
    return FetchError("not_json", f"{where}: {error}")
