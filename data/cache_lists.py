"""Reading the cache: counts, windows of rows and single accounts, all by index."""

import json
from array import array
from collections.abc import Iterator, Sequence

import msgspec

from data.account import Account
from data.assessment import NO_RANK, Row
from data.cache_unseen import CacheUnseen
from data.errors import BadAnswer
from data.health_book import Peer, Seat
from data.list_filter import filter_tests
from data.list_query import FEW, PIECE, SOME, Query, among_query, found_query, list_query, one_query, words_query
from data.ports_list import Counts, Sort, View
from data.wire import T, decoder

CHUNK = 500

_row = decoder(Row)
_account = decoder(Account)
_peer = decoder(Peer)
_seat = decoder(Seat)


class CacheLists(CacheUnseen):
    """The readers. Each refuses the book of another backend than the expected one (WrongBackend)."""

    def counts(self, now: float | None = None) -> Counts:
        """How many accounts each view holds; snoozed ones apart (A17), so that 1–4 add up to 0.

        With `now`, epoch seconds, the Red accounts whose next clock has run out are counted too.
        """
        self.check_backend()
        listed = [0] * (NO_RANK + 1)
        signals = book = resting = drifting = red = 0
        for rank, snoozed, has_signal, drift, is_red, accounts in self.all(
            "SELECT rank, snoozed, has_signal, drift, red, accounts FROM tally"
        ):
            book += accounts
            signals += accounts * has_signal
            drifting += accounts * (drift > 0)
            red += accounts * is_red
            if snoozed and rank < NO_RANK:
                resting += accounts
            else:
                listed[rank] += accounts
        late = 0 if now is None else self.all("SELECT count(*) FROM listing WHERE red = 1 AND sla < ?", (now,))[0][0]
        return Counts(listed[0], listed[1], listed[2], listed[3], signals, book, resting, drifting, red, late)

    def peers(self) -> Iterator[Peer]:
        """Every row, as far as its peers need it (M5, M13, M14): the one walk over the book, once a day."""
        for (blob,) in self.each('SELECT "row" FROM verdict'):
            yield self._read(blob, _peer)

    def each_account(self) -> Iterator[Account]:
        """Every account of the book, one by one (D18)."""
        self.check_backend()
        for (blob,) in self.each("SELECT payload FROM account ORDER BY id"):
            yield self.decoded(blob, _account)

    def seats(self) -> Iterator[Seat]:
        """Every row, as far as the portfolio adds it up; the rows of one moment, whoever writes meanwhile."""
        self.check_backend()
        for (blob,) in self.each('SELECT "row" FROM verdict'):
            yield self._read(blob, _seat)

    def _read(self, blob: bytes, using: "msgspec.json.Decoder[T]") -> T:
        """As `decoded`, for many rows that are written by us: what is wrong is only looked for where something is."""
        try:
            return using.decode(self.packing.unpack(blob))
        except (msgspec.MsgspecError, UnicodeDecodeError, BadAnswer):
            return self.decoded(blob, using)  # which says what is wrong

    def ids(
        self,
        view: View,
        sort: Sort = Sort.SEVERITY,
        text: str = "",
        untouched: bool = False,
        *,
        snoozed: bool = False,
        limit: int | None = None,
    ) -> "array[int]":
        """The numbers of all accounts of a list, in order; 8 bytes each."""
        self.check_backend()
        sql, values = self.query(view, sort, text, untouched, snoozed)
        if limit is not None:
            sql += f" LIMIT {int(limit)}"
        return array("q", (found[0] for found in self.each(sql, values)))

    def trickle(self, view: View, sort: Sort, text: str, untouched: bool) -> "Iterator[int]":
        """The numbers of a list, in order, of one moment, however slowly they are taken."""
        self.check_backend()
        sql, values = self.query(view, sort, text, untouched, False)
        return (found[0] for found in self.each_beside(sql, values))

    def query(self, view: View, sort: Sort, text: str, untouched: bool, snoozed: bool) -> Query:
        """What gives the numbers of a list, in order: a walk along its index, or a look at the few that may match."""
        words = filter_tests(text)[2]
        if not words or "\0" in words:
            return list_query(view, sort, text, untouched, snoozed)
        some = SOME[min(len(words), PIECE)]
        sql, values = words_query(words)
        found = self.all(f"SELECT count(*) FROM ({sql} LIMIT {some + 1})", values)[0][0]
        way = found_query if found <= FEW else among_query if found <= some else list_query
        return way(view, sort, text, untouched, snoozed)

    def holds(self, number: int, view: View, text: str, untouched: bool) -> bool:
        """Whether a list holds an account, by its number."""
        sql, values = one_query(number, view, text, untouched, False)
        return bool(self.all(sql, values))

    def narrow(self, numbers: "array[int]", text: str) -> "array[int]":
        """Those of `numbers` that a text matches too, in their order: a filter that grew by a letter."""
        self.check_backend()
        tests, values, words = filter_tests(text)
        if words:
            tests.append("instr(search, ?) > 0")
            values.append(words)
        sql = f"SELECT number FROM listing WHERE {' AND '.join(['number IN (SELECT value FROM json_each(?))', *tests])}"
        found = {number for (number,) in self.all(sql, (str(numbers.tolist()), *values))}
        return array("q", (number for number in numbers if number in found))

    def first(
        self,
        view: View,
        sort: Sort = Sort.SEVERITY,
        text: str = "",
        untouched: bool = False,
        limit: int = 128,
        *,
        snoozed: bool = False,
    ) -> list[Row]:
        """The first rows of a list, in order."""
        return self.rows(self.ids(view, sort, text, untouched, snoozed=snoozed, limit=limit))

    def rows(self, numbers: Sequence[int]) -> list[Row]:
        """The rows of these numbers, in their order; accounts removed meanwhile are left out."""
        return [self.decoded(blob, _row) for blob in self._blobs("verdict", '"row"', numbers)]

    def rows_of(self, ids: Sequence[str]) -> list[Row]:
        """The rows of these ids, in no order; accounts that are not cached are left out."""
        self.check_backend()
        sql = (
            'SELECT "row" FROM account JOIN verdict USING (number) WHERE account.id IN (SELECT value FROM json_each(?))'
        )
        return [self.decoded(blob, _row) for (blob,) in self.all(sql, (json.dumps(list(ids)),))]

    def accounts_for(self, numbers: Sequence[int]) -> list[Account]:
        """The accounts of these numbers, in their order; accounts removed meanwhile are left out."""
        return self.with_imports([self.decoded(blob, _account) for blob in self._blobs("account", "payload", numbers)])

    def accounts_of(self, ids: Sequence[str]) -> list[Account]:
        """The accounts of these ids, in no order; those that are not cached are left out."""
        sql = "SELECT payload FROM account WHERE id IN (SELECT value FROM json_each(?))"
        return [self.decoded(blob, _account) for (blob,) in self.all(sql, (json.dumps(ids),))]

    def number(self, account_id: str) -> int | None:
        """The number of an account in this cache, the same as long as the account is cached."""
        found = self.all("SELECT number FROM account WHERE id = ?", (account_id,))
        return found[0][0] if found else None

    def seq(self, account_id: str) -> int | None:
        """The seq of the cached account, None when it is not cached."""
        found = self.all("SELECT seq FROM account WHERE id = ?", (account_id,))
        return found[0][0] if found else None

    def size(self) -> int:
        """How many accounts are cached, whoever's they are."""
        return int(self.all("SELECT coalesce(sum(accounts), 0) FROM tally")[0][0])

    def row(self, account_id: str) -> Row | None:
        """The stored row of an account, None when it is not cached."""
        self.check_backend()
        number = self.number(account_id)
        found = self.rows([number]) if number is not None else []
        return found[0] if found else None

    def account(self, account_id: str) -> Account | None:
        """An account as the server sent it, None when it is not cached."""
        self.check_backend()
        found = self.all("SELECT payload FROM account WHERE id = ?", (account_id,))
        return self.with_imports([self.decoded(found[0][0], _account)])[0] if found else None

    def lapsed(self, now: float, complete_through: str, policy: str, limit: int) -> list[Account]:
        """Accounts whose verdict no longer counts, at most `limit`, at-risk ones first within each cause.

        Its `good_until` has passed (`now`, epoch seconds), or its day is before `complete_through` (ISO, "" unknown),
        or it was made under another policy version.
        """
        numbers: dict[int, None] = {}
        for sql, values in _lapsed_queries(now, complete_through, policy):
            if len(numbers) >= limit:
                break
            found = self.all(f"{sql} LIMIT ?", (*values, limit - len(numbers)))
            numbers.update(dict.fromkeys(number for (number,) in found))
        return self.accounts_for(list(numbers))

    def _blobs(self, table: str, column: str, numbers: Sequence[int]) -> Iterator[bytes]:
        for start in range(0, len(numbers), CHUNK):
            chunk = numbers[start : start + CHUNK]
            marks = ",".join("?" * len(chunk))
            found = dict(self.all(f"SELECT number, {column} FROM {table} WHERE number IN ({marks})", list(chunk)))
            yield from (found[number] for number in chunk if number in found)


def _lapsed_queries(now: float, complete_through: str, policy: str) -> list[tuple[str, tuple[object, ...]]]:
    queries: list[tuple[str, tuple[object, ...]]] = [
        ("SELECT number FROM listing WHERE good_until <= ? ORDER BY good_until", (now,))
    ]
    if complete_through:
        queries += [
            (f"SELECT number FROM listing WHERE policy = ? AND rank = {rank} AND day < ?", (policy, complete_through))
            for rank in range(NO_RANK + 1)
        ]
    queries += [
        (f"SELECT number FROM listing WHERE policy {side} ? ORDER BY policy, rank", (policy,)) for side in ("<", ">")
    ]
    return queries
