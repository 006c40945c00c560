"""Remapped keys: every action, hint line, menu and help follows the config's [keys]."""

from typing import Any

from screens.help import HelpScreen
from screens.row_menu import RowMenu
from widgets.key_line import KeyLine

KEYMAP = {"do.reset_usage": "T", "do.grant_trial": "R", "see.why": "x", "go.help": "H", "list.down": "ctrl+n"}
MORE = {"do.copy_contact": "f2", "go.back": "ctrl+b", "form.submit": "f9"}


async def test_actions_hints_menu_and_help_follow_the_keys(open_desk: Any, app_of: Any, wait: Any, seen: Any) -> None:
    app = app_of(open_desk(), keymap=KEYMAP | MORE)
    async with app.run_test(size=(140, 40)) as pilot:
        await wait(pilot, lambda: "T reset usage" in seen(app) and "f2 copy" in seen(app))
        hints = {hint.key for hint in app.screen.query_one(KeyLine)._hints}
        assert "x" in hints and "w" not in hints and "H keys" in seen(app)
        first = app.screen.list.current.row.id
        await pilot.press("j")
        assert app.screen.list.current.row.id == first
        await pilot.press("ctrl+n")
        assert app.screen.list.current.row.id != first
        await pilot.press("H")
        await wait(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert "T        reset usage" in seen(app) and "R        reverse trial" in seen(app)
        await pilot.press("escape", "full_stop")
        await wait(pilot, lambda: isinstance(app.screen, RowMenu))
        assert {(action, key) for action, key, _ in app.screen._rows.rows} >= {
            ("remedy('reset_usage')", "T"),
            ("why", "x"),
        }
        await pilot.press("escape", "T")
        await wait(pilot, lambda: "Reset usage" in seen(app) and "f9" in seen(app))
        await pilot.press("escape", "x")
        await wait(pilot, lambda: "Decision tree" in seen(app))
        await pilot.press("escape")
        assert app.screen.__class__.__name__ == "WhyScreen"
        await pilot.press("ctrl+b")
        await wait(pilot, lambda: app.screen.__class__.__name__ == "InboxScreen")
