"""The trail's records of outreach, joined with mine that the trail does not hold yet."""

from typing import Any

from data.account import Entry
from data.cache import Cache
from data.outbox import Outbox
from data.ports_outreach import FollowUpDue
from data.remedy import Change
from data.safe_text import safe_text
from triage.desk.session import Session
from triage.rules.outreach_threads import KINDS, LOG_OUTREACH, LOG_REPLY, REACHED, Event, thread_due, thread_of


def events_of(cache: Cache, outbox: Outbox, base_url: str, account_id: str | None = None) -> dict[str, list[Event]]:
    """Events by account, as they were applied; what every machine sees, and what this one knows before the others."""
    found = [_of_entry(entry) for entry in cache.records(KINDS, account_id) if entry.account_id]
    seen = {event.change_id for event in found}
    found += [
        _of_change(change)
        for change in outbox.records_under_way(base_url, KINDS)
        if change.change_id not in seen and account_id in (None, change.account_id)
    ]
    by_account: dict[str, list[Event]] = {}
    for event in found:
        by_account.setdefault(event.account_id, []).append(event)
    return by_account


def account_events(cache: Cache, outbox: Outbox, base_url: str, account_id: str) -> list[Event]:
    """The events of one account."""
    return events_of(cache, outbox, base_url, account_id).get(account_id, [])


def _of_entry(entry: Entry) -> Event:
    said = entry.after or {}
    return Event(
        change_id=str(entry.change_id),
        kind=str(entry.action),
        account_id=str(entry.account_id),
        name=entry.actor.name,
        at=entry.applied_at,
        **_facts(str(entry.action), said),
    )


def _of_change(change: Change) -> Event:
    return Event(
        change_id=change.change_id,
        kind=change.kind,
        account_id=change.account_id,
        name=change.staff_name,
        at=change.authored_at,
        **_facts(change.kind, change.params),
    )


def _facts(kind: str, said: dict[str, Any]) -> dict[str, Any]:
    if kind == LOG_OUTREACH:
        return {name: _word(said, name) for name in ("stage", "channel", "contact", "subject", "template")}
    if kind == LOG_REPLY:
        return {"answers": _word(said, "outreach_id")}
    return {"reached": _word(said, "outcome") == REACHED}


def _word(said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    return "" if value is None else str(value)


def follow_ups(session: Session, cache: Cache, outbox: Outbox) -> list[FollowUpDue]:
    """M20: the latest thread of every account that nobody answered, the next due first."""
    found = []
    now = session.clock()
    for account_id, events in events_of(cache, outbox, session.place.base_url).items():
        thread = thread_of(events)
        due = None if thread is None else thread_due(thread, session.policy, now)
        row = cache.row(account_id) if due is not None else None
        if thread is None or due is None or row is None:
            continue
        last = thread.last
        found.append(
            FollowUpDue(
                account_id=account_id,
                account_name=row.name,
                outreach_id=last.change_id,
                contact=safe_text(last.contact),
                subject=safe_text(last.subject),
                sent_at=last.at,
                due_at=due.due_at,
                kind=due.kind,
                due=due.due,
            )
        )
    return sorted(found, key=lambda one: (one.due_at, one.account_id))
