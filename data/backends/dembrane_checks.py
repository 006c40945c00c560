"""The last look before a write: dembrane guards nothing itself, so what moved meanwhile and every trap is met here."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from data.account import Account, Discount
from data.backends.dembrane_requests import Ordered
from data.backends.port import Answer, Moved412, RefusedByRule
from data.remedy import Moved
from data.safe_text import safe_reason, safe_text

TIERS = ("free", "pilot", "pioneer", "innovator", "changemaker", "guardian")  # ascending
LEGACY = ("pilot", "pioneer")
TRIAL = "trial"
HOURS = 0.005  # hours come with two decimals


def against(order: Ordered, account: Account, seen: Mapping[str, Any], now: datetime) -> Answer | None:
    """Return what keeps a change from being sent to `account` as it is now: a conflict, or a trap; None: nothing."""
    moved = moved_since(order, account, seen)
    if moved:
        names = ", ".join(str(one.field) for one in moved)
        return Moved412(safe_reason(f"It was changed since you looked: {names}. Nothing was sent."), moved)
    trap = _TRAPS[order.kind](order, account, now)
    return RefusedByRule(safe_reason(f"{trap} Nothing was sent.")) if trap else None


def moved_since(order: Ordered, account: Account, seen: Mapping[str, Any]) -> tuple[Moved, ...]:
    """Return the fields that are not what the person saw; who moved them this backend does not tell."""
    now: dict[str, Any] = {
        "tier": account.tier,
        "payment_mode": account.payment_mode,
        "revenue_class": account.revenue_class,
        "discount": plain_discount(account.discount),
    }
    moved = [_moved(name, seen[name], now[name]) for name in now if name in seen and seen[name] != now[name]]
    workspace = next((one for one in account.workspaces if one.id == order.workspace_id), None)
    hours = (seen.get("workspace") or {}).get("hours_used")
    if order.kind == "reset_usage" and workspace is not None and isinstance(hours, int | float):
        used = workspace.hours_used
        if used is not None and used < hours - HOURS:  # they only grow within a month: somebody reset them
            moved.append(_moved("workspace.hours_used", hours, used))
    return tuple(moved)


def plain_discount(discount: Discount | None) -> dict[str, Any] | None:
    """Return a discount as the contract writes it."""
    return None if discount is None else {"kind": str(discount.kind), "percent": discount.percent}


def _moved(field: str, was: Any, now: Any) -> Moved:
    return Moved(safe_text(field), was, now, None, None, None, None, None)


def _rank(tier: str) -> int:
    return TIERS.index(tier) if tier in TIERS else -1


def _reset(order: Ordered, account: Account, _now: datetime) -> str:
    workspace = next((one for one in account.workspaces if one.id == order.workspace_id), None)
    if workspace is None:
        return "The account has no such workspace any more."
    return "" if workspace.hours_used else f"{workspace.name} has used no hours: there is nothing to reset."


def _trial(order: Ordered, account: Account, now: datetime) -> str:
    tier = str(order.params.get("tier"))
    if account.payment_mode == "subscription":
        return "The account has a live subscription now: a trial would orphan it, and the customer goes on paying."
    if account.payment_mode == "managed":
        return "The account is on managed billing now: a trial would end it."
    if account.revenue_class == TRIAL or (account.tier_expires_at is not None and account.tier_expires_at > now):
        return "A trial runs already: another would restart its clock."
    if _rank(account.tier) < 0 or _rank(tier) <= _rank(account.tier):
        return f"The account is on {account.tier}: a trial of {tier} would not raise it."
    return ""


def _discount(order: Ordered, account: Account, _now: datetime) -> str:
    if account.revenue_class == TRIAL and order.params.get("clear") is not True:
        return "A trial is marked on the account: a discount would take the mark's place. Clear it first."
    return ""


def _tier(order: Ordered, account: Account, _now: datetime) -> str:
    tier = str(order.params.get("tier"))
    if not account.workspaces:
        return "The account has no workspace, and a tier is changed through one."
    if account.payment_mode == "subscription":
        return "The account has a live subscription: it changes its tier itself."
    if tier == account.tier:
        return f"The account is on {tier} already; the same tier again would still turn its billing to managed."
    if tier in LEGACY or tier not in TIERS:
        return f"{tier} is no tier that an account can be put on."
    if account.revenue_class == TRIAL:
        return "A trial is marked on the account: a change of tier leaves the mark, so it would stay free of charge."
    return ""


def _admin(_order: Ordered, _account: Account, _now: datetime) -> str:
    return ""


_TRAPS: Mapping[str, Callable[[Ordered, Account, datetime], str]] = {
    "reset_usage": _reset,
    "grant_trial": _trial,
    "apply_discount": _discount,
    "change_tier": _tier,
    "change_admin": _admin,
}
