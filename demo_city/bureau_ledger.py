"""A ledger: dated entries in accounts, written from cards that are replaced when what they say changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from demo_city.versioned_register import Row

Account = tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """An amount that an account gains (negative: loses) on a day."""

    account: Account
    day: date
    amount: Decimal = Decimal(1)


Entries = Callable[[Row], Iterable[Entry]]


@dataclass
class Ledger:
    """The accounts of all books; a card that changes has its old entries taken back before the new ones are written."""

    _accounts: dict[Account, dict[date, Decimal]] = field(default_factory=lambda: defaultdict(dict))
    _cards: dict[Hashable, dict[Hashable, tuple[Row, list[Entry]]]] = field(default_factory=dict)

    def keep(self, book: Hashable, rows: Mapping[Hashable, Row], entries_of: Entries) -> None:
        """Let a book hold exactly these rows by their keys; a row that is the same object as before costs nothing."""
        cards = self._cards.setdefault(book, {})
        for key in cards.keys() - rows.keys():
            self._add(cards.pop(key)[1], -1)
        for key, row in rows.items():
            before = cards.get(key)
            if before and before[0] is row:
                continue
            if before:
                self._add(before[1], -1)
            cards[key] = (row, list(entries_of(row)))
            self._add(cards[key][1], 1)

    def has(self, book: Hashable) -> bool:
        """Tell whether a book was ever kept."""
        return book in self._cards

    def total(self, *account: str, until: date, since: date = date.min) -> Decimal:
        """Return what an account gained between two days, both included; from the beginning its balance."""
        pages = self._accounts.get(account, {})
        return sum((amount for day, amount in pages.items() if since <= day <= until), Decimal(0))

    def accounts(self, kind: str) -> Iterator[Account]:
        """Yield the accounts whose name begins with a word."""
        return (account for account in self._accounts if account[0] == kind)

    def _add(self, entries: Iterable[Entry], sign: int) -> None:
        for entry in entries:
            pages = self._accounts[entry.account]
            pages[entry.day] = pages.get(entry.day, Decimal(0)) + sign * entry.amount
