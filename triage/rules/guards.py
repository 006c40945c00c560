"""The guards of the five remedies (A11): what refuses one before it is sent, with the reason said (look.md §8)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, TypeGuard

from data.account import Account, Claim, Member, Workspace
from data.ports import Earlier
from data.remedy import HIGH_DISCOUNT, PERMISSIONS, Guard, Manners
from triage.policy import Policy
from triage.rules.days import TOLERANCE, day, minute
from triage.rules.effects import discount_now, is_downgrade
from triage.rules.plays import trial_runs
from triage.rules.sentences import hours_text

RULE = "A11"
REPEAT = "A13"
PERMISSION = "permission"
DOWNGRADE = "downgrade"
CLAIM = "claim"
BACKEND = "backend"
TRIAL = "trial"
PARAMETERS = {
    "reset_usage": (),
    "grant_trial": ("tier", "months"),
    "apply_discount": ("kind", "percent", "clear"),
    "change_tier": ("tier",),
    "change_admin": ("membership_id",),
}
Guards = list[Guard]


def refuse(message: str, rule: str = RULE) -> Guard:
    """A blocking guard."""
    return Guard(rule, message, True)


def permission(kind: str, permissions: Collection[str]) -> Guards:
    """The permission of the kind; the higher discount permission includes the lower."""
    needed = PERMISSIONS[kind]
    if needed in permissions or (kind == "apply_discount" and HIGH_DISCOUNT in permissions):
        return []
    return [refuse(f"Needs {needed}. You can read everything here.", PERMISSION)]


def unknown_parameters(kind: str, params: dict[str, Any]) -> Guards:
    """The server refuses fields it does not know; say so before."""
    known = PARAMETERS[kind]
    expected = f"it takes {', '.join(known)}" if known else "it takes none"
    return [refuse(f"{name}: {kind} has no such parameter, {expected}.") for name in params if name not in known]


def reset_usage(workspace: Workspace) -> Guards:
    """Nothing to reset: no hours used, or none known, and not hard-blocked."""
    if workspace.hours_used or workspace.hard_block:
        return []
    return [refuse(f"Nothing to reset: {workspace.name} has used no hours and is not blocked.")]


def repeat_reset(earlier: Earlier | None, acknowledged: bool) -> Guards:
    """A13: an earlier reset blocks until a conversation is logged or the acknowledgement is typed."""
    if earlier is None:
        return []
    why = f", “{earlier.reason}”" if earlier.reason else ""
    told = f"Reset before by {earlier.name}, {minute(earlier.at)}{why}."
    if earlier.talked:
        return [Guard(REPEAT, f"{told} A conversation was logged since.", False)]
    if acknowledged:
        return [Guard(REPEAT, f"{told} Acknowledged.", False)]
    return [refuse(f"{told} Log a conversation first, or type {earlier.ack_word} to go on.", REPEAT)]


def grant_trial(account: Account, tier: Any, months: Any, policy: Policy, now: datetime) -> Guards:
    """Live subscription, managed billing, a tier that would not rise, a running trial; then the parameters."""
    found: Guards = []
    if account.payment_mode == "subscription":
        found.append(refuse("No trial: the account has a live self-serve subscription."))
    if account.payment_mode == "managed":
        found.append(refuse("No trial: the account is on managed billing."))
    if trial_runs(account, now) and account.tier_expires_at is not None:
        ends = day(account.tier_expires_at)
        found.append(refuse(f"A trial runs until {ends}. Another would restart its clock."))
    if not isinstance(tier, str) or tier not in policy.trial.tiers:
        found.append(refuse(f"tier: choose {_one_of(policy.trial.tiers)}."))
    elif policy.tier(account.tier) is None:
        found.append(refuse(f"tier: nobody can say whether it would rise, {account.tier} is in no list of tiers."))
    elif policy.rank(tier) <= policy.rank(account.tier):
        found.append(refuse(f"tier: it would not rise, the account is on {account.tier}."))
    if not isinstance(months, int) or isinstance(months, bool) or not 1 <= months <= policy.trial.max_months:
        found.append(refuse(f"months: a whole number from 1 to {policy.trial.max_months}."))
    return found


def apply_discount(
    account: Account, params: dict[str, Any], permissions: Collection[str], limit: float | None, policy: Policy
) -> Guards:
    """Either clear alone, or kind and percent; something must change; above one's limit needs the higher permission."""
    clear = params.get("clear", False)
    if not isinstance(clear, bool):
        return [refuse("clear: true or false.")]
    if clear:
        if params.get("kind") is not None or params.get("percent") is not None:
            return [refuse("clear: stands alone, without kind and percent.")]
        return [] if account.discount is not None else [refuse("Nothing changes: there is no discount.")]
    found: Guards = []
    kind, percent = params.get("kind"), params.get("percent")
    if kind not in policy.discount.kinds:
        found.append(refuse(f"kind: choose {_one_of(policy.discount.kinds)}."))
    if not valid_percent(percent):
        found.append(refuse("percent: 0 to 100, at most one decimal."))
        return found
    if discount_now(account) == {"kind": kind, "percent": percent}:
        found.append(refuse("Nothing changes: the discount is that already."))
    if limit is not None and HIGH_DISCOUNT not in permissions and percent > limit + TOLERANCE:
        found.append(refuse(f"Your limit is {limit:g} %. Ask for {HIGH_DISCOUNT}", PERMISSION))
    return found


