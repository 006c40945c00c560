"""The form of a remedy as questions: what will happen, now and then, what speaks against it, the reason, a yes."""

from typing import Any

from msgspec.structs import replace

from data.errors import TriageError
from data.ports import Form
from data.remedy import ON_WORKSPACE, RISKY, Change, Draft, Order, Preview
from triage.commands.plain.here import Here
from triage.commands.plain.talk import Left
from triage.commands.plain.words import difference_lines
from triage.commands.words import doubtful
from widgets.change_words import DISCOUNT_KINDS, TITLES, describe, quoted
from widgets.numbers import ago, moment, since

CLEAR = "clear"
AT_ONCE = ("reset_usage", "grant_trial", "change_tier")
ANSWERED = ("A13", "A14", "downgrade")  # guards that a question of their own is about
MOST_REASONS = 5


def do_remedy(here: Here, kind: str, account_id: str) -> Change | None:
    """Ask for all that a remedy needs and queue it; the change, or None where it was left or refused."""
    form = here.attempt(lambda: here.desk.open_form(kind, account_id))
    if form is None:
        return None
    here.say(f"{TITLES[kind]} for {doubtful(form.detail.row)}.")
    order = Order(kind, account_id)
    try:
        workspace = _workspace(here, form)
        form = here.desk.open_form(kind, account_id, workspace) if workspace else form
        order = replace(order, workspace_id=workspace, params=_params(here, form))
        preview = here.desk.preview(order)
        if not _fits(here, form, preview):
            return None
        order = replace(order, acknowledged=_acknowledged(here, form, preview))
        order = replace(order, reason=ask_reason(here, form))
        if not here.sure("This is queued under your name."):
            raise Left
        change = here.desk.submit(order, form.change_id)
    except Left as left:
        _keep(here, form, order)
        if left.ended:
            raise
        here.say("Left. Nothing was queued.")
        return None
    except TriageError as error:
        _keep(here, form, order)
        here.say(f"{error} Nothing was queued.")
        return None
    held = f"It is held for {form.hold_seconds:g} seconds, u takes it back." if form.hold_seconds else ""
    here.say(f"Queued. {held}".rstrip())
    return change


def _workspace(here: Here, form: Form) -> str | None:
    if form.kind not in ON_WORKSPACE or not form.workspace_choices:
        return form.workspace_id
    if len(form.workspace_choices) == 1:
        return form.workspace_choices[0][0]
    usual = form.workspace_id if form.workspace_id else None
    return here.choose("Workspace", [(value, str(name)) for value, name in form.workspace_choices], usual)


def _params(here: Here, form: Form) -> dict[str, Any]:
    """The parameters of the contract; a draft's are the usual answers."""
    drafted = form.draft.params if form.draft else {}
    tiers = [(tier, tier) for tier in form.tier_choices]
    if form.kind == "grant_trial":
        tier = here.choose("New tier", tiers, drafted.get("tier") or next(iter(form.tier_choices), None))
        return {"tier": tier, "months": here.number("Months", 1, 12, drafted.get("months", 1), whole=True)}
    if form.kind == "change_tier":
        return {"tier": here.choose("New tier", tiers, drafted.get("tier"))}
    if form.kind == "apply_discount":
        kinds: list[tuple[str, str]] = list(DISCOUNT_KINDS)
        kinds += [(CLEAR, "clear it")] if form.detail.account.discount is not None else []
        kind = here.choose("Discount", kinds, drafted.get("kind"))
        if kind == CLEAR:
            return {"clear": True}
        return {"kind": kind, "percent": here.number("Percent", 0, 100, drafted.get("percent"), whole=False)}
    if form.kind == "change_admin":
        return {"membership_id": _member(here, form)}
    return {}


def _member(here: Here, form: Form) -> str:
    if not form.members:
        here.say(
            "The members are not known here yet. A sync fetches them." if not form.members_known else "No members."
        )
        raise Left
    people = []
    for one in form.members:
        reach = ", not reachable" if one.reachable is False else ""
        people.append((one.membership_id, f"{one.name}, {one.role}{f', {one.email}' if one.email else ''}{reach}"))
    return here.choose("New admin", people)


