"""What the health index is worth: value tier and priority H12, heuristics H15, playbook H16."""

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from data.account import Account
from data.assessment import Category, WorkspaceReading
from data.health_book import BookContext
from data.health_index import Risk
from triage.policy import Policy
from triage.policy_index import Heuristics, IndexRules, ValueTiers
from triage.rules.at_risk import read_workspaces
from triage.rules.days import TOLERANCE

AT_RISK = frozenset({Risk.CRITICAL, Risk.HIGH})
RED = "red"
SUPPORT = "support"


def value_cuts(mrrs: Iterable[int | None], rules: ValueTiers) -> tuple[int | None, int | None]:
    """H12: the MRR from which an account is in tier A and in tier B, biggest first; None in a book without revenue.

    An account is in A while less than half of the revenue stands before it, so the one that crosses the half still is.
    """
    paying = sorted((mrr for mrr in mrrs if mrr is not None and mrr > 0), reverse=True)
    total = sum(paying)
    a_mrr: int | None = None
    b_mrr: int | None = None
    seen = 0
    for mrr in paying:
        if seen < rules.a_share * total - TOLERANCE:
            a_mrr = mrr
        if seen < rules.b_share * total - TOLERANCE:
            b_mrr = mrr
        seen += mrr
    return a_mrr, b_mrr


def value_tier(mrr: int | None, book: BookContext) -> str | None:
    """H12: A, B or C by the book's cut-offs; an unknown MRR, or a book without cut-offs, has no tier."""
    if mrr is None or book.a_mrr is None or book.b_mrr is None:
        return None
    if mrr >= book.a_mrr:
        return "A"
    return "B" if mrr >= book.b_mrr else "C"


def priority(mrr: int | None, score: float | None) -> float | None:
    """H12: MRR x (100 - H) / 100, in minor units; unknown stays unknown."""
    return None if mrr is None or score is None else mrr * (100.0 - score) / 100.0


def renewal(score: float, rules: Heuristics) -> float:
    """H15, a labelled heuristic: 1 / (1 + e^(-(H - 50) / 12))."""
    z = (score - rules.renewal_centre) / rules.renewal_scale
    if z >= 0:
        return 1.0 / (1.0 + math.exp(-z))
    grown = math.exp(z)  # the same value, in the form that cannot overflow
    return grown / (1.0 + grown)


def upsell(
    account: Account,
    score: float | None,
    slope: float | None,
    red: bool,
    policy: Policy,
    now: datetime,
    complete_through: date | None,
    workspaces: Sequence[WorkspaceReading] | None = None,
) -> bool | None:
    """H15, a labelled heuristic: healthy, not falling, running out of seats or hours, and no open Red.

    False as soon as one part fails; None where none fails but one is not known. `workspaces` are A2-A4's readings,
    where the caller has them.
    """
    if score is None:
        return None
    rules = policy.index.heuristics
    falls = slope is not None and slope < rules.upsell_slope - TOLERANCE
    if score < rules.upsell_score - TOLERANCE or falls or red or open_red(account):
        return False
    full = seats_full(account, rules)
    if not full:
        readings = read_workspaces(account, policy, now, complete_through) if workspaces is None else workspaces
        if any(one.reason is Category.APPROACHING_CAP for one in readings):
            full = True
    if full is False:
        return False
    return None if full is None or slope is None else True


def seat_share(account: Account) -> float | None:
    """Seats used over seats licensed, of the workspaces that know both; None where none does."""
    known = [
        (one.seats_used, one.seats_licensed)
        for one in account.workspaces
        if one.seats_used is not None and one.seats_licensed is not None and one.seats_licensed > 0
    ]
    return sum(used for used, _ in known) / sum(licensed for _, licensed in known) if known else None


def seats_full(account: Account, rules: Heuristics) -> bool | None:
    """H15: 85 % or more of the seats are used; None where nobody knows."""
    share = seat_share(account)
    return None if share is None else share >= rules.upsell_seats - TOLERANCE


def open_red(account: Account) -> bool:
    """H15: the account's case is a Red one and open."""
    return account.case is not None and account.case.kind == RED and account.case.closed_at is None


def playbook(
    account: Account,
    risk: Risk | None,
    support: float | None,
    upsell_ready: bool | None,
    rules: IndexRules,
    day: date,
) -> str | None:
    """H16: support escalation where a risk comes with poor `support`, else renewal outreach, else upsell, else none."""
    books = rules.playbooks
    if risk in AT_RISK:
        poor = support is not None and support < books.support_below - TOLERANCE
        return "support_escalation" if poor else "renewal_outreach"
    left = None if account.renewal_at is None else (account.renewal_at.date() - day).days
    if risk is Risk.MEDIUM and left is not None and 0 <= left <= books.renewal_days:
        return "renewal_outreach"
    return "upsell" if upsell_ready else None
