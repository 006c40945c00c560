"""The first-run guide: where the backend is and who you are, both asked of the server before anything is kept."""

import threading
from collections.abc import Callable, Iterable
from pathlib import PurePath
from typing import ClassVar

from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from data.errors import TriageError
from data.ports_guide import Guide, Welcome
from data.safe_text import safe_text
from screens.form_modal import FormFrame
from widgets.block import Lines, Sentence
from widgets.choice_row import ChoiceRow
from widgets.form_button import FormButton
from widgets.word_input import WordInput

KEEP, FORGET = "keep", "forget"
SIGN_IN, OPEN = "Sign in", "Open triage"
URL_IS = "https, or http to this machine"
WHAT = "triage shows which accounts are stuck and what to do about it. It needs the address of your billing backend, "
WHO = "and a token that says who you are. Nothing of your own yet? esc, then: triage demo"
NATIVE, DEMBRANE = "native", "dembrane"
PERMISSIONS = 6


class Started(tuple[str, str, str]):
    """The address, the backend's name and the token that the server accepted."""

    __slots__ = ()


class FirstRun(FormFrame[Started]):
    """Returns what was accepted; None when it was left. The token is in no message, no log and no file of ours."""

    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = ["form_modal.tcss", "first_run.tcss"]

    def __init__(self, guide: Guide) -> None:
        super().__init__("First steps", SIGN_IN)
        self._guide = guide
        self._asking = ""
        self._reached = ""
        self._asked = {"reach": 0, "sign in": 0}
        self._asked_with = ("", "", "")  # a field's word that it changed may come after the question about it
        self._found: Started | None = None

    def parts(self) -> Iterable[Widget]:
        """The address, what it speaks, the token, whether it is kept; below each what the server says."""
        yield Sentence(WHAT + WHO, id="what")
        with Vertical(classes="section"):
            with Horizontal(classes="entry"):
                yield Lines([([("Address", "muted")], [])])
                yield WordInput(id="url", most=400)
            yield Sentence(URL_IS, "muted", id="reached")
            options = [(NATIVE, "Triage Billing API", ""), (DEMBRANE, "dembrane", "")]
            yield ChoiceRow("Speaks", options, NATIVE, id="backend")
            with Horizontal(classes="entry"):
                yield Lines([([("Token", "muted")], [])])
                yield WordInput(id="token", most=4096)
            yield ChoiceRow(
                "Keep", [(KEEP, "keep in the keyring", ""), (FORGET, "this session only", "")], KEEP, id="keep"
            )
        yield Sentence(id="welcome")
        yield Lines(id="lines")

    def on_mount(self) -> None:
        """A token is never shown."""
        self._entry("token").password = True
        self.call_after_refresh(self.set_focus, self._entry("url"))

    def _entry(self, name: str) -> WordInput:
        return self.query_one(f"#{name}", WordInput)

    def _typed(self) -> tuple[str, str, str]:
        backend = self.query_one("#backend", ChoiceRow).value or NATIVE
        return self._entry("url").value.strip(), backend, self._entry("token").value.strip()

    def missing(self) -> str:
        """What is to be done first."""
        url, _, token = self._typed()
        if self._asking:
            return self._asking
        return "" if self._found or (url and token) else "paste the token first" if url else "type the address first"

    def notice(self) -> str:
        """Where the address goes."""
        file = self._guide.config_file
        if self._guide.config_found:
            return f"{file} is yours and stays as it is: the lines for it are shown at the end."
        return f"The address goes into {file}, which is not there yet."

    # --- asking the server ---

    def _move_on(self) -> None:
        """enter: on to the next field; an address is looked up meanwhile."""
        url, backend = self._entry("url"), self.query_one("#backend")
        if self.focused is url and url.value.strip():
            self._look_up()
        self.set_focus(self._entry("token") if self.focused in (url, backend) else self.query_one("#submit"))

    def _look_up(self) -> None:
        self._asked_with = url, backend, _ = self._typed()
        self.query_one("#reached", Sentence).show("Asking whether it is there.", "muted")
        self._ask("reach", lambda: self._guide.reach(url, backend), self._told_reached)

    def _told_reached(self, said: object) -> None:
        wrong = isinstance(said, TriageError)
        self._reached = "" if wrong else str(said)
        self.query_one("#reached", Sentence).show(safe_text(str(said), cells=None), "cap bold" if wrong else "text")
        self.renew()

    def send(self) -> None:
        """Ask the server, or go on with what it has accepted."""
        if self._found is not None:
            self.leave(self._found)
            return
        self._asked_with = url, backend, token = self._typed()
        keep = self.query_one("#keep", ChoiceRow).value == KEEP

        def ask() -> tuple[str, Welcome]:
            reached = self._guide.reach(url, backend)
            return reached, self._guide.sign_in(url, backend, token, keep)

        self._asking = "asking the server"
        self._ask("sign in", ask, lambda said: self._told_welcome(Started((url, backend, token)), said))

    def _ask(self, what: str, ask: Callable[[], object], tell: Callable[[object], None]) -> None:
        """Ask in a thread of its own, which quitting does not wait for; an answer to an older question is dropped."""
        self._asked[what] += 1
        attempt = self._asked[what]
        self.renew()

        def run() -> None:
            said: object
            try:
                said = ask()
            except TriageError as error:
                said = error
            try:
                self.app.call_from_thread(answered, said)
            except RuntimeError:
                return  # the app has gone meanwhile: there is nobody to tell

        def answered(said: object) -> None:
            if attempt == self._asked[what] and not self._over:
                self._asking = "" if what == "sign in" else self._asking
                tell(said)

        threading.Thread(target=run, name="first-run", daemon=True).start()

    def _told_welcome(self, started: Started, said: object) -> None:
        if not isinstance(said, tuple):
            self.complain(safe_text(str(said), cells=None))
            return
        reached, welcome = said
        self._found, self._reached = started, reached
        self.query_one("#reached", Sentence).show(reached, "text")
        who = welcome.identity
        some = ", ".join(who.permissions[:PERMISSIONS]) or "read only"
        more = f" and {len(who.permissions) - PERMISSIONS} more" if len(who.permissions) > PERMISSIONS else ""
        self.query_one("#welcome", Sentence).show(
            f"Signed in as {who.name}, {who.role}. Permissions: {some}{more}. {welcome.kept}".rstrip(), "strong bold"
        )
        if self._guide.config_found:
            lines = [([("Put this into the config file:", "muted")], []), *_shown(self._guide.lines(*started[:2]))]
            self.query_one("#lines", Lines).show(lines)
        button = self.query_one("#submit", FormButton)
        button.show(True, OPEN)
        self.renew()
        self.set_focus(button)

    def on_input_changed(self, event: WordInput.Changed) -> None:
        """Something else is meant now: what the server said was about something else."""
        self._other_than(self._asked_with, event.input.id == "url")

    def on_choice_row_changed(self, event: ChoiceRow.Changed) -> None:
        """The same."""
        self._other_than(self._asked_with, event.row.id == "backend")

    def _other_than(self, asked: tuple[str, str, str], elsewhere: bool) -> None:
        typed = self._typed()
        if elsewhere and typed[:2] != asked[:2]:
            self._forget_place()
        if typed != asked:
            self._forget()

    def _forget_place(self) -> None:
        self._reached = ""
        self._asked["reach"] += 1
        self.query_one("#reached", Sentence).show(URL_IS, "muted")

    def _forget(self) -> None:
        self._complaint, self._found, self._asking = "", None, ""
        self._asked["sign in"] += 1
        if self._started:
            self.query_one("#submit", FormButton).show(False, SIGN_IN)
            self.query_one("#welcome", Sentence).show("")
            self.query_one("#lines", Lines).show([])
            self.renew()

    def give_up(self) -> None:
        """Leave without a backend."""
        self.leave(None)


def _shown(lines: list[str]) -> list[tuple[list[tuple[str, str]], list[tuple[str, str]]]]:
    return [([(safe_text(line, cells=None), "strong bold")], []) for line in lines]
