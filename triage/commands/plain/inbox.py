"""The list of the plain mode: which view, order and filter, where the cursor is, and what has moved since."""

from collections.abc import Iterator, Sequence

from data.assessment import Row
from data.list_filter import doubt
from data.ports_list import ListLine, RowList, Sort, View
from data.saved_view import SavedView
from triage.commands.plain import words
from triage.commands.plain.here import Here
from widgets.numbers import count

WATCHED = 100  # rows from the top in which comings and goings are told; what a long list is opened with
NAMED = 3  # accounts named at once, the others are counted
AT_ONCE = 10


class Inbox:
    """One list that is open, its cursor on an account and not on a line."""

    def __init__(self, here: Here) -> None:
        self._here = here
        self.view, self.sort, self.text, self.untouched = View.AT_RISK, Sort.SEVERITY, "", False
        self._rows: RowList = self._open()
        self._watched: dict[str, str] = {}
        self.at = 0
        self.focus: str | None = None
        self.gone = False
        self._settle()

    # --- which list ---

    def _open(self) -> RowList:
        return self._here.desk.open_list(self.view, self.sort, self.text, self.untouched)

    def show(self, saved: SavedView) -> None:
        """Another list, from its top."""
        self.view, self.sort, self.text = saved.view, saved.sort, saved.filter
        self.reopen()

    def reopen(self) -> None:
        """Open it anew, the cursor on its first account, and say what it is."""
        self._rows, self.at = self._open(), 0
        self._settle()
        self._here.say(self.title())
        self._here.say(self.line())

    def title(self) -> str:
        """What is shown: `At cap, 12 accounts, by urgency, filter "north"`."""
        parts = [f"{words.VIEWS[self.view].capitalize()}, {self._total()}", words.ORDERS[self.sort]]
        parts += [f'filter "{self.text}"'] if self.text else []
        parts += ["only what nobody has handled"] if self.untouched else []
        return ", ".join(parts) + "." + (f" {doubt(self.text)}" if doubt(self.text) else "")

    def _total(self) -> str:
        number = self._rows.total
        return f"{'at least ' if self._rows.at_least else ''}{words.plural(number, 'account')}"

    # --- where ---

    @property
    def current(self) -> ListLine | None:
        """The line under the cursor, None in an empty list or where its account has left."""
        found = self._rows.window(self.at, self.at + 1) if not self.gone else ()
        return found[0] if found else None

    def prompt(self) -> str:
        """The line with the cursor names what has the focus."""
        line = self.current
        if line is None:
            return f"{words.VIEWS[self.view].capitalize()}, {'its account has left' if self.gone else 'empty'}:"
        return f"{words.focus_line(line.row, self.at + 1, count(self._rows.total))}:"

    def line(self, at: int | None = None) -> str:
        """The account under the cursor, or another, in one breath."""
        if at is None and self.gone:
            return "The account has left this list. j goes on from its place."
        found = self._rows.window(self.at if at is None else at, (self.at if at is None else at) + 1)
        if not found:
            header = self._here.desk.header()
            return "Nobody is in this list." if header.synced_at else "No data yet. It is being fetched; r syncs."
        return self._said(found[0].row)

    def _said(self, row: Row) -> str:
        detail = self._here.desk.detail(row.id)
        pending = detail.pending if detail else ()
        return words.row_line(row, pending, self._here.now, self._here.glyphs, self.view)

    def rows(self, most: int) -> Sequence[Row]:
        """The accounts of the list from its top, at most so many."""
        return [line.row for line in self._rows.window(0, most)]

    def go(self, to: int) -> None:
        """Put the cursor on a line and say it."""
        if not self._rows.total:
            self._here.say(self.line())
        elif not 0 <= to < self._rows.total:
            self._here.say("This is the last." if to > 0 else "This is the first.")
        else:
            self.at = to
            self._settle()
            self._here.say(self.line())

    def step(self, by: int) -> None:
        """One on or one back; where the account has left, its place is the next one's."""
        self.go(self.at if self.gone and by > 0 else self.at + by)

    def last(self) -> None:
        """To the end."""
        self.go(self._rows.total - 1)

    def find(self, account_id: str) -> bool:
        """Put the cursor on an account; False where this list has it not."""
        at = self._rows.position(account_id)
        if at is not None:
            self.at = at
            self._settle()
        return at is not None

    def read_on(self, most: int) -> None:
        """Say the lines from the cursor on; the cursor stays."""
        found = self._rows.window(self.at, self.at + most)
        self._here.say(*(f"{self.at + 1 + by}. {self._said(line.row)}" for by, line in enumerate(found)))
        left = self._rows.total - self.at - len(found)
        if left > 0:
            self._here.say(f"{count(left)} more.")

    def _settle(self) -> None:
        self.gone = False
        line = self.current
        self.focus = line.row.id if line else None
        self._watched = self._watch()

    # --- what has moved ---

    def _watch(self) -> dict[str, str]:
        return {line.row.id: _state(line.row) for line in self._rows.window(0, WATCHED)}

    def renew(self) -> Iterator[str]:
        """Read the list again, the cursor on its account; yield who came, who went and what became of this one."""
        before, focus = self._watched, self.focus
        self._rows = self._open()
        self._watched = self._watch()
        if focus is not None and not self.gone:
            at = self._rows.position(focus)
            self.gone, self.at = at is None, self.at if at is None else at
        elif focus is None:
            line = self.current
            self.focus = line.row.id if line else None
        yield from self._comings(before)
        if (
            focus is not None
            and not self.gone
            and before.get(focus, "") != self._watched.get(focus, before.get(focus, ""))
        ):
            yield self.line()

    def _comings(self, before: dict[str, str]) -> Iterator[str]:
        if not before and self._rows.total:
            yield self.title()
            return
        came = [one for one in self._watched if one not in before and self._is_new(one, before)]
        went = [one for one in before if one not in self._watched and self._rows.position(one) is None]
        yield from self._named([f"New: {self._line_of(one)}" for one in came[:NAMED]], len(came) - NAMED, "came")
        lines = [f"{self._name_of(one)} left the list: {self._here.desk.why_gone(one)}." for one in went[:NAMED]]
        yield from self._named(lines, len(went) - NAMED, "left")

    def _is_new(self, account_id: str, before: dict[str, str]) -> bool:
        """Not one of those that only moved up into sight."""
        return len(before) < WATCHED or (self._rows.position(account_id) or 0) < WATCHED - NAMED

    @staticmethod
    def _named(lines: Sequence[str], more: int, what: str) -> Iterator[str]:
        yield from lines
        if more > 0:
            yield f"{words.plural(more, 'more account')} {what}."

    def _line_of(self, account_id: str) -> str:
        detail = self._here.desk.detail(account_id)
        return self._said(detail.row) if detail else account_id

    def _name_of(self, account_id: str) -> str:
        detail = self._here.desk.detail(account_id)
        return detail.row.name if detail else account_id


def _state(row: Row) -> str:
    """What of an account is worth a word when it changes while the cursor is on it; ages are not."""
    claim = f"{row.claim.staff_id}" if row.claim else ""
    handled = f"{row.handled.staff_id}{row.handled.at}" if row.handled else ""
    return "|".join((str(row.category), row.tier, claim, handled, str(row.snoozed), str(row.version)))
