"""A form with the gate of old figures: it asks for a sync first, and shows the new figures once they are here."""

from typing import ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType

from data.ports_list import Link
from screens.form_modal import FormModal
from widgets.stale_bar import StaleBar

T = TypeVar("T")


class GatedForm(FormModal[T], Generic[T]):
    """Subclasses put a `StaleBar` among their parts and call `gate` with what the guard of old figures says."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("r", "sync", "sync first", id="form.sync", show=False)]
    _asked = False  # a sync was asked for, and the figures are still old

    def gate(self, message: str) -> None:
        """Show the gate, or take it away where there is nothing to say."""
        if not message:
            self._asked = False
        for bar in self.query(StaleBar):
            bar.tell(message, self._gate_note())

    @property
    def gated(self) -> bool:
        """True while the gate stands."""
        return any(bar.display for bar in self.query(StaleBar))

    @property
    def gate_answered(self) -> bool:
        """True when the word was typed that goes on with old figures."""
        return any(bar.display and bar.word.answered for bar in self.query(StaleBar))

    def look_again(self) -> None:
        """Read what the form shows anew."""

    def on_stale_bar_sync_asked(self) -> None:
        """Fetch first."""
        self.action_sync()

    def action_sync(self) -> None:
        """r: sync now, where the gate stands."""
        if self.gated:
            self._asked = True
            self.desk.sync_now()
            self.look_again()

    def _gate_note(self) -> str:
        if not self._asked:
            return ""
        status = self.desk.header().status
        if status.link in (Link.FINE, Link.SYNCING):
            return "Syncing. This form follows."
        return status.sentence or "No connection."
