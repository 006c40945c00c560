"""The fields of a bulk form, once for all of its accounts, and what the typed count stands for."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace
from textual.widget import Widget

from data.ports_bulk import Bulk, BulkLine
from data.remedy import ON_WORKSPACE
from screens.holding import CLAIM_MINUTES
from screens.remedy_form_fields import CLEAR, DEFAULT_TIER, params_of
from widgets.bulk_words import accounts
from widgets.change_words import DISCOUNT_KINDS
from widgets.choice_row import ChoiceRow
from widgets.line import Line
from widgets.number_row import NumberRow

OLD = "old"  # the word that lets a run go on with old figures


def bulk_fields(bulk: Bulk) -> list[Widget]:
    """Return the fields of a kind, nothing chosen but what has a default."""
    tiers = [(tier, tier, "") for tier in bulk.tier_choices]
    if bulk.kind == "grant_trial":
        chosen = DEFAULT_TIER if DEFAULT_TIER in bulk.tier_choices else None
        months = NumberRow("Months", "1 to 12 months", 1, 12, 1, whole=True, id="months")
        return [ChoiceRow("New tier", tiers, chosen, id="tier"), months]
    if bulk.kind == "change_tier":
        return [ChoiceRow("New tier", tiers, id="tier")]
    if bulk.kind == "apply_discount":
        options = [*((value, word, "") for value, word in DISCOUNT_KINDS), (CLEAR, "clear it", "")]
        percent = NumberRow("Percent", "% off, 0 to 100", 0, 100, None, whole=False, id="percent")
        return [ChoiceRow("Discount", options, id="kind"), percent]
    return []


def bulk_params(bulk: Bulk, root: Widget) -> dict[str, Any]:
    """Return the parameters as they stand in the fields."""
    if bulk.kind == "claim":
        return {"minutes": CLAIM_MINUTES}
    params = {} if bulk.kind in ON_WORKSPACE else params_of(bulk.kind, root)
    for row in root.query("#percent"):
        row.display = not params.get("clear")
    return params


def unasked(line: BulkLine) -> BulkLine:
    """Return a line without what speaks against a field that nobody has answered yet: no rule leaves it out."""
    return replace(line, against="") if line.of_field else line


def confirm_words(going: Sequence[BulkLine]) -> tuple[Line, ...]:
    """Return what the count stands for: how many change, how many fall, what to type."""
    downwards = sum(bool(line.preview and line.preview.after.get("downgraded_from")) for line in going)
    fall = f" {downwards} fall to a lower tier: what the higher one adds is lost." if downwards else ""
    first: Line = [(f"{accounts(len(going))}, one change each.{fall}", "cap bold")]
    asked: Line = [("To go on, type ", "muted"), (str(len(going)), "strong bold")]
    return (first, asked) if going else ([("Nobody is left to act on.", "cap bold")],)
