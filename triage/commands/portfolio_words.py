"""The text of `triage portfolio`: label, figure, context; what misses its goal carries the mark."""

from collections.abc import Iterator, Mapping

from data.health_monitor import Effectiveness
from data.ports_portfolio import BookReport, OutreachEffect, RedBook
from data.red_account import Cohort, Kpi
from data.safe_text import safe_text
from triage.commands.tables import aligned
from widgets.glyphs import Glyphs
from widgets.numbers import count, day, money, money_words

NAMES = {"recovery": "recovered in time", "response_hours": "hours to first answer", "churn": "churn from Red"}
TIERS = ("A", "B", "C", None)


def lines(report: BookReport, glyphs: Glyphs) -> Iterator[str]:
    """Every line."""
    scored, whole = report.scored, report.whole
    if report.fleet is not None:
        fell, on = count(report.fleet.fell.accounts), day(report.fleet.day, report.at)
        yield f"{glyphs.needs} {fell} accounts fell on {on}. Feed or holiday? Nothing is sent automatically."
        yield ""
    yield f"{count(whole.accounts)} accounts, {_money(whole.money, glyphs)} a month"
    yield f"index, mean       {_score(scored.mean, glyphs)}"
    yield f"index by MRR      {_score(scored.weighted_mean, glyphs)}"
    at_risk = f"{count(scored.at_risk.accounts)} of {count(scored.scored.accounts)} scored"
    yield f"high or critical  {_share(scored.at_risk_share, glyphs)}, {at_risk}, {_money(scored.at_risk.money, glyphs)}"
    yield ""
    yield from _risk(report, glyphs)
    yield ""
    yield from _industries(report, glyphs)
    yield ""
    yield from _urgent(report, glyphs)
    yield ""
    yield from _red(report.red, report, glyphs)
    yield ""
    yield from _outreach(report.outreach, glyphs)
    yield ""
    cut = f", value tiers of {report.book.day:%Y-%m-%d}" if report.book.day else ""
    yield f"policy {report.policy}{cut}. The index ranks; it does not predict."


def _risk(report: BookReport, glyphs: Glyphs) -> Iterator[str]:
    cells = {(one.tier, one.risk): one.part.accounts for one in report.grid}
    rows = [
        [
            "not scored" if band.risk is None else band.risk.value,
            count(band.part.accounts),
            *(count(cells.get((tier, band.risk), 0)) for tier in TIERS),
            _money(band.part.money, glyphs),
        ]
        for band in report.bands
    ]
    heads = ("RISK", "ACCOUNTS", "A", "B", "C", "NO MRR", "MRR")
    yield from aligned(heads, rows, heads[1:-1])


def _industries(report: BookReport, glyphs: Glyphs) -> Iterator[str]:
    rows = [
        [
            safe_text(one.industry.name),
            _score(one.industry.mean, glyphs),
            count(one.industry.count),
            _share(one.industry.at_risk_share, glyphs),
            "few" if one.industry.dimmed else "",
        ]
        for one in report.industries
    ]
    yield from aligned(("INDUSTRY, WEAKEST FIRST", "INDEX", "N", "HIGH+", ""), rows, ("INDEX", "N", "HIGH+"))


def _urgent(report: BookReport, glyphs: Glyphs) -> Iterator[str]:
    rows = [
        [
            (one.name if one.name.strip() else one.id) + (" !" if one.suspicious else ""),
            one.id,
            f"{one.score:.1f}",
            money(one.mrr, one.currency, glyphs),
            money(round(one.stake), one.currency, glyphs),
            one.tier or glyphs.unknown,
        ]
        for one in report.urgent
    ]
    heads = ("HIGHEST PRIORITY", "ID", "INDEX", "MRR", "AT STAKE", "VALUE")
    yield from aligned(heads, rows, ("INDEX", "MRR", "AT STAKE"))


def _red(red: RedBook, report: BookReport, glyphs: Glyphs) -> Iterator[str]:
    kpis = red.kpis
    since = f", known since {red.since:%Y-%m-%d}" if red.since else ""
    gone = f", {count(red.removed)} accounts of them removed" if red.removed else ""
    yield f"Red: {count(red.now.accounts)} accounts, {count(red.late.accounts)} with a clock that ran out{since}{gone}"
    rows = [[*_kpi(kpis.share, "share of the book", glyphs), "now"]]
    for cohort in (kpis.matured, kpis.maturing):
        rows.append(["", "episodes", count(cohort.size), "", cohort.name])
        rows += [[*row, cohort.name] for row in _cohort(cohort, glyphs)]
    yield from aligned(("", "RED ACCOUNTS", "FIGURE", "GOAL", "COHORT"), rows, ("FIGURE",))


def _cohort(cohort: Cohort, glyphs: Glyphs) -> list[list[str]]:
    rows = [_kpi(one, NAMES[one.name], glyphs) for one in (cohort.recovery, cohort.response_hours)]
    rows += [_kpi(one, f"recovery revenue {currency}", glyphs) for currency, one in cohort.revenue.items()]
    return [*rows, _kpi(cohort.churn, NAMES["churn"], glyphs)]


def _kpi(one: Kpi, name: str, glyphs: Glyphs) -> list[str]:
    mark = glyphs.needs if one.met is False else ""
    hours = one.rule == "R17"
    value = (glyphs.unknown if one.value is None else f"{one.value:.1f}") if hours else _share(one.value, glyphs)
    return [mark, name, value, _goal(one, hours)]


def _goal(one: Kpi, hours: bool) -> str:
    low, high = (None if end is None else f"{end if hours else 100 * end:g}" for end in (one.low, one.high))
    unit = "" if hours else " %"
    if low and high:
        return f"{low} to {high}{unit}"
    return f"from {low}{unit}" if low else f"under {high}{unit}"


def _outreach(found: OutreachEffect, glyphs: Glyphs) -> Iterator[str]:
    rows = [_effect("written to", found.contacted, glyphs), _effect("alerted only", found.alone, glyphs)]
    back, change = f"BACK TO {found.ratio:.2f} IN {found.within} D", f"CHANGE IN {found.after} D"
    yield from aligned(("OUTREACH", "ALERTS", back, change), rows, ("ALERTS", back, change))
    yield f"{count(found.answered)} of {count(found.written)} answered within {found.days:g} d"


def _effect(name: str, one: Effectiveness, glyphs: Glyphs) -> list[str]:
    change = glyphs.unknown if one.mean_change is None else f"{one.mean_change:+.3f}".replace("-", glyphs.minus)
    return [name, count(one.count), _share(one.recovered / one.matured if one.matured else None, glyphs), change]


def _score(value: float | None, glyphs: Glyphs) -> str:
    return glyphs.unknown if value is None else f"{value:.1f}"


def _share(value: float | None, glyphs: Glyphs) -> str:
    return glyphs.unknown if value is None else f"{100 * value:.1f} %"


def _money(amounts: Mapping[str, int], glyphs: Glyphs) -> str:
    """Every currency by itself: they are never added up."""
    said = (money_words(amount, currency or None, glyphs) for currency, amount in amounts.items())
    return ", ".join(said) or "no revenue"
