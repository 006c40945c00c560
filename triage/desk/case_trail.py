"""What the trail says of one case: who stamped which step, which designation records stand, what is ticked.

A tick of a playbook is a `note` whose text is one line in a fixed form, written and read back by every machine:

    triage:playbook/1 case=CASE_ID cause=ROOT_CAUSE step=NUMBER done|open SENTENCE

CASE_ID is the server's id of the case, ROOT_CAUSE a key of `red.playbooks` in the policy, NUMBER the place of the step
in that playbook from 1, `done` ticks it and `open` takes the tick away; SENTENCE is the step's own, for whoever reads
the trail. Of several notes about one step the last counts.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from data.account import Account, Case, Entry, Value
from data.ports_cases import DESIGNATIONS, STEPS, Stamp
from data.remedy import Change, State
from data.safe_text import SafeText
from triage.rules.red_work import key

_TICK = re.compile(r"triage:playbook/1 case=(\S+) cause=([a-z_]+) step=([1-9][0-9]?) (done|open)(?: |$)")
UNDER_WAY = (State.HELD, State.QUEUED, State.SENDING)


class Tick(Value, frozen=True):
    """Who ticked a step of a playbook (or took the tick away), and when; `pending` waits in this outbox."""

    done: bool
    by: SafeText
    at: datetime
    pending: bool


def tick_text(case_id: str, root_cause: str, number: int, done: bool, sentence: str) -> str:
    """Return the text of the note that ticks a step."""
    word = "done" if done else "open"
    return f"triage:playbook/1 case={case_id} cause={root_cause} step={number} {word} {sentence}"


def ticks(case: Case, entries: Iterable[Entry], pending: Iterable[Change]) -> dict[tuple[str, int], Tick]:
    """The last tick of each (root cause, step) of this case: by the trail, then by what waits here."""
    found: dict[tuple[str, int], Tick] = {}
    for entry in sorted(entries, key=lambda one: one.seq):
        text = (entry.after or {}).get("text") if entry.action == "note" else None
        _take(found, text, case, Tick(True, entry.actor.name, entry.applied_at, False))
    for change in pending:
        text = change.params.get("text") if change.kind == "note" else None
        _take(found, text, case, Tick(True, change.staff_name, change.authored_at, True))
    return found


def _take(found: dict[tuple[str, int], Tick], text: object, case: Case, tick: Tick) -> None:
    said = _TICK.match(text) if isinstance(text, str) else None
    if said is not None and said[1] == case.id:
        found[said[2], int(said[3])] = Tick(said[4] == "done", tick.by, tick.at, tick.pending)


def recorded(account: Account, entries: Iterable[Entry]) -> frozenset[str]:
    """R10: the keys of the designation records that the trail shows for the account's case."""
    case = account.case
    if case is None or case.designated_at is None:
        return frozenset()
    day = case.designated_at.date()
    return frozenset(key(account.id, day, step) for step in _steps(case, entries) if step in DESIGNATIONS)


def stamps(case: Case, entries: Iterable[Entry], pending: Iterable[Change]) -> tuple[Stamp, ...]:
    """Each step of the case with its time by the server and, from the trail, who recorded it first."""
    by = _steps(case, entries)
    waits = {step for change in pending for step in [updated(change.params, case)] if step}
    found = []
    for step in STEPS:
        at: datetime | None = getattr(case, f"{step}_at")
        found.append(Stamp(step, at, by.get(step) if at else None, at is None and step in waits))
    return tuple(found)


def updated(params: Mapping[str, object], case: Case) -> str | None:
    """The step that an `update_case` of this case records, None where it records none."""
    step = params.get("step")
    return str(step) if step and params.get("case_id") == case.id else None


def under_way(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Those that are on their way: nobody has to do anything about them."""
    return tuple(change for change in changes if change.state in UNDER_WAY and not change.needs_you)


def _steps(case: Case, entries: Iterable[Entry]) -> dict[str, SafeText]:
    found: dict[str, SafeText] = {}
    for entry in sorted(entries, key=lambda one: one.seq):
        step = updated(entry.after or {}, case) if entry.action == "update_case" else None
        if step:
            found.setdefault(step, entry.actor.name)
    return found