def manners_of(kind: str, account: Account, params: dict[str, Any], manners: Manners) -> Guards:
    """What this backend does with a remedy beyond the contract: what it would spoil is refused, the rest is said."""
    found = [Guard(BACKEND, note, False) for note in manners.notes.get(kind, ())]
    marked = manners.tier_bills and account.revenue_class == TRIAL
    if kind == "change_tier" and marked:
        found.append(
            refuse("A trial is marked on it and would stay, free of charge for good. Clear the discount first.")
        )
    if kind == "apply_discount":
        percent = params.get("percent")
        if manners.whole_percent and valid_percent(percent) and percent != int(percent):
            found.append(refuse("percent: 0 to 100, a whole number."))
        if marked and params.get("clear") is not True:
            found.append(refuse("A trial is marked on it, and a discount would take the mark's place. Clear it first."))
    if kind == "grant_trial" and manners.tier_bills and account.revenue_class == TRIAL:
        found.append(refuse("A trial is marked on it already. Another would restart its clock."))
    spaces = account.workspaces
    if kind in ("change_tier", "grant_trial") and manners.notes and len(spaces) > 1:
        moving = ", ".join(str(one.name) for one in spaces)
        found.insert(0, Guard(BACKEND, f"All {len(spaces)} workspaces move: {moving}.", False))
    return found


def valid_percent(percent: Any) -> TypeGuard[float]:
    """0–100, whole or with one decimal."""
    if isinstance(percent, bool) or not isinstance(percent, int | float):
        return False
    return 0 <= percent <= 100 and abs(percent * 10 - round(percent * 10)) < TOLERANCE


def change_tier(account: Account, tier: Any, policy: Policy) -> Guards:
    """Live subscription, unknown or same tier; a downgrade says what is lost and wants a second confirmation."""
    found: Guards = []
    if account.payment_mode == "subscription":
        found.append(refuse("The account has a live self-serve subscription; it changes its tier itself."))
    if tier == account.tier:
        return [*found, refuse(f"tier: the account is on {account.tier} already.")]
    choices = [name for name, one in policy.tiers.items() if not one.legacy]
    if not isinstance(tier, str) or tier not in choices:
        return [*found, refuse(f"tier: choose {_one_of(choices)}.")]
    if is_downgrade(account, tier, policy):
        found.append(Guard(DOWNGRADE, f"{_loss(account, tier, policy)} It needs a second confirmation.", False))
    return found


def change_admin(members: Sequence[Member] | None, membership_id: Any, policy: Policy) -> Guards:
    """Unknown members, external or observer, admin already; nobody reachable gained is said, not refused."""
    if members is None:
        return [refuse("The members of this workspace are not known here yet. Sync once while online.")]
    member = find_member(members, membership_id)
    if member is None:
        return [refuse("membership_id: choose a member of this workspace.")]
    if member.role in ("admin", "owner"):
        return [refuse(f"{member.name} is already {member.role}.")]
    if member.role in policy.members.not_promotable:
        return [refuse(f"{member.name} is {member.role} and cannot become admin.")]
    if member.reachable is False:
        return [Guard("A10", f"{member.name} cannot be reached either.", False)]
    return []


def claimed(claim: Claim | None, staff_id: str, now: datetime) -> Guards:
    """Somebody else works on the account: said, never refused."""
    if claim is None or claim.until <= now or claim.staff_id == staff_id:
        return []
    return [Guard(CLAIM, f"{claim.name} has claimed the account until {minute(claim.until)}. Ask first.", False)]


def find_member(members: Sequence[Member] | None, membership_id: Any) -> Member | None:
    """The member of that id."""
    return next((member for member in members or () if member.membership_id == membership_id), None)


def _loss(account: Account, tier: str, policy: Policy) -> str:
    known = policy.tier(tier)
    included = None if known is None else known.included
    if included is None:
        return f"Downgrade from {account.tier} to {tier}: what the higher tier adds is lost."
    over = [
        f"{workspace.name} ({hours_text(workspace.hours_used)} h used)"
        for workspace in account.workspaces
        if workspace.hours_used is not None and workspace.hours_used >= included - TOLERANCE
    ]
    stopped = f" At that cap at once: {', '.join(over)}." if over else ""
    return f"Downgrade from {account.tier} to {tier}: each workspace keeps {included:g} h a cycle.{stopped}"


def _one_of(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else "".join(names)
