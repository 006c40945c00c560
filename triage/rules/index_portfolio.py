"""The book by the health index: KPIs H8, distribution H9, industries H10, overview H11, value x health grid H12."""

from collections.abc import Iterable, Sequence

from data.health_index import Band, Cell, Holding, Industry, Portfolio, Risk, Slice
from triage.policy_index import IndexRules
from triage.rules.index_worth import AT_RISK

UNCLASSIFIED = "unclassified"
VALUE_TIERS: tuple[str | None, ...] = ("A", "B", "C", None)
RISKS: tuple[Risk | None, ...] = (*Risk, None)


def portfolio(holdings: Iterable[Holding], rules: IndexRules) -> Portfolio:
    """H8, H9, H10, H12 over the whole book; every account counts once, the unscored beside the four bands."""
    book = list(holdings)
    scores = [one.score for one in book if one.score is not None]
    at_risk = sum(1 for one in book if one.score is not None and one.risk in AT_RISK)
    by_risk = _grouped(book, RISKS)
    return Portfolio(
        part(book),
        len(scores),
        len(book) - len(scores),
        sum(scores) / len(scores) if scores else None,
        weighted_mean(book),
        at_risk,
        at_risk / len(scores) if scores else None,
        tuple(Band(risk, part(by_risk[risk])) for risk in RISKS),
        industries(book, rules),
        grid(book),
        tuple(sorted({one.currency for one in book if one.currency is not None and one.mrr})),
    )


def part(holdings: Iterable[Holding]) -> Slice:
    """H9: how many, their money, and how many of them have no known MRR (which is not zero)."""
    count = mrr = unknown = 0
    for one in holdings:
        count += 1
        if one.mrr is None:
            unknown += 1
        else:
            mrr += one.mrr
    return Slice(count, mrr, unknown)


def weighted_mean(holdings: Iterable[Holding]) -> float | None:
    """H8: the mean weighted by MRR over the scored accounts that have one; None without revenue."""
    total, money = 0.0, 0
    for one in holdings:
        if one.score is not None and one.mrr is not None and one.mrr > 0:
            total += one.score * one.mrr
            money += one.mrr
    return total / money if money else None


def industries(holdings: Iterable[Holding], rules: IndexRules) -> tuple[Industry, ...]:
    """H10: best mean first, then name, those without a score last; under three scored accounts dimmed."""
    groups: dict[str, list[Holding]] = {}
    for one in holdings:
        groups.setdefault((one.industry or "").strip() or UNCLASSIFIED, []).append(one)
    return tuple(sorted((_industry(name, group, rules) for name, group in groups.items()), key=_by_mean))


def overview(holdings: Iterable[Holding]) -> list[Holding]:
    """H11: the lowest score first, ties by MRR descending (unknown counts as 0), then id; the unscored last."""
    return sorted(holdings, key=_overview_key)


def grid(holdings: Iterable[Holding]) -> tuple[Cell, ...]:
    """H12: value tier x health, every cell, row by row; accounts without a tier or a score have theirs too."""
    cells: dict[tuple[str | None, Risk | None], list[Holding]] = {}
    for one in holdings:
        cells.setdefault((one.value_tier, _risk(one)), []).append(one)
    return tuple(Cell(tier, risk, part(cells.get((tier, risk), ()))) for tier in VALUE_TIERS for risk in RISKS)


def _grouped(book: Iterable[Holding], risks: Sequence[Risk | None]) -> dict[Risk | None, list[Holding]]:
    groups: dict[Risk | None, list[Holding]] = {risk: [] for risk in risks}
    for one in book:
        groups[_risk(one)].append(one)
    return groups


def _risk(one: Holding) -> Risk | None:
    return None if one.score is None else one.risk


def _industry(name: str, group: list[Holding], rules: IndexRules) -> Industry:
    scores = [one.score for one in group if one.score is not None]
    at_risk = sum(1 for one in group if one.score is not None and one.risk in AT_RISK)
    count = len(scores)
    mean, share = (sum(scores) / count, at_risk / count) if count else (None, None)
    return Industry(name, len(group), count, mean, share, count < rules.industry_least)


def _by_mean(one: Industry) -> tuple[bool, float, str]:
    return one.mean is None, -(one.mean or 0.0), one.name


def _overview_key(one: Holding) -> tuple[bool, float, int, str]:
    return one.score is None, one.score or 0.0, -(one.mrr or 0), one.id
