"""Undo after it was applied: the change that sets a discount or a tier back, or why there is none."""

import uuid

from msgspec.structs import replace

from data.account import Account
from data.cache import Cache
from data.errors import NotPossible
from data.outbox import Outbox
from data.ports import Undo
from data.remedy import INVERTIBLE, REMEDIES, Change, Draft, State
from triage.desk.remedies import Remedies
from triage.desk.session import Session
from triage.rules.effects import discount_now

NOTHING = "Nothing is held, and nothing of yours was applied here."
NO_INVERSE = {
    "reset_usage": "A reset cannot be undone: the hours it took away are not given back.",
    "grant_trial": "A trial cannot be undone: it ends by itself. Change tier sets another tier before that.",
    "change_admin": "A new admin cannot be undone here: nobody is taken a role by triage.",
}


class UndoDesk:
    """Opens the form of a compensating change: its own id, reason and audit entry, like any other."""

    def __init__(self, session: Session, cache: Cache, outbox: Outbox, remedies: Remedies) -> None:
        self._session = session
        self._cache = cache
        self._outbox = outbox
        self._remedies = remedies

    def last_applied(self, account_id: str) -> Change:
        """My latest remedy that was applied to an account; NotPossible where there is none."""
        mine = self._outbox.of_account(account_id, self._session.place.base_url)
        applied = [one for one in mine if one.state is State.APPLIED and one.kind in REMEDIES]
        if not applied:
            raise NotPossible(NOTHING)
        return max(applied, key=lambda one: one.finished_at or one.authored_at)

    def open(self, change_id: str) -> Undo:
        """The form of the change that sets an applied one back; NotPossible says why there is none."""
        change = self._outbox.get(change_id)
        if change.state is not State.APPLIED:
            raise NotPossible("Only what was applied can be undone by another change.")
        if change.kind not in INVERTIBLE:
            raise NotPossible(NO_INVERSE.get(change.kind, "A record stays in the trail: it cannot be undone."))
        account = self._cache.account(change.account_id)
        if account is None:
            raise NotPossible("This account is no longer in the book.")
        if change.result_seq is not None and account.seq < change.result_seq:
            raise NotPossible("Its result is not here yet: sync first.")
        params, note = (_discount if change.kind == "apply_discount" else _tier)(change, account)
        form = self._remedies.open_form(change.kind, change.account_id)
        draft = Draft(
            change_id=str(uuid.uuid4()),  # never the id of a draft that is half-filled
            kind=change.kind,
            account_id=change.account_id,
            workspace_id=None,
            params=params,
            reason="",
            acknowledged="",
            saved_at=self._session.clock(),
        )
        return Undo(change, replace(form, change_id=draft.change_id, draft=draft), note)


def _discount(change: Change, account: Account) -> tuple[dict[str, object], str]:
    """The discount before: none is cleared, another is given again; refused where somebody moved it since."""
    before, after = change.before.get("discount"), change.after_values.get("discount")
    now = discount_now(account)
    if now != after:
        raise NotPossible(
            "The discount is as it was already." if now == before else "The discount was changed again since."
        )
    return ({"clear": True} if before is None else {"kind": before["kind"], "percent": before["percent"]}), ""


def _tier(change: Change, account: Account) -> tuple[dict[str, object], str]:
    """The tier before; a trial that ran then does not come back, and nobody can be put on a legacy tier."""
    before, after = change.before.get("tier"), change.after_values.get("tier")
    if str(account.tier) != after:
        raise NotPossible(
            "The tier is as it was already." if str(account.tier) == before else "The tier was changed again since."
        )
    if before == "pilot":
        raise NotPossible("It cannot go back: nobody can be put on pilot.")
    lost = "The trial it had does not come back." if change.before.get("tier_expires_at") else ""
    return {"tier": before}, lost
