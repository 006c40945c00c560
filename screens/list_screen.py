"""A screen with the list in it: views, orders, the live filter, and reading it again when something changed."""

from abc import abstractmethod
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual import events
from textual.binding import Binding, BindingType
from textual.timer import Timer

from data.list_filter import SHOWN
from data.ports import Desk
from data.ports_list import RowList, Sort, View
from data.ports_portfolio import Behind
from screens import inbox_words as words
from screens.bulk_screen import BulkScreen
from widgets.account_list import AccountList
from widgets.filter_line import FilterLine
from widgets.row_strip import RowState
from widgets.status_line import StatusLine

if TYPE_CHECKING:
    from screens.commands_now import Command

UNDER_A_KEY = 0.3  # seconds after a key in which the list does not reorder
GROW_EVERY = 0.01
SHARE = 8  # re-opening takes at most about a ninth of the time


class ListScreen(BulkScreen):
    """Which list is open, and its opening. Subclasses give the frame and `follow`: the pane goes after the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", id="view.filter", tooltip="filter: name, org, id, mail"),
        *(
            Binding(view.value, f"view('{view.value}')", view.name, id=f"view.{view.value}", tooltip=tooltip)
            for view, tooltip in (
                (View.AT_RISK, "all at risk"),
                (View.BLOCKED, "Blocked"),
                (View.AT_CAP, "At cap"),
                (View.NEAR_CAP, "Near cap"),
                (View.DOWNGRADED, "Downgraded"),
                (View.SIGNALS, "locked, clock skew"),
                (View.DRIFT, "drifting, worst first"),
                (View.RED, "Red, by the clock"),
                (View.BOOK, "the whole book"),
            )
        ),
        Binding("s", "sort", "sort", id="view.sort", tooltip="next order of the list"),
        Binding("U", "untouched", "untouched", id="view.untouched", tooltip="only the unhandled"),
        Binding("t", "portfolio", "portfolio", id="go.portfolio", tooltip="the book in figures"),
        Binding("escape", "back", "clear", id="view.clear", tooltip="clear the marks, then the filter"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.view, self.text, self.untouched = View.AT_RISK, "", False
        self.sort = self.sort_of(self.view)
        self._rows: RowList | None = None
        self._key_at = 0.0
        self._arriving = False  # the first book is on its way, and nobody has chosen a row of it
        self._not_before = 0.0
        self._late: Timer | None = None
        self._grower: Timer | None = None
        self._figure = ""
        self._moving = False  # the cursor has not come to rest yet

    @abstractmethod
    def follow(self) -> None:
        """Show the account under the cursor in the pane."""

    @property
    def list(self) -> AccountList:
        """The list widget."""
        return self.query_one(AccountList)

    @property
    def rows(self) -> RowList | None:
        """The list that is open."""
        return self._rows

    def target(self) -> str | None:
        """The account under the cursor, unless it has left the list."""
        line = self.list.current if self.composed else None
        return line.row.id if line and not self.list.gone else None

    # --- the list ---

    def open_list(self, *, fresh: bool) -> None:
        self._show(self.desk.open_list(self.view, self.sort, self.text, self.untouched), fresh=fresh)

    def _show(self, rows: RowList, *, fresh: bool) -> None:
        header = self.desk.header()
        self._rows = rows
        me = header.who.staff_id if header.who else None
        state = RowState(stale=header.stale, synced_at=header.synced_at, me=me, view=self.view)
        self._arriving = not self._key_at and (self._arriving or header.synced_at is None)
        self.list.open(rows, state, self.now, fresh=fresh, first=self._arriving)
        self._arriving = self._arriving and header.synced_at is None
        self.look_at_marks()
        self.look_at_runs()
        self._grow_in(GROW_EVERY)

    def _grow_in(self, seconds: float) -> None:
        if self._grower is not None:
            self._grower.stop()
        growing = self._rows is not None and self._rows.growing
        self._grower = self.set_timer(seconds, self._grow) if growing else None

    def _grow(self) -> None:
        """Look up a little more of a long list; typing goes first."""
        wait = self._key_at + UNDER_A_KEY - monotonic()
        if wait > 0 or self._rows is None:
            self._grow_in(wait)
        elif self._rows.grow():
            self._show(self._rows, fresh=False)
            self.refresh_frame()
        else:
            self._grow_in(GROW_EVERY)

    def reload(self) -> None:
        """Read the list again, but not under a key pressed just now."""
        if self._rows is None:
            return
        wait = max(self._key_at + UNDER_A_KEY, self._not_before) - monotonic()
        if wait > 0 and self.is_current:
            if self._late is None:
                self._late = self.set_timer(wait, self._renew)
            return
        self._renew()

    def _renew(self) -> None:
        self._late = None
        began = monotonic()
        self.open_list(fresh=False)
        # a book so large that opening takes a while is not opened again at once: typing goes first
        self._not_before = monotonic() + SHARE * (monotonic() - began)
        if not self._moving:
            self.follow()
        self.refresh_frame()

    def on_key(self, event: events.Key) -> None:
        """Remember when a key was pressed."""
        self._key_at = monotonic()

    def touched(self) -> None:
        """What a key does whose action runs before it comes here: the cursor's keys."""
        self._key_at = monotonic()
        self.forget_told()

    def open_anew(self) -> None:
        """Another view, filter or order: open the list again, and the pane after it."""
        self.open_list(fresh=True)
        self.follow()
        self.refresh_frame()

    def action_view(self, key: str) -> None:
        """0–7, 9: another view."""
        self.view = View(key)
        self.sort = self.sort_of(self.view)
        self.open_anew()

    def sort_of(self, view: View) -> Sort:
        """Return the order that was last chosen for a view, on this machine."""
        kept = self.desk.kept().sorts.get(view.value, "")
        return next((sort for sort in words.orders(view) if sort.value == kept), Sort.SEVERITY)

    def action_sort(self) -> None:
        """s: the next order."""
        sorts = words.orders(self.view)
        at = sorts.index(self.sort) if self.sort in sorts else -1
        self.action_order(sorts[(at + 1) % len(sorts)])

    def action_order(self, sort: Sort) -> None:
        """An order, kept for this view over restarts."""
        self.sort = sort
        self.open_anew()
        kept = self.desk.kept()
        sorts = {**kept.sorts, self.view.value: sort.value}
        lasts = self.desk.keep(msgspec.structs.replace(kept, sorts=sorts))
        self.tell(f"Sorted {words.order(self.view, sort)}{'.' if lasts else ', until you quit: the disk refuses.'}")

    def more_commands(self) -> "Sequence[Command]":
        """Return the views and the orders for the palette."""
        from screens.commands_now import view_commands

        return tuple(view_commands(self, self.action_view, self.action_order, words.orders(self.view)))

    def action_untouched(self) -> None:
        """U: hide what somebody has handled (A16)."""
        self.untouched = not self.untouched
        self.open_anew()
        self.tell("Only what nobody has handled." if self.untouched else "Handled accounts are shown again.")

    def action_help(self) -> None:
        """?: the keys as they are now, and what a filter understands."""
        from screens.help import HelpScreen
        from screens.keymap import table

        names = [(f"{name}:", takes) for name, takes in SHOWN.items()]
        self.app.push_screen(HelpScreen([*table(self), ("In a filter, beside words", names)]))

    def action_filter(self) -> None:
        """/: type to filter."""
        self.query_one(StatusLine).display = False
        self.query_one(FilterLine).ask(self.text)

    def on_filter_line_changed(self, event: FilterLine.Changed) -> None:
        """Every keystroke opens the list again."""
        self.text = event.text
        self.open_anew()

    def on_filter_line_left(self, event: FilterLine.Left) -> None:
        """Back to the list."""
        self.query_one(FilterLine).display = False
        self.query_one(StatusLine).display = True
        if not event.keep and self.text:
            self.text = ""
            self.open_anew()
        self.list.focus()
        self.refresh_frame()

    def action_portfolio(self) -> None:
        """t: the book in figures, at the one whose list was opened last."""
        from screens.portfolio import PortfolioScreen

        self.app.push_screen(PortfolioScreen(self.desk, self._open_behind, self._figure))

    def _open_behind(self, behind: Behind, figure: str) -> None:
        self.view, self.text, self.untouched, self._figure = View(behind.view), behind.text, False, figure
        self.open_anew()
        self.list.focus()

    def action_back(self) -> None:
        """esc clears the marks, then the filter; on the plain inbox it does nothing."""
        if self.unmark():
            return
        if self.text:
            self.text = ""
            self.open_anew()
