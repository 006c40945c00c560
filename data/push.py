"""Outbox → backend: each due change sent once a round, in order, exactly once in effect (contract.md, Writing)."""

import hashlib
import random
from collections.abc import Callable, Sequence
from datetime import datetime

from data.account import Value
from data.backends.port import Applied, BillingBackend, Done, Head, InDoubt, Item, NotDone, NotThere, TokenRefused
from data.errors import NotPossible, Offline, SignedOut
from data.identity import Identity
from data.locks import push_lock
from data.outbox import Outbox
from data.outbox_rows import Place
from data.push_once import asked, settle_by_word
from data.push_round import Round
from data.push_verdicts import Pushed, proves_absence
from data.receipts import Seen, head_problem, rollback_problem
from data.remedy import Change

__all__ = ["HeadCheck", "Pushed", "check_head", "look_up", "push"]


class HeadCheck(Value, frozen=True):
    """What the signed head told: sentences about keys, and what is wrong with the chain (None: nothing).

    `head` is the signed head that the pulled trail was seen to reach. `lost` names what its server has truly signed no
    more although it was seen before: it was restored, or its history rewritten. The name changes when more is lost.
    """

    notices: tuple[str, ...]
    problem: str | None
    head: Head | None = None
    lost: str | None = None


def _nobody(_items: Sequence[Item]) -> None:
    """The default listener."""


def push(
    backend: BillingBackend,
    outbox: Outbox,
    *,
    identity: Identity,
    base_url: str,
    now: Callable[[], datetime],
    rng: random.Random,
    on_accounts: Callable[[Sequence[Item]], None] = _nobody,
    ignore_backoff: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Pushed:
    """Try each due row once, oldest first; Busy when another process pushes from this home.

    A row that does not get through holds back later ones of its account only. `ignore_backoff` (for `triage sync`) also
    tries rows whose backoff runs, but obeys Retry-After; running holds are left alone. Never sleeps. A few changes of
    different accounts are under way at a time. `on_accounts` receives the accounts of applied changes once that is on
    disk.
    """
    with push_lock(outbox.directory):
        sender = Round(backend, outbox, Place(base_url, identity.staff_id), now, rng, on_accounts, ignore_backoff)
        sender.run(stop)
        return sender.result()


def look_up(
    backend: BillingBackend,
    outbox: Outbox,
    change_id: str,
    now: datetime,
    *,
    on_accounts: Callable[[Sequence[Item]], None] = _nobody,
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
        sender = Round(backend, outbox, mine, lambda: now, random.Random(), on_accounts)
        answer = backend.outcome(asked(backend, outbox, change))
        if isinstance(answer, Applied):
            sender.have_keys([answer])
            sender.applied(change, answer, None)
            sender.tell()
        elif isinstance(answer, Done | NotDone | InDoubt):
            settle_by_word(outbox, change, answer, now)
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
    held: int = 0,
    catch_up: Callable[[], str | None] | None = None,
    receipts: Sequence[Seen] = (),
) -> HeadCheck:
    """Check the server's signed audit head against the pinned keys, the head seen last and the trail; remember it.

    Call it after a pull. `hash_at` is the pulled trail's hash by seq and `held` its last seq; `catch_up` pulls what was
    appended since and returns what is wrong with that (None where no trail is pulled: then only the head is checked).
    `receipts` are the entries of my own changes: a head that a push saw after the server had lost some hides that.
    A head over a trail that does not hold is not remembered. Reading errors are raised, and what `catch_up` raises.
    """
    seen = outbox.remembered_head(base_url)
    head = backend.head()
    notices = outbox.pin(base_url, backend.keys(), now)
    wrong = head_problem(head, outbox.pinned_keys(base_url)) if head.seq > 0 or seen else None
    lost: str | None = None
    if wrong is None:
        wrong = rollback_problem(head.seq, head.hash, seen)
        if wrong is None and seen is not None and (pulled := hash_at(seen.seq)) is not None:
            wrong = rollback_problem(seen.seq, pulled, seen)
        gone = [one for one in receipts if one.seq > head.seq or hash_at(one.seq) not in (None, one.hash)]
        wrong = wrong or _lost_receipt(gone)
        if wrong is not None:
            named = [*([seen.hash] if seen else []), *(one.hash for one in gone)]
            lost = hashlib.sha256(" ".join(named).encode()).hexdigest()
    if wrong is None and trail_holds and catch_up is not None:
        wrong = _trail_problem(head, hash_at, held, catch_up)
    if wrong is None and head.seq > 0 and trail_holds:
        outbox.remember_head(base_url, head.seq, head.hash, now)
        return HeadCheck(notices, None, head)
    return HeadCheck(notices, wrong, lost=lost)


def _lost_receipt(gone: Sequence[Seen]) -> str | None:
    """Return the sentence for the first of my changes whose entry its server has no more; None: all are there."""
    if not gone:
        return None
    return (
        f"Entry {min(one.seq for one in gone)} of the audit trail is not the one that this home has a receipt for: the "
        "server was restored from a backup, or its history rewritten. Ask its owner; triage doctor --accept-keys takes "
        "it as it is."
    )


def _trail_problem(
    head: Head, hash_at: Callable[[int], str | None], held: int, catch_up: Callable[[], str | None]
) -> str | None:
    """Return why the pulled trail is not the one that its server signs; the head is younger than the trail."""
    if held > head.seq:
        return f"Entry {head.seq + 1} of the audit trail is not signed: its server signs {head.seq} as the last."
    if head.seq == 0:
        return None
    if hash_at(head.seq) is None and (wrong := catch_up()) is not None:
        return wrong
    found = hash_at(head.seq)
    if found is None:
        return f"The audit trail breaks off before entry {head.seq}, which its server signs: its end was cut off."
    return None if found == head.hash else f"Entry {head.seq} of the audit trail is not the one that its server signs."
