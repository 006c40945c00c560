"""The five remedies: their guards (422 `rule`) and what they do to an account (rules.md A, "What the server does")."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from triage.sandbox.codec import parse_stamp, stamp
from triage.sandbox.models import ApplyDiscount, ChangeAdmin, ChangeTier, GrantTrial, Input
from triage.sandbox.problems import invalid, rule

Json = dict[str, Any]

TIERS = ("free", "pilot", "innovator", "changemaker", "guardian")
HOURS: dict[str, float | None] = {"free": 1.0, "pilot": 10.0, "innovator": None, "changemaker": None, "guardian": None}
# minor units per seat and month; the legacy tier has no list price
PRICES: dict[str, int] = {"free": 0, "innovator": 2000, "changemaker": 7500, "guardian": 15000}
NEVER_ADMIN = frozenset({"external", "observer"})


@dataclass
class Target:
    """What a remedy works on: the account and, where named, the workspace inside it and its members."""

    account: Json
    workspace: Json | None
    members: list[Json]
    now: datetime


def reset_usage(target: Target, _params: Input) -> None:
    """This cycle's hours count from now; lock and hard block lift."""
    workspace = _workspace(target)
    if not workspace["hours_used"] and not workspace["hard_block"]:
        raise rule("/workspace_id", f"Nothing to reset: {workspace['name']} has used no hours and is not blocked.")
    workspace["hours_used"] = 0.0
    workspace["usage_reset_at"] = stamp(target.now)
    _lift(workspace)


def grant_trial(target: Target, params: Input) -> None:
    """A higher tier until it expires, then free again by itself."""
    assert isinstance(params, GrantTrial)
    account = target.account
    if account["payment_mode"] == "subscription":
        raise rule("/account_id", "No trial: the account is on a live subscription.")
    if account["payment_mode"] == "managed":
        raise rule("/account_id", "No trial: the account is on managed billing.")
    ends = account["tier_expires_at"]
    if ends and parse_stamp(ends) > target.now:
        raise rule("/account_id", f"A trial is already running until {ends}; granting another would restart the clock.")
    if _rank(params.tier) <= _rank(account["tier"]):
        raise rule("/params/tier", f"The tier would not rise: {account['tier']} to {params.tier}.")
    account["tier"] = params.tier
    account["tier_expires_at"] = stamp(target.now + timedelta(days=30 * params.months))
    account["revenue_class"] = "trial"
    fit_hours(account)


def apply_discount(target: Target, params: Input) -> None:
    """Price × (1 − percent/100), or the full price again."""
    assert isinstance(params, ApplyDiscount)
    account = target.account
    wanted = None if params.clear else {"kind": params.kind, "percent": params.percent}
    if account["discount"] == wanted:
        raise rule(
            "/params", "Nothing changes: " + ("there is no discount." if params.clear else "it is that already.")
        )
    account["discount"] = wanted
    reprice(account)


def change_tier(target: Target, params: Input) -> None:
    """Another tier at once, in either direction."""
    assert isinstance(params, ChangeTier)
    account = target.account
    if account["tier"] == params.tier:
        raise rule("/params/tier", f"The account is on {params.tier} already.")
    if account["payment_mode"] == "subscription":
        raise rule("/account_id", "The account has a live self-serve subscription; it changes its tier itself.")
    if _rank(params.tier) < _rank(account["tier"]):
        mark_downgrade(account, "staff", target.now)
    account["tier"] = params.tier
    account["tier_expires_at"] = None
    fit_hours(account)
    reprice(account)


def change_admin(target: Target, params: Input) -> None:
    """Promote a member to admin; nobody is demoted, so the workspace is never stranded."""
    assert isinstance(params, ChangeAdmin)
    _workspace(target)
    member = next((one for one in target.members if one["membership_id"] == params.membership_id), None)
    if member is None:
        raise rule("/params/membership_id", "There is no such member in this workspace.")
    if member["role"] in ("admin", "owner"):
        raise rule("/params/membership_id", f"{member['name']} is already {member['role']}.")
    if member["role"] in NEVER_ADMIN:
        raise rule("/params/membership_id", f"{member['name']} is {member['role']} and cannot become admin.")
    member["role"] = "admin"
    _list_contact(target.account, member)


EFFECTS: dict[str, Callable[[Target, Input], None]] = {
    "reset_usage": reset_usage,
    "grant_trial": grant_trial,
    "apply_discount": apply_discount,
    "change_tier": change_tier,
    "change_admin": change_admin,
}


def expire_trial(account: Json, now: datetime) -> None:
    """The trial ran out: tier free, marked as a downgrade with cause `trial_ended`."""
    mark_downgrade(account, "trial_ended", now)
    account["tier"] = "free"
    account["tier_expires_at"] = None
    fit_hours(account)
    reprice(account)


def mark_downgrade(account: Json, cause: str, now: datetime) -> None:
    """Note that the account leaves its present tier downwards."""
    account["downgraded_at"] = stamp(now)
    account["downgraded_from"] = account["tier"]
    account["downgrade_cause"] = cause


def fit_hours(account: Json) -> None:
    """Give every workspace the tier's hours (None = unlimited) and lift lock and block where used < included."""
    included = HOURS[account["tier"]]
    for workspace in account["workspaces"]:
        workspace["hours_included"] = included
        used = workspace["hours_used"]
        if included is None or (used is not None and used < included):
            _lift(workspace)


def reprice(account: Json) -> None:
    """`mrr` of a paying account in minor units; left alone where the class, the price or the seats do not say."""
    price = PRICES.get(account["tier"])
    seats = [workspace["seats_licensed"] for workspace in account["workspaces"]]
    if account["revenue_class"] != "paying" or price is None or None in seats:
        return
    percent = Decimal(str(account["discount"]["percent"])) if account["discount"] else Decimal(0)
    exact = sum(seats) * price * (1 - percent / 100)
    account["mrr"] = int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def promotable(member: Json) -> bool:
    """True when change_admin would take this member."""
    return member["role"] not in NEVER_ADMIN and member["role"] not in ("admin", "owner")


def _list_contact(account: Json, member: Json) -> None:
    # the contacts are the account's view of its workspaces' admins, so a new admin appears there at once
    for contact in account["contacts"]:
        if contact["user_id"] == member["user_id"]:
            contact["role"] = "admin"
            return
    account["contacts"].append({name: member[name] for name in ("user_id", "name", "email", "role", "reachable")})


def _lift(workspace: Json) -> None:
    workspace |= {"hard_block": False, "locked": False, "blocked_since": None, "cap_reached_at": None}


def _rank(tier: str) -> int:
    return TIERS.index(tier) if tier in TIERS else -1


def _workspace(target: Target) -> Json:
    if target.workspace is None:
        raise invalid([("/workspace_id", "this kind needs a workspace")])
    return target.workspace
