"""Parameters with which each kind of change is accepted, and the open case that one of them needs."""

from typing import Any

PARAMS: dict[str, dict[str, Any]] = {
    "grant_trial": {"tier": "changemaker", "months": 1},
    "apply_discount": {"kind": "scholarship", "percent": 20},
    "change_tier": {"tier": "guardian"},
    "change_admin": {"membership_id": "mem_3"},
    "log_contact": {"channel": "phone", "outcome": "reached", "note": "will call back"},
    "log_outreach": {
        "stage": "sent",
        "channel": "email",
        "contact": "usr_3",
        "subject": "Checking in",
        "template": "check-in",
        "follow_up_at": "2027-01-01T00:00:00Z",
    },
    "log_reply": {"outreach_id": "x"},
    "open_case": {"kind": "recovery", "causes": ["usage"]},
    "update_case": {"case_id": "case_1", "step": "assessed"},
    "record_assessment": {"leaf": "HEALTHY", "answers": {"Q1": "yes"}, "tree_hash": "abc"},
    "set_flag": {"flag": "complex", "on": True},
    "claim": {"minutes": 60},
    "snooze": {"until": "2099-01-01T00:00:00Z", "wake_on_worse": True, "category": "at_cap"},
    "note": {"text": "hello"},
}
CASE: dict[str, Any] = {
    "id": "case_1",
    "kind": "red",
    "opened_at": "2026-11-01T00:00:00Z",
    "owner": None,
    "root_cause": None,
    "designated_at": "2026-11-01T00:00:00Z",
    **dict.fromkeys(
        [
            f"{step}_at"
            for step in ("assessed", "root_cause", "planned", "reviewed", "intervened", "recovered", "closed")
        ]
    ),
    "outcome": None,
    "causes": [],
}
