"""What screens may ask the desk about the book as a whole: figures, each with the list of accounts behind it."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Protocol

from data.account import Value
from data.health_book import BookContext
from data.health_index import Industry, Risk
from data.health_monitor import Effectiveness
from data.red_account import RedKpis
from data.safe_text import SafeText


class Behind(Value, frozen=True):
    """The list behind a number: a view by its key, the filter to type there, and how many accounts it holds."""

    view: str
    text: str
    accounts: int


class Holdings(Value, frozen=True):
    """Part of the book: how many accounts, their MRR in minor units by currency (never added up across currencies),
    and how many have no known MRR.
    """

    accounts: int
    money: dict[str, int]
    no_mrr: int
    behind: Behind


class Scored(Value, frozen=True):
    """H8: `mean` and `weighted_mean` (by MRR; None over several currencies) of the scored accounts, 0-100, and how
    many are high or critical.
    """

    scored: Behind
    unscored: Behind
    mean: float | None
    weighted_mean: float | None
    at_risk: Holdings
    at_risk_share: float | None


class BandLine(Value, frozen=True):
    """One class of H7 with its part of the book (H9); `risk` None: not scored."""

    risk: Risk | None
    part: Holdings


class CellLine(Value, frozen=True):
    """One cell of value tier x class (H12); None: no tier known, not scored."""

    tier: str | None
    risk: Risk | None
    part: Holdings


class IndustryLine(Value, frozen=True):
    """One industry (H10), its accounts, and those of them that are high or critical."""

    industry: Industry
    behind: Behind
    at_risk: Behind


class Urgent(Value, frozen=True):
    """One account by priority (H12): `stake` = MRR x (100 - score) / 100, in minor units a month."""

    id: str
    name: SafeText
    suspicious: bool
    score: float
    mrr: int
    currency: str | None
    stake: float
    tier: str | None


class RedBook(Value, frozen=True):
    """R15-R19: the KPIs, what is Red and late now, and the accounts behind each cohort.

    `since` is the day from which episodes are known; `removed` accounts of those counted are no longer in the book. An
    account with several episodes stands in the list of its last one.
    """

    kpis: RedKpis
    now: Behind
    late: Behind
    oldest_due_at: datetime | None
    matured: Behind
    maturing: Behind
    unanswered: Behind
    recovery_days: int
    removed: int
    since: date | None


class OutreachEffect(Value, frozen=True):
    """M21: accounts that were written to beside those alerted only, and how many answered within `days`.

    Recovered means a ratio of `ratio` within `within` days, the change is that after `after` days.
    """

    contacted: Effectiveness
    alone: Effectiveness
    written: int
    answered: int
    days: float
    ratio: float
    within: int
    after: int
    behind_contacted: Behind
    behind_alone: Behind


class Fleet(Value, frozen=True):
    """M13: the last day on which so many alerts opened that a feed or a holiday is suspected, and who they are."""

    day: date
    fell: Behind


class BookReport(Value, frozen=True):
    """The portfolio at one instant; `book.day` dates the value tiers' cut-offs and the fleet watch.

    `currency` is the one in which most accounts are billed; `bounds` are the scores from which on an account is high,
    medium and low (H7); `few` how many scored accounts make an industry one to tell (H10).
    """

    at: datetime
    synced_at: datetime | None
    policy: str
    book: BookContext
    bounds: tuple[float, float, float]
    few: int
    currency: str
    whole: Holdings
    scored: Scored
    bands: tuple[BandLine, ...]
    industries: tuple[IndustryLine, ...]
    grid: tuple[CellLine, ...]
    urgent: tuple[Urgent, ...]
    red: RedBook
    outreach: OutreachEffect
    fleet: Fleet | None


class PortfolioPort(Protocol):
    """Errors are `data.errors`."""

    def portfolio(self, progress: Callable[[int], None] = lambda read: None) -> BookReport:
        """Walk the book once and add it up. From any thread; `progress` is told now and then how many were read.

        About a second for 100,000 accounts: call it from a thread where the book is large.
        """
        ...
