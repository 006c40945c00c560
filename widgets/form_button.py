"""A button of one line: a chip while it has the focus, muted while it cannot work."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from widgets.line import Painted, strip
from widgets.look import Look


class FormButton(Painted, can_focus=True):
    """Pressed by space or a click; by Enter only where `enter` is set: a bare Enter never submits."""

    GROUND = "raised"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "press(False)", show=False),
        Binding("enter", "press(True)", show=False),
    ]
    DEFAULT_CSS = "FormButton { height: 1; width: auto; }"

    class Pressed(Message):
        """The button was pressed."""

        def __init__(self, button: "FormButton") -> None:
            super().__init__()
            self.button = button

    class Ignored(Message):
        """Enter on a button that wants to be meant."""

    def __init__(self, label: str, *, enter: bool, id: str | None = None) -> None:
        super().__init__(id=id)
        self.can_focus = True
        self.label = label
        self.ready = True
        self._enter = enter
        self.styles.width = len(label) + 4

    def show(self, ready: bool, label: str | None = None) -> None:
        """Say whether it can work, and perhaps what it is called now."""
        if label is not None and label != self.label:
            self.label = label
            self.styles.width = len(label) + 4
        self.ready = ready
        self.repaint()

    def on_key(self, event: events.Key) -> None:
        """A space poured in at once presses nothing (the app's guard against keys nobody meant)."""
        doubts = getattr(getattr(self.app, "guard", None), "doubts", None)
        if callable(doubts) and doubts(event):
            event.stop()
            event.prevent_default()

    def watch_has_focus(self, has_focus: bool) -> None:
        """The focus is shown."""
        super().watch_has_focus(has_focus)
        self.repaint()

    def on_click(self, event: events.Click) -> None:
        """A click presses it."""
        event.stop()
        self.post_message(self.Pressed(self))

    def action_press(self, by_enter: bool) -> None:
        """Space presses; Enter only where it may."""
        self.post_message(self.Ignored() if by_enter and not self._enter else self.Pressed(self))

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        """Return the one line."""
        ground = "chip" if self.has_focus and self.ready else "field"
        ink = "text" if self.ready else "muted"
        if look.styles.plain and ground == "field":
            ground, ink = "raised", "text" if self.ready else "faint"
        if self.has_focus and not self.ready:
            ground = "field"
        return [strip([(f"  {self.label}  ", ink)], width, look, ground)]
