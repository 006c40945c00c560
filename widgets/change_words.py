"""Changes in words: what a change asks for in one line, how its state reads, what was talked about (look.md §8)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from data.account import Entry
from data.remedy import Change, State
from data.safe_text import SafeText, safe_text

TITLES = {
    "reset_usage": "Reset usage",
    "grant_trial": "Reverse trial",
    "apply_discount": "Discount",
    "change_tier": "Change tier",
    "change_admin": "Change admin",
    "log_contact": "Talk logged",
    "log_outreach": "Outreach logged",
    "log_reply": "Reply logged",
    "open_case": "Case opened",
    "update_case": "Case updated",
    "record_assessment": "Assessment recorded",
    "set_flag": "Flag",
    "claim": "Claim",
    "release": "Claim released",
    "snooze": "Snooze",
    "note": "Note",
    "trial_expired": "Trial ran out",
}
CHANNELS = (("call", "call"), ("email", "e-mail"), ("chat", "chat"), ("meeting", "meeting"))
OUTCOMES = (
    ("reached", "reached"),
    ("no_answer", "no answer"),
    ("left_message", "left message"),
    ("refused", "refused"),
)
DISCOUNT_KINDS = (("scholarship", "scholarship"), ("staff_discount", "staff discount"))
NOTED = ("note", "log_contact", "log_reply")  # kinds in which a person writes down what happened
_WORDS = dict(CHANNELS + OUTCOMES + DISCOUNT_KINDS)


def title_of(kind: str) -> SafeText:
    """Return the name of a kind of change; an unknown kind stands as it came, made safe."""
    return SafeText(TITLES[kind]) if kind in TITLES else safe_text(kind.replace("_", " "))


def word_of(value: object) -> SafeText:
    """Return the word people see for a parameter's value (`no_answer` → `no answer`)."""
    text = str(value)
    return SafeText(_WORDS[text]) if text in _WORDS else safe_text(text.replace("_", " "))


def describe(
    kind: str,
    params: Mapping[str, Any],
    workspace: str | None = None,
    tier_before: object = None,
    arrow: str = "→",
) -> SafeText:
    """Return what a change asks for in one line: `Reverse trial, guardian, 1 month`; parameters as in the contract."""
    title = title_of(kind)
    if kind == "reset_usage":
        return safe_text(f"{title}, {workspace}" if workspace else title)
    if kind == "grant_trial":
        return safe_text(", ".join((title, *_some(params.get("tier")), *_months(params.get("months")))))
    if kind == "apply_discount":
        return _discount(params)
    if kind == "change_tier":
        return safe_text(
            f"{title}, {word_of(tier_before)} {arrow} {word_of(params.get('tier'))}"
            if tier_before
            else f"{title} to {word_of(params.get('tier'))}"
        )
    if kind == "record_assessment":
        return safe_text(", ".join((title, *_some(params.get("leaf")))))
    if kind == "log_outreach":
        return safe_text(", ".join((title, *_some(params.get("stage")), *_some(params.get("channel")))))
    if kind == "log_contact":
        return safe_text(", ".join((title, *_some(params.get("channel")), *_some(params.get("outcome")))))
    if kind == "claim" and isinstance(params.get("minutes"), int):
        return safe_text(f"{title}, {params['minutes']} min")
    if kind == "set_flag":
        return safe_text(f"{title} {params.get('flag')} {'on' if params.get('on') else 'off'}")
    return title


def describe_change(change: Change, workspace: str | None = None, arrow: str = "→") -> SafeText:
    """Return what a row of the outbox asks for, in one line."""
    member = change.before.get("member")
    if change.kind == "change_admin" and isinstance(member, Mapping) and member.get("name"):
        return safe_text(f"{title_of(change.kind)} to {member['name']}")
    return describe(change.kind, change.params, workspace, change.before.get("tier"), arrow)


def describe_entry(entry: Entry) -> SafeText:
    """Return the action of an audit entry as people say it; of a talk the channel and the outcome too."""
    if entry.action == "log_contact" and isinstance(entry.after, Mapping):
        return describe(entry.action, entry.after)
    return title_of(entry.action)


def note_of(entry: Entry) -> SafeText:
    """Return what a person wrote down in a note, a talk or an answer; empty where nothing was."""
    after = entry.after if isinstance(entry.after, Mapping) else {}
    found = after.get("text" if entry.action == "note" else "note") if entry.action in NOTED else None
    return safe_text(found) if isinstance(found, str) else SafeText("")


def state_word(change: Change) -> str:
    """Return the word of a change's state; `unknown` where it was sent and nobody answers, never "failed"."""
    if change.outcome_unknown:
        return "unknown"
    words = {State.REJECTED: "refused", State.QUEUED: "waiting"}
    return words.get(change.state, str(change.state.value))


def state_sentence(change: Change) -> SafeText:
    """Return what stands beside a change: what is, what happens by itself, what can be done (look.md §8)."""
    if change.outcome_unknown and change.sent_once:
        return SafeText("Sent once, and nobody knows what became of it.")
    if change.outcome_unknown:
        return SafeText(f"No answer to {change.attempts} tries. Asking what became of it.")
    if change.state is State.CONFLICT:
        return SafeText("The account changed after you looked.")
    if change.state is State.SENDING:
        return SafeText(f"try {max(change.attempts, 1)}")
    if change.state is State.QUEUED:
        return SafeText("waits for the connection") if not change.unknown else SafeText("asking what became of it")
    if change.state is State.APPLIED:
        return SafeText(f"audit {change.receipt.audit_seq:,}") if change.receipt else SafeText("applied")
    if change.last_error:
        return change.last_error
    fallback = {
        State.REJECTED: "The server refused it.",
        State.PARKED: "Waits for you: the change before it was not applied.",
        State.DISCARDED: "taken back, nothing was sent" if change.attempts == 0 else "discarded",
    }
    return SafeText(fallback.get(change.state, ""))


def seconds_left(change: Change, now: datetime) -> int:
    """Return the whole seconds of hold time left, rounded up."""
    if change.hold_until is None:
        return 0
    return max(0, -int(-(change.hold_until - now).total_seconds() // 1))


def quoted(reason: str | None) -> SafeText:
    """Return a reason between quotation marks, nothing where there is none."""
    return SafeText(f"“{reason}”", getattr(reason, "suspicious", False)) if reason else SafeText("")


def months_word(months: int) -> str:
    """Return `1 month`, `3 months`."""
    return f"{months} month" if months == 1 else f"{months} months"


def percent_word(percent: float) -> str:
    """Return `20 %`, `12.5 %`."""
    return f"{percent:g} %"


def _discount(params: Mapping[str, Any]) -> SafeText:
    if params.get("clear"):
        return SafeText("Discount cleared")
    percent = params.get("percent")
    amount = f"Discount {percent_word(percent)}" if isinstance(percent, int | float) else "Discount"
    return safe_text(", ".join((amount, *_some(params.get("kind")))))


def _some(value: object) -> tuple[str, ...]:
    return (word_of(value),) if value else ()


def _months(value: object) -> tuple[str, ...]:
    return (months_word(value),) if isinstance(value, int) else ()
