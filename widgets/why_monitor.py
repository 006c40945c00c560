"""Why, part M: daily active users, the 14 days against the 90 before them, and what became of the ratio."""

from collections.abc import Sequence
from datetime import datetime

from data.health_monitor import MonitorReading, Route
from data.health_view import Chart, HealthView
from widgets import health_words as words
from widgets import numbers
from widgets.account_facts import strong_heading
from widgets.column_chart import Column, chart, grouped
from widgets.column_page import Lines
from widgets.line import Piece
from widgets.look import Look
from widgets.why_words import figure, inputs_of, note, number, spread, when

ROWS = 4
AXIS = 6
ROUTES = {
    Route.AUTOMATIC: "an automatic check-in",
    Route.CSM: "the CSM reviews",
    Route.CSM_HIGH: "the CSM, at once",
    Route.UNASSIGNED: "nobody yet: it has no CSM",
}
YARDSTICKS = {"new_user": "N, new accounts'", "blend": "own days and N together", "own": "mean"}


def monitor_part(view: HealthView, now: datetime, width: int, look: Look) -> Lines:
    """Return the chart, the ratio with its lines, the index I, the alert and its route, and what is missing."""
    reading, plot = view.monitor, view.chart
    days = f", {_days(plot)} days" if plot is not None else ""
    said = words.of_state(reading.state, look.glyphs)
    lines: Lines = [strong_heading(f"Usage monitor: seats active a day{days}", "M4 M7 M8")]
    if plot is not None:
        lines += _chart(plot, reading, width, look)
    lines += _ratio(view, said, width, look)
    if reading.ratio is None:
        lines += note(reading.why, width, "text")
    lines += _index(view, width, look)
    lines += _alert(view, now, width, look)
    lacks = inputs_of(view.verdicts, "M23").get("lacks")
    if isinstance(lacks, Sequence) and not isinstance(lacks, str):
        lines += note(f"Lacks {', '.join(map(str, lacks))}: nothing is sent by itself.", width, rule="M23")
    return lines


def _days(plot: Chart) -> int:
    return max(plot.window[1], plot.baseline[1]) - min(plot.window[0], plot.baseline[0])


def _chart(plot: Chart, reading: MonitorReading, width: int, look: Look) -> Lines:
    shares = [None if count is None else min(1.0, count / max(1, plot.seats)) for count in plot.counts]
    start, end = plot.window
    before, window = shares[plot.baseline[0] : min(plot.baseline[1], start)], shares[start:end]
    size = next(n for n in range(1, 120) if _columns(len(before), n) + _columns(len(window), n) <= width - AXIS)
    columns: list[Column] = [*grouped(before, size, False), *grouped(window, size, True)]
    lines: Lines = []
    for number_, row in enumerate(chart(columns, ROWS, look)):
        label = "100 %" if number_ == 0 else "0 %" if number_ == ROWS - 1 else ""
        lines.append(([(f"{label:>{AXIS - 1}} ", "muted"), *row], ()))
    left = f"{len(before)} days before" if before else ""
    split = AXIS + _columns(len(before), size)
    right = f"{len(window)} days, {figure(reading.usage, 1, look.glyphs)}"
    own = f", mean {figure(reading.own_baseline, 1, look.glyphs)}" if reading.own_baseline is not None else ""
    at = min(split, width - len(right))
    left = next((words for words in (left + own, left, "") if AXIS + len(words) + 1 <= at), "")
    lines.append(([(" " * AXIS, "text"), (f"{left:<{at - AXIS}}", "muted"), (right, "strong bold")], ()))
    return lines


def _columns(days: int, size: int) -> int:
    return -(-days // size)


def _ratio(view: HealthView, said: words.Said, width: int, look: Look) -> Lines:
    reading, told = view.monitor, inputs_of(view.verdicts, "M8")
    if reading.ratio is None:
        return [([(said.text, said.ink)], ())]
    glyphs = look.glyphs
    sum_ = f"R = {figure(reading.usage, 1, glyphs)} / {figure(reading.baseline, 1, glyphs)} = {reading.ratio:.3f}"
    alert, severe = (figure(number(told.get(name)), 2, glyphs) for name in ("alert", "severe"))
    first: list[Piece] = [(sum_, "strong bold"), (said.text, said.ink)]
    limits = f"alert below {alert}; severe below {severe}"
    one = spread([*first, (limits, "muted")], width)
    return one if len(one) == 1 else [*spread(first, width), *note(limits, width)]


def _index(view: HealthView, width: int, look: Look) -> Lines:
    reading, glyphs = view.monitor, look.glyphs
    lines: Lines = []
    missing = reading.days - reading.known + reading.baseline_days - reading.baseline_known
    if missing:
        lines += note(f"{missing} days without a complete feed are left blank, not counted as 0.", width, rule="M11")
    if reading.index is not None:
        of = "the median of its peers" if reading.expected_from == "peers" else "the policy's figure for its tier"
        sum_ = f"{figure(reading.usage, 1, glyphs)} / {figure(reading.expected, 1, glyphs)}"
        lines += note(f"I = 100 x {sum_} = {reading.index:.1f} against {of}.", width, rule="M5")
    if reading.ratio is not None and reading.baseline_from in ("new_user", "blend"):
        lines += note(f"A young account: held against {YARDSTICKS[reading.baseline_from]}.", width, rule="M9")
    return lines


def _alert(view: HealthView, now: datetime, width: int, look: Look) -> Lines:
    alert, told = view.monitor.alert, inputs_of(view.verdicts, "M12")
    if alert is None:
        return []
    opened, glyphs = numbers.day(alert.opened, now), look.glyphs
    if alert.closed is not None:
        return note(f"The alert of {opened} closed on {numbers.day(alert.closed, now)}.", width, rule="M12")
    close = figure(number(inputs_of(view.verdicts, "M8").get("close")), 2, glyphs)
    asked, calm = figure(number(told.get("close_days")), 0, glyphs), len(alert.calm)
    frozen = f"Alert since {opened}, its yardstick {figure(alert.baseline, 1, glyphs)} frozen then"
    raised = f"; severe since {numbers.day(alert.escalated, now)}" if alert.escalated is not None else ""
    lines = note(f"{frozen}{raised}. Closes after {asked} days at {close} or above, {calm} so far.", width, rule="M12")
    if alert.replayed:
        lines += note("Rebuilt from the series: an alert that opened before it is not known.", width)
    return [*lines, *_route(view, now, width)]


def _route(view: HealthView, now: datetime, width: int) -> Lines:
    route, told = view.monitor.route, inputs_of(view.verdicts, "M15") or inputs_of(view.verdicts, "M16")
    if route is None:
        return []
    why = [name.replace("_", "-") for name in ("high_value", "complex") if told.get(name)] or ["standard"]
    pieces: list[Piece] = [("Goes to   ", "muted"), (ROUTES[route], "strong bold"), (f"   {', '.join(why)}", "muted")]
    lines: Lines = [(pieces, [("M16" if route is Route.UNASSIGNED else "M15", "muted")])]
    fleet = inputs_of(view.verdicts, "M13")
    if fleet:
        day = f" on {when(fleet.get('day'), now)}" if fleet.get("day") else ""
        fell = f"{fleet.get('crossed')} of {fleet.get('watched')} accounts fell{day}"
        lines += note(f"{fell}. Feed or holiday? Nothing is sent automatically.", width, "text", "M13")
    return lines
