"""The parts of the portfolio as lines: figures, risk distribution, industries, value and health, priorities."""

from collections.abc import Mapping, Sequence

from data.health_index import Risk
from data.ports_portfolio import BandLine, BookReport, Holdings, IndustryLine, Urgent
from widgets.look import Look
from widgets.numbers import ago, count, fit, money, since, symbol
from widgets.spots import Cell, Cells, Part, Spot, blank, left, right
from widgets.usage_bar import filled

KPIS = 6
MARKS = {Risk.CRITICAL: "blocked", Risk.HIGH: "cap", Risk.MEDIUM: "near"}
INKS = {Risk.CRITICAL: "blocked bold", Risk.HIGH: "cap", Risk.MEDIUM: "near"}
RANGES = {Risk.CRITICAL: (None, 0), Risk.HIGH: (0, 1), Risk.MEDIUM: (1, 2), Risk.LOW: (2, None)}
TIERS = ("A", "B", "C", None)
MARK_INKS = {risk: ink.removesuffix(" bold") for risk, ink in INKS.items()}
WORD, RANGE, ACCOUNTS, MONEY, TIER = 13, 9, 9, 11, 6
RANGES_FROM = 72  # columns; below, the bounds of the classes are left out
BAR_LEAST = 5
FEW = "Dimmed: under {} scored. high+: high or critical."


def share(value: float | None, look: Look) -> str:
    """Return a share with one decimal, as figures have it (look.md §7)."""
    return look.glyphs.unknown if value is None else f"{100 * value:.1f} %"


def score(value: float | None, look: Look) -> str:
    """Return a score."""
    return look.glyphs.unknown if value is None else f"{value:.1f}"


def sums(amounts: Mapping[str, int], main: str, cells: int, look: Look) -> str:
    """Return money by currency, never added up: the book's `main` one, else the first, and how many others there are.

    A currency that its symbol does not tell is named where it is not the main one.
    """
    if not amounts:
        return money(0, main, look.glyphs)
    first = main if main in amounts else min(amounts)
    text = money(amounts[first], first, look.glyphs)
    if first != main and not (look.glyphs.symbols and symbol(first)):
        text += f" {first}"
    return fit(f"{text} +{len(amounts) - 1}" if len(amounts) > 1 else text, cells, look.glyphs).strip()


def spot(name: str, part: Holdings | None, ink: str = "strong bold") -> tuple[str, Spot | None]:
    """Return ink and spot of a part's number; a part without accounts has nothing behind it."""
    if part is None or not part.behind.accounts:
        return "muted", None
    return ink, Spot(name, part.behind)


def kpi_lines(report: BookReport, width: int, look: Look) -> list[Cells]:
    """Return the six figures, label, figure and context below each other; three in a row where it is narrow."""
    figures = _figures(report, look)
    a_row = KPIS if width >= 110 else KPIS // 2
    cell = width // a_row
    lines: list[Cells] = []
    for start in range(0, KPIS, a_row):
        some = figures[start : start + a_row]
        lines.append([left(label, cell, "muted") for label, _, _ in some])
        lines.append([one for _, figure, _ in some for one in (figure, blank(cell - len(figure.text)))])
        lines.append([one for _, _, context in some for one in (left(context, cell - 1, "muted"), blank(1))])
    return lines


