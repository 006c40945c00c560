"""The book as a whole: one walk over the stored rows, and the list of accounts behind every number."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime, timedelta

from data.cache import Cache
from data.health_book import BookContext, Seat
from data.health_index import Holding, Industry, Portfolio, Risk
from data.list_filter import UNCLASSIFIED, named
from data.ports_list import Sort, View
from data.ports_portfolio import (
    BandLine,
    Behind,
    BookReport,
    CellLine,
    Fleet,
    Holdings,
    IndustryLine,
    RedBook,
    Scored,
    Urgent,
)
from triage.desk.portfolio_effect import Alerts, outreach_effect
from triage.desk.red_cases import Cases, KnownCases, red_cases
from triage.desk.session import Session
from triage.rules.book import value_tier
from triage.rules.days import iso
from triage.rules.index_portfolio import RISKS, portfolio
from triage.rules.index_worth import AT_RISK
from triage.rules.red_kpis import red_kpis

TOLD_EVERY = 5000
URGENT_SHOWN = 20
UNSCORED = "unscored"
AT_RISK_BANDS = "critical,high"

Place = tuple[str | None, Risk | None]  # value tier and class


def read_book(session: Session, progress: Callable[[int], None] = lambda read: None) -> BookReport:
    """The report, over a connection of its own; the rows, the trail and the memory of one moment."""
    with closing(session.open_cache()) as cache:
        cache.connection.execute("BEGIN")  # whoever writes meanwhile: what is read belongs together
        return _report(session, cache, progress)


def _report(session: Session, cache: Cache, progress: Callable[[int], None]) -> BookReport:
    policy, book, now = session.policy, cache.book_context, session.clock()
    walk, bands = Walk(book, now), policy.index.bands
    found = portfolio(walk.holdings(cache.seats(), progress), policy.index)
    known = red_cases(cache, walk.cases, walk.currencies, policy, now)
    return BookReport(
        at=now,
        synced_at=cache.synced_at,
        policy=policy.version,
        currency=min(walk.billed, key=lambda one: (-walk.billed[one], one), default=""),
        book=book,
        bounds=(bands.high_from, bands.medium_from, bands.low_from),
        few=policy.index.industry_least,
        whole=walk.part(lambda place: True, ""),
        scored=_scored(found, walk),
        bands=tuple(_band(risk, walk) for risk in RISKS),
        industries=tuple(_industry(one, walk) for one in sorted(found.industries, key=weakest_first)),
        grid=tuple(_cell(one.value_tier, one.risk, walk, book) for one in found.grid),
        urgent=_urgent(cache, book),
        red=_red(session, walk, known, found.whole.count),
        outreach=outreach_effect(session, cache, walk.alerted, now),
        fleet=_fleet(book, walk),
    )


class Walk:
    """What one walk over the book leaves: money by place and currency, who is Red, what fell when."""

    def __init__(self, book: BookContext, now: datetime) -> None:
        self._book = book
        self.now = now
        self.money: Counter[tuple[Place, str]] = Counter()
        self.accounts: Counter[Place] = Counter()
        self.no_mrr: Counter[Place] = Counter()
        self.billed: Counter[str] = Counter()
        self.at_risk_of: Counter[str] = Counter()
        self.fell: Counter[date] = Counter()
        self.cases: Cases = {}
        self.currencies: dict[str, str | None] = {}
        self.alerted: Alerts = {}
        self.red = self.late = 0
        self.oldest_due: datetime | None = None

    def holdings(self, seats: Iterator[Seat], progress: Callable[[int], None]) -> Iterator[Holding]:
        """Every account as the rules count it, everything else noted on the way."""
        for read, seat in enumerate(seats, 1):
            health = seat.health
            score = None if health is None else health.score
            risk = None if health is None or score is None else health.risk
            tier = value_tier(seat.mrr, self._book)
            self._place(seat, (tier, risk))
            self._note(seat)
            yield Holding(seat.id, score, risk, tier, seat.industry, seat.mrr, seat.currency)
            if read % TOLD_EVERY == 0:
                progress(read)

    def _place(self, seat: Seat, place: Place) -> None:
        self.accounts[place] += 1
        if seat.mrr is None:
            self.no_mrr[place] += 1
        elif seat.mrr:
            self.money[place, seat.currency or ""] += seat.mrr
            self.billed[seat.currency or ""] += 1
        if place[1] in AT_RISK:
            self.at_risk_of[(seat.industry or "").strip().casefold()] += 1

    def _note(self, seat: Seat) -> None:
        red = seat.red
        if red is not None and red.cohort:
            self.cases[seat.id] = red.cohort
            self.currencies[seat.id] = seat.currency
        if red is not None and red.is_red:
            self.red += 1
            due = red.sla_due_at
            if due is not None and due < self.now:
                self.late += 1
                self.oldest_due = due if self.oldest_due is None else min(self.oldest_due, due)
        usage = seat.monitor
        if usage is not None and usage.opened is not None:
            self.fell[usage.opened] += 1
        if usage is not None and usage.effects:
            self.alerted[seat.id] = usage.effects

    def part(self, wanted: Callable[[Place], bool], text: str) -> Holdings:
        """The part of the book in some places; `text` is the filter that finds it."""
        places = [place for place in self.accounts if wanted(place)]
        accounts = sum(self.accounts[place] for place in places)
        money: Counter[str] = Counter()
        for (place, currency), amount in self.money.items():
            if wanted(place):
                money[currency] += amount
        no_mrr = sum(self.no_mrr[place] for place in places)
        return Holdings(accounts, dict(sorted(money.items())), no_mrr, in_book(text, accounts))


def in_book(text: str, accounts: int) -> Behind:
    """A part of the whole book."""
    return Behind(View.BOOK.value, text, accounts)


def weakest_first(one: Industry) -> tuple[bool, bool, float, str]:
    """H10 as a list to work through: too few to tell last, of those the unscored last."""
    return one.dimmed, one.mean is None, one.mean or 0.0, one.name


def _scored(found: Portfolio, walk: Walk) -> Scored:
    return Scored(
        scored=in_book(named("health", "scored"), found.scored),
        unscored=in_book(named("health", UNSCORED), found.unscored),
        mean=found.mean,
        weighted_mean=found.weighted_mean,
        at_risk=walk.part(lambda place: place[1] in AT_RISK, named("health", AT_RISK_BANDS)),
        at_risk_share=found.at_risk_share,
    )


def _band(risk: Risk | None, walk: Walk) -> BandLine:
    return BandLine(risk, walk.part(lambda place: place[1] == risk, _health(risk)))


def _health(risk: Risk | None) -> str:
    return named("health", UNSCORED if risk is None else risk.value)


def _cell(tier: str | None, risk: Risk | None, walk: Walk, book: BookContext) -> CellLine:
    text = " ".join(filter(None, (_health(risk), tier_filter(tier, book))))
    return CellLine(tier, risk, walk.part(lambda place: place == (tier, risk), text))


def tier_filter(tier: str | None, book: BookContext) -> str:
    """H12's cut-offs as a filter; without cut-offs nobody has a tier."""
    if book.a_mrr is None or book.b_mrr is None:
        return ""
    return {
        "A": f"mrr-from:{book.a_mrr}",
        "B": f"mrr-from:{book.b_mrr} mrr-below:{book.a_mrr}",
        "C": f"mrr:known mrr-below:{book.b_mrr}",
    }.get(tier or "", "mrr:unknown")


