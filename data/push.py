"""Outbox → backend: each due change sent once a round, in order, exactly once in effect (contract.md, Writing)."""

import random
from collections.abc import Callable
from datetime import datetime

from data.account import Value
from data.backends.port import Applied, BillingBackend, Item, NotThere, TokenRefused
from data.errors import NotPossible, Offline, SignedOut
from data.identity import Identity
from data.locks import push_lock
from data.outbox import Outbox
from data.outbox_rows import Place
from data.push_round import Pushed, Round, proves_absence
from data.receipts import head_problem, rollback_problem
from data.remedy import Change

__all__ = ["HeadCheck", "Pushed", "check_head", "look_up", "push"]


class HeadCheck(Value, frozen=True):
    """What the signed head told: sentences about keys, and what is wrong with the chain (None: nothing)."""

    notices: tuple[str, ...]
    problem: str | None


def _nobody(_item: Item) -> None:
    """The default listener."""


def push(
    backend: BillingBackend,
    outbox: Outbox,
    *,
    identity: Identity,
    base_url: str,
    now: Callable[[], datetime],
    rng: random.Random,
    on_account: Callable[[Item], None] = _nobody,
    ignore_backoff: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Pushed:
    """Try each due row once, oldest first; Busy when another process pushes from this home.

    A row that does not get through holds back later ones of its account only. `ignore_backoff` (for `triage sync`) also
    tries rows whose backoff runs, but obeys Retry-After; running holds are left alone. Never sleeps. `on_account`
    receives the account of each applied change, after that is on disk.
    """
    with push_lock(outbox.directory):
        sender = Round(backend, outbox, Place(base_url, identity.staff_id), now, rng, on_account, ignore_backoff)
        sender.run(stop)
        return sender.result()


def look_up(
    backend: BillingBackend,
    outbox: Outbox,
    change_id: str,
    now: datetime,
    *,
    on_account: Callable[[Item], None] = _nobody,
) -> Change:
    """Ask what became of an unknown change and return it as it is then.

    Not there, at least 60 s after the last try, proves that nothing was applied: queued again. Raises NotPossible
    (outcome known, or written by somebody else: the server would not show it), Offline, SignedOut, Busy.
    """
    with push_lock(outbox.directory):
        change = outbox.get(change_id)
        if not change.unknown:
            raise NotPossible(f"Its outcome is known: it is {change.state.value}.")
        mine = Place(change.base_url, backend.identity().staff_id)
        if mine.staff_id != change.staff_id or backend.base_url.rstrip("/") != change.base_url.rstrip("/"):
            raise NotPossible(
                f"Written as {change.staff_name} at {change.base_url}: sign in there as that to look it up."
            )
        sender = Round(backend, outbox, mine, lambda: now, random.Random(), on_account)
        answer = backend.outcome(change_id)
        if isinstance(answer, Applied):
            sender.applied(change, answer, None)
        elif isinstance(answer, NotThere):
            if proves_absence(change, now):
                outbox.settle_not_applied(change, now)
        elif isinstance(answer, TokenRefused):
            raise SignedOut(answer.why)
        else:
            raise Offline(answer.why)
        return outbox.get(change_id)


def check_head(
    backend: BillingBackend,
    outbox: Outbox,
    base_url: str,
    now: datetime,
    hash_at: Callable[[int], str | None] = lambda seq: None,
    *,
    trail_holds: bool = True,
) -> HeadCheck:
    """Check the server's signed audit head against the pinned keys and the head seen last, and remember it.

    Call it after a pull: `hash_at` is the pulled trail's hash by seq, in which the head seen last must still stand; a
    head over a trail that does not hold is not remembered. Reading errors are raised.
    """
    seen = outbox.remembered_head(base_url)
    head = backend.head()
    notices = outbox.pin(base_url, backend.keys(), now)
    wrong = head_problem(head, outbox.pinned_keys(base_url), seen) if head.seq > 0 or seen else None
    if wrong is None and seen is not None and (pulled := hash_at(seen.seq)) is not None:
        wrong = rollback_problem(seen.seq, pulled, seen)
    if wrong is None and head.seq > 0 and trail_holds:
        outbox.remember_head(base_url, head.seq, head.hash, now)
    return HeadCheck(notices, wrong)
