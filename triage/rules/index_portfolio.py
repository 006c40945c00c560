"""The book by the health index: KPIs H8, distribution H9, industries H10, overview H11, value x health grid H12."""

from collections import Counter
from collections.abc import Iterable

from data.health_index import Band, Cell, Holding, Industry, Portfolio, Risk, Slice
from triage.policy_index import IndexRules
from triage.rules.index_worth import AT_RISK

UNCLASSIFIED = "unclassified"
VALUE_TIERS: tuple[str | None, ...] = ("A", "B", "C", None)
RISKS: tuple[Risk | None, ...] = (*Risk, None)
NOTHING = Slice(0, 0, 0)

Place = tuple[str | None, Risk | None]  # value tier and class


def portfolio(holdings: Iterable[Holding], rules: IndexRules) -> Portfolio:
    """H8, H9, H10, H12 over the whole book, taken one by one: every account counts once, the unscored beside the four
    bands. What it keeps grows with the industries, not with the book.
    """
    sums = _Sums()
    for one in holdings:
        sums.add(one)
    cells = {place: cell.slice() for place, cell in sums.cells.items()}
    bands = tuple(Band(risk, _together(one for place, one in cells.items() if place[1] == risk)) for risk in RISKS)
    return Portfolio(
        _together(cells.values()),
        sums.scores.count,
        sums.count - sums.scores.count,
        sums.scores.mean,
        sums.weighted / sums.weight if sums.weight else None,
        sums.scores.at_risk,
        sums.scores.at_risk_share,
        bands,
        tuple(sorted((one.made(rules) for one in sums.industries.values()), key=_by_mean)),
        tuple(Cell(tier, risk, cells.get((tier, risk), NOTHING)) for tier in VALUE_TIERS for risk in RISKS),
        tuple(sorted(sums.currencies)),
    )


class _Sum:
    """H9: how many, their money, and how many of them have no known MRR (which is not zero)."""

    def __init__(self) -> None:
        self.count = self.mrr = self.unknown = 0

    def add(self, one: Holding) -> None:
        self.count += 1
        self.mrr += one.mrr or 0
        self.unknown += one.mrr is None

    def slice(self) -> Slice:
        return Slice(self.count, self.mrr, self.unknown)


class _Scores:
    """H8: how many scores, their mean, how many of them high or critical."""

    def __init__(self) -> None:
        self.count = self.at_risk = 0
        self.total = 0.0

    def add(self, score: float, risk: Risk | None) -> None:
        self.count += 1
        self.total += score
        self.at_risk += risk in AT_RISK

    @property
    def mean(self) -> float | None:
        return self.total / self.count if self.count else None

    @property
    def at_risk_share(self) -> float | None:
        return self.at_risk / self.count if self.count else None


class _Group:
    """H10: one industry, however it is spelt; shown in its commonest spelling."""

    def __init__(self) -> None:
        self.count = 0
        self.scores = _Scores()
        self.spellings: Counter[str] = Counter()

    def made(self, rules: IndexRules) -> Industry:
        name = min(self.spellings, key=lambda spelling: (-self.spellings[spelling], spelling))
        scores = self.scores
        return Industry(
            name, self.count, scores.count, scores.mean, scores.at_risk_share, scores.count < rules.industry_least
        )


class _Sums:
    """What a walk over the book adds up."""

    def __init__(self) -> None:
        self.count = 0
        self.scores = _Scores()
        self.weighted, self.weight = 0.0, 0
        self.cells: dict[Place, _Sum] = {}
        self.industries: dict[str, _Group] = {}
        self.currencies: set[str] = set()

    def add(self, one: Holding) -> None:
        self.count += 1
        risk = None if one.score is None else one.risk
        self._cell((one.value_tier, risk)).add(one)
        group = self._group(one.industry)
        if one.score is not None:
            self.scores.add(one.score, one.risk)
            group.scores.add(one.score, one.risk)
            if one.mrr is not None and one.mrr > 0:
                self.weighted += one.score * one.mrr
                self.weight += one.mrr
        if one.currency is not None and one.mrr:
            self.currencies.add(one.currency)

    def _cell(self, place: Place) -> _Sum:
        found = self.cells.get(place)
        if found is None:
            found = self.cells[place] = _Sum()
        return found

    def _group(self, industry: str | None) -> _Group:
        name = (industry or "").strip() or UNCLASSIFIED
        group = self.industries.get(name.casefold())
        if group is None:
            group = self.industries[name.casefold()] = _Group()
        group.count += 1
        group.spellings[name] += 1
        return group


def _together(slices: Iterable[Slice]) -> Slice:
    some = tuple(slices)
    return Slice(sum(one.count for one in some), sum(one.mrr for one in some), sum(one.no_mrr for one in some))


def overview(holdings: Iterable[Holding]) -> list[Holding]:
    """H11: the lowest score first, ties by MRR descending (unknown counts as 0), then id; the unscored last."""
    return sorted(holdings, key=_overview_key)


def _by_mean(one: Industry) -> tuple[bool, float, str]:
    return one.mean is None, -(one.mean or 0.0), one.name


def _overview_key(one: Holding) -> tuple[bool, float, int, str]:
    return one.score is None, one.score or 0.0, -(one.mrr or 0), one.id
