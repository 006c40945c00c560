"""One round of the loop: push what waits, pull what changed; used by the command line and by the sync threads."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import msgspec

from data.account import Value
from data.backends.port import BillingBackend, Item
from data.cache import Cache
from data.errors import Busy, TriageError
from data.identity import Identity
from data.outbox import Outbox
from data.pull import Pulled, pull, pull_trail, reassess_lapsed
from data.push import HeadCheck, Pushed, check_head, look_up, push
from data.receipts import Signed
from data.remedy import Change
from triage.desk.log import log_delivered, log_failed, log_pulled, log_pushed
from triage.desk.news import home_news, network_note
from triage.desk.session import Session

LAPSED_AT_ONCE = 2000


class Summary(Value, frozen=True):
    """What a sync did; the keys of `sync --json`."""

    pushed: int
    conflicts: int
    rejected: int
    waiting: int
    pulled: int
    removed: int
    full: bool
    epoch: str | None
    took_ms: int


@dataclass(slots=True)
class Outcome:
    """A summary with the error that ended it early, if one did, and what is worth saying beside it."""

    summary: Summary
    error: TriageError | None
    notes: list[str]


def sync_once(
    session: Session, *, full: bool = False, yes: bool = False, progress: Callable[[int], None] = lambda count: None
) -> Outcome:
    """Try each waiting row once, then pull; never sleeps. Errors are in the outcome, not raised."""
    begun = session.clock()
    notes: list[str] = []
    pushed = Pushed()
    pulled = Pulled()
    error: TriageError | None = None
    cache, outbox = session.open_files()
    notes += [*home_news(cache, outbox), *filter(None, (network_note(cache, outbox),))]
    try:
        with closing(session.backend()) as backend:
            identity = recognise(session, cache, backend)
            try:
                pushed = push_and_deliver(session, backend, cache, outbox, identity, ignore_backoff=True)
                notes += pushed.notices
            except Busy as busy:
                notes.append(str(busy))
            try:
                pulled = pull_round(session, backend, cache, outbox, full=full, yes=yes, progress=progress)
                pushed = _with_cases(session, backend, cache, outbox, identity, pushed)
            except Busy as busy:
                notes.append(str(busy))
        if pulled.audit_problem:
            notes.append(pulled.audit_problem)
    except TriageError as failed:
        error = failed
        log_failed(session, "sync", error)
    finally:
        counts = outbox.counts()
        epoch = pulled.epoch or cache.epoch
        outbox.close()
        cache.close()
    summary = Summary(
        pushed=pushed.pushed,
        conflicts=pushed.conflicts,
        rejected=pushed.rejected,
        waiting=counts.waiting,
        pulled=pulled.pulled,
        removed=pulled.removed,
        full=pulled.full,
        epoch=epoch,
        took_ms=round((session.clock() - begun).total_seconds() * 1000),
    )
    return Outcome(summary, error, notes)


def _with_cases(
    session: Session, backend: BillingBackend, cache: Cache, outbox: Outbox, identity: Identity, pushed: Pushed
) -> Pushed:
    """Write what a machine records about cases and push it too; returns all that was pushed."""
    from triage.desk.case_records import added, case_rounds  # a command that only reads must not pay for the rules

    push_all = partial(push_and_deliver, session, backend, cache, outbox, identity, ignore_backoff=True)
    trail = partial(pull_trail, backend, cache, session.assess_for(cache), session.clock())
    done = case_rounds(session, cache, outbox, push_all, trail)
    return pushed if done == Pushed() else added(pushed, done)


def recognise(session: Session, cache: Cache, backend: BillingBackend) -> Identity:
    """Ask who we are and remember it with a mark of the token, for authoring offline."""
    identity = backend.identity()
    cache.remember_identity(identity, session.token.mark(), backend.capabilities)
    return identity


def push_round(
    session: Session,
    backend: BillingBackend,
    cache: Cache,
    outbox: Outbox,
    identity: Identity,
    *,
    ignore_backoff: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Pushed:
    """Push what is due; each applied change refreshes its account in the cache. Read-only sends nothing."""
    if session.place.read_only:
        return Pushed()
    done = push(
        backend,
        outbox,
        identity=identity,
        base_url=session.place.base_url,
        now=session.clock,
        on_accounts=refresher(session, cache),
        rng=session.rng,
        ignore_backoff=ignore_backoff,
        stop=stop,
    )
    log_pushed(session, done)
    return done


def push_and_deliver(
    session: Session,
    backend: BillingBackend,
    cache: Cache,
    outbox: Outbox,
    identity: Identity,
    *,
    ignore_backoff: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Pushed:
    """Push, let messages leave whose intent was accepted, and push what is logged about them."""
    push_on = partial(push_round, session, backend, cache, outbox, identity, ignore_backoff=ignore_backoff, stop=stop)
    first = push_on()
    if first.signed_out or not outbox.has_outreach_to_do():
        return first
    from triage.desk.deliver import deliver

    delivered = deliver(session, cache, outbox, identity)
    log_delivered(session, delivered.sent, delivered.failed, delivered.unclear, delivered.dropped)
    if not delivered.logged:
        return first
    then = push_on()
    return msgspec.structs.replace(
        then,
        pushed=first.pushed + then.pushed,
        conflicts=first.conflicts + then.conflicts,
        rejected=first.rejected + then.rejected,
        notices=(*first.notices, *then.notices),
    )


def refresher(session: Session, cache: Cache) -> Callable[[Sequence[Item]], None]:
    """Return what writes accounts that came with answers into the cache, assessed.

    What one did oneself is no news, whoever fetches it first.
    """

    def refresh(items: Sequence[Item]) -> None:
        assess = session.assess_for(cache)(cache.complete_through)
        for item in items:
            cache.overwrite(item, assess)
            cache.is_mine(item.account.id, item.account.seq)

    return refresh


def look_up_round(session: Session, backend: BillingBackend, cache: Cache, outbox: Outbox, change_id: str) -> Change:
    """Ask the server what became of one change and settle the row by its answer."""
    return look_up(backend, outbox, change_id, session.clock(), on_accounts=refresher(session, cache))


def pull_round(
    session: Session,
    backend: BillingBackend,
    cache: Cache,
    outbox: Outbox,
    *,
    full: bool = False,
    yes: bool = False,
    progress: Callable[[int], None] = lambda count: None,
) -> Pulled:
    """Pull what changed, check the audit head, then re-assess what has lapsed by time, feed date or policy."""
    since = cache.book_since
    owed = outbox.results(session.place.base_url)
    bring = partial(
        pull,
        backend,
        cache,
        session.assess_for(cache),
        session.clock(),
        yes=yes,
        progress=progress,
        owed=owed,
        crew=session.crew_for(cache),
    )
    pulled = bring(full=full)
    checked = _check(session, backend, cache, outbox, pulled.audit_problem)
    anew = cache.book_since != since
    lost = checked.lost
    if pulled.audit_problem and pulled.audit_problem == cache.audit_problem:  # what came does not follow what we hold
        lost = "{} {}".format(*cache.audit_head())
    if lost and cache.note_restored(lost, dealt_with=anew):
        pulled = bring(full=False)  # accounts that only a push had brought would stay as the server has them no more
        checked = _check(session, backend, cache, outbox, pulled.audit_problem)
    if cache.book_since is not None:
        outbox.forget_seqs(session.place.base_url, cache.book_since, session.clock())
    if cache.book_context.day is None:
        look_over(session, cache)  # young accounts are held against their peers (M5), so these come first
    lapsed(session, cache)
    look_over(session, cache)
    if cache.watching_since is None and cache.synced_at is not None:
        cache.begin_watching(session.clock())
    said = [pulled.audit_problem, *checked.notices, checked.problem]
    done = msgspec.structs.replace(pulled, audit_problem=" ".join(filter(None, dict.fromkeys(said))) or None)
    log_pulled(session, done)
    return done


def _check(
    session: Session, backend: BillingBackend, cache: Cache, outbox: Outbox, trail_problem: str | None
) -> HeadCheck:
    """Check the signed head; what is wrong with the chain is kept with the trail, for `audit verify` and screens."""
    if not backend.capabilities.audit:
        return HeadCheck((), None)
    url, now = session.place.base_url, session.clock()
    holds, held = trail_problem is None, cache.audit_after
    try:
        checked = check_head(
            backend,
            outbox,
            url,
            now,
            cache.audit_hash,
            trail_holds=holds,
            held=held,
            catch_up=lambda: pull_trail(backend, cache, session.assess_for(cache), now),
            receipts=outbox.receipts(url, cache.receipts_checked),
        )
    except Busy:  # another process pulls at this moment, and looks itself
        return HeadCheck((), None)
    if checked.problem and holds:
        cache.note_audit_problem(checked.problem)
    if checked.head is not None:
        head = checked.head
        cache.note_signed_head(Signed(head.seq, head.hash, head.signature, head.key_id, now), held)
    return checked


def lapsed(session: Session, cache: Cache) -> int:
    """Re-assess the rows whose verdict has lapsed by now, at-risk ones first; returns how many.

    What lapses while this runs waits: young accounts of a book that nobody has looked over yet lapse at once.
    """
    done, now = 0, session.clock()
    while True:
        some = reassess_lapsed(cache, session.assess_for(cache), now, session.rules_mark, LAPSED_AT_ONCE)
        done += some
        if some < LAPSED_AT_ONCE:
            return done


def look_over(session: Session, cache: Cache) -> bool:
    """Look over the whole book for what no single account can tell (P0), once for each complete day and rules."""
    from triage.rules.book import book_context

    day, rules = cache.complete_through or session.clock().date(), session.rules_mark
    if cache.synced_at is None or (cache.book_context.day == day and cache.book_rules == rules):
        return False
    cache.keep_book_context(book_context(cache.peers(), session.policy, day), rules)
    return True
