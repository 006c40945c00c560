"""A list by one key: what is mine, what sleeps, what changed since one looked; and all of it marked as seen."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.worker import Worker, WorkerState

from data.errors import TriageError
from data.kept import Column
from data.list_filter import toggled
from data.saved_view import SavedView
from screens import inbox_words as words
from screens.list_screen import ListScreen
from widgets.numbers import count

if TYPE_CHECKING:
    from screens.commands_now import Command

NEWS, MINE, ASLEEP = "changed:yes", "mine:yes", "snoozed:yes"
SEEN = "seen"


class NarrowingScreen(ListScreen):
    """Each key puts its words into the filter or takes them out again, so that they can be read, kept and typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("M", f"narrow('{MINE}')", "mine", id="view.mine", tooltip="mine: claimed, CSM, case owner"),
        Binding("N", f"narrow('{NEWS}')", "news", id="view.news", tooltip="changed since you opened it"),
        Binding("Z", f"narrow('{ASLEEP}')", "snoozed", id="view.snoozed", tooltip="the snoozed ones"),
        Binding("V", "views", "views", id="view.saved", tooltip="saved views; name this list"),
        Binding("S", "columns", "columns", id="view.columns", tooltip="choose the columns"),
        Binding("X", "all_seen", "seen", id="view.seen", tooltip="this list: all of it seen"),
    ]

    def action_narrow(self, token: str) -> None:
        """M, N, Z: narrow the list, or widen it again."""
        self.text = toggled(self.text, token)
        self.open_anew()
        if token not in self.text.split():
            self.tell("All of them again.")

    # --- columns and saved views ---

    def shown_columns(self) -> tuple[str, ...]:
        """Return the names of the columns that somebody chose for this list; none where they are the usual ones."""
        return tuple(one.name for one in self.list.columns)

    def show_columns(self, names: Sequence[str]) -> None:
        """Show these columns, or where there are none those chosen in the app, in the config, or the usual ones."""
        chosen = self.desk.kept().columns or self.desk.config_columns
        widths = {one.name: one.cells for one in chosen}
        self.list.columns = tuple(Column(name, widths.get(name, 0)) for name in names) or chosen
        self.list.refresh()

    def action_view(self, key: str) -> None:
        """0–7, 9: another view, with the usual columns again."""
        self.show_columns(())
        super().action_view(key)

    def action_columns(self) -> None:
        """S: choose the columns, their order and widths."""
        from screens.columns_form import ColumnsForm

        self.app.push_screen(ColumnsForm(self.list.columns), self._keep_columns)

    def _keep_columns(self, columns: tuple[Column, ...] | None) -> None:
        if columns is None:
            return
        lasts = self.desk.keep(msgspec.structs.replace(self.desk.kept(), columns=columns))
        self.show_columns(())
        self.tell("The columns are kept." if lasts else "Kept until you quit: the disk refuses.")

    def action_views(self) -> None:
        """V: open a saved view, or keep this list as one."""
        from screens.views_picker import ViewsPicker

        now = SavedView("", self.view, self.text, self.sort, self.shown_columns())
        self.app.push_screen(ViewsPicker(self.desk, now), self._open_saved)

    def more_commands(self) -> "Sequence[Command]":
        """The saved views too, by their names."""
        from screens.commands_now import saved_commands

        saved = (*self.desk.config_views, *self.desk.kept().views)
        return (*saved_commands(saved, self._open_saved), *super().more_commands())

    def _open_saved(self, saved: SavedView | None) -> None:
        if saved is None:
            return
        self.view, self.text, self.sort = saved.view, saved.filter, saved.sort
        self.show_columns(saved.columns)
        self.open_anew()
        self.list.focus()
        self.tell(f"{saved.name}: {words.order(self.view, self.sort)}.")

    def action_all_seen(self) -> None:
        """X: nothing in this list counts as changed any more."""
        view, text, untouched = self.view, self.text, self.untouched

        def note() -> int:
            return self.desk.look_at_list(view, text, untouched)

        self.run_worker(note, name=SEEN, thread=True, exclusive=True, exit_on_error=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say how many had changed; a cache that could not be written says so itself."""
        if event.worker.name != SEEN:
            return
        if event.state is WorkerState.SUCCESS:
            seen = event.worker.result or 0
            self.open_list(fresh=True)
            self.follow()
            changed = f"{count(seen)} account{'' if seen == 1 else 's'} had changed."
            self.tell(f"{changed} Seen now." if seen else "Nothing here has changed since you looked.")
        elif event.state is WorkerState.ERROR and isinstance(event.worker.error, TriageError):
            self.tell(str(event.worker.error))
        elif event.state is WorkerState.ERROR and event.worker.error is not None:
            raise event.worker.error
