"""Why, part R: the dimensions against their red lines, the composite against its threshold, episode and clocks."""

from collections.abc import Sequence
from datetime import datetime

from data.health_view import HealthView
from data.red_account import Clock, Dimension, Episode, RedReading
from data.red_account import Line as RedLine
from widgets import health_words as words
from widgets import numbers
from widgets.account_facts import strong_heading
from widgets.column_page import Lines
from widgets.line import Piece
from widgets.look import Look
from widgets.usage_bar import filled
from widgets.why_words import answer, figure, inputs_of, note, number, verdict_of

NAME, WEIGHT, SCORE = 14, 6, 8
LIMIT = 30
# a red line in words: what is measured, how it is passed, and its unit
SHARE, PLAIN, PERCENT, YES = "share", "plain", "percent", "yes"
LINES = {
    "usage.ratio": ("share of baseline", "below", SHARE, "R4"),
    "usage.decline": ("decline in 60 d", "from", SHARE, "R4"),
    "relationship.response": ("messages answered", "below", SHARE, "R5"),
    "relationship.champion_left": ("the champion left", "", YES, "R5"),
    "support.escalated": ("escalated tickets", "from", PLAIN, "R6"),
    "support.csat": ("CSAT of 10", "below", PLAIN, "R6"),
    "financial.late": ("days late", "above", PLAIN, "R7"),
    "financial.contraction": ("contraction notice", "", YES, "R7"),
    "adoption.new": ("adoption when new", "below", PERCENT, "R9"),
    "product.worst": ("worst product", "below", PERCENT, "R9"),
}
STATES = {"leaving Red": "no cause now, leaving Red", "left Red": "left Red", "recovered": "recovered"}


def red_part(view: HealthView, now: datetime, width: int, look: Look) -> Lines:
    """Return verdict and causes, dimensions with their lines, the composite's sum, episode, clocks, root causes."""
    red, glyphs = view.red, look.glyphs
    is_red = words.of_red(red.is_red, glyphs)
    lines: Lines = [strong_heading("Red account", "R1 R3 R8 R11")]
    causes = ", ".join(red.causes) if red.causes else "no cause"
    lines.append(([(is_red.text, is_red.ink), (f"   {causes}", "text" if red.causes else "muted")], ()))
    for one in red.dimensions:
        lines += _dimension(one, width, look)
    lines += _composite(red, width, look)
    if red.episode is not None:
        lines += _episode(view, red.episode, now, width)
        lines += [line for clock in red.clocks for line in _clock(clock, now, look)]
        lines += _roots(view, width)
    if red.delayed:
        banner = figure(number(inputs_of(view.verdicts, "R20").get("banner_days")), 0, glyphs)
        said = f"Day {banner} without an intervention: a longer delay cuts its effect by 40 to 60 %."
        lines += note(said, width, "cap bold", "R20")
    return lines


def _dimension(one: Dimension, width: int, look: Look) -> Lines:
    glyphs = look.glyphs
    known = one.score is not None
    pieces: list[Piece] = [(f"{one.name.capitalize():<{NAME}}", "text" if known else "muted")]
    weight = f"{one.weight:.0%}".replace("%", " %") if one.weight else ""
    pieces += [(f"{weight:>{WEIGHT}}", "muted"), (f"{figure(one.score, 1, glyphs):>{SCORE}}", "strong bold")]
    room = min(26, width - NAME - WEIGHT - SCORE - 2)
    if one.score is not None and room >= 6:
        pieces += [("  ", "text"), *filled(one.score / 100, room, look, "cap" if one.red else "muted")]
    elif not known:
        pieces.append(("  no data", "muted"))
    return [(pieces, ()), *(line for each in one.lines for line in _line(each, look))]


def _line(one: RedLine, look: Look) -> Lines:
    what, way, unit, rule = LINES.get(one.name, (one.name.replace("_", " "), "limit", PLAIN, "R3"))
    limit = f" {way} {_value(one.limit, unit, look)}" if unit != YES else ""
    value = "" if unit == YES and one.value is not None else _value(one.value, unit, look)
    if one.red is None:
        value = "too old or few" if one.lapsed else "not known"
    pieces: list[Piece] = [(f"  {what + limit:<{LIMIT}} ", "muted"), answer(one.red)]
    return [([*pieces, (value, "text" if one.red else "muted")], [(rule, "muted")])]


