"""Whether writing helped (M21): accounts that were written to during an alert beside those that were only alerted."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from data.account import Entry
from data.cache import Cache
from data.health_book import Past
from data.health_monitor import Alert, Effect
from data.list_filter import named, these
from data.ports_list import View
from data.ports_portfolio import Behind, OutreachEffect
from triage.desk.session import Session
from triage.rules.monitor_effect import effect_since, effectiveness

CHUNK = 500
SENT = "sent"
WRITTEN, REPLIED = "log_outreach", "log_reply"
SLACK = "slack"  # reaches colleagues, not the customer

Alerts = dict[str, tuple[Effect, ...]]
Moments = dict[str, list[datetime]]


def outreach_effect(session: Session, cache: Cache, alerted: Alerts, now: datetime) -> OutreachEffect:
    """M21 over the alerts this cache has seen: `alerted`, what followed each by account, as the rows have it.

    An alert counts as written to when the first message left between the day it opened and the end of the days in
    which recovery is looked for; it is measured from that message, the others from the day they opened. An answer
    counts within the days after which a follow-up is due (M20).
    """
    rules = session.policy.monitor
    sent, replies = _moments(cache)
    reach = timedelta(days=rules.recovery_days)
    firsts = {
        (account_id, one.day): first
        for account_id in sent.keys() & alerted.keys()
        for one in alerted[account_id]
        if (first := next((at for at in sent[account_id] if one.day <= at.date() <= one.day + reach), None))
    }
    alone = [one for name, some in alerted.items() for one in some if (name, one.day) not in firsts]
    contacted = _measured_anew(session, cache, firsts, now)
    until = timedelta(days=rules.follow_up_days)
    answered = sum(any(first <= at <= first + until for at in replies.get(key[0], ())) for key, first in firsts.items())
    written = sorted({account_id for account_id, _ in firsts})
    text = " ".join((named("alerted", "yes"), *([these(written, "not-id")] if written else [])))
    return OutreachEffect(
        contacted=effectiveness(contacted),
        alone=effectiveness(alone),
        written=len(firsts),
        answered=answered,
        days=rules.follow_up_days,
        ratio=rules.recovered,
        within=rules.recovery_days,
        after=rules.effect_days,
        behind_contacted=Behind(View.BOOK.value, these(written), len(written)),
        behind_alone=Behind(View.BOOK.value, text, len(alerted) - len(written)),
    )


def _measured_anew(
    session: Session, cache: Cache, firsts: Mapping[tuple[str, date], datetime], now: datetime
) -> list[Effect]:
    """What followed each first message, against the yardstick of the alert it was about."""
    today = cache.complete_through or now.date()
    ids = sorted({account_id for account_id, _ in firsts})
    found = []
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        pasts = cache.pasts_of(some)
        for account in cache.accounts_of(some):
            for alert in _seen(pasts.get(account.id)):
                first = firsts.get((account.id, alert.opened))
                if first is not None:
                    found.append(effect_since(account, alert.baseline, first.date(), today, session.policy))
    return found


def _moments(cache: Cache) -> tuple[Moments, Moments]:
    """By account, when messages left and when answers came, oldest first."""
    sent: Moments = {}
    replies: Moments = {}
    for entry in cache.records((WRITTEN, REPLIED)):
        if entry.account_id is not None and (entry.action == REPLIED or _left(entry)):
            (replies if entry.action == REPLIED else sent).setdefault(entry.account_id, []).append(entry.applied_at)
    return sent, replies


def _left(entry: Entry) -> bool:
    said = entry.after or {}
    return said.get("stage") == SENT and said.get("channel") != SLACK


def _seen(past: Past | None) -> Sequence[Alert]:
    """An alert that closed today stands in both places, and is one."""
    alerts = () if past is None else (past.alert, past.closed)
    return list(dict.fromkeys(alert for alert in alerts if alert is not None))
