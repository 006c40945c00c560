"""Messages to customers in words: where one stands with its mark, and the lines a screen shows of them (look.md §8)."""

from collections.abc import Sequence
from datetime import datetime

from data.ports_outreach import Channel, FollowUpDue, Message, OutreachState
from data.safe_text import SafeText, safe_text
from widgets import numbers
from widgets.line import Line, Piece, wrap
from widgets.look import Look

MOST = 8  # messages of one account that are shown
_WORDS = {
    OutreachState.DRAFT: "draft",
    OutreachState.INTENT: "waiting",
    OutreachState.LEAVING: "leaving",
    OutreachState.SENT: "sent",
    OutreachState.FAILED: "not sent",
    OutreachState.UNCLEAR: "unclear",
    OutreachState.ELSEWHERE: "sent by hand",
    OutreachState.DROPPED: "dropped",
}
NEEDS_YOU = (OutreachState.UNCLEAR, OutreachState.FAILED)
ON_THE_WAY = (OutreachState.INTENT, OutreachState.LEAVING)


def state_word(message: Message) -> str:
    """Return the word of a message's state; a Slack post is named as one."""
    return _WORDS[message.state]


def state_mark(state: OutreachState, look: Look) -> Piece:
    """Return the mark of a state in its ink."""
    glyphs = look.glyphs
    if state in NEEDS_YOU:
        return glyphs.needs, "strong bold"
    if state is OutreachState.INTENT:
        return glyphs.held, "accent"
    if state is OutreachState.LEAVING:
        return glyphs.sending, "muted"
    done = state in (OutreachState.SENT, OutreachState.ELSEWHERE)
    return (glyphs.done, "muted") if done else (" ", "muted")


def state_sentence(message: Message) -> SafeText:
    """Return what is, what happens by itself and what can be done."""
    if message.state is OutreachState.INTENT:
        return message.problem or SafeText("Leaves once the server has its record.")
    if message.state is OutreachState.LEAVING:
        return SafeText("On its way. It is sent at most once.")
    if message.state is OutreachState.UNCLEAR:
        return message.problem or SafeText("Nobody knows whether it went out. It is never sent again by itself.")
    if message.state is OutreachState.DRAFT:
        return SafeText("Kept here. Nothing was sent.")
    return message.problem or SafeText("")


def what(message: Message) -> SafeText:
    """Return what it is and whom it is for: `Mail to iris@acme.example`, `Slack post`."""
    if message.channel is Channel.SLACK:
        return SafeText("Slack post")
    word = "Follow-up" if message.follow_up else "Mail"
    return safe_text(f"{word} to {message.contact}" if message.contact else word, cells=None)


def under_way(messages: Sequence[Message]) -> tuple[list[Message], list[Message]]:
    """Return those that need a person, then those on their way, of messages newest first.

    A failed one needs nobody once another was written to the account after it.
    """
    needs: list[Message] = []
    moving: list[Message] = []
    later: set[str] = set()
    for one in messages:
        if one.state is OutreachState.DRAFT:
            continue
        if one.state is OutreachState.UNCLEAR or (one.state is OutreachState.FAILED and one.account_id not in later):
            needs.append(one)
        elif one.state in ON_THE_WAY:
            moving.append(one)
        later.add(one.account_id)
    return needs, moving


def happened_at(message: Message) -> datetime:
    """Return when it left, else when it was written."""
    return message.left_at or message.written_at


def message_lines(messages: Sequence[Message], now: datetime, width: int, look: Look) -> list[tuple[Line, Line]]:
    """Return the lines of an account's messages, newest first: mark and word, what, when; then why, where there is."""
    lines: list[tuple[Line, Line]] = []
    indent = 15 if width >= 44 else 2
    for one in messages[:MOST]:
        loud = "strong bold" if one.state in NEEDS_YOU else "text"
        mark, ink = state_mark(one.state, look)[:2]
        when = numbers.moment(happened_at(one), now)
        room = max(8, width - 18 - len(when))
        about = numbers.fit(f"{what(one)}, “{one.subject}”" if one.subject else what(one), room, look.glyphs).rstrip()
        pieces: list[Piece] = [(f"{mark} ", ink), (f"{state_word(one):<13}", loud), (about, "text")]
        lines.append((pieces, [(when, "muted")]))
        if one.state in (*NEEDS_YOU, *ON_THE_WAY, OutreachState.DROPPED):
            lines += [([(" " * indent + part, "muted")], ()) for part in wrap(state_sentence(one), width - indent, 3)]
    if len(messages) > MOST:
        lines.append(([(f"  {len(messages) - MOST} more", "muted")], ()))
    return lines


def due_word(due: FollowUpDue, now: datetime) -> str:
    """Return when an answer was, or is, to be followed up: `due 2 d ago`, `due now`, `in 5 d`."""
    seconds = (due.due_at - now).total_seconds()
    if seconds > 0:
        return f"in {numbers.ago(seconds)}"
    return "due now" if seconds > -3600 else f"due {numbers.ago(-seconds)} ago"
