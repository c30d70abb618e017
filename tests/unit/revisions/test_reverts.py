"""Which contents reverts took away, told from a history of publications."""

from __future__ import annotations

import pytest
from green_freight.revisions.reverts import Revision, contents_taken_away


def taken_away(history: str) -> dict[int, str]:
    """Return what is taken away after publications 1, 2, … of which each has a content (a letter, `-`: as before) or
    goes back to another one (`<1`).
    """
    contents = [""]
    revisions = []
    for number, word in enumerate(history.split(), start=1):
        target = int(word[1:]) if word.startswith("<") else None
        content = contents[target] if target is not None else contents[-1] if word == "-" else word
        if content != contents[-1]:
            revisions.append(Revision(number, target, contents[-1], content))
        contents.append(content)
    return contents_taken_away(revisions)


@pytest.mark.parametrize(
    ("history", "away"),
    [
        ("A", {}),
        ("A B", {}),
        ("A B <1", {2: "B"}),
        # Absent before, absent after.
        ("- A B <1", {2: "A", 3: "B"}),
        # A night that changes other figures leaves this one as the revert made it.
        ("A B <1 -", {2: "B"}),
        ("A B <1 - <3", {2: "B"}),
        ("A B <1 <1", {2: "B"}),
        # Everything since the publication that is restored, not only the newest.
        ("A B C <1", {2: "B", 3: "C"}),
        ("A B C <2 <1", {2: "B", 3: "C", 4: "B"}),
        ("A B A C <1", {2: "B", 4: "C"}),
        # A revert of a revert: what it restores is wanted.
        ("A B <1 <2", {3: "A"}),
        ("A B C <1 <2", {3: "C", 4: "A"}),
        ("A B C <1 <3", {4: "A"}),
        # Published again, which needed an approval, or other content: the usual rules.
        ("A B <1 B", {}),
        ("A B <1 C", {}),
        ("A B <1 C B", {}),
        # Back to a state in which something was taken away already.
        ("A B <1 C <3", {2: "B", 4: "C"}),
    ],
)
def test_what_is_taken_away(history: str, away: dict[int, str]) -> None:
    assert taken_away(history) == away


def test_a_revert_whose_past_was_not_recorded_takes_away_what_it_changed() -> None:
    assert contents_taken_away([Revision(9, 3, "B", "A")]) == {0: "B"}
