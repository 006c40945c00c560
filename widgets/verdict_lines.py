"""Why: every verdict with its rule id and the inputs by which its arithmetic can be replayed."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from data.assessment import Row, Verdict
from widgets import numbers
from widgets.account_facts import Lines, strong_heading
from widgets.line import wrap
from widgets.look import Look

TITLES = {
    "A1": "Category",
    "A2": "Stopped",
    "A3": "Cap",
    "A4": "Near the cap",
    "A5": "Downgrade",
    "A6": "Reasons",
    "A7": "Order",
    "A8": "Admin logins",
    "A9": "How to read it",
    "A10": "Contact",
    "A11": "Remedies",
    "A12": "Suggestions",
    "A13": "Earlier resets",
    "A14": "Reasons of remedies",
    "A15": "Signals",
    "A16": "Handled",
    "A17": "Snooze",
}
LABEL = 18
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*Z$")
_WORD = re.compile(r"[a-z]+(_[a-z]+)*")
DAYS_SHOWN = 7


def input_sections(row: Row, verdicts: Sequence[Verdict], now: datetime, width: int, look: Look) -> list[Lines]:
    """Return one section a verdict; the policy's version stands once, at the top."""
    day = f"day {numbers.day(row.day, now)}" if row.day else ""
    head: Lines = [strong_heading("In the inbox because" if row.category else "Judged", f"policy {row.policy}")]
    head += [([(part, "text")], ()) for part in wrap(row.detail or "Not at risk.", width)]
    if day:
        head.append(([(f"judged for {day}, at {numbers.utc(row.assessed_at)}", "muted")], ()))
    return [head, *(_section(verdict, width, look) for verdict in verdicts)]


def _section(verdict: Verdict, width: int, look: Look) -> Lines:
    words = verdict.verdict.replace("_", " ")
    wrapped = wrap(words, max(8, width - LABEL - 5))
    lines: Lines = [
        (
            [
                (f"{TITLES.get(verdict.rule, verdict.rule):<{LABEL}}", "strong bold"),
                (wrapped[0] if wrapped else "", "text"),
            ],
            [(verdict.rule, "muted")],
        )
    ]
    lines += [([(" " * LABEL + part, "text")], ()) for part in wrapped[1:]]
    for name, value in verdict.inputs.items():
        if name == "policy":
            continue
        label = numbers.fit(name.replace("_", " "), LABEL - 3, look.glyphs) + " "
        parts = wrap(spoken(value, look), max(8, width - LABEL), 3) or [look.glyphs.unknown]
        for number, part in enumerate(parts):
            lines.append(([(f"  {label if not number else ' ' * (LABEL - 2)}", "muted"), (part, "muted")], ()))
    return lines


def spoken(value: object, look: Look) -> str:
    """Return an input as text: unknown stays unknown, numbers keep three decimals, lists their newest days."""
    if value is None:
        return look.glyphs.unknown
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {spoken(each, look)}" for name, each in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        shown = ", ".join(spoken(each, look) for each in value[-DAYS_SHOWN:])
        return f"{look.glyphs.cut} {shown}" if len(value) > DAYS_SHOWN else shown or "none"
    return _text(str(value))


def _text(text: str) -> str:
    """Times to the minute, words of the contract without their underscores, ids as they are."""
    moment = _MOMENT.match(text)
    if moment:
        return f"{moment.group(1)} {moment.group(2)}Z"
    return text.replace("_", " ") if _WORD.fullmatch(text) else text
