"""The sandbox's book as the client's rules judge it: decoded like an answer of the server, looked over twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from data.account import Account
from data.assessment import Row
from data.health_book import BookContext, Past, Peer
from data.wire import decoder, encode
from triage.policy import load_policy
from triage.rules.assess import judge
from triage.rules.book import book_context
from triage.rules.health import Rulebook
from triage.sandbox.book import SeedAccount, generate
from triage.tree_file import load_tree

_account, _peer = decoder(Account), decoder(Peer)
POLICY = load_policy()


@dataclass(frozen=True, slots=True)
class Judged:
    """One account of the book: as it was made, as the client reads it, its row and the past that the row left."""

    made: SeedAccount
    account: Account
    row: Row
    past: Past


def judged(count: int, seed: int, today: date) -> list[Judged]:
    """The book of that seed and day by all rules at noon, the peers of M5 and the revenue lines known."""
    context = book_context(
        (_peer.decode(encode(one.row)) for one in _look_over(count, seed, today, None)),
        POLICY,
        today - timedelta(days=1),
    )
    return list(_look_over(count, seed, today, context))


def _look_over(count: int, seed: int, today: date, context: BookContext | None) -> Iterator[Judged]:
    rules = Rulebook(POLICY, load_tree()) if context is None else Rulebook(POLICY, load_tree(), context)
    now, through = datetime.combine(today, time(12), UTC), today - timedelta(days=1)
    for made in generate(count, seed, today):
        account = _account.decode(encode({**made.account, "version": 1, "seq": 1}))
        row, past = judge(account, (), None, rules, now, through)
        yield Judged(made, account, row, past)
