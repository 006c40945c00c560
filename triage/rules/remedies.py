"""The five remedies: what each would do and what speaks against it, before anything is queued (A11, A13, A14)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from data.account import Account, Member, Workspace
from data.ports import Earlier
from data.remedy import ON_WORKSPACE, REMEDIES, Guard, Manners, Order, Preview
from triage.policy import Policy
from triage.rules import effects, guards
from triage.rules.effects import is_downgrade
from triage.rules.reasons import ack_word, acknowledges, earlier_reset, reason_problem

CONTRACT = Manners()
__all__ = [
    "ack_word",
    "acknowledges",
    "complete_params",
    "confirmed",
    "earlier_reset",
    "is_downgrade",
    "preview",
    "reason_problem",
    "tier_choices",
]


def preview(
    order: Order,
    account: Account,
    members: Sequence[Member] | None,
    permissions: Collection[str],
    discount_limit: float | None,
    policy: Policy,
    now: datetime,
    *,
    earlier: Earlier | None = None,
    manners: Manners = CONTRACT,
) -> Preview:
    """Before and after in the contract's names, plain JSON values, only what the remedy touches, and every guard.

    `members` None: unknown here. `discount_limit` in percent, None: unknown, the server decides. `earlier` comes from
    `earlier_reset` (A13), `manners` from what the backend offers. Where parameters do not allow an effect, before and
    after are empty and a guard blocks.
    """
    if order.kind not in REMEDIES:
        return Preview(
            order.kind, order.account_id, order.workspace_id, {}, {}, (guards.refuse(f"{order.kind} is no remedy."),)
        )
    params = complete_params(order.kind, order.params, policy)
    found = [*guards.permission(order.kind, permissions), *guards.unknown_parameters(order.kind, params)]
    workspace, complaints = _target(order, account)
    found += complaints
    if order.kind in ON_WORKSPACE and workspace is None:
        return Preview(order.kind, order.account_id, order.workspace_id, {}, {}, tuple(found))
    if order.kind == "reset_usage" and workspace is not None:
        acknowledged = any(acknowledges(text, account) for text in order.acknowledged)
        found += [*guards.reset_usage(workspace), *guards.repeat_reset(earlier, acknowledged)]
    elif order.kind == "grant_trial":
        found += guards.grant_trial(account, params["tier"], params["months"], policy, now)
    elif order.kind == "apply_discount":
        found += guards.apply_discount(account, params, permissions, discount_limit, policy)
    elif order.kind == "change_tier":
        found += guards.change_tier(account, params.get("tier"), policy)
    else:
        found += guards.change_admin(members, params.get("membership_id"), policy)
    found += guards.manners_of(order.kind, account, params, manners)
    before, after = _effect(order.kind, params, account, workspace, members, policy, now, manners)
    return Preview(order.kind, order.account_id, order.workspace_id, before, after, tuple(found))


def confirmed(preview: Preview, order: Order, account: Account) -> Preview:
    """The preview as submitting judges it: a downgrade that no typed word confirms is refused, the word named."""
    if any(acknowledges(text, account) for text in order.acknowledged):
        return preview
    word = f" To go on, type {ack_word(account)}."
    return replace(
        preview,
        guards=tuple(
            guards.refuse(guard.message + word, guard.rule) if guard.rule == guards.DOWNGRADE else guard
            for guard in preview.guards
        ),
    )


def complete_params(kind: str, params: dict[str, Any], policy: Policy) -> dict[str, Any]:
    """The parameters with the defaults of grant_trial filled in; those of the other kinds as they are."""
    if kind != "grant_trial":
        return dict(params)
    return {"tier": policy.trial.default_tier, "months": policy.trial.default_months, **params}


def tier_choices(kind: str, account: Account, policy: Policy) -> tuple[str, ...]:
    """The tiers a form offers, lowest first: for a trial those above the account's, for a change all but its own."""
    ordered = sorted(policy.tiers, key=policy.rank)
    if kind == "grant_trial":
        rank = policy.rank(account.tier)
        return tuple(tier for tier in ordered if tier in policy.trial.tiers and policy.rank(tier) > rank)
    if kind == "change_tier":
        return tuple(tier for tier in ordered if tier != account.tier and not policy.tiers[tier].legacy)
    return ()


def _target(order: Order, account: Account) -> tuple[Workspace | None, list[Guard]]:
    """The workspace of the two kinds that need one; the others take none."""
    if order.kind not in ON_WORKSPACE:
        extra = order.workspace_id is not None
        return None, [guards.refuse(f"workspace_id: {order.kind} is on the account.")] if extra else []
    if order.workspace_id is None:
        return None, [guards.refuse("workspace_id: choose a workspace.")]
    workspace = next((one for one in account.workspaces if one.id == order.workspace_id), None)
    return workspace, [] if workspace else [guards.refuse("workspace_id: the account has no such workspace.")]


def _effect(
    kind: str,
    params: dict[str, Any],
    account: Account,
    workspace: Workspace | None,
    members: Sequence[Member] | None,
    policy: Policy,
    now: datetime,
    manners: Manners,
) -> effects.Change:
    """Before and after, or nothing where the parameters name nothing that could be done."""
    if kind == "reset_usage" and workspace is not None:
        return effects.reset_usage(workspace, now, lifts=manners.reset_lifts)
    if kind == "apply_discount":
        return _discount(params, account, policy)
    if kind == "change_admin":
        member = guards.find_member(members, params.get("membership_id"))
        return effects.NOTHING if member is None else effects.change_admin(member)
    tier, months = params.get("tier"), params.get("months", 0)
    target = policy.tier(tier) if isinstance(tier, str) else None
    if not isinstance(tier, str) or target is None or target.legacy:
        return effects.NOTHING
    if kind == "change_tier":
        return effects.change_tier(account, tier, policy, now, bills=manners.tier_bills)
    if not isinstance(months, int) or not 1 <= months <= policy.trial.max_months:
        return effects.NOTHING
    return effects.grant_trial(account, tier, months, policy, now)


def _discount(params: dict[str, Any], account: Account, policy: Policy) -> effects.Change:
    if params.get("clear") is True:
        return effects.apply_discount(account, None, policy)
    kind, percent = params.get("kind"), params.get("percent")
    if kind not in policy.discount.kinds or not guards.valid_percent(percent):
        return effects.NOTHING
    return effects.apply_discount(account, {"kind": kind, "percent": percent}, policy)
