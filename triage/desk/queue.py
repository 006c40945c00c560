"""The outbox as a person sees it: what to take back, retry, discard or write again, and conflicts side by side."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from data.account import Account
from data.cache import Cache
from data.errors import NotPossible, Rejected
from data.outbox import Outbox
from data.ports import ConflictView
from data.remedy import NEEDS_YOU, PENDING, Change, State
from data.safe_text import SafeText, safe_text
from data.wire import plain
from triage.desk.remedies import Remedies
from triage.desk.session import Session


class Queue:
    """Actions on the rows of the outbox; everything is local and leaves a trace in our own trail."""

    def __init__(self, session: Session, cache: Cache, outbox: Outbox, remedies: Remedies) -> None:
        self._session = session
        self._cache = cache
        self._outbox = outbox
        self._remedies = remedies

    def outbox(self) -> Sequence[Change]:
        """All rows: what needs you, then what is on its way (oldest first), then finished ones, newest first."""
        rows = self._outbox.changes()
        needs = [row for row in rows if row.needs_you]
        moving = [row for row in rows if row.state in PENDING and not row.needs_you]
        over = [row for row in rows if row.state not in PENDING and not row.needs_you]
        needs.sort(key=lambda row: -row.position)
        over.sort(key=lambda row: row.finished_at or row.authored_at, reverse=True)
        return [*needs, *sorted(moving, key=lambda row: row.position), *over]

    def take_back(self, change_id: str) -> Change:
        """Discard a held or queued row that never left; raises NotPossible."""
        self._remedies.may_write()
        return self._outbox.take_back(change_id, self._session.clock())

    def first_sent(self, change_id: str) -> datetime | None:
        """When the tries of an unknown change began."""
        return self._outbox.first_sent(change_id)

    def retry(self, change_id: str) -> Change:
        """Make a queued or unknown row due now; raises NotPossible."""
        self._remedies.may_write()
        return self._outbox.retry(change_id, self._session.clock())

    def discard(self, change_id: str, reason: str) -> Change:
        """Discard with a reason (A14); raises NotPossible, Rejected."""
        self._remedies.may_write()
        problem = self._remedies.reason_problem(reason)
        if problem:
            raise Rejected("A14", problem)
        return self._outbox.discard(change_id, reason, self._session.clock())

    def decide(self, change_id: str, happened: bool, reason: str) -> Change:
        """A person's word on a change whose outcome nobody can tell (A14); raises NotPossible, Rejected, SignedOut."""
        problem = self._remedies.reason_problem(reason)
        if problem:
            raise Rejected("A14", problem)
        change = self._outbox.get(change_id)
        who = self._remedies.author(change.kind)
        return self._outbox.decide(change_id, happened, reason, who, self._session.clock())

    def reauthor(self, change_id: str, reason: str, hold: bool = True, acknowledged: tuple[str, ...] = ()) -> Change:
        """Write a refused, conflicting or parked change again from what the account is now."""
        change = self._outbox.get(change_id)
        if change.kind == "log_outreach":  # a new record would have no message behind it, and lack its key
            raise NotPossible("Discard it, and open the account's outreach again: the words are kept.")
        if change.state not in NEEDS_YOU:
            raise NotPossible("Only a conflicting, refused or parked change can be written again.")
        return self._remedies.reauthor(change_id, reason, hold, acknowledged)

    def conflict_view(self, change_id: str) -> ConflictView:
        """What you saw, what it is now, what yours would make it."""
        change = self._outbox.get(change_id)
        if change.state is not State.CONFLICT:
            raise NotPossible("This change has no conflict.")
        account = self._cache.account(change.account_id)
        saw = flat(change.before)
        yours = flat(change.after_values)
        now = _current(account, change.workspace_id) if account else {}
        moved = {str(item.field): item for item in change.conflict or ()}
        fields = []
        for name in dict.fromkeys([*moved, *saw, *yours]):
            item = moved.get(name)
            is_now = item.to if item else now.get(name, saw.get(name))
            was = saw.get(name, item.from_ if item else None)
            fields.append((str(name), was, is_now, yours.get(name, is_now), item is not None))
        now_at = max((item.at for item in moved.values() if item.at), default=None)
        return ConflictView(change, change.authored_at, now_at, tuple(fields), _names(change, account))


def flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested fields with dotted names, as the server's `moved` writes them; other lists stay values."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict) and name in ("workspace", "member"):
            found.update(flat(value, f"{prefix}{name}."))
        elif name == "workspaces" and isinstance(value, list):
            for each in value:
                facts = {key: item for key, item in each.items() if key not in ("id", "name")}
                found.update(flat(facts, f"{prefix}workspaces.{each['id']}."))
        else:
            found[f"{prefix}{name}"] = value
    return found


def _names(change: Change, account: Account | None) -> dict[str, SafeText]:
    """Return the names of the workspaces by id, also of those that are gone."""
    seen = change.before.get("workspaces") or ()
    names = {str(each["id"]): safe_text(str(each.get("name") or each["id"])) for each in seen}
    return names | {str(each.id): each.name for each in (account.workspaces if account else ())}


def _current(account: Account, workspace_id: str | None) -> dict[str, Any]:
    values = plain(account)
    for workspace in values["workspaces"]:
        if workspace["id"] == workspace_id:
            values["workspace"] = workspace
    return flat(values)
