"""The pane: its place and size by key, over the whole screen, compact; kept in the state, also when damaged."""

import json

import pytest
from msgspec.structs import replace

from data.kept_screen import KeptScreen, Panes, ScreenFile
from widgets.arrangement import LEAST_LIST, LEAST_ROWS, arrange, moved, resized
from widgets.detail_pane import DetailPane

LARGER, SMALLER = "greater_than_sign", "less_than_sign"


@pytest.fixture
def opened(open_desk, app_of, tmp_path):
    """Open the app as `triage` does, with the file of its looks; again with the same file."""
    desks = []

    def made(**over):
        desks.append(desks[0] if desks else open_desk())
        return app_of(desks[0], screen_file=ScreenFile(tmp_path / "state" / "screen.json"), **over)

    return made


@pytest.mark.parametrize("width", [60, 79, 80, 91, 92, 100, 119, 120, 140, 180, 240])
@pytest.mark.parametrize("height", [16, 19, 20, 24, 40, 60])
def test_the_list_keeps_its_room_whatever_size_is_asked_for(width: int, height: int) -> None:
    for panes in (Panes(), Panes(place="right"), Panes(place="bottom"), Panes(right=900, bottom=900), Panes(bottom=1)):
        for place in ("auto", "right", "bottom"):
            made = arrange(width, height, replace(panes, place=place))
            assert width - made.right >= LEAST_LIST and not (made.right and made.bottom)
            assert height - made.bottom >= LEAST_ROWS + 6
            assert bool(made.right) <= (width >= 92)
    assert resized(width, height, Panes(open=False), 1) == Panes(open=False)
    there = moved(width, height, Panes())
    assert (there is None) == (width < 92)


async def test_its_place_and_size_go_by_keys_and_are_kept(opened, wait, seen, tmp_path) -> None:
    app = opened()
    async with app.run_test(size=(140, 45)) as pilot:
        await wait(pilot, lambda: "Try first" in seen(app))
        pane = app.screen.query_one(DetailPane)
        assert pane.size.width == 40
        await pilot.press(LARGER, LARGER)
        await wait(pilot, lambda: pane.size.width == 48)
        await pilot.press("P")
        await wait(pilot, lambda: pane.size.height == 8 and pane.size.width == 140)
        await pilot.press(LARGER, LARGER, SMALLER)
        await wait(pilot, lambda: pane.size.height == 10)
        assert "Try first" in seen(app) and "J more" in seen(app)
        assert "1 of " in seen(app), "the list keeps its keys"
    kept = json.loads((tmp_path / "state" / "screen.json").read_text())
    assert kept == {"panes": {"place": "bottom", "right": 48, "bottom": 10}}
    assert (tmp_path / "state" / "screen.json").stat().st_mode & 0o777 == 0o600
    app = opened()
    async with app.run_test(size=(140, 45)) as pilot:
        await wait(pilot, lambda: "Try first" in seen(app))
        pane = app.screen.query_one(DetailPane)
        assert pane.size.height == 10
        await pilot.press("P")
        await wait(pilot, lambda: pane.size.width == 48)


async def test_where_there_is_no_room_at_the_right_it_says_so(opened, wait, seen) -> None:
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: "Contact" in seen(app) or "copy" in seen(app))
        await pilot.press("P")
        await wait(pilot, lambda: "at the right from 92 columns" in seen(app))
        await pilot.press(*[SMALLER] * 4)
        await wait(pilot, lambda: "The pane gets no smaller." in seen(app))
        assert app.screen.query_one(DetailPane).size.height == 4


@pytest.mark.parametrize("size", [(80, 24), (140, 45)], ids=str)
async def test_over_the_whole_screen_the_list_still_has_the_keys(opened, wait, seen, size) -> None:
    app = opened()
    async with app.run_test(size=size) as pilot:
        await wait(pilot, lambda: "R " in seen(app) and "1 of " in seen(app))
        first = app.screen.target()
        await pilot.press("F")
        await wait(pilot, lambda: "How to read it" in seen(app) and "Category" not in seen(app))
        await pilot.press("j")
        await wait(pilot, lambda: "2 of " in seen(app))
        second = app.screen.target()
        assert second != first
        name = app.desk.detail(second).row.name
        await wait(pilot, lambda: name[:20] in seen(app))
        await pilot.press("escape")
        await wait(pilot, lambda: "Category" in seen(app))
        assert app.screen.target() == second


async def test_every_line_of_a_long_detail_can_be_read_on_a_small_screen(opened, wait, seen) -> None:
    app = opened()
    async with app.run_test(size=(64, 18)) as pilot:
        await wait(pilot, lambda: "1 of " in seen(app))
        await pilot.press("F")
        await wait(pilot, lambda: "J more" in seen(app))
        shown = seen(app)
        for _ in range(20):
            await pilot.press("J")
            shown += seen(app)
            if "J more" not in seen(app):
                break
        assert all(part in shown for part in ("How to read it", "Contact", "Last remedies", "Pending"))
        assert "J more" not in seen(app)


async def test_compact_leaves_out_blank_lines_and_is_kept(opened, wait, seen) -> None:
    app = opened()
    async with app.run_test(size=(140, 45)) as pilot:
        await wait(pilot, lambda: "Try first" in seen(app))
        roomy = seen(app).split("\n")
        assert roomy[1] == "" and roomy[4].startswith("  Category")
        await pilot.press("equals_sign")
        await wait(pilot, lambda: seen(app).split("\n")[2].startswith("  Category"))
        assert seen(app).split("\n")[1].startswith(" 0 At risk")
    app = opened()
    async with app.run_test(size=(140, 45)) as pilot:
        await wait(pilot, lambda: "Try first" in seen(app))
        assert seen(app).split("\n")[2].startswith("  Category")


@pytest.mark.parametrize("damage", [b"", b"{", b'{"panes": {"right": -4}}', b"\xff\xfe", b'{"panes": 5}', b"[]"])
def test_a_damaged_file_is_as_none(tmp_path, damage: bytes) -> None:
    path = tmp_path / "screen.json"
    path.write_bytes(damage)
    file = ScreenFile(path)
    assert file.kept == KeptScreen()
    file.keep(KeptScreen(panes=Panes(place="bottom")))
    assert ScreenFile(path).kept.panes.place == "bottom" and [one.name for one in tmp_path.iterdir()] == [path.name]
