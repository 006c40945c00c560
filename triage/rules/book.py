"""The whole book looked over once a day: peers (M5), revenue cut-offs (M14, H12), fleet events (M13)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from statistics import median

from data.health_book import BookContext, Peer
from triage.policy import Policy
from triage.rules.days import TOLERANCE
from triage.rules.monitor_route import fleet_event


def book_context(peers: Iterable[Peer], policy: Policy, day: date) -> BookContext:
    """One walk over the stored rows; accounts that are not active are left out (M1).

    M13: an account crosses on the day its alert opens; one that has closed since is no longer seen. `crossed` counts
    those of `day`, `fleet_days` are the recent days on which so many did that mail is held.
    """
    rules = policy.monitor
    usages: dict[str, list[float]] = {}
    revenues: list[int] = []
    opened: Counter[date] = Counter()
    count = 0
    for one in peers:
        if one.monitor is None or not one.monitor.watched:
            continue
        count += 1
        if one.mrr is not None and one.mrr > 0:
            revenues.append(one.mrr)
        if one.monitor.usage is not None and one.monitor.mature:
            usages.setdefault(str(one.tier), []).append(one.monitor.usage)
        if one.monitor.opened is not None:
            opened[one.monitor.opened] += 1
    revenues.sort(reverse=True)
    return BookContext(
        day=day,
        expected={tier: median(found) for tier, found in sorted(usages.items()) if len(found) >= rules.peers},
        high_value_mrr=_top(revenues, rules.high_value_share),
        a_mrr=_cumulative(revenues, rules.value_a_share),
        b_mrr=_cumulative(revenues, rules.value_b_share),
        crossed=opened[day],
        watched=count,
        fleet_days=tuple(
            sorted(
                at
                for at, crossed in opened.items()
                if 0 <= (day - at).days < rules.fleet_hold_days and fleet_event(crossed, count, rules)
            )
        ),
    )


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
