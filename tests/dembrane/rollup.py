"""What the staff screens read: rows, accounts and the at-risk list, with the rules and oddities behind them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dembrane.book import SEAT_ROLES, Account, Book, Workspace
from dembrane.clock import short

Json = dict[str, Any]
INCLUDED = {"free": 1, "pilot": 10}
RETIRED_PRICES = {"pioneer": 200.0, "innovator": 500.0, "changemaker": 1500.0, "guardian": 3000.0}
SEAT_PRICES = {"innovator": 20.0, "changemaker": 75.0, "guardian": 150.0}  # a month, billed yearly
MODES = ("empty", "no_hours", "no_seats", "no_org_names")


@dataclass(frozen=True)
class View:
    """How the server is at this moment: its time, its age and which parts of its store fail."""

    now: datetime
    month_offset: int = 0
    older: bool = False  # an older deployment, where pilots are hard-blocked
    degraded: frozenset[str] = frozenset()  # some of MODES


def _reduced(price: float | None, account: Account) -> float | None:
    if account.is_comped:
        return 0.0
    return None if price is None else round(price * (100 - (account.percent_discount or 0)) / 100, 2)


def row(workspace: Workspace, view: View) -> Json:
    """One workspace; its prices come from a retired list."""
    account, org = workspace.account, workspace.org
    hours = 0.0 if "no_hours" in view.degraded else round(workspace.hours(view.now, view.month_offset), 2)
    included = INCLUDED.get(account.tier)
    share = None if included is None else round(hours / included, 4)
    at_cap = included is not None and hours >= included
    seats = "no_seats" not in view.degraded
    name = "" if "no_org_names" in view.degraded else org.name
    base = RETIRED_PRICES.get(account.tier)
    return {
        "workspace_id": workspace.id,
        "workspace_name": workspace.name,
        "org_id": org.id,
        "org_name": name,
        "billing_account_id": account.id,
        "account_scope": account.scope,
        "tier": account.tier,
        "is_partner_owned": workspace.partner_owned,
        "org_is_partner": org.is_partner,
        "billed_to_team_id": account.org.id,
        "billed_to_team_name": "" if "no_org_names" in view.degraded else account.org.name,
        "audio_hours": hours,
        "audio_hours_included": included,
        "hours_pct": share,
        "over_hours": 0.0 if included is None else round(max(0.0, hours - included), 2),
        "hour_overage_eur": 0.0,
        "seat_count": workspace.count(*SEAT_ROLES) if seats else 0,
        "seats_included": None,
        "over_seats": 0,
        "seat_overage_eur": 0.0,
        "external_count": workspace.count("external") if seats else 0,
        "observer_count": workspace.count("observer") if seats else 0,
        "base_price_eur": base,
        "total_forecast_eur": _reduced(base, account),
        "pilot_hard_block": view.older and account.tier == "pilot" and at_cap,
        "approaching_cap": share is not None and not at_cap and share >= 0.8,
        "at_cap": at_cap,
        "downgraded_at": short(workspace.downgraded_at),
        "downgraded_from_tier": workspace.downgraded_from,
        "is_active": workspace.is_active,
        "workspace_admins": [
            {"user_id": one.person.user_id, "display_name": one.person.display_name, "email": one.person.email}
            for one in workspace.members
            if one.role in ("owner", "admin")
        ][:3],
        "tier_expires_at": short(account.tier_expires_at),
        "type_discount": account.type_discount,
        "percent_discount": account.percent_discount,
        "billing_period": account.billing_period,
        "payment_mode": account.payment_mode,
    }


def _people(workspaces: list[Workspace]) -> int:
    """Distinct people on seats: what the bill counts, where `seat_count` sums."""
    return len({m.person.user_id for one in workspaces for m in one.members if m.role in SEAT_ROLES})


def _account(account: Account, workspaces: list[Workspace], rows: list[Json], view: View) -> Json:
    price = SEAT_PRICES.get(account.tier)
    people = 0 if "no_seats" in view.degraded else _people(workspaces)
    dearer = 1.15 if account.billing_period == "monthly" else 1.0
    return {
        "billing_account_id": account.id,
        "label": account.label,
        "account_scope": account.scope,
        "org_id": account.org.id,
        "org_name": "" if "no_org_names" in view.degraded else account.org.name,
        "tier": account.tier,
        "workspace_count": len(rows),
        "active_workspace_count": sum(one["is_active"] for one in rows),
        **{name: sum(one[name] for one in rows) for name in ("seat_count", "external_count", "observer_count")},
        "base_price_eur": RETIRED_PRICES.get(account.tier),
        "total_forecast_eur": _reduced(None if price is None else price * people * dearer, account),
        "is_trial": account.is_trial,
        "is_managed": account.payment_mode == "offline",
        "is_comped": account.is_comped,
        "is_active": any(one["is_active"] for one in rows),
        "tier_expires_at": short(account.tier_expires_at),
        "type_discount": account.type_discount,
        "percent_discount": account.percent_discount,
        "payment_mode": account.payment_mode,
        "workspaces": rows,
    }


def _shown(book: Book, view: View) -> list[Workspace]:
    return [] if "empty" in view.degraded else list(book.workspaces.values())


def rollup(book: Book, view: View) -> Json:
    """The whole book; of the totals only `logins_last_30d` is a name that clients may know."""
    grouped: dict[str, tuple[list[Workspace], list[Json]]] = {}
    rows = []
    for workspace in _shown(book, view):
        rows.append(row(workspace, view))
        workspaces, theirs = grouped.setdefault(workspace.account.id, ([], []))
        workspaces.append(workspace)
        theirs.append(rows[-1])
    accounts = [_account(spaces[0].account, spaces, theirs, view) for spaces, theirs in grouped.values()]
    logins = [one.last_access for one in book.people.values() if one.last_access]
    return {
        "workspace_count": len(rows),
        "audio_hours": round(sum(one["audio_hours"] for one in rows), 2),
        "seat_count": sum(one["seat_count"] for one in rows),
        "total_forecast_eur": round(sum(one["total_forecast_eur"] or 0 for one in accounts), 2),
        "logins_last_30d": sum(view.now - at <= timedelta(days=30) for at in logins) if rows else 0,
        "accounts": accounts,
        "rows": rows,
    }


def at_risk(book: Book, view: View) -> list[Json]:
    """Workspaces that need somebody, in the store's order; a workspace may stand there twice."""
    found: list[Json] = []
    for workspace in _shown(book, view):
        one = row(workspace, view)
        for reason, detail in _reasons(workspace, one, view.now):
            named = {key: one[key] for key in ("workspace_id", "workspace_name", "org_id", "org_name", "tier")}
            found.append({**named, "reason": reason, "detail": detail})
    return found


def _reasons(workspace: Workspace, one: Json, now: datetime) -> list[tuple[str, str]]:
    found = []
    for reason in ("pilot_hard_block", "at_cap", "approaching_cap"):
        if one[reason]:
            hours, included = one["audio_hours"], one["audio_hours_included"]
            found.append((reason, f"{hours:g}h / {included}h ({one['hours_pct']:.0%})"))
            break
    at = workspace.downgraded_at
    # whole days: a date in the future has fewer than none of them and passes
    if at is not None and not one["at_cap"] and (now - at).days < 15:
        found.append(("recently_downgraded", f"Downgraded {at.date()} from {workspace.downgraded_from}"))
    return found
