"""The fields of each remedy: made from the form and its draft, read back as the contract's parameters."""

from collections.abc import Iterable, Mapping
from typing import Any

from textual.widget import Widget

from data.ports import Form
from data.remedy import ON_WORKSPACE, Guard
from widgets.change_words import DISCOUNT_KINDS
from widgets.choice_row import ChoiceRow
from widgets.number_row import NumberRow
from widgets.reason_field import ReasonField
from widgets.typed_word import TypedWord

CLEAR = "clear"
DEFAULT_TIER = "changemaker"
# a guard that opens with one of these speaks of that field
FIELD_OF = {"tier": "tier", "months": "months", "kind": "kind", "percent": "percent", "membership_id": "member"}


def make_fields(form: Form, workspace_id: str | None, params: Mapping[str, Any]) -> list[Widget]:
    """Return the fields of a form, filled from `params` (a draft's, or none)."""
    made: list[Widget] = []
    if form.kind in ON_WORKSPACE and len(form.workspace_choices) > 1:
        options = [(value, str(name), "") for value, name in form.workspace_choices]
        made.append(ChoiceRow("Workspace", options, workspace_id, id="workspace"))
    if form.kind == "grant_trial":
        fallback = DEFAULT_TIER if DEFAULT_TIER in form.tier_choices else next(iter(form.tier_choices), None)
        made.append(_tiers(form, _text(params.get("tier")) or fallback))
        made.append(
            NumberRow("Months", "1 to 12 months", 1, 12, _number(params.get("months"), 1), whole=True, id="months")
        )
    elif form.kind == "apply_discount":
        made += _discount(form, params)
    elif form.kind == "change_tier":
        made.append(_tiers(form, _text(params.get("tier"))))
    elif form.kind == "change_admin":
        made.append(ChoiceRow("New admin", member_options(form), _text(params.get("membership_id")), id="member"))
    return made


def params_of(remedy: str, root: Widget) -> dict[str, Any]:
    """Return the parameters of a kind as they stand in the fields; what is not answered is left out."""
    if remedy in ("grant_trial", "change_tier"):
        months = {"months": _row(root, "months").value} if remedy == "grant_trial" else {}
        return {name: value for name, value in ({"tier": _choice(root, "tier")} | months).items() if value is not None}
    if remedy == "apply_discount":
        kind = _choice(root, "kind")
        if kind == CLEAR:
            return {"clear": True}
        wanted = {"kind": kind, "percent": _row(root, "percent").value}
        return {name: value for name, value in wanted.items() if value is not None}
    member = _choice(root, "member") if remedy == "change_admin" else None
    return {"membership_id": member} if member else {}


def member_options(form: Form) -> list[tuple[str, str, str]]:
    """Return the members with role, address and whether they cannot be reached."""
    return [
        (one.membership_id, str(one.name), ", ".join((str(one.role), *_reach(one.reachable), *_mail(one.email))))
        for one in form.members
    ]


def complain_in_fields(root: Widget, guards: Iterable[Guard]) -> None:
    """Say beside a field what its guard says."""
    said = {}
    for guard in guards:
        name, _, rest = guard.message.partition(": ")
        if guard.blocking and name in FIELD_OF:
            said[FIELD_OF[name]] = rest
    for row in root.query(ChoiceRow):
        row.complain(said.get(row.id or "", "") if row.answered else "")
    for number in root.query(NumberRow):
        number.complain(said.get(number.id or "", "") if number.answered else "")


def asks(field: Widget) -> str:
    """Return what an unanswered field asks for, short enough to stand beside the button."""
    if isinstance(field, TypedWord):
        if field.id == "old":
            return "sync, or type the word first"
        return "type the name first" if field.word.isalpha() else "type the id first"
    if isinstance(field, ReasonField):
        return "give a reason first" if not field.text else "the reason is not enough"
    words = {"workspace": "choose a workspace", "tier": "choose a tier", "kind": "choose a discount"}
    words |= {"member": "choose a member", "months": "1 to 12 months", "percent": "0 to 100 percent"}
    return f"{words.get(field.id or '', 'answer every field')} first"


def _tiers(form: Form, chosen: str | None) -> ChoiceRow:
    value = chosen if chosen in form.tier_choices else None
    return ChoiceRow("New tier", [(tier, tier, "") for tier in form.tier_choices], value, id="tier")


def _discount(form: Form, params: Mapping[str, Any]) -> list[Widget]:
    options = [(value, word, "") for value, word in DISCOUNT_KINDS]
    if form.detail.account.discount is not None:
        options.append((CLEAR, "clear it", ""))
    chosen = CLEAR if params.get("clear") else _text(params.get("kind"))
    percent = NumberRow(
        "Percent", "% off, 0 to 100", 0, 100, _number(params.get("percent"), None), whole=False, id="percent"
    )
    return [ChoiceRow("Discount", options, chosen, id="kind"), percent]


def _choice(root: Widget, name: str) -> str | None:
    return root.query_one(f"#{name}", ChoiceRow).value


def _row(root: Widget, name: str) -> NumberRow:
    return root.query_one(f"#{name}", NumberRow)


def _reach(reachable: bool | None) -> tuple[str, ...]:
    return ("not reachable",) if reachable is False else ()


def _mail(email: str | None) -> tuple[str, ...]:
    return (str(email),) if email else ()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any, otherwise: float | None) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
