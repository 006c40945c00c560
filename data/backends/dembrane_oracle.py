"""What became of a write without an answer: read back for each kind, and honest where that proves nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from data.account import Account, Member
from data.backends.dembrane_checks import HOURS, TRIAL, plain_discount
from data.backends.dembrane_requests import Ordered
from data.backends.port import Done, InDoubt, NotDone
from data.safe_text import safe_reason

# A hanging store answers 500 after 93 s, and the rollup may be 300 s old: before that, "not yet" is no "no".
UNDER_WAY = timedelta(seconds=120)
STALE = timedelta(seconds=300)
SETTLED = UNDER_WAY + STALE
SKEW = timedelta(minutes=15)  # between the server's clock and ours, its own repetitions included
DAYS_A_MONTH = 30

Word = Done | NotDone | InDoubt


def read_back(
    order: Ordered,
    account: Account,
    members: Sequence[Member],
    seen: Mapping[str, Any],
    sent_at: datetime | None,
    now: datetime,
) -> Word:
    """Return what the account (and the workspace's members) tell of a change whose try began at `sent_at`."""
    if order.kind == "reset_usage":
        return _reset(order, account, seen)
    if order.kind == "change_admin":
        return _admin(order, members, sent_at, now)
    if order.kind == "grant_trial":
        return _trial(order, account, seen, sent_at, now)
    if order.kind == "change_tier":
        found: Any = str(account.tier)
        return _field("tier", found, order.params.get("tier"), seen.get("tier"), sent_at, now)
    wanted = None
    if order.params.get("clear") is not True:
        wanted = {"kind": order.params.get("kind"), "percent": order.params.get("percent")}
    return _field("discount", plain_discount(account.discount), wanted, seen.get("discount"), sent_at, now)


def _field(name: str, found: Any, wanted: Any, before: Any, sent_at: datetime | None, now: datetime) -> Word:
    """One field that is what was asked for, what it was before, or something else."""
    if found == wanted:
        return Done(safe_reason(f"Read back {now:%H:%M:%SZ}: {name} is {_shown(found)}, as asked for."))
    if found == before:
        return _absent(f"{name} is still {_shown(found)}", sent_at, now)
    return _doubt(f"{name} is {_shown(found)}: neither what you saw nor what was asked for", now)


def _trial(order: Ordered, account: Account, seen: Mapping[str, Any], sent_at: datetime | None, now: datetime) -> Word:
    ends, tier = account.tier_expires_at, order.params.get("tier")
    if account.revenue_class != TRIAL:
        if str(account.tier) == seen.get("tier"):
            return _absent(f"no trial is marked, tier is still {account.tier}", sent_at, now)
        return _doubt(f"no trial is marked, but tier is {account.tier}", now)
    if ends is None or sent_at is None or account.tier != tier:
        return _doubt(f"a trial of {account.tier} is marked, which may be another one", now)
    due = sent_at + timedelta(days=DAYS_A_MONTH * int(order.params.get("months") or 0))
    if abs(ends - due) <= SKEW:
        return Done(safe_reason(f"Read back {now:%H:%M:%SZ}: a trial of {tier} until {ends:%Y-%m-%d %H:%MZ}."))
    return _doubt(f"a trial of {tier} ends {ends:%Y-%m-%d %H:%MZ}, this one would {due:%Y-%m-%d %H:%MZ}", now)


def _admin(order: Ordered, members: Sequence[Member], sent_at: datetime | None, now: datetime) -> Word:
    member = next((one for one in members if one.membership_id == order.params.get("membership_id")), None)
    if member is None:
        return _doubt("this member is not in the workspace any more", now)
    if member.role in ("admin", "owner"):
        return Done(safe_reason(f"Read back {now:%H:%M:%SZ}: {member.name} is {member.role}."))
    return _absent(f"{member.name} is still {member.role}", sent_at, now)


def _reset(order: Ordered, account: Account, seen: Mapping[str, Any]) -> Word:
    """Hours fall, and nothing else of a reset can be read: evidence for a person, never a proof."""
    workspace = next((one for one in account.workspaces if one.id == order.workspace_id), None)
    used = None if workspace is None else workspace.hours_used
    was = (seen.get("workspace") or {}).get("hours_used")
    if used is None or not isinstance(was, int | float):
        return InDoubt(safe_reason("Nothing that can be read says whether it happened."))
    if used < was - HOURS:
        told = f"The hours fell from {was:g} to {used:g}: it looks as if it happened, but a colleague may have done it."
    else:
        told = (
            f"The hours are {used:g}, they were {was:g}: it looks as if it did not happen, but new ones may have come."
        )
    return InDoubt(safe_reason(f"{told} No more can be read: you decide."))


def _absent(told: str, sent_at: datetime | None, now: datetime) -> Word:
    """What does not show is not done, once nothing can be under way any more and no cache is as old."""
    read = f"Read back {now:%H:%M:%SZ}: {told}"
    if sent_at is None or now < sent_at:
        return InDoubt(safe_reason(f"{read}. When it was sent is not known, so that proves nothing."))
    left = (sent_at + SETTLED - now).total_seconds()
    if left > 0:
        told = f"{read}. It may still come, or show late: asked again in {left:.0f} s."
        return InDoubt(safe_reason(told), left + 1.0)
    return NotDone(
        safe_reason(f"{read}, {(now - sent_at).total_seconds():.0f} s after it was sent. It did not happen.")
    )


def _doubt(told: str, now: datetime) -> Word:
    return InDoubt(safe_reason(f"Read back {now:%H:%M:%SZ}: {told}. That proves nothing: you decide."))


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, dict):
        return f"{value.get('kind')} {value.get('percent')} %"
    return str(value)