def _value(value: float | None, unit: str, look: Look) -> str:
    if value is None:
        return look.glyphs.unknown
    if unit == SHARE:
        return f"{figure(100 * value, 1, look.glyphs)} %".replace(".0 %", " %")
    return f"{value:g} %" if unit == PERCENT else f"{value:.4g}"


def _composite(red: RedReading, width: int, look: Look) -> Lines:
    weighed = [one for one in red.dimensions if one.weight and one.score is not None]
    if red.composite is None:
        return note("Too little is known for a composite; the red lines alone decide.", width, rule="R1")
    parts = " + ".join(f"{one.weight:.2f} x {one.score:.1f}" for one in weighed)
    whole = f"({parts}) / {red.coverage:.2f}" if red.coverage < 1 - 1e-9 else parts
    below = "below" if "composite" in red.causes else "not below"
    sum_: list[Piece] = [
        (f"{'Composite':<{NAME}}", "strong bold"),
        (f"{red.composite:>{WEIGHT + SCORE}.1f}", "strong bold"),
    ]
    lines: Lines = [([*sum_, (f"  {below} {red.threshold:g}", "text")], [("R2", "muted")])]
    if red.segment != "standard":
        lines += note(f"Segment {red.segment} has a threshold of {red.threshold:g}.", width, rule="R9")
    return [*lines, *note(f"{whole} = {red.composite:.2f}", width)]


def _episode(view: HealthView, one: Episode, now: datetime, width: int) -> Lines:
    state = verdict_of(view.verdicts, "R14")
    dwell = inputs_of(view.verdicts, "R14").get("dwell_days", "some")
    told = f"Red since {numbers.moment(one.opened_at, now)}"
    if one.reopened_on is not None:
        told += f", again on {numbers.day(one.reopened_on, now)}: the same episode"
    if one.better_since is not None and one.left is None:
        told += f"; no cause since {numbers.day(one.better_since, now)}, leaves after {dwell} days"
    elif state in STATES:
        told += f"; {STATES[state]}"
    if one.churned is not None:
        told += f"; churned on {numbers.day(one.churned, now)}"
    return note(f"{told}.", width, "text", "R14")


def _clock(one: Clock, now: datetime, look: Look) -> Lines:
    _, thing = words.CLOCKS.get(one.name, ("", one.name.replace("_", " ")))
    if one.done_at is not None:
        mark, state = look.glyphs.done, f"done {numbers.day(one.done_at, now)}{', late' if one.late else ''}"
        ink = "strong bold" if one.late else "muted"
    else:
        left = (one.due_at - now).total_seconds()
        mark = look.glyphs.needs if left <= 0 else " "
        state = f"within {numbers.ago(left)}" if left > 0 else f"{numbers.ago(-left)} late"
        ink = "strong bold" if left < numbers.DAY else "text"
    due = numbers.moment(one.due_at, now) if one.done_at is None else numbers.day(one.due_at, now)
    pieces: list[Piece] = [(f"{mark:<2}", ink), (f"{thing.capitalize():<17}", "text"), (f"{state:<18}", ink)]
    return [([*pieces, (f"due {due}", "muted")], ())]


def _roots(view: HealthView, width: int) -> Lines:
    told = inputs_of(view.verdicts, "R13")
    suggested, chosen, books = told.get("suggested"), told.get("chosen"), told.get("playbooks")
    if not told:
        return []
    names = books if isinstance(books, dict) else {}
    if isinstance(chosen, str):
        return note(f"Root cause: {names.get(chosen, chosen)}.", width, "text", "R13")
    roots = (
        [str(one) for one in suggested] if isinstance(suggested, Sequence) and not isinstance(suggested, str) else []
    )
    if not roots:
        return note("No root cause chosen yet.", width, rule="R13")
    return note(f"Look first at: {'; '.join(str(names.get(one, one)) for one in roots)}.", width, "text", "R13")
