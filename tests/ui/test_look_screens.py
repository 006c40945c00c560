"""Whole screens on the real stack: the frame, one chip, no foreign glyph, everything of L80 at 80×24."""

import unicodedata

import pytest
from msgspec.structs import asdict

from data.ports_list import Sort, View
from widgets.glyphs import SETS

SIZES = ((80, 24), (100, 30), (120, 36), (140, 40), (200, 50))
OURS = {
    name: {char for value in asdict(glyphs).values() if isinstance(value, str) for char in value if not char.isascii()}
    for name, glyphs in SETS.items()
}


def strips(app):
    return app.screen._compositor.render_strips()


def chips(app) -> list[str]:
    """The runs of cells on accent ground."""
    ground = app.look.styles("on_accent bold", "chip").bgcolor
    found = []
    for line in strips(app):
        run = "".join(s.text if s.style and s.style.bgcolor == ground else "\0" for s in line)
        found += [text for text in run.split("\0") if text]
    return found


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_one_chip_and_exact_lines(size, open_desk, app_of, seen) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=size) as pilot:
        await pilot.pause(0.2)
        for keys in ((), ("w",), ("escape", "enter"), ("escape", "9", "G"), ("question_mark",)):
            await pilot.press(*keys)
            await pilot.pause(0.5)
            assert all(sum(s.cell_length for s in line) == size[0] for line in strips(app))
            if keys in ((), ("escape", "9", "G")):
                suggested = app.desk.detail(app.screen.target()).row.suggested
                assert len(chips(app)) == (1 if suggested else 0)


@pytest.mark.parametrize("name", SETS)
async def test_no_glyph_outside_the_set(name, open_desk, app_of, seen) -> None:
    """Letters and digits come from names and texts; every other mark is one of ours (or a currency sign)."""
    app = app_of(open_desk(), glyphs=name)
    allowed = OURS[name] | (set("€£¥") if name == "unicode" else set())
    if name == "console":
        allowed |= set("“”’–—…·€£−")  # names, and sentences of the rules, stand as they are in this set
    if name == "unicode":
        allowed |= set("’—·–×")
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.pause(0.2)
        for keys in ((), ("w",), ("escape", "enter"), ("escape", "5"), ("9", "G"), ("full_stop",)):
            await pilot.press(*keys)
            await pilot.pause(0.2)
            text = seen(app)
            if name == "ascii" and "full_stop" not in keys:
                assert text.isascii(), [char for char in text if not char.isascii()]
            frame = set("─│╭╮╰╯┌┐└┘") if "full_stop" in keys else set()
            odd = {c for c in text if not c.isascii() and unicodedata.category(c)[0] not in "LMN"} - allowed - frame
            assert not odd, odd


async def test_80x24_shows_every_column_and_no_scroll_bar(open_desk, app_of, seen) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.3)
        lines = seen(app).split("\n")
        assert lines[0].startswith(" triage") and "synced" in lines[0] and lines[1].startswith(" At risk ")
        heads = ["Category", "Account", "Hours", "Why now", "Logins", "MRR", "SLA"]
        assert lines[2].split("  ")[1:2] == ["Category"] and all(head in lines[2] for head in heads)
        rows = lines[3:14]
        assert all(row[2:] and row[2] in "■▲△▽" for row in rows), "eleven rows"
        assert (
            lines[14].startswith("──") and lines[23].strip().startswith("enter open") and lines[23].endswith("? keys")
        )
        assert lines[22].endswith(f"1 of {app.desk.header().counts.at_risk}")
        shown = [widget for widget in app.screen.walk_children() if widget.display]
        assert not any(widget.show_vertical_scrollbar and widget.scrollbar_size_vertical for widget in shown)


async def test_below_the_smallest_size_one_sentence_says_what_is_needed(open_desk, app_of, seen) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=(59, 15)) as pilot:
        await pilot.pause(0.2)
        assert seen(app).strip() == "triage needs 60 × 16, this is 59 × 15."
        await pilot.resize_terminal(70, 20)
        await pilot.pause(0.3)
        lines = seen(app).split("\n")
        assert "Category" in lines[2] and "Why now" in lines[2] and "Hours" not in lines[2]


async def test_the_frame_changes_with_the_size(open_desk, app_of, seen) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.pause(0.3)
        lines = seen(app).split("\n")
        assert lines[1] == "" and lines[2].startswith(" 0 At risk") and "9 Book" in lines[2]
        assert set(lines[3][1 : 3 + len("0 At risk")]) == {"━"} and lines[4][101:].startswith(" ")
        assert "Admin logins" in lines[4] and "│" in lines[5]
        await pilot.press("p")
        await pilot.pause(0.2)
        assert "Owner" in seen(app) and "│" not in seen(app).split("\n")[5]


@pytest.mark.parametrize(
    "theme", ["light", "colour-blind", "high-contrast", "nord", "textual-light", "ansi-dark", "plain"]
)
async def test_every_theme_draws(theme, open_desk, app_of, seen) -> None:
    app = app_of(open_desk(), theme=theme)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause(0.2)
        assert "■ Blocked" in seen(app)
        await pilot.press("full_stop")
        await pilot.pause(0.1)
        assert "Reset usage" in seen(app)


@pytest.mark.parametrize("keys", [(), ("R",), ("full_stop",), ("question_mark",), ("slash", "a"), ("b",)], ids=str)
async def test_no_color_leaves_no_colour_in_any_cell(keys, open_desk, app_of, monkeypatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = app_of(open_desk())
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause(0.2)
        await pilot.press(*keys)
        await pilot.pause(0.2)
        styles = [segment.style for line in strips(app) for segment in line if segment.style]
        assert styles and not any(style.color or style.bgcolor for style in styles)
        if keys in ((), ("slash", "a")):
            assert any(style.reverse for style in styles), "the cursor row is still to be seen"


async def test_a_list_with_many_accounts_asks_only_for_windows(open_desk, app_of, monkeypatch) -> None:
    desk = open_desk()
    asked: list[tuple[int, int]] = []
    opened = desk.open_list

    def watched(view: View, sort: Sort, text: str, untouched: bool = False):
        rows = opened(view, sort, text, untouched)
        window = rows.window
        rows.window = lambda start, stop: asked.append((start, stop)) or window(start, stop)
        return rows

    desk.open_list = watched
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.2)
        monkeypatch.setattr(app.screen, "reload", lambda: None)  # a pull that comes in reads the list again
        asked.clear()
        await pilot.press("j", "k", "j")
        assert not asked, "moving inside the window reads nothing"
        await pilot.press("9", "G")
        await pilot.pause(0.1)
        assert asked and all(stop - start <= 64 for start, stop in asked)
