"""The manners of a terminal: clipboard, title, sleep, and a word when an account becomes blocked."""

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from textual import events

from data.kept_screen import ScreenFile
from data.ports import Desk
from data.ports_list import Sort, View
from data.safe_text import cut_cells, safe_lines, safe_text
from screens.acting import ActingScreen
from screens.base import TriageScreen
from screens.clipboard import NONE, CopyLines, doubt, osc52, why_not, wrapped
from triage.app_look import LookedApp, Wishes

Notify = Literal["none", "bell", "desktop"]
TITLE_EVERY = 1.0  # seconds
TITLE_CELLS = 80
MOST_BLOCKED = 500  # accounts whose names are compared


class TerminalApp(LookedApp):
    """An app over a desk that minds the terminal it runs in. `notify` says what a new Blocked account does."""

    def __init__(
        self, desk: Desk, wishes: Wishes, screen_file: ScreenFile, keys: Mapping[str, str], notify: Notify
    ) -> None:
        super().__init__(wishes, screen_file, keys)
        self.desk, self._notify = desk, notify
        self._doubted = False
        self._shown_title = ""
        self._blocked: set[str] | None = None
        self._blocked_as_of: tuple[datetime | None, int] | None = None

    def _send(self, codes: str) -> None:
        if self._driver is not None and codes:
            self._driver.write(codes)

    # --- clipboard ---

    def copy_to_clipboard(self, text: str) -> None:
        """OSC 52, wrapped for tmux and screen; what is pasted elsewhere must not act there either."""
        self._copy(safe_text(text, cells=None))

    def on_copy_lines(self, message: CopyLines) -> None:
        """A letter keeps its lines."""
        self._copy(safe_lines(message.text))

    def _copy(self, text: str) -> None:
        self._clipboard = text
        if not why_not(text, os.environ):
            self._send(osc52(text, os.environ))

    def copied_words(self, name: str) -> str:
        """Return what to say of the copy just made: that it was sent, once what to do if it does not arrive."""
        against = why_not(self._clipboard, os.environ)
        if against or self._doubted:
            return against or f"Copied {name}."
        self._doubted = True
        return f"Copied {name}. {doubt(os.environ)}"

    # --- title ---

    def begin_terminal(self) -> None:
        """Set the title, kept up to date from now on; the one before is put back at the end."""
        self.app_resume_signal.subscribe(self, lambda _: self._woke())
        if os.environ.get("TERM") not in NONE:
            self._send("\x1b[22;2t")
            self._title_now()
            self.set_interval(TITLE_EVERY, self._title_now)

    def end_terminal(self) -> None:
        """Put the title of before back."""
        if self._shown_title:
            self._send("\x1b[23;2t")

    def title_words(self) -> str:
        """Return `triage PROFILE`, behind the account's name on a screen of one account; safe text on one line."""
        words = f"triage {self.desk.header().profile}"
        full = [screen for screen in self.screen_stack if isinstance(screen, TriageScreen)]
        if len(full) > 1 and isinstance(full[-1], ActingScreen):
            detail = full[-1].target_detail()
            words = f"{detail.row.name}, {words}" if detail is not None else words
        return self.look.glyphs.show(cut_cells(safe_text(words), TITLE_CELLS))

    def _title_now(self) -> None:
        title = self.title_words()
        if title != self._shown_title:
            self._shown_title = title
            self._send(f"\x1b]2;{title}\a")

    # --- sleep ---

    def action_suspend_process(self) -> None:
        """ctrl+z: to sleep, where there is a shell to go back to."""
        if self._driver is None or not self._driver.can_suspend:
            self.tell("Here is no shell to go back to.")
            return
        super().action_suspend_process()

    def _woke(self) -> None:
        """Back from sleep: keys that come with it are nobody's, and the title was the shell's meanwhile."""
        self.post_message(events.AppFocus())
        self._shown_title = ""

    # --- a new Blocked account ---

    @property
    def notifies(self) -> bool:
        """True where the config asks for a word."""
        return self._notify != "none"

    def look_for_blocked(self) -> None:
        """Say it when an account is Blocked that was not a moment ago; the first book there is says nothing."""
        header = self.desk.header()
        as_of = (header.synced_at, header.counts.blocked)
        if header.synced_at is None or as_of == self._blocked_as_of:
            return
        self._blocked_as_of = as_of
        rows = self.desk.open_list(View.BLOCKED, Sort.SEVERITY, "")
        lines = rows.window(0, min(rows.total, MOST_BLOCKED))
        before, self._blocked = self._blocked, {line.row.id for line in lines}
        new = [line.row for line in lines if before is not None and line.row.id not in before]
        if new:
            more = f" and {len(new) - 1} more" if len(new) > 1 else ""
            sentence = f"Blocked now: {cut_cells(safe_text(new[0].name or new[0].id), 40)}{more}."
            self.warn(sentence)
            self._send(notice(sentence, self._notify, os.environ))


def notice(sentence: str, how: Notify, environment: Mapping[str, str]) -> str:
    """Return what rings the bell, and shows a desktop notification where that was asked for; OSC 777 or 9."""
    if how != "desktop" or environment.get("TERM") in NONE:
        return "\a"
    text = sentence.replace(";", ",")
    knows_777 = environment.get("VTE_VERSION") or environment.get("TERM", "").startswith(("rxvt", "foot"))
    code = f"\x1b]777;notify;triage;{text}\a" if knows_777 else f"\x1b]9;{text}\a"
    return wrapped(code, environment) + "\a"
