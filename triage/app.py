"""TriageApp: the one place where the desk meets the screens."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from time import monotonic
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.driver import Driver

from data.errors import TriageError
from data.kept_screen import ScreenFile
from data.key_names import written
from data.ports import Desk
from data.ports_list import Link
from screens.base import DeskChanged
from screens.inbox import INBOX_CSS, InboxScreen
from screens.typing_guard import TypingGuard
from triage.app_look import Wishes
from triage.app_terminal import Notify, TerminalApp
from triage.beside import Beside
from widgets.look import may_move
from widgets.paste_guard import guarded
from widgets.steady import steadied
from widgets.thin_line import LONGEST_WAIT, ThinLine, thinned


class TriageApp(TerminalApp):
    """The app over a desk. It returns the sentence to print after quitting, if there is one.

    `wishes` are the config's for the looks; `theme`, `glyphs` and `profile_colour` stand for them where there is none.
    """

    TITLE = "triage"
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = ["app.tcss", INBOX_CSS]
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "ignore", show=False, priority=True, system=True),
        Binding("ctrl+q", "ignore", show=False, priority=True, system=True),
        Binding(
            "ctrl+z", "suspend_process", "sleep", id="go.sleep", show=False, tooltip="back to the shell; fg returns"
        ),
        Binding("ctrl+l", "redraw", "draw anew", id="go.redraw", show=False, priority=True, system=True),
    ]

    def __init__(
        self,
        desk: Desk,
        *,
        account: str | None = None,
        theme: str = "auto",
        glyphs: str = "auto",
        profile_colour: str | None = None,
        keymap: Mapping[str, str] | None = None,
        wishes: Wishes | None = None,
        screen_file: ScreenFile | None = None,
        notify: Notify = "none",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.line = ThinLine(still=not may_move())
        self._keymap_wanted = dict(keymap or {})
        written_keys = {name: written(keys.split(",")[0]) for name, keys in self._keymap_wanted.items()}
        wishes = wishes or Wishes(theme, glyphs, colour=profile_colour)
        super().__init__(desk, wishes, screen_file or ScreenFile(None), written_keys, notify)
        self.clock, self.guard = clock, TypingGuard()
        self._account = account
        self.beside = Beside(desk, lambda: self.post_message(DeskChanged()))
        self._sign_in_offered = self._tree_offered = False

    def get_driver_class(self) -> type[Driver]:
        """The platform's driver: columns stand still whatever a terminal makes of foreign text, a paste stays one."""
        driver = super().get_driver_class()
        in_browser = driver.__module__ == "textual.drivers.web_driver"  # whose keys come in packets, a paste whole
        return steadied(thinned(driver if in_browser else guarded(driver), self.line))

    # --- life ---

    async def on_event(self, event: events.Event) -> None:
        """Every key passes here before any widget acts on it."""
        if isinstance(event, events.Resize):
            self.line.screen.forget(*event.size)
        if not event.is_forwarded:
            self.guard.note(event)
            if isinstance(event, events.Key):
                self.messages.key(monotonic())
        await super().on_event(event)

    def _check_resize(self) -> None:
        """Draw wholly anew after any change of size: two that become one may end at the size there was before."""
        super()._check_resize()
        self.refresh()

    def on_load(self) -> None:
        """Before any screen is there."""
        self.set_keymap(self._keymap_wanted)

    def get_default_screen(self) -> InboxScreen:
        """Open the inbox at once, over no empty screen; what runs beside it starts once it is drawn."""
        return InboxScreen(self.desk, account=self._account, panes=self.kept_panes)

    def on_inbox_screen_drawn(self) -> None:
        """The list is on the screen: start what runs beside it, unless the word of it comes behind a quit."""
        if not self.is_running:
            return
        if not self._motion:
            self.set_interval(LONGEST_WAIT / 3, self._send_what_waits)
        self.watch_themes()
        self.begin_terminal()
        self.beside.start(lambda error: self.call_from_thread(self._handle_exception, error))

    def on_terminal_supports_synchronized_output(self) -> None:
        """The terminal has taken what was sent: what was held back meanwhile may go."""
        self.line.answered()
        self._send_what_waits()

    def _send_what_waits(self) -> None:
        """Also from time to time by itself: an answer may be lost on its way, and what was held back may be the end."""
        if self._driver is not None:
            self._driver.write("")

    def on_unmount(self) -> None:
        """Quitting never waits for the network."""
        self.end_terminal()
        self.beside.end()

    def on_desk_changed(self) -> None:
        """Pass it on to the screens, at most four times a second."""
        wait = self.beside.too_soon()
        self.set_timer(wait, self._broadcast) if wait > 0 else self._broadcast()

    def _broadcast(self) -> None:
        self.beside.taken()
        header = self.desk.header()
        if header.status.link is Link.SIGNED_OUT and header.who is None and not self._sign_in_offered:
            from screens.sign_in import SignIn

            self._sign_in_offered = True
            self.push_screen(SignIn(self.desk))
        if header.synced_at is not None and not self._tree_offered:
            self._offer_tree()
        if self.notifies:
            self.look_for_blocked()
        for screen in self.screen_stack:
            screen.post_message(DeskChanged())

    def _offer_tree(self) -> None:
        """Once: another tree that the config names takes effect only when a person accepts its diff (D18)."""
        self._tree_offered = True
        try:
            waiting = self.desk.tree_waiting()
        except TriageError:
            return  # its file has just become none: the next start says so, the tree in effect goes on
        if waiting is not None:
            from screens.tree_change import TreeChangeForm

            self.push_screen(TreeChangeForm(self.desk, waiting))

    # --- leaving ---

    def action_redraw(self) -> None:
        """ctrl+l: somebody else has written on this terminal; everything is sent again."""
        self.line.screen.forget(*self.size)
        self.refresh(layout=True)

    def action_ignore(self) -> None:
        """ctrl+c never quits."""

    async def action_quit(self) -> None:
        """`q`: the sync thread is told to end, nobody waits for it."""
        waiting = self.desk.stop()
        self.exit(f"{waiting} wait; triage sync sends them" if waiting else None)
