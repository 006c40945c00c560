"""What the five remedies say about themselves: title, button, what will happen, what the customer notices."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from data.account import Workspace
from data.ports import Earlier, Form
from data.ports_list import Header
from data.remedy import Preview
from widgets.before_after import Fact
from widgets.change_words import TITLES
from widgets.facts import About, account_facts, facts_of, moment_of, reset_facts
from widgets.line import Line, wrap
from widgets.look import Look
from widgets.numbers import ago, clock, day, local, moment, since

BUTTONS = TITLES | {"grant_trial": "Grant trial", "apply_discount": "Set discount", "change_admin": "Make admin"}
AT_ONCE = ("reset_usage", "grant_trial", "change_tier")
AT_ONCE_SENTENCE = "The customer sees this at once."
WIDTH = 66


def workspace_of(form: Form, workspace_id: str | None) -> Workspace | None:
    """Return the workspace the form works on."""
    return next((one for one in form.detail.account.workspaces if one.id == workspace_id), None)


def what_happens(
    form: Form, workspace_id: str | None, params: Mapping[str, Any], after: Mapping[str, Any], now: datetime
) -> str:
    """Return what will happen in plain words; the same number of lines whatever is chosen."""
    kind = form.kind
    if kind == "reset_usage":
        workspace = workspace_of(form, workspace_id)
        lifted = "hard_block" in (after.get("workspace") or {})
        lifts = lifted and workspace is not None and (workspace.hard_block or workspace.locked)
        return "Hours of this cycle count from now." + (" The block lifts." if lifts else "")
    if kind == "grant_trial":
        ends = moment_of(after.get("tier_expires_at"))
        until = f"until {day(ends, now)}" if ends else "for a time"
        return f"A higher tier {until}, then it falls to free by itself."
    if kind == "apply_discount":
        if params.get("clear"):
            return "The full price again. Tier and hours stay."
        return "A lower price from now on. Tier and hours stay."
    if kind == "change_tier":
        count = len(form.detail.account.workspaces)
        moved = {1: "Its workspace moves along.", 2: "Both workspaces move along."}.get(
            count, f"All {count} workspaces move along."
        )
        return f"Another tier from now on. {moved}"
    return "This member becomes admin of the workspace. Nobody loses a role."


def facts_for(form: Form, preview: Preview | None, workspace_id: str | None, about: About) -> list[Fact]:
    """Return now and after of a form; what is not chosen yet stays as it is."""
    account = form.detail.account
    before, after = (preview.before, preview.after) if preview else ({}, {})
    workspace = workspace_of(form, workspace_id)
    if form.kind == "reset_usage" and workspace is not None:
        reading = next((one for one in form.detail.row.workspaces if one.id == workspace.id), None)
        return reset_facts(workspace, reading, after, about) if after else facts_of(before, after, about)
    if form.kind == "change_admin":
        admins = [str(one.name) for one in form.members if one.role in ("admin", "owner")]
        name = (after.get("member") or {}).get("name")
        return [Fact("Admins", ", ".join(admins) or "none", ", ".join([*admins, str(name)]) if name else None)]
    start = {"tier": str(account.tier)} if not before and form.kind != "apply_discount" else before
    return account_facts(account, start, after, about)


def notes_of(preview: Preview | None) -> list[tuple[Line, Line]]:
    """Return what this backend does beside what the contract says, a line of its own each."""
    notes = [guard.message for guard in preview.guards if guard.rule == "backend"] if preview else []
    return [([(line, "text")], []) for note in notes for line in wrap(note, WIDTH, 3)]


def earlier_lines(earlier: Earlier, now: datetime, look: Look) -> tuple[Line, ...]:
    """Return the lines of the earlier reset (A13): when, who, why, and what it asks for."""
    days = (local(now).date() - local(earlier.at).date()).days
    when = {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")
    head: Line = [
        (f"Reset {when} already", "cap bold"),
        (f"   {moment(earlier.at, now) if days == 0 else day(earlier.at, now)}, {earlier.name}", "muted"),
    ]
    lines: list[Line] = [head]
    if earlier.reason:
        lines += [[(line, "text")] for line in wrap(f"“{earlier.reason}”", WIDTH, 2)]
    if earlier.talked:
        return (*lines, [("A talk with the customer is logged since.", "muted")])
    asked = "No talk with the customer is logged since. To go on, type "
    if len(asked) + len(earlier.ack_word) <= WIDTH + 1:
        return (*lines, [(asked, "muted"), (earlier.ack_word, "strong bold")])
    asking: list[Line] = [[(asked, "muted")], [(earlier.ack_word, "strong bold")]]
    return (*lines, *asking)


def confirm_lines(message: str, word: str) -> tuple[Line, ...]:
    """Return the lines of the second confirmation of a downgrade: what is lost, what to type."""
    first, _, rest = message.removesuffix(" It needs a second confirmation.").partition(": ")
    lines: list[Line] = [[(first, "cap bold")]]
    lines += [[(line, "text")] for line in wrap(rest[:1].upper() + rest[1:], WIDTH, 3)]
    return (*lines, [("To go on, type ", "muted"), (word, "strong bold")])


def held_for(form: Form, header: Header, now: datetime) -> str:
    """Return the line above the buttons: old figures, a restored draft, where the reason goes, how long it is held."""
    if header.stale and header.synced_at is not None:
        seen, age = moment(header.synced_at, now), ago(since(header.synced_at, now))
        return f"Figures of {seen}, {age} old: sync first, or it is checked on leaving."
    held = f"eld for {form.hold_seconds:g} s." if form.hold_seconds > 0 else ""
    if form.draft is None:
        return "Goes into the audit trail under your name." + (f" H{held}" if held else "")
    return f"Draft from {clock(form.draft.saved_at)} restored. Audited under your name" + (
        f", h{held}" if held else "."
    )
