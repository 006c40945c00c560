"""Whether writing helped (M21): accounts that were written to during an alert beside those that were only alerted."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from data.account import Account, Entry
from data.cache import Cache
from data.health_book import Past
from data.health_monitor import Alert, Effect
from data.list_filter import these
from data.ports import View
from data.ports_portfolio import Behind, OutreachEffect
from triage.desk.session import Session
from triage.rules.monitor_effect import effect, effectiveness, ratios

CHUNK = 500
SENT = "sent"
WRITTEN, REPLIED = "log_outreach", "log_reply"


def outreach_effect(session: Session, cache: Cache, alerted: Sequence[str], now: datetime) -> OutreachEffect:
    """M21 over the alerts this cache has seen; `alerted` are the accounts whose rows tell of one.

    An alert counts as written to when the first message left between the day it opened and the end of the days in
    which recovery is looked for; it is measured from that message, the others from the day they opened. An answer
    counts within the days after which a follow-up is due (M20).
    """
    rules = session.policy.monitor
    sent, replies = _moments(cache)
    contacted: list[tuple[str, Effect]] = []
    alone: list[tuple[str, Effect]] = []
    answered = 0
    today = cache.complete_through or now.date()
    for account, alert in _alerts(cache, alerted):
        last = alert.opened + timedelta(days=rules.recovery_days)
        first = next((at for at in sent.get(account.id, ()) if alert.opened <= at.date() <= last), None)
        measured = ratios(account, session.policy, cache.complete_through, alert.baseline)
        on = alert.opened if first is None else first.date()
        (alone if first is None else contacted).append((account.id, effect(measured, on, today, session.policy)))
        if first is not None:
            until = first + timedelta(days=rules.follow_up_days)
            answered += any(first <= at <= until for at in replies.get(account.id, ()))
    return OutreachEffect(
        contacted=effectiveness(one for _, one in contacted),
        alone=effectiveness(one for _, one in alone),
        written=len(contacted),
        answered=answered,
        days=rules.follow_up_days,
        behind_contacted=_behind(contacted),
        behind_alone=_behind(alone),
    )


def _moments(cache: Cache) -> tuple[dict[str, list[datetime]], dict[str, list[datetime]]]:
    """By account, when messages left and when answers came, oldest first."""
    sent: dict[str, list[datetime]] = {}
    replies: dict[str, list[datetime]] = {}
    for entry in cache.records((WRITTEN, REPLIED)):
        if entry.account_id is not None and (entry.action == REPLIED or _left(entry)):
            (replies if entry.action == REPLIED else sent).setdefault(entry.account_id, []).append(entry.applied_at)
    return sent, replies


def _left(entry: Entry) -> bool:
    return (entry.after or {}).get("stage") == SENT


def _alerts(cache: Cache, alerted: Sequence[str]) -> Iterator[tuple[Account, Alert]]:
    """The open alert of each account and the last one that closed."""
    for start in range(0, len(alerted), CHUNK):
        some = alerted[start : start + CHUNK]
        pasts = cache.pasts_of(some)
        for account in cache.accounts_of(some):
            yield from ((account, alert) for alert in _seen(pasts.get(account.id)))


def _seen(past: Past | None) -> list[Alert]:
    """An alert that closed today stands in both places, and is one."""
    alerts = () if past is None else (past.alert, past.closed)
    return list(dict.fromkeys(alert for alert in alerts if alert is not None))


def _behind(effects: Sequence[tuple[str, Effect]]) -> Behind:
    ids = sorted({account_id for account_id, _ in effects})
    return Behind(View.BOOK.value, these(ids), len(ids))
