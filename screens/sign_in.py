"""Sign-in: a token is checked against the server in a thread of our own; typing never waits for it."""

import threading
from collections.abc import Iterable
from pathlib import PurePath
from typing import ClassVar

from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from data.errors import TriageError
from data.identity import Identity
from data.ports import Desk
from data.safe_text import safe_text
from screens.form_modal import FormModal
from widgets.block import Lines, Sentence
from widgets.choice_row import ChoiceRow
from widgets.line import Piece
from widgets.numbers import fit
from widgets.word_input import WordInput

KEEP, FORGET = "keep", "forget"
TOKEN_IS = "An API token says who you are. It is sent to this server only."
PASSWORD_IS = "Your e-mail address and password are sent to this profile's Directus only, and kept nowhere."
BY_TOKEN = (("token", "Token"),)
BY_PASSWORD = (("email", "E-mail"), ("password", "Password"), ("otp", "One-time code"))
OPEN, OPTIONAL = ("email",), ("otp",)


class SignIn(FormModal[bool]):
    """True when somebody is signed in; the token is in no message, no log and no file of ours."""

    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = ["form_modal.tcss", "sign_in.tcss"]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "Sign in", "Sign in")
        self._checking = False
        self._try = 0
        self._entries = BY_PASSWORD if desk.by_password else BY_TOKEN

    def parts(self) -> Iterable[Widget]:
        """Where to, the token or password, whether it is kept."""
        where: list[Piece] = [(fit(safe_text(self.desk.base_url), 68).rstrip(), "strong bold")]
        yield Lines([(where, [])], id="who")
        yield Sentence(PASSWORD_IS if self.desk.by_password else TOKEN_IS, id="what")
        with Vertical(classes="section"):
            for name, label in self._entries:
                with Horizontal(classes="entry"):
                    yield Lines([([(label, "muted")], [])])
                    yield WordInput(id=name, most=4096)
            options = [(KEEP, "keep in the keyring", ""), (FORGET, "this session only", "")]
            yield ChoiceRow("Keep", options, KEEP, id="keep")

    def on_mount(self) -> None:
        """A token, password or code is never shown."""
        for name, _ in self._entries:
            self._entry(name).password = name not in OPEN
        self.call_after_refresh(self.set_focus, self._entry(self._entries[0][0]))

    def _entry(self, name: str) -> WordInput:
        return self.query_one(f"#{name}", WordInput)

    def missing(self) -> str:
        """Return what is missing."""
        if self._checking:
            return "asking the server"
        empty = [label for name, label in self._entries if name not in OPTIONAL and not self._entry(name).value.strip()]
        if not empty:
            return ""
        return f"type the {empty[0].lower()} first" if self.desk.by_password else "paste the token first"

    def notice(self) -> str:
        """What the keyring said where it did not help, else what works without a token."""
        return self.desk.keyring_problem() or "Reading and writing down still work without it. Changes wait."

    def send(self) -> None:
        """Check what was typed; the answer comes back as a call on this thread."""
        typed = [self._entry(name).value for name, _ in self._entries]
        keep = self.query_one("#keep", ChoiceRow).value == KEEP
        self._checking = True
        self._try += 1
        self.renew()
        threading.Thread(target=self._check, args=(typed, keep, self._try), name="sign-in", daemon=True).start()

    def give_up(self) -> None:
        """Leave signed out; an answer that comes later finds nobody."""
        self._try += 1
        self.leave(False)

    def on_input_changed(self) -> None:
        """The button may work now."""
        self._complaint = ""
        self.renew()

    def _check(self, typed: list[str], keep: bool, attempt: int) -> None:
        """Ask the server; runs in a thread of its own, which quitting does not wait for."""
        found: Identity | None = None
        try:
            found, sentence = self._signed_in(typed, keep)
        except TriageError as error:
            sentence = str(error)
        try:
            self.app.call_from_thread(self._answered, found, sentence, attempt)
        except RuntimeError:
            return  # the app has gone meanwhile: there is nobody to tell

    def _signed_in(self, typed: list[str], keep: bool) -> tuple[Identity, str]:
        if not self.desk.by_password:
            return self.desk.sign_in(typed[0].strip(), keep)
        email, password, otp = typed
        return self.desk.sign_in_by_password(email.strip(), password, otp.strip(), keep)

    def _answered(self, found: Identity | None, sentence: str, attempt: int) -> None:
        if attempt != self._try or self._over:
            return
        self._checking = False
        if found is None:
            self.complain(sentence)
            self.set_focus(self._entry(self._entries[-1][0] if not self.desk.by_password else "password"))
            return
        self.tell_below(f"Signed in as {found.name}, {found.role}. {sentence}".rstrip())
        self.leave(True)
