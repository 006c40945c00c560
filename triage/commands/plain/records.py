"""What is written about an account without touching its money: a talk, a note, a claim, a snooze, a reply."""

from datetime import timedelta

from data.errors import ConfigError
from data.ports import Detail
from data.remedy import Order
from triage.commands.plain.here import Here
from triage.commands.plain.remedy import ask_reason
from triage.config_file import seconds
from widgets.change_words import CHANNELS, OUTCOMES
from widgets.numbers import moment

CLAIM_MINUTES = 60
NOTE = 500


def log_talk(here: Here, detail: Detail) -> None:
    """n: a conversation (A13 asks for it)."""
    channel = here.choose("Channel", CHANNELS)
    outcome = here.choose("Outcome", OUTCOMES)
    note = here.talk.ask("Note, may stay empty:")[:NOTE]
    params = {"channel": channel, "outcome": outcome, "note": note or None}
    _submit(here, Order("log_contact", detail.row.id, params=params), "Logged. It leaves at once.")


def write_note(here: Here, detail: Detail) -> None:
    """note: some words in the account's trail."""
    text = here.talk.ask("Note, Enter leaves:")[:NOTE]
    if text:
        _submit(here, Order("note", detail.row.id, params={"text": text}), "Noted. It leaves at once.")


def claim(here: Here, detail: Detail) -> None:
    """m: claim for an hour, or release one's own claim."""
    row, who = detail.row, here.desk.header().who
    mine = row.claim is not None and who is not None and row.claim.staff_id == who.staff_id
    if mine and row.claim is not None and row.claim.until > here.now:
        _submit(here, Order("release", row.id), f"Released {row.name}.")
    else:
        order = Order("claim", row.id, params={"minutes": CLAIM_MINUTES})
        _submit(here, order, f"{row.name} is yours for {CLAIM_MINUTES} minutes.")


def snooze(here: Here, detail: Detail) -> None:
    """z: out of the lists for a while, for the whole team; it comes back early when it worsens (A17)."""
    row = detail.row
    if row.category is None:
        here.say("Only what is at risk can be snoozed.")
        return
    while True:
        answer = here.talk.ask("For how long, such as 4h or 3d, Enter for 1d:") or "1d"
        try:
            until = here.now + timedelta(seconds=seconds(answer))
        except ConfigError as error:
            here.say(str(error))
            continue
        break
    reason = ask_reason(here)
    params = {
        "until": until.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "wake_on_worse": True,
        "category": row.category.value,
    }
    said = f"Snoozed until {moment(until, here.now)}, for the whole team. It comes back early when it worsens."
    _submit(here, Order("snooze", row.id, params=params, reason=reason), said)


def _submit(here: Here, order: Order, said: str) -> None:
    if here.attempt(lambda: here.desk.submit(order, hold=False)) is not None:
        here.say(said)
