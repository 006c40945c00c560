"""Asking the staff API by plain httpx, as the tests of the double do; and the keys that its answers have."""

from typing import Any

import httpx
from dembrane.book import Workspace

Json = dict[str, Any]
WHY = "They asked for it on the phone"
ROW = [
    "workspace_id", "workspace_name", "org_id", "org_name", "billing_account_id", "account_scope", "tier",
    "is_partner_owned", "org_is_partner", "billed_to_team_id", "billed_to_team_name", "audio_hours",
    "audio_hours_included", "hours_pct", "over_hours", "hour_overage_eur", "seat_count", "seats_included",
    "over_seats", "seat_overage_eur", "external_count", "observer_count", "base_price_eur",
    "total_forecast_eur", "pilot_hard_block", "approaching_cap", "at_cap", "downgraded_at",
    "downgraded_from_tier", "is_active", "workspace_admins", "tier_expires_at", "type_discount",
    "percent_discount", "billing_period", "payment_mode",
]  # fmt: skip
ACCOUNT = [
    "billing_account_id", "label", "account_scope", "org_id", "org_name", "tier", "workspace_count",
    "active_workspace_count", "seat_count", "external_count", "observer_count", "base_price_eur",
    "total_forecast_eur", "is_trial", "is_managed", "is_comped", "is_active", "tier_expires_at",
    "type_discount", "percent_discount", "payment_mode", "workspaces",
]  # fmt: skip
AT_RISK = ["workspace_id", "workspace_name", "org_id", "org_name", "tier", "reason", "detail"]


def rollup(staff: httpx.Client, month_offset: int | None = None) -> Json:
    """The rollup."""
    query = {} if month_offset is None else {"month_offset": month_offset}
    found: Json = staff.get("/admin/billing-rollup", params=query).raise_for_status().json()
    return found


def row(staff: httpx.Client, workspace: Workspace, month_offset: int | None = None) -> Json:
    """A workspace's row."""
    rows = rollup(staff, month_offset)["rows"]
    found: Json = next(one for one in rows if one["workspace_id"] == workspace.id)
    return found


def account(staff: httpx.Client, workspace: Workspace) -> Json:
    """Its account."""
    accounts = rollup(staff)["accounts"]
    found: Json = next(one for one in accounts if one["billing_account_id"] == workspace.account.id)
    return found


def reasons(staff: httpx.Client, workspace: Workspace) -> list[str]:
    """Why a workspace is on the at-risk list."""
    found = staff.get("/admin/at-risk").json()
    return [one["reason"] for one in found if one["workspace_id"] == workspace.id]


def tier(staff: httpx.Client, workspace: Workspace, new: str, reason: str = WHY) -> httpx.Response:
    """Change a tier."""
    return staff.patch(f"/workspaces/{workspace.id}/tier", json={"tier": new, "reason": reason})


def discount(staff: httpx.Client, workspace: Workspace, **body: Any) -> httpx.Response:
    """Change the discount of a workspace's account."""
    return staff.patch(f"/admin/billing-accounts/{workspace.account.id}/discount", json=body)


def trial(staff: httpx.Client, workspace: Workspace, **body: Any) -> httpx.Response:
    """Grant a trial to a workspace's account."""
    return staff.post(f"/admin/billing-accounts/{workspace.account.id}/grant-trial", json=body)


def reset(staff: httpx.Client, workspace: Workspace, reason: str = WHY) -> httpx.Response:
    """Reset the usage of a workspace."""
    return staff.post(f"/admin/workspaces/{workspace.id}/reset-usage", json={"reason": reason})


def promote(staff: httpx.Client, workspace: Workspace, membership_id: str) -> httpx.Response:
    """Make somebody admin of a workspace."""
    return staff.post(f"/admin/workspaces/{workspace.id}/change-admin", json={"membership_id": membership_id})
