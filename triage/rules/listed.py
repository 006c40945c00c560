"""Where a backend lists accounts by rules of its own: what it says and ours do not, or the other way round."""

from data.account import Account
from data.assessment import Category, Row

Difference = dict[str, object]
DROPPED = Category.RECENTLY_DOWNGRADED.value


def differences(account: Account, row: Row) -> list[Difference]:
    """Return each reason that only one side has, by workspace; empty where the backend lists nothing of its own (A6).

    A recent downgrade is the account's with us: it agrees with one of any of its workspaces.
    """
    if account.beside is None:
        return []
    ours = {one.id: one.reason for one in row.workspaces}
    names = {one.id: str(one.name) for one in row.workspaces}
    dropped = Category.RECENTLY_DOWNGRADED in row.reasons
    found: list[Difference] = []
    listed: dict[str, set[str]] = {}
    for one in account.beside.listed:
        reason, mine = str(one.reason), ours.get(one.workspace_id)
        listed.setdefault(one.workspace_id, set()).add(reason)
        if not (dropped if reason == DROPPED else mine is not None and mine.value == reason):
            said = None if one.detail is None else str(one.detail)
            found.append(_said(names.get(one.workspace_id), mine, reason, said))
    for workspace_id, mine in ours.items():
        theirs = listed.get(workspace_id, set()) - {DROPPED}
        if mine is not None and not theirs:
            found.append(_said(names[workspace_id], mine, None, None))
    if dropped and not any(DROPPED in reasons for reasons in listed.values()):
        found.append(_said(None, Category.RECENTLY_DOWNGRADED, None, None))
    return found


def _said(workspace: str | None, ours: Category | None, backend: str | None, detail: str | None) -> Difference:
    return {"workspace": workspace, "ours": ours.value if ours else None, "backend": backend, "detail": detail}
