"""TriageApp: the one place where the desk meets the screens."""

import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, ClassVar

from rich.segment import Segments
from rich.text import Text
from textual import events
from textual.app import App
from textual.binding import Binding, BindingType

from data.errors import TriageError
from data.ports import Desk, Link
from screens.base import DeskChanged
from screens.inbox import InboxScreen
from screens.typing_guard import TypingGuard
from widgets.glyphs import pick
from widgets.look import Look, may_move
from widgets.theme import PLAIN, Styles, css_variables, derive, textual_themes, theme_name

BROADCASTS_A_SECOND = 4
REASSESS_EVERY = 30.0  # seconds
CRASH = "triage stopped because of an error in itself. What you submitted is safe in the outbox; start it again."


class TriageApp(App[str]):
    """The app over a desk. It returns the sentence to print after quitting, if there is one."""

    TITLE = "triage"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "ignore", show=False, priority=True, system=True),
        Binding("ctrl+q", "ignore", show=False, priority=True, system=True),
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
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        colourless = bool(os.environ.get("NO_COLOR"))
        plain = colourless or theme == PLAIN or os.environ.get("TERM") in ("linux", "dumb")
        # Textual's own answer to NO_COLOR is grey and still sends colour codes; native ANSI sends none.
        super().__init__(ansi_color=True if plain else None)
        self.desk, self.clock = desk, clock
        self._account, self._profile_colour = account, profile_colour
        self._keymap_wanted = dict(keymap or {})
        self._glyphs = pick(glyphs, os.environ)
        self.motion = may_move(no_color=colourless)
        self.guard = TypingGuard()
        self._ended = threading.Event()
        self._posted = False
        self._broadcast_at = 0.0
        for each in textual_themes():
            self.register_theme(each)
        name = PLAIN if plain else theme
        self.theme = theme_name(name) if theme_name(name) in self.available_themes else theme_name("auto")
        self.look = self._make_look()

    # --- look ---

    def _make_look(self) -> Look:
        few = (self.console.color_system or "") in ("256", "standard")
        styles = Styles(derive(self.current_theme), few_colours=few, profile=self._profile_colour)
        return Look(styles, self._glyphs, self.motion)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """`triage-*` for themes that are not ours."""
        return css_variables(derive(self.current_theme))

    def _watch_theme(self, theme_name: str) -> None:
        super()._watch_theme(theme_name)
        self.look = self._make_look()

    async def on_event(self, event: events.Event) -> None:
        """Every key passes here before any widget acts on it."""
        if not event.is_forwarded:
            self.guard.note(event)
        await super().on_event(event)

    # --- life ---

    def on_mount(self) -> None:
        """Open the inbox (or the sign-in over it) and start what runs beside."""
        self.animation_level = "basic" if self.motion else "none"
        if self._keymap_wanted:
            self.set_keymap(self._keymap_wanted)
        self.push_screen(InboxScreen(self.desk, account=self._account))
        if self.desk.header().who is None and self.desk.header().status.link is Link.SIGNED_OUT:
            from screens.sign_in import SignIn

            self.push_screen(SignIn(self.desk))
        threading.excepthook = self._thread_crashed
        self.desk.start(on_change=self.desk_changed_from_thread)
        threading.Thread(target=self._reassess, name="reassess", daemon=True).start()

    def on_unmount(self) -> None:
        """Never wait for anything: all that matters is on disk."""
        self._ended.set()
        threading.excepthook = threading.__excepthook__

    def desk_changed_from_thread(self) -> None:
        """Callable from any thread; several calls before the app gets to it count as one."""
        if self._posted or self._ended.is_set():
            return
        self._posted = True
        try:
            self.post_message(DeskChanged())
        except RuntimeError:  # the loop has just ended
            self._ended.set()

    def on_desk_changed(self) -> None:
        """Pass it on to the screens, at most four times a second."""
        wait = self._broadcast_at + 1 / BROADCASTS_A_SECOND - monotonic()
        if wait > 0:
            self.set_timer(wait, self._broadcast)
        else:
            self._broadcast()

    def _broadcast(self) -> None:
        self._posted, self._broadcast_at = False, monotonic()
        for screen in self.screen_stack:
            screen.post_message(DeskChanged())

    def _reassess(self) -> None:
        while not self._ended.wait(REASSESS_EVERY):
            try:
                changed = self.desk.reassess()
            except TriageError:
                continue  # the next round tries again; the sync thread reports what is wrong
            if changed:
                self.desk_changed_from_thread()

    def _thread_crashed(self, args: "threading.ExceptHookArgs") -> None:
        if isinstance(args.exc_value, Exception) and not self._ended.is_set():
            self.call_from_thread(self._handle_exception, args.exc_value)

    # --- leaving ---

    def action_ignore(self) -> None:
        """ctrl+c never quits."""

    async def action_quit(self) -> None:
        """`q`: the sync thread is told to end, nobody waits for it."""
        waiting = self.desk.stop()
        self.exit(f"{waiting} wait; triage sync sends them" if waiting else None)

    def _fatal_error(self) -> None:
        """The crash screen: a sentence, the kind of error and where; no locals, no message that could hold data."""
        error = self._exception or sys.exc_info()[1]
        where = traceback.extract_tb(error.__traceback__)[-8:] if error else []
        lines = [CRASH, f"{type(error).__name__}, at:"]
        lines += [f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(where)]
        self._exit_renderables.append(Segments(self.console.render(Text("\n".join(lines)))))
        self._close_messages_no_wait()

    def copy_to_clipboard(self, text: str) -> None:
        """OSC 52, wrapped for tmux where we run in one."""
        if os.environ.get("TMUX") and self._driver is not None:
            import base64

            code = base64.b64encode(text.encode()).decode()
            self._clipboard = text
            self._driver.write(f"\x1bPtmux;\x1b\x1b]52;c;{code}\a\x1b\\")
        else:
            super().copy_to_clipboard(text)


def run(desk: Desk, **options: Any) -> str | None:
    """Run the app; returns the sentence to print afterwards."""
    return TriageApp(desk, **options).run()
