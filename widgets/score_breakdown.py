"""Why, part H: what each component adds to the score, summed up to it, and what moved."""

from datetime import datetime

from data.health_index import Component, IndexReading
from data.health_view import HealthView
from widgets import health_words as words
from widgets import numbers
from widgets.account_facts import strong_heading
from widgets.column_page import Lines
from widgets.line import Piece, cells
from widgets.look import Look
from widgets.why_words import figure, inputs_of, note, signed, spread, when

NAME, WEIGHT, SCORE, ADDS = 12, 6, 7, 8
TABLE = NAME + WEIGHT + SCORE + ADDS
LEAST_SCALE = 5.0  # points: smaller contributions do not fill the bars
MIDDLE = 50.0  # the score that adds nothing (H17)


def breakdown_part(view: HealthView, now: datetime, width: int, look: Look) -> Lines:
    """Return score, class and coverage; movers and a sharp drop; the table whose contributions sum to the score."""
    index, glyphs = view.index, look.glyphs
    said = words.of_risk(index.risk, glyphs)
    lines: Lines = [strong_heading("Health index", "H4 H5 H7 H17")]
    score: list[Piece] = [(f"{figure(index.score, 1, glyphs)} ", "strong bold"), (said.text, said.ink)]
    partial = ", partial" if index.partial else ""
    facts: Piece = (f"profile {index.profile.replace('_', ' ')}, coverage {index.coverage:.2f}{partial}", "muted")
    beside = [*score, ("   ", "text"), facts]
    lines += [(beside, ())] if cells(beside) <= width else [(score, ()), ([facts], ())]
    lines += _drop(index, now, width, look)
    lines += _movers(view, now, width, look)
    return [*lines, *_table(index, width, look)]


def _table(index: IndexReading, width: int, look: Look) -> Lines:
    half = max(0, width - TABLE - 2) // 2
    heads = f"{'':<{NAME}}{'weight':>{WEIGHT}}{'score':>{SCORE}}{'adds':>{ADDS}}"
    aside = f" {'below 50':>{half}} {'above':<{half}}" if half >= 9 else ""
    lines: Lines = [([(heads + aside, "muted")], ())]
    scale = max([LEAST_SCALE, *(abs(one.contribution) for one in index.components if one.contribution is not None)])
    for one in index.components:
        lines.append((_component(one, scale, half, look), ()))
        lines += _metrics(one, width, look)
    return [*lines, *_sum(index, width, look)]


def _component(one: Component, scale: float, half: int, look: Look) -> list[Piece]:
    glyphs = look.glyphs
    name = one.name.replace("_", " ").capitalize()
    pieces: list[Piece] = [(numbers.fit(name, NAME, glyphs), "text" if one.score is not None else "muted")]
    pieces += [(f"{one.weight:>{WEIGHT}.2f}", "muted"), (f"{figure(one.score, 1, glyphs):>{SCORE}}", "text")]
    if one.score is None:
        return [*pieces, ("   no data", "muted")]
    pieces.append((f"{signed(one.contribution, 2, glyphs):>{ADDS}}", "strong bold"))
    return pieces if half < 4 or one.contribution is None else [*pieces, (" ", "text"), *_bar(one, scale, half, look)]


def _bar(one: Component, scale: float, half: int, look: Look) -> list[Piece]:
    """Return a bar to the left of the middle line for what is taken away, to the right for what is added."""
    amount = one.contribution or 0.0
    glyphs, room = look.glyphs, half - 1
    whole, rest = divmod(int(abs(amount) / scale * room * 2 + 1e-9), 2)
    if amount < 0:  # a half cell cannot hang on the middle line from the left
        whole = min(room, whole + rest)
        pieces: list[Piece] = [(" " * (room - whole + 1), "text"), (glyphs.full * whole, "cap")]
        return [*pieces, (glyphs.pane, "line")]
    return [(" " * half, "text"), (glyphs.pane, "line"), (glyphs.full * whole + (glyphs.half if rest else ""), "muted")]


def _metrics(one: Component, width: int, look: Look) -> Lines:
    """Return what was measured behind a component, and what it is worth; `inputs` shows what is cut here."""
    glyphs = look.glyphs
    told = [
        f"{each.name.replace('_', ' ')} {each.value:.4g} {glyphs.becomes} {each.score:.0f}"
        for each in one.metrics
        if each.value is not None and each.score is not None
    ]
    return [([(numbers.fit("  " + ", ".join(told), width, glyphs).rstrip(), "muted")], ())] if told else []


def _sum(index: IndexReading, width: int, look: Look) -> Lines:
    glyphs, weight = look.glyphs, sum(one.weight for one in index.components if one.score is not None)
    if index.score is None:
        return note("Too little of the weight has data, so there is no score.", width, "text", "H5")
    total = index.score - MIDDLE
    pieces: list[Piece] = [(f"{'50 and sum':<{NAME}}{weight:>{WEIGHT}.2f}", "muted")]
    pieces.append((f"{signed(total, 2, glyphs):>{SCORE + ADDS}}", "strong bold"))
    between = glyphs.minus if total < 0 else "+"
    pieces.append((f"  50.00 {between} {abs(total):.2f} = {index.score:.2f}", "muted"))
    lines: Lines = [(pieces, ())]
    if weight < 1 - 1e-9:
        lines += note(f"Weights count as shares of the {weight:.2f} that has data.", width, rule="H5")
    return lines


def _movers(view: HealthView, now: datetime, width: int, look: Look) -> Lines:
    index, told = view.index, inputs_of(view.verdicts, "H17")
    since = when(told.get("since"), now)
    if not since:
        return note("No day before this one is known here: what moved shows from the second day on.", width)
    if not index.movers:
        return note(f"Nothing moved since {since}.", width)
    moved = [(f"{one.name.capitalize()} {signed(one.by, 1, look.glyphs)}", "text") for one in index.movers]
    return spread([(f"Moved most since {since}", "muted"), *moved], width)


def _drop(index: IndexReading, now: datetime, width: int, look: Look) -> Lines:
    drop = index.drop
    if drop is None:
        return []
    fell = f"fell {drop.fell:.1f} points" if drop.fell is not None else ""
    since = f" since {numbers.day(drop.since, now)}" if drop.since is not None and fell else ""
    first = "critical for the first time" if drop.first_critical else ""
    told = ", ".join(part for part in (fell + since, first) if part)
    return note(f"Sharp drop: {told}.", width, "strong bold", "H13")
