"""The whole book looked over once a day: peers (M5), revenue cut-offs (M14, H12), fleet events (M13)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from statistics import median

import msgspec

from data.account import Account
from data.health_book import BookContext
from data.health_monitor import MonitorReading
from triage.policy import Policy
from triage.rules.days import TOLERANCE
from triage.rules.monitor import watched
from triage.rules.monitor_route import fleet_event
from triage.rules.monitor_series import created_on


def book_context(pairs: Iterable[tuple[Account, float | None]], policy: Policy, day: date) -> BookContext:
    """One walk over (account, its U of `usage_today`); accounts that are not active are left out (M1)."""
    rules = policy.monitor
    peers: dict[str, list[float]] = {}
    revenues: list[int] = []
    count = 0
    for account, usage in pairs:
        if not watched(account, rules):
            continue
        count += 1
        if account.mrr is not None and account.mrr > 0:
            revenues.append(account.mrr)
        created = created_on(account)
        mature = created is None or (day - created).days >= rules.young_days
        if usage is not None and mature:
            peers.setdefault(str(account.tier), []).append(usage)
    revenues.sort(reverse=True)
    expected = {tier: median(found) for tier, found in sorted(peers.items()) if len(found) >= rules.peers}
    return BookContext(
        day=day,
        expected=expected,
        high_value_mrr=_top(revenues, rules.high_value_share),
        a_mrr=_cumulative(revenues, rules.value_a_share),
        b_mrr=_cumulative(revenues, rules.value_b_share),
        crossed=0,
        watched=count,
    )


def with_fleet(book: BookContext, readings: Iterable[MonitorReading], policy: Policy) -> BookContext:
    """M13: how many crossed on the book's day, and the recent days on which so many did that mail is held.

    An account crosses on the day its alert opens. One that has closed since is seen only on the day it closes.
    """
    if book.day is None:
        return book
    opened = Counter(one.alert.opened for one in readings if one.alert is not None)
    rules = policy.monitor
    fleet = tuple(
        sorted(
            day
            for day, crossed in opened.items()
            if 0 <= (book.day - day).days < rules.fleet_hold_days and fleet_event(crossed, book.watched, rules)
        )
    )
    return msgspec.structs.replace(book, crossed=opened[book.day], fleet_days=fleet)


def value_tier(mrr: int | None, book: BookContext) -> str | None:
    """H12: A, B or C by the book's cut-offs; None where the revenue or the book is unknown."""
    if mrr is None or book.a_mrr is None or book.b_mrr is None:
        return None
    if mrr >= book.a_mrr:
        return "A"
    return "B" if mrr >= book.b_mrr else "C"


def _top(revenues: Sequence[int], share: float) -> int | None:
    """M14: the revenue of the last account in the top share of those with revenue; at least one is in it."""
    if not revenues:
        return None
    return revenues[max(-int(-(share * len(revenues) - TOLERANCE) // 1), 1) - 1]


def _cumulative(revenues: Sequence[int], share: float) -> int | None:
    """H12: the revenue of the account with which the running sum, highest first, reaches the share; ties go with it."""
    total, running = sum(revenues), 0
    for revenue in revenues:
        running += revenue
        if running >= share * total - TOLERANCE:
            return revenue
    return None