def _industry(one: Industry, walk: Walk) -> IndustryLine:
    text = named("industry", one.name)
    key = "" if one.name.casefold() == UNCLASSIFIED else one.name.casefold()
    at_risk = walk.at_risk_of[key] + (walk.at_risk_of[UNCLASSIFIED] if not key else 0)
    both = f"{text} {named('health', AT_RISK_BANDS)}"
    return IndustryLine(one, in_book(text, one.count), in_book(both, at_risk))


def _red(session: Session, walk: Walk, known: KnownCases, accounts: int) -> RedBook:
    kpis = red_kpis(known.cases, walk.red, accounts, session.policy, walk.now)
    line = walk.now - timedelta(days=session.policy.red.kpis.matured_days)
    last = [max(cases, key=lambda one: one.opened_at) for cases in walk.cases.values()]
    matured = sum(one.opened_at < line for one in last)
    return RedBook(
        kpis=kpis,
        now=Behind(View.RED.value, "", walk.red),
        late=Behind(View.RED.value, named("sla-before", iso(walk.now)), walk.late),
        oldest_due_at=walk.oldest_due,
        matured=in_book(named("designated-before", iso(line)), matured),
        maturing=in_book(named("designated-from", iso(line)), len(last) - matured),
        unanswered=in_book(named("unanswered", "yes"), sum(one.responded_at is None for one in last)),
        recovery_days=session.policy.red.kpis.recovery_days,
        removed=known.removed,
        since=known.since,
    )


def _fleet(book: BookContext, walk: Walk) -> Fleet | None:
    if not book.fleet_days:
        return None
    day = max(book.fleet_days)
    return Fleet(day, in_book(named("fell", day.isoformat()), walk.fell[day]))


def _urgent(cache: Cache, book: BookContext) -> tuple[Urgent, ...]:
    """H12: the first accounts of the list's own order by priority."""
    rows = cache.first(View.BOOK, Sort.PRIORITY, limit=URGENT_SHOWN)
    return tuple(
        Urgent(
            row.id, row.name, row.suspicious, row.health.score, row.mrr, row.currency, row.health.priority,
            value_tier(row.mrr, book),
        )
        for row in rows
        if row.health is not None and row.health.score is not None and row.mrr and row.health.priority
    )  # fmt: skip
