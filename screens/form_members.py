"""Members that no sync has brought: asked for while a form is open, which looks for them until they are there."""

from collections.abc import Callable
from typing import Any

from textual.screen import Screen

from data.ports import Desk

AGAIN = 0.3  # seconds
LOOKS = 10  # after so many they are asked for once more: the link may be back


def want_members(
    form: Screen[Any], desk: Desk, account_id: str, workspace_id: str, have_come: Callable[[], bool]
) -> None:
    """Ask for the members of a workspace; `have_come` takes them over and says whether they are there."""

    def look(left: int = 0) -> None:
        if not form.is_attached or have_come():
            return
        if left == 0:
            desk.want_members(account_id, workspace_id)
        form.set_timer(AGAIN, lambda: look(left - 1 if left else LOOKS))

    desk.want_members(account_id, workspace_id)
    form.set_timer(AGAIN, lambda: look(LOOKS))
