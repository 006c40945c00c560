"""Accounts as commands: found by name, organisation, id or e-mail, opened on the account screen."""

from collections.abc import Iterator
from functools import partial

from data.list_filter import doubt
from data.ports_list import Sort, View
from screens.base import TriageScreen
from screens.commands_now import ACCOUNTS, Command
from widgets.numbers import fit
from widgets.severity_badge import marked

NAME = 34


def accounts(screen: TriageScreen, text: str) -> list[Command]:
    """Return the first accounts of the book that a text finds, by name; none where the text is no filter."""
    return list(_found(screen, text)) if not doubt(text) else []


def _found(screen: TriageScreen, text: str) -> Iterator[Command]:
    for line in screen.desk.open_list(View.BOOK, Sort.NAME, text).window(0, ACCOUNTS):
        name = fit(marked(line.row, NAME, screen.look), NAME + 4, screen.look.glyphs).rstrip()
        yield Command(f"Go to {name}", "", (line.row.id,), partial(_open, screen, line.row.id))


def _open(screen: TriageScreen, account_id: str) -> None:
    from screens.account import AccountScreen

    screen.app.push_screen(AccountScreen(screen.desk, account_id))
