"""The screens of the four systems without data, without the permission, read-only; where their keys and names lead."""

import msgspec
import pytest

from data.ports_list import Sort, View
from data.remedy import PERMISSIONS
from data.safe_text import SafeText
from screens.case import CaseScreen
from screens.follow_ups import FollowUpsScreen
from screens.interview import InterviewScreen
from screens.keymap import table
from screens.my_day import MyDayScreen, _named
from screens.outreach import OutreachScreen
from screens.portfolio import PortfolioScreen
from screens.reply_form import ReplyForm
from screens.why import WhyScreen
from triage.desk import sync_once
from widgets.case_lines import CaseLine, shown
from widgets.glyphs import UNICODE
from widgets.health_lines import health_line
from widgets.health_words import of_leaf
from widgets.line import cells
from widgets.look import DEFAULT, look_of
from widgets.view_tabs import TitleTabs

OPENS = {
    "w": WhyScreen,
    "i": InterviewScreen,
    "c": CaseScreen,
    "d": MyDayScreen,
    "o": OutreachScreen,
    "f": FollowUpsScreen,
    "t": PortfolioScreen,
}


async def test_nothing_is_said_to_be_calm_before_there_is_data(open_desk, app_of, wait, seen) -> None:
    desk = open_desk(synced=False)
    desk.start = lambda on_change: None  # no thread: nothing is ever fetched
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for key, words in (("d", "What is due comes"), ("f", "What nobody answered comes"), ("t", "The figures come")):
            await pilot.press(key)
            await wait(pilot, lambda words=words: f"No data yet. {words} with the first complete sync." in seen(app))
            assert not any(calm in seen(app) for calm in ("Nothing", "0 due", "0 late"))
            await pilot.press("escape")
        for key in "wico":  # they need an account
            await pilot.press(key)
            await pilot.pause()
            assert "Fetching the book" in seen(app)


async def test_M20_without_the_permission_follow_ups_are_read_only(open_desk, app_of, wait, seen) -> None:
    desk = open_desk("viewer")
    app = app_of(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.press("f")
        await wait(pilot, lambda: isinstance(app.screen, FollowUpsScreen) and "Follow-up  " in seen(app))
        assert f"Needs {PERMISSIONS['log_outreach']}. You can read everything here." in seen(app)
        assert "log reply" not in seen(app) and "Log reply" not in seen(app)
        for key in "lno":
            await pilot.press(key)
            await pilot.pause()
            assert isinstance(app.screen, FollowUpsScreen) and not isinstance(app.screen, ReplyForm)


async def test_a_read_only_profile_is_said_to_be_the_reason(open_desk, app_of, wait, seen) -> None:
    open_desk()
    desk = open_desk(read_only=True, synced=False)
    red = desk.open_list(View.RED, Sort.SLA, "").window(0, 1)[0].row
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.push_screen(CaseScreen(desk, red.id))
        await wait(pilot, lambda: "judged" in seen(app))
        await pilot.press("c")
        await wait(pilot, lambda: "Read-only: this profile changes nothing." in seen(app))


@pytest.mark.parametrize(("size", "last"), [((80, 24), "o"), ((100, 30), "c"), ((140, 40), "t")])
async def test_the_inbox_leads_to_what_follows_from_the_health_systems(size, last, open_desk, app_of, seen) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=size) as pilot:
        await pilot.pause(0.3)
        keys = [hint.key for hint in app.screen.hints()]
        assert [key for key in keys if key in "wocdt"] == ["w", "o", "c", "d", "t"]
        labels = {hint.key: hint.label for hint in app.screen.hints()}
        assert f"{last} {labels[last]}" in seen(app).splitlines()[-1]
        groups = dict(table(app.screen))
        assert [key for key, _ in groups["Look closer"]][:5] == ["enter", "w", "i", "c", "a"]
        go = [key for key, _ in groups["Go"]]
        assert go[:6] == ["d", "f", "t", "b", "r", "?"] and {"!", "L", "=", "q"} < set(go[6:])


async def test_esc_leads_back_to_the_same_account_and_other_keys_do_nothing(open_desk, app_of, wait, seen) -> None:
    desk = open_desk()
    sync_once(desk.session)
    app = app_of(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause(0.3)
        await pilot.press("j", "j")
        here, inbox = app.screen.target(), app.screen
        for key, screen in OPENS.items():
            await pilot.press(key)
            await wait(pilot, lambda screen=screen: isinstance(app.screen, screen))
            if screen is not OutreachScreen:  # there they are typed
                await pilot.press("X", "Q", "Z", "%", "f9", "left", "delete")
                await pilot.pause()
                assert isinstance(app.screen, screen)
            await pilot.press("escape")
            await wait(pilot, lambda: app.screen is inbox)
            assert inbox.target() == here


async def test_what_is_too_long_ends_in_the_mark_of_a_cut(open_desk, app_of) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        look = look_of(app.screen)
        line = shown(CaseLine((("    ", "text"), ("a long sentence " * 9, "text"))), False, look, 74)
        assert cells(line) == 74 and line[-1][0].endswith(UNICODE.cut)
        title = TitleTabs()
        right = (("● Red, assess within 23 h", "strong bold"),)
        title.show("Why", ["Weserland Verlag Pilot", "pilot, €990 a month"], right)
        ends = ("pilot, €990 a month   ●", "pilot, €990 a m…  ●", "Weserland Verlag Pilot     ●")
        for width, end in zip((80, 76, 60), ends, strict=True):
            text = title.paint(width, 2, look)[0].text
            assert len(text) == width and text.endswith(f"{end} Red, assess within 23 h ")


async def test_my_day_marks_a_doubtful_name_and_shows_the_id_of_a_blank_one(open_desk, app_of) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        look, every = look_of(app.screen), desk.my_day(True).due
        rows = {one.account_id: desk.detail(one.account_id).row for one in every}
        assert all(one.account_name.suspicious is rows[one.account_id].suspicious for one in every)
        due = every[0]
        for name, words in ((SafeText("Eve?", True), "Eve? !"), (SafeText(" "), due.account_id)):
            pieces = _named(msgspec.structs.replace(due, account_name=name), 18, "text", look)
            assert "".join(piece[0] for piece in pieces).rstrip() == words and cells(pieces) == 20


def test_beside_the_bottom_pane_figures_go_before_a_word_is_cut(open_desk) -> None:
    desk = open_desk()
    rows = [line.row for line in desk.open_list(View.BOOK, Sort.SEVERITY, "").window(0, 150)]
    shortened = 0
    for row in rows:
        leaf = of_leaf(row.tree.leaf, row.tree.best, row.tree.worst, UNICODE).text
        line = "".join(piece[0] for piece in health_line(row, 44, DEFAULT))
        shortened += leaf in line and f"{row.monitor.ratio or 0:.2f}" not in line
        assert len(line) <= 44 and (leaf in line or row.tree.best != row.tree.worst), line
    assert shortened
