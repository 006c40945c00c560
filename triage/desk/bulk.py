"""One remedy on many accounts: a line an account, each its own change through the outbox."""

from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from data.account import Account
from data.assessment import Category, Row
from data.cache import Cache
from data.errors import Rejected
from data.outbox import Outbox
from data.ports_bulk import BULK, Bulk, BulkLine, Standing
from data.remedy import PENDING, REMEDIES, STALE, Change, Guard, Order, Preview, State
from data.safe_text import SafeText
from triage.desk.inbox import Inbox
from triage.desk.remedies import RECENT_REASONS, Remedies
from triage.desk.session import Session
from triage.rules.days import iso
from triage.rules.guards import DOWNGRADE, refuse

CHANGED = "It changed after it was marked: look at it again."
OLD = "Its figures are old: sync first."
GONE = "It is no longer in the book."
ONE_BY_ONE = "Change admin is not for many at once: who becomes admin differs. Open it for one account."
_CAPPED = (Category.PILOT_HARD_BLOCK, Category.AT_CAP)


class BulkDesk:
    """Looks at each account of a bulk form by itself, and queues each by itself."""

    def __init__(self, session: Session, cache: Cache, outbox: Outbox, inbox: Inbox, remedies: Remedies) -> None:
        self._session = session
        self._cache = cache
        self._outbox = outbox
        self._inbox = inbox
        self._remedies = remedies

    def open(self, kind: str) -> Bulk:
        """Open a bulk form; raises NotAllowed, SignedOut, Rejected."""
        if kind not in BULK:
            raise Rejected("A11", ONE_BY_ONE if kind == "change_admin" else f"{kind} is not for many at once.")
        self._remedies.author(kind)
        policy = self._session.policy
        current = [name for name, one in policy.tiers.items() if not one.legacy]
        tiers = policy.trial.tiers if kind == "grant_trial" else current
        return Bulk(
            kind=kind,
            tier_choices=tuple(sorted(tiers, key=policy.rank)) if kind in ("grant_trial", "change_tier") else (),
            recent_reasons=self._outbox.recent_reasons(RECENT_REASONS),
            hold_seconds=self._session.place.hold_seconds if kind in REMEDIES else 0.0,
            needs_reason=kind in REMEDIES,
            at_once=self._remedies.at_once(kind),
        )

    def line(self, order: Order, seq: int) -> BulkLine:
        """What the order would do to its account, or why it is left out."""
        row, account = self._cache.row(order.account_id), self._cache.account(order.account_id)
        if row is None or account is None:
            return BulkLine(order, SafeText(order.account_id), row, None, None, GONE, "")
        against = CHANGED if account.seq != seq else self._waits(order)
        order, name, unclear = _placed(order, row)
        preview = self._preview(order, account)
        blocking = [OLD if guard.rule == STALE else guard.message for guard in preview.guards if guard.blocking]
        notes = [str(guard.message) for guard in preview.guards if not guard.blocking and guard.rule != DOWNGRADE]
        against = against or unclear or next(iter(blocking), "")
        said = _plain(against)
        return BulkLine(order, row.name, row, name, preview, said, " ".join(notes), of_field=said != against)

    def submit(self, line: BulkLine, seq: int, reason: str, change_id: str) -> Change:
        """Queue one line, judged anew; what changed since it was shown is refused."""
        now = self.line(line.order, seq)
        if now.against:
            raise Rejected("A11", now.against)
        order = replace(now.order, reason=reason)
        if order.kind == "change_tier":
            order = replace(order, acknowledged=(order.account_id,))
        return self._remedies.submit(order, change_id)

    def standing(self, change_ids: Sequence[str]) -> Standing:
        """How these changes stand."""
        rows = self._outbox.these(change_ids)
        return Standing(
            total=len(rows),
            applied=sum(row.state is State.APPLIED for row in rows),
            waiting=sum(row.state in PENDING and not row.needs_you for row in rows),
            needs_you=sum(row.needs_you for row in rows),
            discarded=sum(row.state is State.DISCARDED for row in rows),
        )

    def held(self, change_ids: Sequence[str]) -> list[str]:
        """Those that are still held."""
        now = self._session.clock()
        return [
            row.change_id
            for row in self._outbox.these(change_ids)
            if row.state is State.HELD and row.hold_until is not None and row.hold_until > now
        ]

    def _waits(self, order: Order) -> str:
        """The same on its way already: a person who means it twice does it on the account itself."""
        pending = self._inbox.overlay.pending(order.account_id)
        same = [one for one in pending if one.kind == order.kind and (one.state in PENDING or one.needs_you)]
        return "The same is in the outbox already." if same else ""

    def _preview(self, order: Order, account: Account) -> Preview:
        """Guards are judged as they stand; the count a person types before a bulk run answers a downgrade alone."""
        return self._claim(order, account) if order.kind == "claim" else self._remedies.preview(order)

    def _claim(self, order: Order, account: Account) -> Preview:
        """A claim is a record: nothing speaks against it here but somebody else's that runs."""
        now, me = self._session.clock(), self._cache.identity
        held = account.claim if account.claim is not None and account.claim.until > now else None
        until = iso(now + timedelta(minutes=order.params["minutes"]))
        before: dict[str, object] = {"claim": str(held.name) if held else None}
        after: dict[str, object] = {"claim": str(me.name) if me else None, "until": until}
        guards: tuple[Guard, ...] = ()
        if held is not None and me is not None and held.staff_id != me.staff_id:
            guards = (refuse(f"Claimed by {held.name} until {held.until:%H:%M}Z."),)
        return Preview(order.kind, order.account_id, None, before, after, guards)


def _placed(order: Order, row: Row) -> tuple[Order, SafeText | None, str]:
    """The order on its workspace: the only one at its cap, else the only one with hours; unclear where several are."""
    if order.kind != "reset_usage":
        return order, None, ""
    capped = [one for one in row.workspaces if one.reason in _CAPPED]
    some = capped or [one for one in row.workspaces if one.used] or list(row.workspaces)
    if not some:
        return order, None, "It has no workspace."
    chosen = some[0]
    unclear = f"{len(some)} workspaces could be meant: open it alone." if len(some) > 1 else ""
    return replace(order, workspace_id=chosen.id), chosen.name, unclear


def _plain(message: str) -> str:
    """A guard without the parameter's name before it, as a sentence."""
    name, colon, rest = message.partition(": ")
    return rest[:1].upper() + rest[1:] if colon and name.isidentifier() and name.islower() else message
