"""Why, part H: what is read from the score: leading indicators, worth, rules of thumb, playbook (H6, H12, H15, H16)."""

from collections.abc import Mapping
from datetime import datetime

from data.health_view import HealthView
from widgets.account_facts import strong_heading
from widgets.column_page import Lines
from widgets.look import Look
from widgets.why_words import inputs_of, money, note, number, verdict_of


def follows_part(view: HealthView, _now: datetime, width: int, look: Look) -> Lines:
    """Return the sentences with their rules; nothing where nothing follows."""
    index, account, glyphs = view.index, view.account, look.glyphs
    lines: Lines = []
    told = inputs_of(view.verdicts, "H6").get("indicators")
    if isinstance(told, Mapping):
        lines += [line for sentence in told.values() for line in note(str(sentence), width, "text", "H6")]
    if index.score is not None and index.priority is not None:
        price = money(account.mrr, account.currency, glyphs)
        sum_ = f"{price} x (100 {glyphs.minus} {index.score:.1f}) / 100"
        tier = f"Value tier {index.value_tier}" if index.value_tier else "Value tier unknown"
        priority = money(index.priority, account.currency, glyphs)
        lines += note(f"{tier}; priority {sum_} = {priority} a month.", width, rule="H12")
    lines += _heuristics(view, width)
    title = verdict_of(view.verdicts, "H16")
    if title:
        why = str(inputs_of(view.verdicts, "H16").get("when", ""))
        lines += note(f"Playbook: {title}. {why}".rstrip(), width, "text", "H16")
    return [strong_heading("What follows"), *lines] if lines else []


def _heuristics(view: HealthView, width: int) -> Lines:
    """Return renewal and upsell under the label that says what they are (H15)."""
    told = inputs_of(view.verdicts, "H15")
    renewal = number(told.get("renewal"))
    if renewal is None:
        return []
    ready = {True: "ready", False: "not ready", None: "not known"}[view.index.upsell]
    label = str(told.get("label", ""))
    return note(f"Renewal {100 * renewal:.0f} %, upsell {ready}. {label}", width, rule="H15")