def _figures(report: BookReport, look: Look) -> list[tuple[str, Cell, str]]:
    scored, red, main = report.scored, report.red, report.currency
    at_risk, there = scored.at_risk, scored.scored.accounts
    listed = Spot("scored", scored.scored) if there else None
    ink, behind = spot("at risk", at_risk)
    _, their = spot("at risk money", at_risk)
    late = Spot("late", red.late) if red.late.accounts else None
    now = Spot("red", red.now) if red.now.accounts else None
    missed = red.kpis.share.met is False
    goal = f"{share(red.kpis.share.value, look)}, goal < {100 * (red.kpis.share.high or 0):.0f} %"
    oldest = f"oldest {ago(since(red.oldest_due_at, report.at))}" if red.oldest_due_at else "none missed"
    several = len(report.whole.money) > 1
    return [
        ("Index, mean", Cell(score(scored.mean, look), "strong bold", listed), f"{count(there)} scored"),
        (
            "Index by MRR",
            Cell(score(scored.weighted_mean, look), "strong bold", listed and Spot("weighted", scored.scored)),
            "not converted" if several else "weighted by MRR",
        ),
        (
            "High or critical",
            Cell(share(scored.at_risk_share, look), ink, behind),
            f"{count(at_risk.accounts)} of {count(there)} scored",
        ),
        ("Their MRR", Cell(sums(at_risk.money, main, MONEY, look), ink, their), _part_of(report, look)),
        (
            f"{look.glyphs.needs} Red" if missed else "Red",
            Cell(count(red.now.accounts), "strong bold" if now else "muted", now),
            goal,
        ),
        ("SLA late", Cell(count(red.late.accounts), "strong bold" if late else "muted", late), oldest),
    ]


def _part_of(report: BookReport, look: Look) -> str:
    """Return what part of the book's money in that currency it is."""
    theirs, whole, main = report.scored.at_risk.money, report.whole.money, report.currency
    if not theirs:
        return "nothing known"
    first = main if main in theirs else min(theirs)
    of = "the book" if len(whole) == 1 else f"all {first}"
    return f"{share(theirs[first] / whole[first], look)} of {of}" if whole.get(first) else ""


def risk_part(report: BookReport, width: int, look: Look) -> Part:
    """Return H9 in counts and money with the unscored and the sum, and beside each class its value tiers (H12)."""
    main, whole = report.currency, max(report.whole.accounts, 1)
    ranges = RANGE if width >= RANGES_FROM else 0
    bar = width - WORD - ranges - ACCOUNTS - MONEY - 1 - TIER * len(TIERS) - 2
    named = "" if look.glyphs.symbols or not main else f" {main}"
    heads = [left("", WORD), left("index", ranges, "muted"), *right("accounts", ACCOUNTS, "muted")]
    heads += right(f"MRR{named}", MONEY + 1, "muted")
    heads += [one for tier in TIERS for one in right(tier or look.glyphs.unknown, TIER, "muted")]
    lines: list[Cells] = [[*heads, blank(2), left("share", bar, "muted")] if bar >= BAR_LEAST else heads]
    cells = {(one.tier, one.risk): one.part for one in report.grid}
    for band in report.bands:
        ink, behind = spot(f"band {band.risk}", band.part)
        _, their = spot(f"money {band.risk}", band.part)
        colour = INKS.get(band.risk, "text") if band.risk else "text"
        row = [left(f"{_mark(band, look)} {_word(band.risk)}", WORD, colour)]
        row += [
            left(_range(band.risk, report.bounds), ranges, "muted"),
            *right(count(band.part.accounts), ACCOUNTS, ink, behind),
        ]
        row += right(sums(band.part.money, main, MONEY, look), MONEY + 1, "text" if their else "muted", their)
        for tier in TIERS:
            part = cells.get((tier, band.risk))
            row += right(count(part.accounts if part else 0), TIER, *spot(f"cell {tier} {band.risk}", part, "text"))
        part_of = max(band.part.accounts / whole, 0.5 / max(bar, 1)) if band.part.accounts else 0.0  # never nothing
        drawn = filled(part_of, bar, look, MARK_INKS.get(band.risk, "down") if band.risk else "down")
        lines.append([*row, blank(2), *(Cell(piece[0], piece[1]) for piece in drawn if piece[1] != "line")])
    _, everyone = spot("whole", report.whole)
    total = [left("  Sum", WORD + ranges, "muted"), *right(count(report.whole.accounts), ACCOUNTS, "muted", everyone)]
    lines.append([*total, *right(sums(report.whole.money, main, MONEY, look), MONEY + 1, "muted")])
    lines.append([left(_cuts(report, look), width, "muted")])
    return Part("Risk by index and value", "H7 H9 H12", tuple(lines))


