"""The red-account figures, the effect of outreach and the fleet's warning as parts of the portfolio."""

from data.health_monitor import Effectiveness
from data.ports_portfolio import Behind, BookReport
from data.red_account import Cohort, Kpi
from widgets.look import Look
from widgets.numbers import count, day
from widgets.portfolio_parts import share
from widgets.spots import Cell, Cells, Part, Spot, blank, left, right

LABEL, FIGURE, GOAL = 24, 9, 14


def red_part(report: BookReport, width: int, look: Look) -> Part:
    """Return R15-R19: the matured cohort, its goals, and the one still maturing; goals missed carry `!`."""
    red, kpis = report.red, report.red.kpis
    now = Spot("red share", red.now) if red.now.accounts else None
    lines: list[Cells] = [
        _row(kpis.share, "Share of the book", share(kpis.share.value, look), "", now, None, look),
        [blank(2 + LABEL), *right("matured", FIGURE, "muted"), *right("maturing", FIGURE, "muted"),
         *right("goal", GOAL, "muted")],
    ]  # fmt: skip
    matured = Spot("matured", red.matured) if red.matured.accounts else None
    maturing = Spot("maturing", red.maturing) if red.maturing.accounts else None
    lines.append(
        [left("  Episodes", 2 + LABEL), *right(count(kpis.matured.size), FIGURE, "text", matured),
         *right(count(kpis.maturing.size), FIGURE, "text", maturing)]
    )  # fmt: skip
    for name, old, young in _pairs(kpis.matured, kpis.maturing, red.recovery_days):
        ours, theirs = _named(matured, name), _named(maturing, name)
        lines.append(_row(old, name, _value(old, look), _value(young, look), ours, theirs, look))
    lines.append(_notes(report, width))
    return Part("Red accounts", "R15 to R19", tuple(lines))


def _pairs(old: Cohort, young: Cohort, days: int) -> list[tuple[str, Kpi, Kpi]]:
    """Name, matured and maturing of R16-R19; revenue once for each currency in which there is a figure."""
    currencies = sorted({*old.revenue, *young.revenue})
    told = [one for one in currencies if any(of.revenue[one].n for of in (old, young) if one in of.revenue)]
    revenue = [
        (f"Recovery revenue {one}" if len(told) > 1 else "Recovery revenue", *_both(one, old, young))
        for one in told or currencies[:1]
    ]
    return [
        (f"Recovered within {days} d", old.recovery, young.recovery),
        ("Hours to first answer", old.response_hours, young.response_hours),
        *revenue,
        ("Churn from Red", old.churn, young.churn),
    ]


def _both(currency: str, old: Cohort, young: Cohort) -> tuple[Kpi, Kpi]:
    """The revenue of a currency in both cohorts; the one without it has the other's goal and no figure."""
    some = old.revenue.get(currency) or young.revenue[currency]
    none = Kpi(some.rule, some.name, None, some.low, some.high, None, 0, 0)
    return old.revenue.get(currency, none), young.revenue.get(currency, none)


def _named(spot: Spot | None, name: str) -> Spot | None:
    """The same list, under a name of its own."""
    return None if spot is None else Spot(f"{spot.name} {name}", spot.behind)


def _row(one: Kpi, name: str, value: str, young: str, ours: Spot | None, theirs: Spot | None, look: Look) -> Cells:
    known, missed = one.met is not None, one.met is False
    mark = look.glyphs.needs if missed else look.glyphs.done if known else " "
    ink = "strong bold" if missed else "text" if known else "muted"
    row = [Cell(f"{mark} ", "strong bold" if missed else "muted"), left(name, LABEL)]
    row += right(value, FIGURE, ink, ours if known else None)
    row += right(young, FIGURE, "muted", theirs if young != look.glyphs.unknown else None)
    return [*row, *right(_goal(one), GOAL, "muted")]


def _value(one: Kpi, look: Look) -> str:
    if one.value is None:
        return look.glyphs.unknown
    return f"{one.value:.1f}" if one.rule == "R17" else share(one.value, look)


def _goal(one: Kpi) -> str:
    if one.rule == "R17":
        return f"under {one.high:g}"
    if one.low is not None and one.high is not None:
        return f"{100 * one.low:.0f} to {100 * one.high:.0f} %"
    return f"from {100 * one.low:.0f} %" if one.low is not None else f"under {100 * (one.high or 0):.0f} %"


def _notes(report: BookReport, width: int) -> Cells:
    red, kpis = report.red, report.red.kpis
    unanswered = kpis.matured.response_hours.pending + kpis.maturing.response_hours.pending
    told = f"Known since {day(red.since, report.at)}" if red.since else "Nothing is known yet"
    told += f", {count(red.removed)} of them removed" if red.removed else ""
    if not unanswered:
        return [left(f"  {told}.", width, "muted")]
    spot = Spot("unanswered", red.unanswered) if red.unanswered.accounts else None
    rest = f" without an answer. {told}."
    return [blank(2), Cell(count(unanswered), "text", spot), left(rest, width - 2 - len(count(unanswered)), "muted")]


def outreach_part(report: BookReport, width: int, look: Look) -> Part:
    """Return M21: what became of the alerted who were written to, beside those who were not."""
    found = report.outreach
    heads = [blank(2 + LABEL + 6), *right("with", FIGURE, "muted"), *right("without", FIGURE, "muted")]
    some = Spot("contacted", found.behind_contacted) if found.behind_contacted.accounts else None
    others = Spot("alone", found.behind_alone) if found.behind_alone.accounts else None
    answered = found.answered / found.written if found.written else None

    def row(name: str, ours: str, theirs: str, first: Spot | None = None, second: Spot | None = None) -> Cells:
        return [
            left(f"  {name}", 8 + LABEL),
            *right(ours, FIGURE, "text", first),
            *right(theirs, FIGURE, "text", second),
        ]

    lines: list[Cells] = [
        heads,
        row("Alerts", count(found.contacted.count), count(found.alone.count), some, others),
        row(
            f"Ratio back to {found.ratio:.2f} in {found.within} d",
            _back(found.contacted, look),
            _back(found.alone, look),
        ),
        row(f"Change of ratio in {found.after} d", _change(found.contacted, look), _change(found.alone, look)),
        row(f"Answered within {found.days:g} d", share(answered, look), look.glyphs.unknown),
    ]
    return Part("Outreach", "M21", tuple(lines))


def _back(one: Effectiveness, look: Look) -> str:
    return share(one.recovered / one.matured if one.matured else None, look)


def _change(one: Effectiveness, look: Look) -> str:
    if one.mean_change is None:
        return look.glyphs.unknown
    sign = look.glyphs.minus if one.mean_change < 0 else "+"
    return f"{sign}{abs(one.mean_change):.3f}"


def fleet_lines(report: BookReport, width: int, look: Look) -> list[Cells]:
    """Return M13's warning, one line and a blank; nothing where no such day is near."""
    fleet = report.fleet
    if fleet is None:
        return []
    number = count(fleet.fell.accounts)
    behind: Behind = fleet.fell
    spot = Spot("fleet", behind) if behind.accounts else None
    rest = f" accounts fell on {day(fleet.day, report.at)}. Feed or holiday? Nothing is sent automatically."
    mark = f"{look.glyphs.needs} "
    return [
        [
            Cell(mark, "cap bold"),
            Cell(number, "cap bold", spot),
            left(rest, max(0, width - len(mark + number)), "text"),
        ],
        [blank(width)],
    ]
