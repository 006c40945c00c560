"""Why, part A: is it in the inbox, by which rule, and how near."""

from datetime import datetime

from data.assessment import Category, Row, WorkspaceReading
from data.health_view import HealthView
from widgets import detail_facts as facts
from widgets import numbers
from widgets.account_facts import strong_heading
from widgets.backend_lines import other_reasons
from widgets.column_page import Lines
from widgets.line import wrap
from widgets.look import Look
from widgets.why_words import figure, inputs_of, note, number, ruled

NAME = 13
STOPPED, CAPPED, NEAR = Category.PILOT_HARD_BLOCK, Category.AT_CAP, Category.APPROACHING_CAP


def at_risk_part(view: HealthView, now: datetime, width: int, look: Look) -> Lines:
    """Return A2–A5 for the worst workspace with their arithmetic, the other reasons, logins and their reading."""
    row = view.row
    heading = "In the inbox because" if row.category else "Not in the inbox"
    lines: Lines = [strong_heading(heading, f"A2 A3 A4 A5   policy {row.policy}")]
    first = row.workspaces[0] if row.workspaces else None
    if first is None:
        lines += note("It has no workspace, so there is no cap to reach.", width)
    else:
        lines += _workspace(view, first, now, width, look)
    lines += _downgrade(row, now, width, look)
    for words, rule in facts.also(row, now, look.glyphs):
        if rule != "A5":
            lines += ruled(rule, True, "Also", NAME, words, width)
    for words in other_reasons(view.verdicts):
        lines += ruled("A6", None, "Backend", NAME, words, width)
    klass, last, count = facts.login_words(row, now)
    rest = ", ".join(part for part in (f"last login {last}" if last else "", count) if part)
    lines += ruled("A8", True if last else None, klass.capitalize(), NAME, rest or "the source has none", width)
    for signal in row.signals:
        lines += ruled("A15", True, "Signal", NAME, signal.replace("_", " "), width)
    for said in facts.around(row, now):
        rule = {"handled": "A16", "snoozed": "A17", "woke": "A17"}.get(said.split(" ")[0], "")
        lines += ruled(rule, True, "Noted", NAME, said, width)
    lines += [([(part, "muted")], ()) for part in wrap(row.reading, width)]
    return lines


def _workspace(view: HealthView, one: WorkspaceReading, now: datetime, width: int, look: Look) -> Lines:
    glyphs = look.glyphs
    if one.used is None or one.included is None:
        used = "hours unknown" if one.used is None else f"{numbers.hours(one.used, None, glyphs)} h, no cap"
        stopped = one.reason in (STOPPED, CAPPED)
        return ruled("A2" if stopped else "A3", stopped, _name(one), NAME, f"{used}, {one.name}", width)
    used = f"{numbers.hours(one.used, one.included, glyphs)} of {numbers.cap(one.included, glyphs)} h"
    ratio = f"{one.used:g} / {one.included:g} = {figure(_ratio(one), 3, glyphs)}"
    full = one.reason in (STOPPED, CAPPED)
    reached = f", since {numbers.day(one.since, now)} {numbers.clock(one.since)}" if full and one.since else ""
    rule = "A2" if one.reason is STOPPED or (full and one.stopped) else "A3"
    lines = ruled(rule, full, _name(one), NAME, f"{used}{reached}, {one.name}", width)
    if full:
        lines += _arithmetic(f"{ratio}, the cap is 1.000", width)
        return [*lines, *ruled("A4", False, "Near cap", NAME, "already at the cap", width)]
    near = one.reason is NEAR
    lines += ruled("A4", near, "Near cap", NAME, _approach(one, now, look), width)
    told = inputs_of((verdict for verdict in view.verdicts if verdict.inputs.get("workspace_id") == one.id), "A4")
    mean, line = number(told.get("mean_daily")), number(told.get("near_ratio"))
    days, horizon = number(told.get("days_to_cap")), number(told.get("horizon_days"))
    lines += _arithmetic(f"{ratio}, near from {figure(line, 3, glyphs)}", width)
    if mean is not None and days is not None:
        left = f"({one.included:g} {glyphs.minus} {one.used:g}) / {mean:.3g} h a day = {days:.1f} d"
        lines += _arithmetic(f"{left}, near up to {figure(horizon, 0, glyphs)} d", width)
    return lines


def _name(one: WorkspaceReading) -> str:
    return "Blocked" if one.reason is STOPPED else "At cap"


def _ratio(one: WorkspaceReading) -> float | None:
    return one.used / one.included if one.used is not None and one.included else None


def _approach(one: WorkspaceReading, now: datetime, look: Look) -> str:
    if one.reason is not NEAR:
        return "not close, not on its way there this cycle"
    parts = [f"{numbers.percent(_ratio(one), look.glyphs)} used"] if one.by_ratio else []
    if one.by_projection and one.projected_at is not None:
        parts.append(f"at the cap on {numbers.day(one.projected_at, now)} at this rate")
    return ", ".join(parts)


def _downgrade(row: Row, now: datetime, width: int, look: Look) -> Lines:
    recent = Category.RECENTLY_DOWNGRADED in row.reasons
    words = facts.downgrade(row, now, look.glyphs) if row.downgraded_at else "no downgrade on record"
    return ruled("A5", recent, "Downgraded", NAME, words, width)


def _arithmetic(words: str, width: int) -> Lines:
    indent = 5 + 6 + NAME
    return [([(" " * indent + part, "muted")], ()) for part in wrap(words, max(10, width - indent))]
