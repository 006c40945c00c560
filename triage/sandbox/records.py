"""The records: what staff and their machines write down, and what each leaves on the account."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from triage.sandbox.codec import parse_stamp, stamp
from triage.sandbox.models import ClaimParams, Input, OpenCase, SetFlag, SnoozeParams, UpdateCase
from triage.sandbox.permissions import Staff
from triage.sandbox.problems import Problem, rule

Json = dict[str, Any]

# the account field a record leaves its mark in; other kinds leave none
FIELDS = {
    "open_case": "case",
    "update_case": "case",
    "set_flag": "flags",
    "claim": "claim",
    "release": "claim",
    "snooze": "snooze",
}
_STAMPS = {step: f"{step}_at" for step in ("assessed", "root_cause", "planned", "reviewed", "intervened", "recovered")}
_CASE_TIMES = ("designated_at", *_STAMPS.values(), "closed_at")


@dataclass(frozen=True)
class Writing:
    """Who writes a record, when, with what reason, under which change id."""

    staff: Staff
    now: datetime
    reason: str | None
    change_id: str


def claim(account: Json, params: Input, by: Writing) -> None:
    """Take the account for a while; one's own claim is prolonged, a lead takes over another's."""
    assert isinstance(params, ClaimParams)
    _refuse_if_anothers(account, by)
    until = stamp(by.now + timedelta(minutes=params.minutes))
    account["claim"] = {"staff_id": by.staff.staff_id, "name": by.staff.name, "until": until}


def release(account: Json, _params: Input, by: Writing) -> None:
    """Give the account back; nothing to give back is fine."""
    _refuse_if_anothers(account, by)
    account["claim"] = None


def snooze(account: Json, params: Input, by: Writing) -> None:
    """Keep the account out of everybody's views for a while (A17)."""
    assert isinstance(params, SnoozeParams)
    if parse_stamp(params.until) <= by.now:
        raise rule("/params/until", "A snooze ends in the future.")
    account["snooze"] = {
        "staff_id": by.staff.staff_id,
        "name": by.staff.name,
        "until": params.until,
        "reason": by.reason,
        "category": params.category,
        "wake_on_worse": params.wake_on_worse,
    }


def set_flag(account: Json, params: Input, _by: Writing) -> None:
    """Raise or lower a flag; it stands at most once."""
    assert isinstance(params, SetFlag)
    flags = [flag for flag in account["flags"] if flag != params.flag]
    account["flags"] = [*flags, params.flag] if params.on else flags


def open_case(account: Json, params: Input, by: Writing) -> None:
    """Open a case; a Red designation upgrades an open recovery case instead of opening a second (H13)."""
    assert isinstance(params, OpenCase)
    case, now = account["case"], stamp(by.now)
    red = params.kind == "red"
    if case and case["closed_at"] is None:
        if case["kind"] == "red" or not red:
            raise rule("/params/kind", f"A {case['kind']} case is open since {case['opened_at']}.")
        causes = [*case["causes"], *(cause for cause in params.causes if cause not in case["causes"])]
        case |= {"kind": "red", "designated_at": now, "causes": causes}
        return
    owner = account["csm"]["name"] if account["csm"] else None
    account["case"] = {
        "id": f"case_{by.change_id}",
        "kind": params.kind,
        "opened_at": now,
        "owner": owner,
        "root_cause": None,
        **dict.fromkeys(_CASE_TIMES),
        "designated_at": now if red else None,
        "outcome": None,
        "causes": list(params.causes),
    }


def update_case(account: Json, params: Input, by: Writing) -> None:
    """Move a case on: the first time of each step is kept; `closed: false` re-opens it (R14)."""
    assert isinstance(params, UpdateCase)
    case, now = account["case"], stamp(by.now)
    if not case or case["id"] != params.case_id:
        raise rule("/params/case_id", "The account has no such case.")
    if params.closed is not None and params.closed == (case["closed_at"] is not None):
        raise rule("/params/closed", f"The case is {'closed' if params.closed else 'open'} already.")
    if params.closed is False:
        case |= {"closed_at": None, "outcome": None, "recovered_at": None}
    if params.step in _STAMPS and case[_STAMPS[params.step]] is None:
        case[_STAMPS[params.step]] = now
    if params.closed:
        case["closed_at"] = now
    given = {"root_cause": params.root_cause, "owner": params.owner, "outcome": params.outcome}
    case |= {name: value for name, value in given.items() if value is not None}


def _only_written_down(_account: Json, _params: Input, _by: Writing) -> None:
    """The audit entry is the record; the account moves on by its seq alone."""


def _refuse_if_anothers(account: Json, by: Writing) -> None:
    running = account["claim"]
    if not running or running["staff_id"] == by.staff.staff_id or by.staff.rights.takes_over_claims:
        return
    sentence = f"claimed by {running['name']} until {running['until']}"
    raise Problem(422, "claimed", "Somebody works on this account", sentence, errors=[("/account_id", sentence)])


EFFECTS: dict[str, Callable[[Json, Input, Writing], None]] = {
    "log_contact": _only_written_down,
    "log_outreach": _only_written_down,
    "log_reply": _only_written_down,
    "open_case": open_case,
    "update_case": update_case,
    "record_assessment": _only_written_down,
    "set_flag": set_flag,
    "claim": claim,
    "release": release,
    "snooze": snooze,
    "note": _only_written_down,
}
