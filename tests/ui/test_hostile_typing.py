"""What a person brings in that somebody hostile wrote: pastes, an editor's file, drafts, recent reasons, a token."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kit.hostile import EVIL, NASTIEST, TEXTS, acts
from kit.hostile_book import HostileBook, hostile_book
from kit.stream import alien
from kit.tally import Tally
from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App, ComposeResult
from textual.message import Message

from data import keyring_probe
from data.backends.native import NativeBackend
from data.errors import BadAnswer, FileProblem, SignedOut
from data.safe_text import safe_text
from screens.reason_editor import run_editor
from triage import private
from triage.desk import Place, Session, TokenBox
from triage.desk.log import log_failed
from triage.desk.policies import Policies
from widgets.paste_guard import PasteGuard
from widgets.reason_field import ReasonArea
from widgets.theme import css_variables, derive
from widgets.word_input import WordInput

BAD = f"\x1b]0;{EVIL}\x07\u202e\x9b31m\x7f"
PASTE_END = "\x1b[201~"
PASTABLE = " ".join(one for one in NASTIEST if "[201~" not in one and one != "\x00")  # that one ends a paste
WRITES = """
import pathlib, sys
pathlib.Path(sys.argv[-1]).write_bytes(pathlib.Path(sys.argv[1]).read_bytes())
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileBook]:
    """A few accounts named after the nastiest."""
    names = [" ".join(NASTIEST[at : at + 5]) for at in range(0, 20, 5)]
    with hostile_book(tmp_path_factory.mktemp("hostile"), texts=TEXTS[::40], first=names) as served:
        yield served


def fed(parser: XTermParser, data: str) -> Iterable[Message]:
    """What the parser makes of it; nothing of nothing, which would be the end to it."""
    return parser.feed(data) if data else ()


def squeezed(text: str) -> str:
    """A text as it stands on a screen whose lines break anywhere."""
    return re.sub(r"\s", "", text)


def test_a_hostile_day_at_the_keyboard(
    book: HostileBook, tmp_path: Path, in_pty: Callable[..., Any], tally: Tally
) -> None:
    """Signs in, pastes and edits a reason, leaves a draft, sends it, picks it again, discards what is held."""
    (tmp_path / "run").mkdir(mode=0o700)
    (tmp_path / "editor.py").write_text(WRITES)
    (tmp_path / "words").write_bytes(f"written {PASTABLE} there".encode("utf-8", "surrogatepass") + b"\xff\xfe\x9b")
    editor = f"{sys.executable} {tmp_path / 'editor.py'} {tmp_path / 'words'}"
    ring = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring", "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    app = in_pty(book.running, tmp_path / "home", TRIAGE_TOKEN="", EDITOR=editor, **ring)
    sign_in(app, book.running.token)
    app.keys("D")
    app.until(lambda text: "Percent" in text)
    app.keys("1", "\r", "5", "\r")
    app.keys(f"\x1b[200~pasted \x1b\x13 {PASTABLE}\x1b[201~")  # ESC ^S: would have been sent
    app.until(lambda text: "pasted ? ?[31337m" in text and "[$b [link=x]" in text)
    app.keys("\x05")
    written = app.until(lambda text: "written ?[31337m" in text)
    app.read(1)  # letters that come right behind an editor were meant for it
    app.keys("\x1b")
    app.until(lambda text: "draft is kept" in text)
    app.keys("D")
    app.until(lambda text: "Draft from" in text and "written ?[31337m" in text)
    app.keys("\x13")
    app.until(lambda text: "takes it back" in text)
    app.keys("j", "D")
    app.until(lambda text: "Percent" in text)
    app.keys("1", "\r", "5", "\r", "\x12")
    app.until(lambda text: "Recent reasons" in text and "written ?[31337m" in text)
    app.keys("1")
    app.until(lambda text: "Recent reasons" not in text and "written ?[31337m" in text)
    app.keys("\x1b")
    app.until(lambda text: "draft is kept" in text and "Percent" not in text)
    app.read(0.6)  # who has just typed a text does not mean q
    app.keys("g", "q")
    assert app.ended() == 0 and "written" in written
    assert not alien(app.received), alien(app.received)
    assert book.running.token.encode() not in app.received
    log = (tmp_path / "home/state/triage.log").read_text(encoding="utf-8")
    assert "pull pulled=" in log and not acts(log.replace("\n", "")) and EVIL not in log
    tally("hostile strings x surfaces", 4 * len(NASTIEST))


def sign_in(app: Any, token: str) -> None:
    """Paste something hostile first, which is refused and shown to nobody; then the token."""
    app.until(lambda text: "paste the token first" in text)
    while "paste the token first" in app.text:
        app.keys(f"\x1b[200~{PASTABLE}\x1b[201~")
        app.read(0.5)
    app.keys("\x13")
    app.until(lambda text: "characters that no token has" in text)
    app.keys("\x01", "\x0b", f"\x1b[200~{token}\x1b[201~")
    app.read(0.3)
    app.keys("\x13")
    app.until(lambda text: f"{EVIL}?" in text and "Signed in as" in text)
    app.until(lambda text: "1 of " in text)
    app.read(0.6)