def _fits(here: Here, form: Form, preview: Preview) -> bool:
    """Say what it would do and what speaks against it; False where that refuses it."""
    blocking = [guard for guard in preview.guards if guard.blocking and guard.rule not in ANSWERED]
    here.say(*(guard.message for guard in preview.guards if guard.rule not in ANSWERED))
    if blocking:
        here.say("Nothing was queued.")
        return False
    workspace = next((name for value, name in form.workspace_choices if value == preview.workspace_id), None)
    here.say(f"{describe(preview.kind, {}, workspace)}:" if workspace else "What changes:")
    here.say(*difference_lines(preview, form.detail.row.currency, here.glyphs))
    if form.kind in AT_ONCE:
        here.say("The customer sees this at once.")
    return True


def _acknowledged(here: Here, form: Form, preview: Preview) -> tuple[str, ...]:
    """The words that were typed where one is asked for: a second reset, a downgrade, old figures."""
    typed = []
    earlier, word = form.earlier, form.needs_confirm
    if earlier is not None:
        why = f" {quoted(earlier.reason)}" if earlier.reason else ""
        here.say(f"Already done {moment(earlier.at, here.now)} by {earlier.name}.{why}")
        if earlier.talked:
            here.say("A talk with the customer is logged since.")
        else:
            typed.append(_word(here, "No talk with the customer is logged since.", earlier.ack_word))
    downgrade = next((str(guard.message) for guard in preview.guards if guard.rule == "downgrade"), None)
    if downgrade is not None and word:
        typed.append(_word(here, downgrade, word))
    if form.kind in RISKY and not typed and say_if_old(here):
        typed.append(_word(here, "Better leave, and r syncs.", word or form.detail.row.id))
    return tuple(typed)


def say_if_old(here: Here) -> bool:
    """Say that the figures are too old for money, plan and rights; False where they are not."""
    header = here.desk.header()
    if not header.stale or header.synced_at is None:
        return False
    here.say(f"These figures are {ago(since(header.synced_at, here.now))} old.")
    return True


def _word(here: Here, why: str, word: str) -> str:
    here.say(why)
    answer = here.talk.ask(f"To go on, type {word}:")
    if answer.casefold() != word.casefold():
        raise Left
    return answer


def ask_reason(here: Here, form: Form | None = None, *, what: str = "Reason") -> str:
    """Ask for a reason until it will do (A14); Enter alone leaves, or takes the one of a draft."""
    drafted = form.draft.reason if form and form.draft else ""
    recent = list(form.recent_reasons[:MOST_REASONS]) if form else []
    if drafted and form and form.draft:
        here.say(f"Of a draft from {moment(form.draft.saved_at, here.now)}: {quoted(drafted)}")
    hint = ", Enter takes the draft's" if drafted else ", Enter leaves"
    more = ", ? says recent ones" if recent else ""
    while True:
        answer = here.talk.ask(f"{what}, 10 to 500 characters{more}{hint}:")
        if answer == "?" and recent:
            here.say(*(f"{number}. {reason}" for number, reason in enumerate(recent, 1)), "Its number takes one.")
            continue
        if answer.isdecimal() and 1 <= int(answer[:6]) <= len(recent):
            answer = str(recent[int(answer[:6]) - 1])
            here.say(answer)
        answer = answer or drafted
        if not answer:
            raise Left
        problem = here.desk.reason_problem(answer)
        if problem is None:
            return answer
        here.say(problem)


def _keep(here: Here, form: Form, order: Order) -> None:
    """A half-filled form is offered again, as in the app."""
    if not (order.reason or order.params):
        return
    made = Draft(
        change_id=form.change_id,
        kind=form.kind,
        account_id=order.account_id,
        workspace_id=order.workspace_id,
        params=order.params,
        reason=order.reason,
        acknowledged="",
        saved_at=here.now,
    )
    here.attempt(lambda: here.desk.save_draft(made))
