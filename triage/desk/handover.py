"""What a shift leaves behind: done, on its way, undecided, given up, deferred; from local trail and outbox alone."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from data.account import Entry
from data.assessment import Row
from data.cache import Cache
from data.identity import Identity
from data.outbox import Outbox
from data.ports_outreach import FollowUpDue
from data.remedy import FINISHED, Change, State
from data.safe_text import SafeText, safe_text
from triage.desk.outreach_events import follow_ups
from triage.desk.session import Session
from widgets.change_words import describe_change, title_of

PAGE = 500


class Deed(NamedTuple):
    """One thing that was done: applied at `at`; `change_id` None where the trail's entry names none."""

    change_id: str | None
    kind: str
    account_id: str | None
    account_name: str
    workspace_id: str | None
    what: str
    reason: str | None
    at: datetime


class Held(NamedTuple):
    """A snooze or a claim of mine that still runs; `in_shift` when it was given within the shift."""

    account_id: str
    account_name: SafeText
    until: datetime
    reason: str | None
    in_shift: bool


class Handover(NamedTuple):
    """One shift of one person. `who` None: nobody has signed in here yet, and everything of this home counts."""

    who: Identity | None
    since: datetime
    until: datetime
    applied: Sequence[Deed]
    waiting: Sequence[Change]
    needs_you: Sequence[Change]
    given_up: Sequence[Change]
    snoozed: Sequence[Held]
    claimed: Sequence[Held]
    follow_ups: Sequence[FollowUpDue]

    @property
    def is_empty(self) -> bool:
        """Nothing to tell."""
        return not any(self[3:])


def read_handover(session: Session, cache: Cache, outbox: Outbox, since: datetime) -> Handover:
    """What I did since then, and whatever of mine is open now, however old; never uses the network."""
    who, now, url = cache.identity, session.clock(), session.place.base_url
    mine = [one for one in outbox.changes() if one.base_url == url and (who is None or one.staff_id == who.staff_id)]
    entries = [one for one in _entries_since(cache, since) if who is None or one.actor.staff_id == who.staff_id]
    ended = [one for one in mine if one.finished_at is not None and one.finished_at >= since]
    unfinished = [one for one in mine if one.state not in FINISHED]
    return Handover(
        who=who,
        since=since,
        until=now,
        applied=_deeds(cache, entries, [one for one in ended if one.state is State.APPLIED]),
        waiting=[one for one in unfinished if not one.needs_you],
        needs_you=[one for one in unfinished if one.needs_you],
        given_up=[one for one in ended if one.state is State.DISCARDED],
        snoozed=_held(cache, who, "snooze", since, now),
        claimed=_held(cache, who, "claim", since, now),
        follow_ups=[
            one for one in follow_ups(session, cache, outbox) if one.due and _concerns(one, who, cache, outbox)
        ],
    )


def _entries_since(cache: Cache, since: datetime) -> Iterator[Entry]:
    """The applied entries of the trail from a moment on, newest first; reads no page more."""
    before: int | None = None
    while page := cache.audit(None, before, PAGE):
        for entry in page:
            if entry.applied_at < since:
                return
            if entry.outcome == "applied":
                yield entry
        before = page[-1].seq


def _deeds(cache: Cache, entries: Iterable[Entry], changes: Sequence[Change]) -> list[Deed]:
    """Each thing once, in the order of time: as the outbox has it, else (from another machine) as the trail has it."""
    found = [
        Deed(
            one.change_id,
            one.kind,
            one.account_id,
            one.account_name,
            one.workspace_id,
            describe_change(one),
            one.reason or None,
            one.finished_at,
        )
        for one in changes
        if one.finished_at is not None
    ]
    known = {one.change_id for one in found}
    found += [
        Deed(
            one.change_id,
            one.action,
            one.account_id,
            _name(cache.row(one.account_id), one.account_id) if one.account_id else "",
            one.workspace_id,
            title_of(one.action),
            one.reason,
            one.applied_at,
        )
        for one in entries
        if one.change_id not in known
    ]
    return sorted(found, key=lambda one: (one.at, one.change_id or ""))


def _held(cache: Cache, who: Identity | None, kind: str, since: datetime, now: datetime) -> list[Held]:
    """Snoozes or claims of mine that run now; the account's own word counts, the trail only says where to look."""
    given = {one.account_id: one for one in cache.records((kind,)) if who is not None and _by(one, who)}
    found = []
    for account_id, entry in given.items():
        row = cache.row(account_id) if account_id else None
        held = None if row is None else row.snooze if kind == "snooze" else row.claim
        if row is None or held is None or who is None or held.staff_id != who.staff_id or held.until <= now:
            continue
        reason = row.snooze.reason if kind == "snooze" and row.snooze else None
        found.append(Held(row.id, _name(row, row.id), held.until, reason, entry.applied_at >= since))
    return sorted(found, key=lambda one: (one.until, one.account_id))


def _by(entry: Entry, who: Identity) -> bool:
    return entry.actor.staff_id == who.staff_id


def _concerns(due: FollowUpDue, who: Identity | None, cache: Cache, outbox: Outbox) -> bool:
    """A follow-up of mine: I wrote the message that nobody answered, or am the account's CSM."""
    row = cache.row(due.account_id)
    if who is None or (row is not None and row.owner is not None and row.owner.staff_id == who.staff_id):
        return True
    sent = next(
        (one for one in cache.records(("log_outreach",), due.account_id) if one.change_id == due.outreach_id), None
    )
    if sent is not None:
        return _by(sent, who)
    return any(one.change_id == due.outreach_id and one.staff_id == who.staff_id for one in outbox.changes())


def _name(row: Row | None, account_id: str) -> SafeText:
    return SafeText(row.name, row.suspicious) if row is not None and row.name.strip() else safe_text(account_id)
