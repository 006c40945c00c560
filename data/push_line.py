"""The line of a round: the rows that wait, each account's in the order written, and one of an account at a time."""

import heapq
from collections import deque
from collections.abc import Iterable

from data.outbox_sending import Waiting


class Line:
    """Who is next. An account whose row was taken stands aside until `go_on` or `drop` says how that ended."""

    def __init__(self) -> None:
        self._accounts: dict[str, deque[tuple[int, Waiting]]] = {}
        self._heads: list[tuple[int, str]] = []
        self._dropped: set[str] = set()
        self._seen: set[str] = set()
        self._begun = False

    def take_in(self, rows: Iterable[Waiting]) -> None:
        """Add the rows that were not seen before; what comes after the first time goes before other accounts' rest."""
        early = len(self._seen) - (1 << 40 if self._begun else 0)
        self._begun = True
        for number, row in enumerate(rows, early):
            if row.change_id in self._seen or row.account_id in self._dropped:
                continue
            self._seen.add(row.change_id)
            queue = self._accounts.get(row.account_id)
            if queue is None:
                self._accounts[row.account_id] = deque([(number, row)])
                heapq.heappush(self._heads, (number, row.account_id))
            else:
                queue.append((number, row))

    @property
    def waits(self) -> bool:
        """True when there is one to take."""
        return bool(self._heads)

    def next(self) -> Waiting | None:
        """Take the first row of an account that does not stand aside; None when there is none."""
        if not self._heads:
            return None
        _, account_id = heapq.heappop(self._heads)
        return self._accounts[account_id].popleft()[1]

    def go_on(self, account_id: str) -> None:
        """The account's row is over: its next one may follow."""
        queue = self._accounts[account_id]
        if queue:
            heapq.heappush(self._heads, (queue[0][0], account_id))
        else:
            del self._accounts[account_id]

    def drop(self, account_id: str) -> None:
        """The account's row did not get through: what is behind it waits for another round."""
        self._dropped.add(account_id)
        del self._accounts[account_id]

    def rest(self) -> list[str]:
        """The change ids of all that was not taken."""
        return [row.change_id for queue in self._accounts.values() for _, row in queue]
