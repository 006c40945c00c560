"""The staff API's writes: no key, no version, no check of what was there before."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from dembrane.api import PREFIX, Session, staff_only, state_of
from dembrane.book import LEGACY, PAID, TIERS, Account, Book, Workspace
from dembrane.clock import full
from dembrane.state import State
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

Json = dict[str, Any]
Reason = Annotated[str, Field(min_length=1, max_length=500)]  # spaces alone will do
DAYS_A_MONTH = 30


class Tier(BaseModel):
    """A change of tier."""

    tier: Literal["free", "pilot", "pioneer", "innovator", "changemaker", "guardian"]
    reason: Reason


class Discount(BaseModel):
    """A discount; null says nothing, only the flags clear."""

    type_discount: Literal["scholarship", "staff_discount"] | None = None
    percent_discount: Annotated[int, Field(ge=0, le=100)] | None = None
    clear_type_discount: bool = False
    clear_percent_discount: bool = False

    def changed(self) -> Json:
        """The fields it changes; 400 when there are none."""
        wanted = {"type_discount": self.type_discount, "percent_discount": self.percent_discount}
        cleared = {"type_discount": self.clear_type_discount, "percent_discount": self.clear_percent_discount}
        changed = {
            key: None if cleared[key] else value for key, value in wanted.items() if cleared[key] or value is not None
        }
        if not changed:
            raise HTTPException(400, "Nothing to update")
        return changed


class Trial(BaseModel):
    """A reverse trial."""

    tier: Literal["innovator", "changemaker", "guardian"] = "changemaker"
    months: Annotated[int, Field(ge=1, le=12)] = 1


class Reset(BaseModel):
    """A reset of usage."""

    reason: Reason


class Promotion(BaseModel):
    """A new admin."""

    membership_id: str


def _workspace(book: Book, workspace_id: str) -> Workspace:
    found = book.workspaces.get(workspace_id)
    if found is None:
        raise HTTPException(404, "Workspace not found")
    return found


def _account(book: Book, account_id: str) -> Account:
    found = book.accounts.get(account_id)
    if found is None or found.deleted:
        raise HTTPException(404, "Billing account not found")
    return found


def _move(state: State, workspace: Workspace, previous: str, new: str) -> Json:
    """Put the account on a tier: every workspace moves, the effects of a downgrade reach only the named one."""
    account = workspace.account
    step = TIERS.index(new) - TIERS.index(previous)
    account.tier, account.tier_expires_at = new, None
    account.payment_mode = "offline" if new in PAID else "none"
    effects = []
    if step < 0:
        workspace.downgraded_at, workspace.downgraded_from = state.clock.now(), previous
        effects.append("downgrade_recorded")
    if step:
        state.book.notified += [one.person.email for one in workspace.members if one.role in ("owner", "admin")]
        effects.append("admins_notified")
    return {
        "workspace_id": workspace.id,
        "previous_tier": previous,
        "new_tier": new,
        "direction": "upgrade" if step > 0 else "downgrade" if step < 0 else "no-change",
        "payment_mode": account.payment_mode,
        "effects_applied": effects,
    }


def of_workspaces() -> APIRouter:
    """Writes that name a workspace."""
    router = APIRouter(prefix=PREFIX)

    @router.patch("/workspaces/{workspace_id}/tier", response_model=None)
    async def tier(request: Request, who: Session, workspace_id: str, sent: Tier) -> Json | Response:
        staff_only(who)
        state = state_of(request)
        workspace = _workspace(state.book, workspace_id)
        account = _account(state.book, workspace.account.id)
        if account.payment_mode == "mollie":
            raise HTTPException(409, "This account has a live subscription; change it there.")
        if sent.tier in LEGACY:
            if state.plain_errors:
                return PlainTextResponse("Internal Server Error", status_code=500)
            raise HTTPException(500, "Unknown tier value")
        previous = account.tier
        await state.between_read_and_write()
        return _move(state, workspace, previous, sent.tier)  # the rollup cache stays as it is

    @router.patch("/admin/workspaces/{workspace_id}/discount")
    async def discount(request: Request, who: Session, workspace_id: str, sent: Discount) -> Json:
        """Says ok and stores nothing."""
        staff_only(who)
        workspace = _workspace(state_of(request).book, workspace_id)
        return {"status": "ok", **sent.changed(), "workspace_id": workspace.id}

    @router.post("/admin/workspaces/{workspace_id}/reset-usage")
    async def reset(request: Request, who: Session, workspace_id: str, sent: Reset) -> Json:
        staff_only(who)
        state = state_of(request)
        workspace = _workspace(state.book, workspace_id)
        workspace.usage_reset_at, workspace.usage_reset_reason = state.clock.now(), sent.reason
        workspace.resets += 1
        state.forget()
        return {"status": "ok", "workspace_id": workspace.id, "usage_reset_at": full(workspace.usage_reset_at)}

    @router.post("/admin/workspaces/{workspace_id}/change-admin")
    async def change_admin(request: Request, who: Session, workspace_id: str, sent: Promotion) -> Json:
        staff_only(who)
        state = state_of(request)
        workspace = _workspace(state.book, workspace_id)
        where = state.book.membership(sent.membership_id)
        if where is None:
            raise HTTPException(404, "Membership not found")
        there, member = where
        if there is not workspace or member.role in ("external", "observer"):
            raise HTTPException(400, "An outsider cannot become admin")
        if member.role != "owner":
            member.role = "admin"
        state.forget()
        return {
            "status": "ok",
            "workspace_id": workspace.id,
            "membership_id": member.membership_id,
            "role": member.role,
        }

    return router


def of_accounts() -> APIRouter:
    """Writes that name a billing account."""
    router = APIRouter(prefix=f"{PREFIX}/admin/billing-accounts")

    @router.patch("/{account_id}/discount")
    async def discount(request: Request, who: Session, account_id: str, sent: Discount) -> Json:
        staff_only(who)
        state = state_of(request)
        changed = sent.changed()
        account = _account(state.book, account_id)
        for name, value in changed.items():
            setattr(account, name, value)
        state.forget()
        return {"status": "ok", **changed, "account_id": account.id}

    @router.post("/{account_id}/grant-trial")
    async def grant_trial(request: Request, who: Session, account_id: str, sent: Trial) -> Json:
        """Guards nothing: not a live subscription, not a higher tier, not a trial that is running."""
        staff_only(who)
        state = state_of(request)
        account = _account(state.book, account_id)
        account.subscriptions_orphaned += account.payment_mode == "mollie"
        account.tier, account.type_discount, account.payment_mode = sent.tier, "trial", "none"
        account.tier_expires_at = state.clock.now() + timedelta(days=DAYS_A_MONTH * sent.months)
        state.forget()
        return {
            "status": "ok",
            "billing_account_id": account.id,
            "tier": account.tier,
            "tier_expires_at": full(account.tier_expires_at),
        }

    return router
