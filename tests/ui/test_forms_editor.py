"""The person's own editor on a reason: real processes on a real file."""

import sys
from pathlib import Path

import pytest

from data.errors import NotPossible
from screens.reason_editor import run_editor
from widgets.reason_field import ReasonArea, ReasonField

SCRIPT = """
import os, sys
path = sys.argv[-1]
os.write(1, b"")
mode = oct(os.stat(path).st_mode & 0o777)
before = open(path).read().strip()
open(path, "w").write(f"{before} {mode}\\nsecond\\x1b[31m line {path}\\n")
"""


def test_the_file_is_private_safe_and_gone(tmp_path: Path) -> None:
    script = tmp_path / "editor.py"
    script.write_text(SCRIPT)
    text = run_editor(f"{sys.executable} {script}", "first")
    assert text.startswith("first 0o600 second?[31m line ")
    assert not Path(text.rsplit(" ", 1)[1]).exists()


@pytest.mark.parametrize("command", ["no-such-editor-anywhere", f"{sys.executable} -c 'raise SystemExit(3)'", "'"])
def test_an_editor_that_fails_leaves_the_text(command: str) -> None:
    with pytest.raises(NotPossible):
        run_editor(command, "first")


async def test_ctrl_e_says_why_there_is_no_editor(open_desk, app_of, wait, seen, monkeypatch) -> None:
    from data.ports_list import Sort, View
    from screens.remedy_form import RemedyForm

    desk = open_desk()
    account_id = desk.open_list(View.BOOK, Sort.SEVERITY, "").window(0, 1)[0].row.id
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        form = RemedyForm(desk, desk.open_form("apply_discount", account_id))
        app.push_screen(form)
        await pilot.pause()
        form.set_focus(form.query_one(ReasonArea))
        await pilot.press("ctrl+e")
        await wait(pilot, lambda: "No editor: set EDITOR" in seen(app))
        monkeypatch.setenv("EDITOR", "ed")
        form.query_one(ReasonField).fill("kept")
        await pilot.press("ctrl+e")
        await wait(pilot, lambda: "cannot be opened in this terminal" in seen(app))
        assert form.query_one(ReasonField).text == "kept"