@pytest.mark.parametrize("size", [1, 2, 5, 7, 4096])
def test_nothing_in_a_paste_becomes_a_key(size: int) -> None:
    """However the terminal cuts it up; keys around a paste stay keys."""
    inside = [
        f"a{each.text.replace(PASTE_END, '')}\x1b\x13\x1b[A\x1b[<0;1;1M\x1b" for each in TEXTS[::3] if not each.lone
    ]
    stream = "".join(f"\x13\x1b[200~{text}\x1b[201~\x1b[A" for text in inside)
    parser, guard = XTermParser(), PasteGuard()
    seen = [event for at in range(0, len(stream), size) for event in fed(parser, guard.clean(stream[at : at + size]))]
    keys = [event.key for event in seen if isinstance(event, events.Key)]
    pasted = [event.text for event in seen if isinstance(event, events.Paste)]
    assert keys == ["ctrl+s", "up"] * len(inside) and len(seen) == 3 * len(inside)
    assert [text.replace("\x1a", "\x1b") for text in pasted] == [
        text.replace("\x00", "").replace("\x1a", "\x1b") for text in inside
    ]


def test_what_an_editor_leaves_is_one_safe_line(tmp_path: Path) -> None:
    (tmp_path / "editor.py").write_text(WRITES)
    for number, raw in enumerate((PASTABLE.encode("utf-8", "surrogatepass"), b"\xff\x00\n\x9b31m\x85", b"x" * 10**6)):
        (tmp_path / "words").write_bytes(raw)
        left = run_editor(f"{sys.executable} {tmp_path / 'editor.py'} {tmp_path / 'words'}", "before")
        assert not acts(left) and len(left) <= 20_000 and "\n" not in left, number


def test_neither_editor_nor_keyring_is_given_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second layer: also where nobody has taken it out of the process's own environment."""
    monkeypatch.setenv("TRIAGE_TOKEN", "canary-4711-token")
    tells = "import os, sys; open(sys.argv[1], 'w').write(str(dict(os.environ)))"
    (tmp_path / "editor.py").write_text(tells)
    run_editor(f"{sys.executable} {tmp_path / 'editor.py'} {tmp_path / 'seen'}", "before")
    child = tmp_path / "child.py"
    child.write_text("import json, os; print(json.dumps(dict(state='good', backend='', token=str(dict(os.environ)))))")
    monkeypatch.setattr(keyring_probe, "_CHILD", child)
    told, _ = keyring_probe.ask_keyring("get", "https://b.example")
    assert told is not None
    for seen in ((tmp_path / "seen").read_text(), told):
        assert "PATH" in seen and "canary" not in seen


def test_what_is_said_and_logged_of_a_failure_is_plain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    private._say_briefly(FileProblem, FileProblem(f"{BAD} is damaged"))
    said = capsys.readouterr().err
    assert "is damaged" in said and not acts(said.replace("\n", ""))
    place = Place("http://x", "default", tmp_path, tmp_path, "triage/test", log_file=tmp_path / "triage.log")
    session = Session(place, Policies(), lambda: datetime.now(UTC), NativeBackend, TokenBox(lambda: None, str))
    log_failed(session, "pull", SignedOut(f"The token command {BAD}\nended"))
    log_failed(session, "pull", BadAnswer(BAD))
    lines = (tmp_path / "triage.log").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2 and not acts("".join(lines)) and EVIL in lines[0] and EVIL not in lines[1]


class Fields(App[None]):
    """The two kinds of field a person writes into."""

    def get_css_variables(self) -> dict[str, str]:
        return {**super().get_css_variables(), **css_variables(derive(self.current_theme))}

    def compose(self) -> ComposeResult:
        yield WordInput(id="word")
        yield ReasonArea()


async def test_every_text_pasted_into_a_word_and_a_reason(tally: Tally) -> None:
    app = Fields()
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.pause()
        word, reason = app.query_one(WordInput), app.query_one(ReasonArea)
        for one in TEXTS:
            if len(one.text) > 1000:
                continue
            word.value = ""
            word.on_paste(events.Paste(one.text))
            reason.load_text("")
            reason.on_paste(events.Paste(one.text))
            assert word.value == safe_text(one.text) and reason.text == safe_text(one.text, cells=None)
            drawn = [word.render_line(0), *(reason.render_line(y) for y in range(2))]
            assert not any(acts(strip.text) for strip in drawn), ascii(one.text)
    tally("hostile strings x surfaces", 2 * len(TEXTS))
