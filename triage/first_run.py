"""The first-run guide as an app of its own: there is no desk yet that the other one could stand on."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.screen import Screen

from data.kept_screen import ScreenFile
from data.ports_guide import Guide
from screens.first_run import FirstRun, Started
from triage.app_look import LookedApp, Wishes
from widgets.paste_guard import guarded
from widgets.steady import steadied


class FirstRunApp(LookedApp):
    """Shows the guide and ends; `started` is what the server accepted, None where the guide was left."""

    TITLE = "triage"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "ignore", show=False, priority=True, system=True),
        Binding("ctrl+q", "ignore", show=False, priority=True, system=True),
    ]

    def __init__(self, guide: Guide, wishes: Wishes) -> None:
        super().__init__(wishes, ScreenFile(None), {})
        self._guide = guide
        self.started: Started | None = None

    def get_driver_class(self) -> type[Driver]:
        """The platform's driver; a paste stays one."""
        return steadied(guarded(super().get_driver_class()))

    def get_default_screen(self) -> Screen[None]:
        """Nothing but the ground."""
        return Screen()

    def on_mount(self) -> None:
        """Ask at once."""
        self.push_screen(FirstRun(self._guide), self._done)

    def _done(self, started: Started | None) -> None:
        self.started = started
        self.exit()

    def action_ignore(self) -> None:
        """ctrl+c never quits; esc leaves."""
