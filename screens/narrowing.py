"""A list by one key: what is mine, what sleeps, what changed since one looked; and all of it marked as seen."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.worker import Worker, WorkerState

from data.errors import TriageError
from data.list_filter import toggled
from screens.list_screen import ListScreen
from widgets.numbers import count

NEWS, MINE, ASLEEP = "changed:yes", "mine:yes", "snoozed:yes"
SEEN = "seen"


class NarrowingScreen(ListScreen):
    """Each key puts its words into the filter or takes them out again, so that they can be read, kept and typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("M", f"narrow('{MINE}')", "mine", id="view.mine", tooltip="mine: claimed, CSM, case owner"),
        Binding("N", f"narrow('{NEWS}')", "news", id="view.news", tooltip="changed since you opened it"),
        Binding("Z", f"narrow('{ASLEEP}')", "snoozed", id="view.snoozed", tooltip="the snoozed ones"),
        Binding("X", "all_seen", "seen", id="view.seen", tooltip="this list: all of it seen"),
    ]

    def action_narrow(self, token: str) -> None:
        """M, N, Z: narrow the list, or widen it again."""
        self.text = toggled(self.text, token)
        self.open_anew()
        if token not in self.text.split():
            self.tell("All of them again.")

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
