"""Authoring: forms, previews and the one way in which a change is queued."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

import msgspec

from data.account import Account, Member
from data.assessment import Touch
from data.cache import Cache
from data.errors import NotAllowed, Rejected, SignedOut
from data.identity import Identity
from data.outbox import Outbox
from data.ports import Earlier, Form
from data.remedy import ON_WORKSPACE, REMEDIES, Change, Draft, Manners, Order, Preview
from data.safe_text import safe_reason, safe_text
from triage.desk.inbox import Inbox
from triage.desk.session import Session
from triage.rules import remedies as rules
from triage.rules.guards import PERMISSION, claimed, permission
from triage.rules.old_data import stale_checked

RECENT_REASONS = 12


class Authoring(TypedDict):
    """What the outbox needs beside the order."""

    account: Account
    identity: Identity
    base_url: str
    client: str
    preview: Preview
    now: datetime
    hold_seconds: float


class Remedies:
    """Opens forms, previews remedies and puts changes into the outbox."""

    def __init__(self, session: Session, cache: Cache, outbox: Outbox, inbox: Inbox) -> None:
        self._session = session
        self._cache = cache
        self._outbox = outbox
        self._inbox = inbox

    def open_form(self, kind: str, account_id: str, workspace_id: str | None = None) -> Form:
        """Open a remedy form: the change id is made here; raises NotAllowed, SignedOut, Rejected."""
        self.author(kind)
        detail = self._inbox.detail(account_id)
        if detail is None:
            raise Rejected("A11", "This account is no longer in the book.")
        draft = self._outbox.draft_for(kind, account_id)
        choices = tuple((workspace.id, workspace.name) for workspace in detail.row.workspaces)
        chosen = workspace_id or (draft.workspace_id if draft else None) or (choices[0][0] if choices else None)
        members = self._members(kind, chosen)
        return Form(
            change_id=draft.change_id if draft else str(uuid.uuid4()),
            kind=kind,
            detail=detail,
            workspace_id=chosen if kind in ON_WORKSPACE else None,
            workspace_choices=choices if kind in ON_WORKSPACE else (),
            tier_choices=rules.tier_choices(kind, detail.account, self._session.policy),
            members=tuple(members or ()),
            members_known=members is not None,
            earlier=self._earlier(kind, detail.account),
            draft=draft,
            recent_reasons=self._outbox.recent_reasons(RECENT_REASONS),
            hold_seconds=self._session.place.hold_seconds,
            at_once=self.at_once(kind),
            needs_confirm=rules.ack_word(detail.account) if kind == "change_tier" else None,
            ack_word=rules.ack_word(detail.account),
        )

    def preview(self, order: Order) -> Preview:
        """Before, after and guards of a remedy, from the cached account."""
        return self._preview(order, self._account(order.account_id), self._author(order.kind))

    def at_once(self, kind: str) -> bool:
        """Whether the customer sees a kind at once, where it is so by the contract."""
        return kind != "reset_usage" or self._manners.reset_lifts

    def reason_problem(self, reason: str) -> str | None:
        """What is wrong with a reason (A14), or None."""
        return rules.reason_problem(reason, self._session.policy)

    def submit(self, order: Order, change_id: str | None = None, hold: bool = True) -> Change:
        """Queue a change and its audit entry in one transaction; raises Rejected, NotAllowed, SignedOut."""
        change_id = change_id or str(uuid.uuid4())
        order = self._complete(order)
        return self._outbox.author(order, change_id=change_id, **self.checked(order, hold))

    def reauthor(self, change_id: str, reason: str, hold: bool = True, acknowledged: tuple[str, ...] = ()) -> Change:
        """Write a change again from what the account is now, with a new id; the old row says so."""
        old = self._outbox.get(change_id)
        order = Order(
            kind=old.kind,
            account_id=old.account_id,
            workspace_id=old.workspace_id,
            params=old.params,
            reason=reason,
            acknowledged=(*acknowledged, *self._standing_acknowledgement(old)),
        )
        return self._outbox.reauthor(change_id, order, new_id=str(uuid.uuid4()), **self.checked(order, hold))

    def _complete(self, order: Order) -> Order:
        """Fill in the defaults, so that what is sent says all that was meant."""
        params = rules.complete_params(order.kind, order.params, self._session.policy)
        return msgspec.structs.replace(order, params=params)

    def author(self, kind: str) -> Identity:
        """Who writes a change of this kind; raises NotAllowed (permission named), SignedOut."""
        identity = self._author(kind)
        self._permitted(kind, identity)
        return identity

    def checked(self, order: Order, hold: bool) -> Authoring:
        """Everything that must hold before a change is queued; returns what the outbox needs beside the order."""
        identity = self.author(order.kind)
        account = self._account(order.account_id)
        needs_reason = order.kind in REMEDIES or order.kind == "snooze"
        if needs_reason or order.reason.strip():
            problem = self.reason_problem(order.reason)
            if problem:
                raise Rejected("A14", problem)
        preview = self._guarded(order, account, identity)
        return {
            "account": account,
            "identity": identity,
            "base_url": self._session.place.base_url,
            "client": self._session.place.client,
            "preview": preview,
            "now": self._session.clock(),
            "hold_seconds": self._session.place.hold_seconds if hold else 0.0,
        }

    def _guarded(self, order: Order, account: Account, identity: Identity) -> Preview:
        if order.kind not in REMEDIES:
            return Preview(order.kind, order.account_id, order.workspace_id, {}, {}, ())
        preview = rules.confirmed(self._preview(order, account, identity), order, account)
        for guard in preview.guards:
            if guard.blocking:
                raise NotAllowed(guard.message) if guard.rule == PERMISSION else Rejected(guard.rule, guard.message)
        return preview

    def _standing_acknowledgement(self, old: Change) -> tuple[str, ...]:
        """Writing it again after a conflict is itself the second look that a downgrade asks for."""
        account = self._cache.account(old.account_id)
        return (rules.ack_word(account),) if account and old.kind == "change_tier" else ()

    def _preview(self, order: Order, account: Account, identity: Identity) -> Preview:
        now, synced_at = self._session.clock(), self._cache.synced_at
        preview = rules.preview(
            order,
            account,
            self._members(order.kind, order.workspace_id),
            tuple(identity.permissions),
            identity.discount_limit,
            self._session.policy,
            now,
            earlier=self._earlier(order.kind, account),
            manners=self._manners,
        )
        warned = claimed(account.claim, identity.staff_id, now)
        preview = msgspec.structs.replace(preview, guards=(*preview.guards, *warned)) if warned else preview
        age = (now - synced_at).total_seconds() if synced_at else 0.0
        return stale_checked(preview, order, account, age, self._session.place.stale_after)

    @property
    def _manners(self) -> Manners:
        offers = self._cache.offers
        return offers.manners if offers is not None else Manners()

    def _earlier(self, kind: str, account: Account) -> Earlier | None:
        if kind != "reset_usage":
            return None
        touches = [*self._cache.touches(account.id), *self._own_touches(account.id)]
        return rules.earlier_reset(account, touches, self._session.policy, self._session.clock())

    def _own_touches(self, account_id: str) -> list[Touch]:
        """What I wrote myself and the trail does not hold yet: offline, a second reset is a second one all the same."""
        return [
            Touch(
                safe_text(change.kind),
                change.staff_id,
                change.staff_name,
                change.authored_at,
                safe_reason(change.reason),
                change.workspace_id,
            )
            for change in self._outbox.standing(account_id, self._session.place.base_url)
        ]

    def _members(self, kind: str, workspace_id: str | None) -> Sequence[Member] | None:
        if kind != "change_admin" or workspace_id is None:
            return None
        return self._cache.members(workspace_id)

    def _author(self, kind: str) -> Identity:
        """Return who writes: the identity of the last `/v1/me` answered for this URL, and for this token."""
        identity = self._cache.identity
        if identity is None:
            raise SignedOut(f"Nobody is signed in, so {kind.replace('_', ' ')} has no author. triage login signs in.")
        token = self._session.token
        if token.looked and token.mark() != self._cache.identity_mark:
            raise SignedOut("This token is new here: sync once, so that the server says who you are.")
        return identity

    def problem(self, kind: str) -> str:
        """Why such a change cannot be written now (signed out, read-only, a permission); empty where it can."""
        try:
            self._permitted(kind, self._author(kind))
        except (SignedOut, NotAllowed) as refusal:
            return str(refusal)
        return ""

    def _permitted(self, kind: str, identity: Identity) -> None:
        self.may_write()
        for guard in permission(kind, identity.permissions):
            raise NotAllowed(guard.message)

    def may_write(self) -> None:
        """Raise NotAllowed where the profile is read-only."""
        if self._session.place.read_only:
            raise NotAllowed("Read-only: this profile changes nothing.")

    def _account(self, account_id: str) -> Account:
        account = self._cache.account(account_id)
        if account is None:
            raise Rejected("A11", f"There is no account {account_id} in the book.")
        return account

    def save_draft(self, draft: Draft) -> None:
        """Keep a half-filled form."""
        self._outbox.save_draft(draft)
