"""The outbox line by line: every change, and what can be done with each, by the keys of the app."""

from collections.abc import Sequence

from data.remedy import FINISHED, NEEDS_YOU, Change, Order, State, ways
from triage.commands.plain.browse import Browser
from triage.commands.plain.here import Here
from triage.commands.plain.remedy import ask_reason
from triage.commands.plain.words import change_line, difference_lines
from triage.commands.words import moved_words, value_words
from widgets.change_words import quoted
from widgets.numbers import utc
from widgets.outbox_story import story


def open_outbox(here: Here) -> None:
    """b: go through the outbox."""
    Browser(
        here,
        "Outbox",
        here.desk.outbox,
        lambda one: change_line(one, here.now),
        lambda one: one.change_id,
        lambda one: _story(here, one),
        {
            "e": ("write it again from what the account is now", lambda one: _again(here, one)),
            "d": ("discard it, with a reason", lambda one: _discard(here, one)),
            "l": ("look up on the server what became of it", lambda one: _look_up(here, one)),
            "h": ("say whether it happened, where nobody can look it up", lambda one: _decide(here, one)),
            "r": ("push what waits now", lambda one: _push(here, one)),
            "u": ("take it back", lambda one: take_back(here, one)),
        },
        none="empty.",
    ).run()


def take_back(here: Here, change: Change | None = None) -> None:
    """u: this change, or the latest that is held; it leaves no trace on the server."""
    if change is None or change.state not in (State.HELD, State.QUEUED):
        change = here.desk.last_held()
    if change is None:
        here.say("Nothing is held.")
        return
    found = change
    if here.attempt(lambda: here.desk.take_back(found.change_id)) is not None:
        here.say(f"Taken back: {change_line(found, here.now).split(':')[0]}. Nothing was sent.")


def _story(here: Here, change: Change) -> Sequence[str]:
    first = here.desk.first_sent(change.change_id) if change.unknown else None
    before = next((one for one in here.desk.outbox() if one.change_id == change.after), None)
    lines = [change_line(change, here.now), f"Id {change.change_id}, account {change.account_id}."]
    lines += [f"Written {utc(change.authored_at)} by {change.staff_name}."]
    lines += [f"Reason: {quoted(change.reason)}"] if change.reason else []
    lines += [f"{label}: {text}" for label, text in story(change, here.now, first, before)]
    if change.state is State.CONFLICT:
        lines += [
            f"{name}: you saw {value_words(saw)}, now it is {value_words(now)}, yours makes it {value_words(yours)}."
            for name, saw, now, yours, moved in here.desk.conflict_view(change.change_id).fields
            if moved or saw != yours
        ]
        lines += [f"{moved_words(move)}." for move in change.conflict or ()]
    if change.receipt is not None and change.state is State.APPLIED:
        lines.append(f"Audit entry {change.receipt.audit_seq:,}.")
    can = ", ".join(way.replace("_", " ") for way in ways(change))
    return [*lines, f"You can: {can}." if can else "Nothing is to be done."]


def _again(here: Here, change: Change) -> None:
    if change.state not in NEEDS_YOU:
        here.say("Only a conflicting, refused or parked change can be written again.")
        return
    if change.is_remedy:
        order = Order(change.kind, change.account_id, change.workspace_id, change.params)
        preview = here.attempt(lambda: here.desk.preview(order))
        if preview is None:
            return
        here.say("What changes now:", *difference_lines(preview, None, here.glyphs))
    here.say(f"Your reason was {quoted(change.reason)}" if change.reason else "It had no reason.")
    reason = ask_reason(here) if change.is_remedy else str(change.reason)
    if not here.sure("A new change is queued, the old one is discarded."):
        here.say("Left as it was.")
    elif here.attempt(lambda: here.desk.reauthor(change.change_id, reason)) is not None:
        here.say("Written again. It is held, u takes it back.")


def _discard(here: Here, change: Change) -> None:
    if change.state in (State.HELD, State.QUEUED) and not change.unknown:
        take_back(here, change)
    elif change.state in FINISHED or not change.needs_you:
        here.say("It is finished." if change.state in FINISHED else "It is on its way.")
    elif change.unknown:
        here.say("Its outcome is not known yet: l looks it up.")
    else:
        reason = ask_reason(here)
        if here.attempt(lambda: here.desk.discard(change.change_id, reason)) is not None:
            here.say("Discarded. Nothing was sent.")


def _look_up(here: Here, change: Change) -> None:
    if "look_up" not in ways(change):
        here.say("There is nothing to look up: its outcome is known.")
        return
    here.desk.look_up(change.change_id)
    here.say("Asking the server what became of it.")


def _decide(here: Here, change: Change) -> None:
    if "decide" not in ways(change):
        here.say("Only a change whose outcome nobody can look up is decided here.")
        return
    here.say(f"Evidence: {change.last_error or 'none'}", "Look at the account in the backend's own screens first.")
    here.talk.settle()
    answer = here.talk.ask("Did it happen? yes, no, or Enter for later:").casefold()
    if answer not in ("yes", "no"):
        here.say("Left as it was.")
        return
    reason = ask_reason(here)
    if here.attempt(lambda: here.desk.decide(change.change_id, answer == "yes", reason)) is not None:
        again = "It goes once more, after a last look at the account."
        here.say("Closed as applied." if answer == "yes" else again)


def _push(here: Here, change: Change) -> None:
    if change.state in (State.QUEUED, State.SENDING) or "push" in ways(change):
        here.attempt(lambda: here.desk.retry(change.change_id))
    here.desk.sync_now()
    here.say("Pushing now.")
