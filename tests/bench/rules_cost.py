"""What all rules cost beside the at-risk rules alone, decoding included: one process, in turns, over a sandbox book."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import msgspec

from data.account import Account
from data.health_book import NO_DAYS, BookContext, Past, Peer
from data.wire import decode, decoder, encode
from triage.policy import Policy, load_policy
from triage.rules.assess import assess, judge, judge_all
from triage.rules.book import book_context
from triage.rules.health import Rulebook
from triage.rules.past import with_day
from triage.sandbox.book import generate
from triage.tree_file import load_tree

DAYS_BEFORE = 20
CHUNK = 50  # as data/bulk.py judges
_account, _past, _peer = decoder(Account), decoder(Past), decoder(Peer)


@dataclass(frozen=True, slots=True)
class Book:
    """A book as a cache holds it: each account's bytes with those of its past, and what the rules need beside it."""

    payloads: list[bytes]
    pasts: list[bytes]
    policy: Policy
    book: BookContext
    now: datetime
    through: date

    def rules(self) -> Rulebook:
        """A rulebook with an empty memo, as every process begins with."""
        return Rulebook(self.policy, load_tree(), self.book)


def make_book(count: int, seed: int = 7) -> Book:
    """The sandbox's book of today, looked over once, every account with a past of some weeks."""
    now = datetime.now(UTC)
    through, policy = now.date() - timedelta(days=1), load_policy()
    payloads = [_body(one.account) for one in generate(count, seed, now.date())]
    rules, peers, pasts = Rulebook(policy, load_tree()), [], []
    for raw in payloads:
        row, past = judge(_account.decode(raw), (), None, rules, now, through)
        peers.append(_peer.decode(encode(row)))
        pasts.append(encode(_aged(past)))
    return Book(payloads, pasts, policy, book_context(peers, policy, through), now, through)


def at_risk_alone(book: Book) -> float:
    """Processor milliseconds of decoding the book and judging it by A1-A17."""
    begun = time.process_time()
    for raw in book.payloads:
        assess(decode(raw, _account), (), book.policy, book.now, book.through)
    return (time.process_time() - begun) * 1000


def all_rules(book: Book) -> float:
    """Processor milliseconds of decoding the book with its past and judging it by A, M, D, H and R: an ordinary day."""
    rules, begun = book.rules(), time.process_time()
    told = list(zip(book.payloads, book.pasts, strict=True))
    for at in range(0, len(told), CHUNK):
        some = [(decode(raw, _account), (), _past.decode(past)) for raw, past in told[at : at + CHUNK]]
        judge_all(some, rules, book.now, book.through)
    return (time.process_time() - begun) * 1000


def first_round(book: Book) -> float:
    """The same without a past, as on the first sync: every alert is replayed from its series (M12)."""
    rules, begun = book.rules(), time.process_time()
    for at in range(0, len(book.payloads), CHUNK):
        some = [(decode(raw, _account), (), None) for raw in book.payloads[at : at + CHUNK]]
        judge_all(some, rules, book.now, book.through)
    return (time.process_time() - begun) * 1000


def _body(account: dict[str, object]) -> bytes:
    return encode({**account, "version": 1, "seq": 1, "updated_at": account["created_at"]})


def _aged(past: Past) -> Past:
    """The past as if the account had stood like this for weeks, its score moving a little."""
    [today], [now], days = past.days.dates(), past.days.scores, NO_DAYS
    made_of = past.days.scored[0].components if past.days.scored else msgspec.Raw(b"{}")
    for age in range(DAYS_BEFORE, 0, -1):
        score = None if now is None else now + age % 3
        days = with_day(days, today - timedelta(days=age), score, bool(past.days.critical), made_of)
    return msgspec.structs.replace(past, days=days)


def main(ways: Sequence[Callable[[Book], float]] = (at_risk_alone, all_rules, first_round)) -> None:
    """Print the milliseconds of each way, a line a round: `rules_cost.py ACCOUNTS ROUNDS`."""
    book, rounds = make_book(int(sys.argv[1])), int(sys.argv[2])
    for way in ways:
        way(book)  # warm
    for _ in range(rounds):
        print(*(f"{way(book):.1f}" for way in ways), flush=True)


if __name__ == "__main__":
    main()
