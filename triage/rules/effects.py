"""What the server does with a remedy, as before and after in the contract's field names (rules.md A)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from data.account import Account, Member, Workspace
from triage.policy import Policy
from triage.rules.days import iso

Values = dict[str, Any]
Change = tuple[Values, Values]  # before, after: the same keys in both

BILLED: Values = {"payment_mode": "managed", "revenue_class": "managed"}
UNBILLED: Values = {"payment_mode": "none"}
LIFTED: Values = {"hard_block": False, "locked": False, "blocked_since": None, "cap_reached_at": None}
NOTHING: Change = ({}, {})


def reset_usage(workspace: Workspace, now: datetime, *, lifts: bool = True) -> Change:
    """This cycle's hours count from now; lock and hard block lift, unless the backend leaves them."""
    after = {"hours_used": 0.0, **(LIFTED if lifts else {}), "usage_reset_at": iso(now)}
    return {"workspace": _fields(workspace, after)}, {"workspace": after}


def grant_trial(account: Account, tier: str, months: int, policy: Policy, now: datetime) -> Change:
    """A higher tier until it expires; 30 × 24 h a month."""
    ends = now + timedelta(days=policy.trial.month_days * months)
    after: Values = {"tier": tier, "tier_expires_at": iso(ends), "revenue_class": "trial"}
    return _with_workspaces(account, _fields(account, after), after, tier, policy)


def change_tier(account: Account, tier: str, policy: Policy, now: datetime, *, bills: bool = False) -> Change:
    """Another tier at once; downwards it is marked as a downgrade by staff.

    `bills`: the backend turns a paid tier to managed billing, and takes a free one's billing away.
    """
    after: Values = {"tier": tier, "tier_expires_at": None}
    if bills:
        known = policy.tier(tier)
        after |= BILLED if known is None or known.price else UNBILLED
    if is_downgrade(account, tier, policy):
        after |= {"downgraded_at": iso(now), "downgraded_from": str(account.tier), "downgrade_cause": "staff"}
    discount = account.discount
    after |= _price(account, tier, None if discount is None else discount.percent, policy)
    return _with_workspaces(account, _fields(account, after), after, tier, policy)


def apply_discount(account: Account, discount: Values | None, policy: Policy) -> Change:
    """Price × (1 − percent/100); `discount` None is the full price again."""
    after: Values = {"discount": discount}
    after |= _price(account, account.tier, None if discount is None else discount["percent"], policy)
    before = _fields(account, after)
    before["discount"] = discount_now(account)
    return before, after


def change_admin(member: Member) -> Change:
    """That member's role becomes admin; nobody is demoted."""
    who = {"membership_id": str(member.membership_id), "name": str(member.name)}
    return {"member": {**who, "role": str(member.role)}}, {"member": {**who, "role": "admin"}}


def is_downgrade(account: Account, tier: str, policy: Policy) -> bool:
    """Whether `tier` ranks below the account's."""
    return policy.rank(tier) < policy.rank(account.tier)


def discount_now(account: Account) -> Values | None:
    """The account's discount as the contract writes it."""
    discount = account.discount
    return None if discount is None else {"kind": str(discount.kind), "percent": _short(discount.percent)}


def price(seats: Sequence[int], per_seat: int, percent: float | None) -> int:
    """Minor units a month: Σ seats × price × (1 − percent/100), half up. Exact: decimals, not doubles."""
    exact = sum(seats) * per_seat * (1 - Decimal(str(percent or 0)) / 100)
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def _price(account: Account, tier: str, percent: float | None, policy: Policy) -> Values:
    """The new `mrr` of a paying account; nothing where class, price or seats do not say."""
    known = policy.tier(tier)
    per_seat = None if known is None else known.price
    seats = [workspace.seats_licensed for workspace in account.workspaces]
    counted = [count for count in seats if count is not None]
    if account.revenue_class != "paying" or per_seat is None or len(counted) < len(seats):
        return {}
    return {"mrr": price(counted, per_seat, percent)}


def _with_workspaces(account: Account, before: Values, after: Values, tier: str, policy: Policy) -> Change:
    """Add the workspaces that change with the tier's hours: `workspaces` lists only those, only what changes."""
    known = policy.tier(tier)
    if known is None:
        return before, after
    moved = [_refit(workspace, known.included) for workspace in account.workspaces]
    pairs = [pair for pair in moved if pair is not None]
    if not pairs:
        return before, after
    return (
        {**before, "workspaces": [was for was, _ in pairs]},
        {**after, "workspaces": [becomes for _, becomes in pairs]},
    )


def _refit(workspace: Workspace, included: float | None) -> Change | None:
    """The tier's hours for one workspace; lock and block lift where used < included (None: unlimited)."""
    wanted: Values = {"hours_included": included}
    used = workspace.hours_used
    if included is None or (used is not None and used < included):
        wanted |= LIFTED
    was = _fields(workspace, wanted)
    changed = [field for field in wanted if was[field] != wanted[field]]
    if not changed:
        return None
    who = {"id": str(workspace.id), "name": str(workspace.name)}
    return {**who, **{field: was[field] for field in changed}}, {**who, **{field: wanted[field] for field in changed}}


def _fields(source: Account | Workspace, names: Values) -> Values:
    """The named fields as plain JSON values."""
    return {name: _plain(getattr(source, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    return str(value) if isinstance(value, str) else value


def _short(number: float) -> float | int:
    return int(number) if float(number).is_integer() else number