def _cuts(report: BookReport, look: Look) -> str:
    """Return where the value tiers begin; their amounts are not converted."""
    book = report.book
    if book.a_mrr is None or book.b_mrr is None:
        return "  No value tiers: nobody pays yet."
    one = report.currency if len(report.whole.money) == 1 else ""
    a, b = money(book.a_mrr, one, look.glyphs), money(book.b_mrr, one, look.glyphs)
    return f"  Value: A from {a} a month, B from {b}, C the rest, {look.glyphs.unknown} not known."


def _mark(band: BandLine, look: Look) -> str:
    return str(getattr(look.glyphs, MARKS[band.risk])) if band.risk in MARKS else " "


def _word(risk: Risk | None) -> str:
    return "Not scored" if risk is None else str(risk.value).capitalize()


def _range(risk: Risk | None, bounds: Sequence[float]) -> str:
    if risk is None:
        return ""
    low, high = RANGES[risk]
    if low is None and high is not None:
        return f"under {bounds[high]:g}"
    if high is None and low is not None:
        return f"from {bounds[low]:g}"
    assert low is not None and high is not None
    return f"{bounds[low]:g} to {bounds[high]:g}"


def industry_part(report: BookReport, width: int, look: Look) -> Part:
    """Return H10, weakest first; a bar for the mean, from zero."""
    name = min(24, width - 31)
    bar = width - name - 21
    heads = [left("", name), *right("index", 6, "muted"), *right("n", 6, "muted"), *right("high+", 7, "muted")]
    lines: list[Cells] = [heads]
    for one in report.industries:
        lines.append(_industry(one, name, bar, look))
    few = any(one.industry.dimmed for one in report.industries)
    lines.append([left(FEW.format(report.few) if few else "high+: high or critical.", width, "muted")])
    return Part("By industry, weakest first", "H10", tuple(lines))


def _industry(one: IndustryLine, name: int, bar: int, look: Look) -> Cells:
    industry = one.industry
    ink = "muted" if industry.dimmed else "text"
    label = "Unclassified" if industry.name == "unclassified" else industry.name
    at_risk = Spot(f"high+ {industry.name}", one.at_risk) if one.at_risk.accounts else None
    high = look.glyphs.unknown if industry.at_risk_share is None else f"{round(100 * industry.at_risk_share)} %"
    strong = "strong bold" if at_risk and not industry.dimmed else ink
    row = [left(fit(label, name, look.glyphs), name, ink), *right(score(industry.mean, look), 6, ink)]
    row += right(count(industry.count), 6, ink, Spot(f"industry {industry.name}", one.behind))
    row += [*right(high, 7, strong, at_risk), blank(2)]
    if industry.mean is not None:
        role = "line" if industry.dimmed else "down"
        row += [Cell(piece[0], piece[1]) for piece in filled(industry.mean / 100, bar, look, role)]
    return row


def urgent_part(report: BookReport, most: int, width: int, look: Look) -> Part:
    """Return H12's priorities: MRR times what the score lacks of 100."""
    name = width - 7 - 9 - 10 - 7
    heads = [left("", name), *right("index", 7, "muted"), *right("MRR", 9, "muted")]
    heads += [*right("at stake", 10, "muted"), blank(2), left("value", 5, "muted")]
    lines: list[Cells] = [heads]
    lines += [_urgent(one, name, look) for one in report.urgent[:most]]
    return Part("Highest priority", "H12", tuple(lines))


def _urgent(one: Urgent, name: int, look: Look) -> Cells:
    shown = fit(one.name if one.name.strip() else one.id, name - 2, look.glyphs).rstrip()
    doubt = f" {look.glyphs.needs}" if one.suspicious else ""
    here = Spot(f"account {one.id}", account_id=one.id)
    row = [Cell(shown, "text", here), Cell(doubt, "cap bold")]
    row += [left("", name - len(fit(shown, name).rstrip()) - len(doubt)), *right(f"{one.score:.1f}", 7)]
    row += [*right(money(one.mrr, one.currency, look.glyphs), 9, "muted")]
    row += [*right(money(round(one.stake), one.currency, look.glyphs), 10, "strong bold")]
    return [*row, blank(2), left(one.tier or look.glyphs.unknown, 5)]
