"""The JSON shapes of the command line (interface.md): a public promise. Keys as there, always present."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from data.account import Entry
from data.assessment import Row, Verdict, WorkspaceReading
from data.health_index import IndexReading
from data.red_account import Clock
from data.remedy import Change, Preview, State, ways
from widgets.outbox_story import field_errors

COMMAND_OF = {
    "sign_in": "login",
    "look_up": "look-up",
    "decide": "decide",
    "push": "retry",
    "write_again": "reauthor",
    "discard": "discard",
    "take_back": "undo",
}


def listed(row: Row, pending: Sequence[Change], synced_at: datetime | None) -> dict[str, Any]:
    """One element of `list --json`; money in minor units, `pct` in percent, unrounded."""
    first = row.workspaces[0] if row.workspaces else None
    used, included = (first.used, first.included) if first else (None, None)
    return {
        "id": row.id,
        "name": row.name,
        "category": row.category,
        "reasons": row.reasons,
        "signals": row.signals,
        "detail": row.detail,
        "tier": row.tier,
        "workspaces": [_workspace(one) for one in row.workspaces],
        "used": used,
        "included": included,
        "pct": 100 * used / included if used is not None and included else None,
        "projected_at": first.projected_at if first else None,
        "logins": {"last_at": row.logins.last_at, "count_30d": row.logins.count_30d, "class": row.logins.klass},
        "reading": row.reading,
        "suggested": row.suggested,
        "mrr": row.mrr,
        "currency": row.currency,
        "since": row.since,
        "owner": row.owner,
        "contact": row.contact,
        **_health(row),
        "handled": row.handled,
        "claim": row.claim,
        "snooze": row.snooze if row.snoozed else None,
        "pending": [queued(change) for change in pending],
        "synced_at": synced_at,
    }


def shown(
    row: Row,
    pending: Sequence[Change],
    synced_at: datetime | None,
    verdicts: Sequence[Verdict],
    trail: Sequence[Entry],
    index: IndexReading,
    breaches: Sequence[tuple[str, Clock]] = (),
) -> dict[str, Any]:
    """The object of `show --json`: that of `list` and the verdicts, the trail, and what happened, newest first."""
    return {
        **listed(row, pending, synced_at),
        "verdicts": [{"rule": one.rule, "verdict": one.verdict, "inputs": one.inputs} for one in verdicts],
        "score_breakdown": breakdown(index),
        "audit": [entry(one) for one in trail],
        "history": sorted((*map(_done, trail), *map(_missed, breaches)), key=lambda one: one["at"], reverse=True),
    }


def _done(one: Entry) -> dict[str, Any]:
    return {
        "at": one.applied_at,
        "kind": one.action,
        "outcome": one.outcome,
        "staff_id": one.actor.staff_id,
        "name": one.actor.name,
        "workspace_id": one.workspace_id,
        "reason": one.reason,
        "key": None,
    }


def _missed(breach: tuple[str, Clock]) -> dict[str, Any]:
    """R11: a missed clock is an event of the moment at which it ran out; `key` is the same whoever derives it."""
    key, clock = breach
    return {
        "at": clock.due_at,
        "kind": "sla_breach",
        "outcome": "late",
        "staff_id": "system",
        "name": "system",
        "workspace_id": None,
        "reason": clock.name,
        "key": key,
    }


def _health(row: Row) -> dict[str, Any]:
    """What the four health systems say; null only in a row that an older triage has written."""
    health, monitor, tree, red = row.health, row.monitor, row.tree, row.red
    return {
        "health": health
        and {
            "score": health.score,
            "class": health.risk,
            "coverage": health.coverage,
            "partial": health.partial,
            "priority": health.priority,
            "slope": health.slope,
            "upsell": health.upsell,
            "playbook": health.playbook,
        },
        "monitor": monitor and {"state": monitor.state, "ratio": monitor.ratio, "since": monitor.opened},
        "tree": tree
        and {"leaf": tree.leaf, "despite": tree.despite, "range": [tree.best, tree.worst], "flags": tree.flags},
        "red": red
        and {
            "is_red": red.is_red,
            "causes": red.causes,
            "sla_due_at": red.sla_due_at,
            "composite": red.composite,
            "next_clock": red.next_clock,
            "late": red.late,
        },
    }


def breakdown(index: IndexReading) -> dict[str, Any]:
    """`score_breakdown` of `show --json` (H17): 50 plus every contribution is the score."""
    return {
        "score": index.score,
        "class": index.risk,
        "coverage": index.coverage,
        "profile": index.profile,
        "components": [
            {
                "name": one.name,
                "weight": one.weight,
                "score": one.score,
                "contribution": one.contribution,
                "metrics": [{"name": it.name, "value": it.value, "score": it.score} for it in one.metrics],
            }
            for one in index.components
        ],
        "movers": [{"name": one.name, "by": one.by} for one in index.movers],
    }


def queued(change: Change) -> dict[str, Any]:
    """One element of `outbox list --json`."""
    return {
        "change_id": change.change_id,
        "kind": change.kind,
        "account_id": change.account_id,
        "workspace_id": change.workspace_id,
        "params": change.params,
        "reason": change.reason,
        "state": change.state,
        "attempts": change.attempts,
        "authored_at": change.authored_at,
        "hold_until": change.hold_until,
        "next_try_at": change.next_try_at,
        "last_error": change.last_error,
        "unknown": change.unknown,
        "conflict": None if change.conflict is None else list(change.conflict),
        "receipt": change.receipt,
        "parked_why": change.parked_why,
        "staff_name": change.staff_name,
        "base_url": change.base_url,
        "after": change.after,
        "sent_at": change.sent_at,
        "errors": [{"field": field, "message": message} for field, message in _errors(change)],
        "do": [COMMAND_OF[way] for way in ways(change)],
    }


def _errors(change: Change) -> list[tuple[str, str]]:
    return field_errors(change.last_error or "")[1] if change.state is State.REJECTED else []


def ordered(preview: Preview, change: Change | None) -> dict[str, Any]:
    """The object of `remedy --json`; `change_id` and `state` null where nothing was queued."""
    return {
        "change_id": change.change_id if change else None,
        "state": change.state if change else None,
        "kind": preview.kind,
        "account_id": preview.account_id,
        "workspace_id": preview.workspace_id,
        "before": preview.before,
        "after": preview.after,
        "guards": [{"rule": one.rule, "message": one.message, "blocking": one.blocking} for one in preview.guards],
    }


def entry(one: Entry) -> dict[str, Any]:
    """One element of `audit list --json`."""
    return {
        "seq": one.seq,
        "change_id": one.change_id,
        "actor": one.actor,
        "action": one.action,
        "account_id": one.account_id,
        "workspace_id": one.workspace_id,
        "reason": one.reason,
        "before": one.before,
        "after": one.after,
        "authored_at": one.authored_at,
        "applied_at": one.applied_at,
        "hash": one.hash,
    }


def _workspace(one: WorkspaceReading) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "reason": one.reason, "used": one.used, "included": one.included}
