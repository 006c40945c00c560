"""The Why screen on the real stack: every system's arithmetic, in every look and width, and the health in the panes."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest
from rich.cells import cell_len

from data.health_book import NO_DAYS, Days
from data.health_tree import UNDETERMINED
from data.ports_list import Sort, View
from data.safe_text import safe_text
from screens.account import AccountScreen
from screens.inbox import InboxScreen
from screens.why import WhyPage, WhyScreen
from triage.sandbox.process import start
from widgets.column_chart import Column, chart, grouped
from widgets.glyphs import SETS
from widgets.health_lines import health_line, health_lines
from widgets.line import cells
from widgets.look import Look
from widgets.theme import PALETTES, Styles
from widgets.why_trend import trend_part

LOOKS = [Look(Styles(palette), glyphs) for palette in (*PALETTES.values(), None) for glyphs in SETS.values()]
PLAIN = Look(Styles(PALETTES["dark"]), SETS["unicode"])
NOW = datetime.now(UTC)


def views(desk):
    rows = desk.open_list(View.BOOK, Sort.SEVERITY, "").window(0, 1000)
    return [desk.health(line.row.id) for line in rows]


def text_of_page(view, width=67, look=PLAIN, *, inputs=False) -> str:
    """Everything on the page as text, both columns below each other."""
    page = WhyPage()
    page.show(view, NOW)
    page.inputs = inputs
    lines = []
    for column in page.columns(width, True, look):
        for section in column:
            lines += ["".join(p[0] for p in left) + "   " + "".join(p[0] for p in right) for left, right in section]
    return "\n".join(lines)


async def whole(app, pilot, seen) -> str:
    """Everything on the screen's page, screen by screen."""
    page = app.screen.sheet
    text = seen(app)
    while page.top < page.length - page.size.height:
        await pilot.press("pagedown")
        await pilot.pause()
        text += "\n" + seen(app)
    return text


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=str)
async def test_w_opens_why_from_inbox_and_account_and_esc_goes_back(size, open_desk, app_of, seen) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=size) as pilot:
        await pilot.press("w")
        await pilot.pause(0.1)
        assert isinstance(app.screen, WhyScreen)
        assert seen(app).split("\n")[2 if size[1] >= 40 else 1].startswith((" Inbox > Why   ", " Why   "))
        assert f"triage show {app.screen.target()} --json" in seen(app).split("\n")[-2]
        await pilot.press("escape")
        assert isinstance(app.screen, InboxScreen)
        await pilot.press("enter", "w")
        await pilot.pause(0.1)
        assert isinstance(app.screen, WhyScreen)
        await pilot.press("escape")
        assert isinstance(app.screen, AccountScreen)


async def test_the_keys_scroll_and_tab_goes_from_part_to_part(open_desk, app_of, seen) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("w")
        await pilot.pause(0.1)
        page = app.screen.sheet
        for key, top in (("j", 1), ("k", 0), ("G", page.length - page.size.height), ("g", 0)):
            await pilot.press(key)
            assert page.top == top, key
        await pilot.press("ctrl+d")
        assert page.top == page.size.height - 2
        await pilot.press("ctrl+u")
        assert page.top == 0
        heads = []
        for _ in range(4):
            await pilot.press("tab")
            await pilot.pause()
            heads.append(seen(app).split("\n")[3].strip().split("  ")[0].split(":")[0].split(",")[0])
        assert heads == ["Usage monitor", "Decision tree", "Health index", "Red account"]
        await pilot.press("G", "tab")
        assert page.top == 0, "from the end back to the first"


@pytest.mark.parametrize("size", [(140, 40), (80, 24)], ids=str)
async def test_P0_enter_shows_every_verdict_with_its_rule_and_inputs(size, open_desk, app_of, seen) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=size) as pilot:
        await pilot.press("w", "enter")
        await pilot.pause(0.1)
        view = desk.health(app.screen.target())
        text = await whole(app, pilot, seen)
        for verdict in view.verdicts:
            assert re.search(rf"{verdict.rule}( |$)", text, re.M), verdict.rule
            for name in verdict.inputs:
                assert name == "policy" or name.replace("_", " ")[:14] in text, (verdict.rule, name)
        assert f"policy {view.row.policy}" in text
        await pilot.press("enter")
        await pilot.pause()
        assert "Usage monitor" in seen(app), "enter goes back to the parts"


def test_H17_the_adds_on_the_screen_sum_to_the_score(open_desk) -> None:
    for view in views(open_desk()):
        text = text_of_page(view)
        adds = [
            float(x.replace("−", "-")) for x in re.findall(r"^[A-Z]\w+ +0\.\d\d +\d+\.\d +([+−]\d+\.\d\d)", text, re.M)
        ]
        if view.index.score is None:
            assert "no score" in text and not adds
            continue
        assert len(adds) == sum(one.score is not None for one in view.index.components)
        assert abs(50 + sum(adds) - view.index.score) < 0.005 * (len(adds) + 1), view.row.id
        assert f"= {view.index.score:.2f}" in text and f"coverage {view.index.coverage:.2f}" in text


def test_M7_M8_the_ratio_its_chart_and_its_lines(open_desk) -> None:
    seen = set()
    for view in views(open_desk()):
        text, reading = text_of_page(view), view.monitor
        seen.add(str(reading.state))
        assert "Usage monitor: seats active a day" in text
        if reading.ratio is None:
            assert reading.why.split(":")[0][:30] in text
            continue
        assert f"R = {reading.usage:.1f} / {reading.baseline:.1f} = {reading.ratio:.3f}" in text
        assert "alert below 0.60; severe below 0.40" in text
        if reading.alert is not None and reading.alert.is_open:
            assert f"{ {'severe': '■', 'moderate': '▲'}[reading.state] } {reading.state}" in text
            assert f"its yardstick {reading.alert.baseline:.1f} frozen then" in text and "0.70 or above" in text
        assert f"{view.chart.window[1] - view.chart.window[0]} days, {reading.usage:.1f}" in text
    assert {"ok", "severe", "moderate"} <= seen, "the sandbox has all of them"


def test_D10_D14_path_leaf_despite_flags_and_the_most_useful_question(open_desk) -> None:
    leaves, despite = set(), 0
    for view in views(open_desk()):
        tree, text = view.tree, text_of_page(view, 120)
        part = text[text.index("Decision tree") : text.index("Health index")]
        for name in tree.path:
            answered = next(one for one in tree.answers if one.question == name)
            word = {"unknown": "?"}.get(answered.answer, answered.answer)
            assert re.search(rf"^{name} .*\n +{re.escape(word)} +{re.escape(answered.why[:30])}", part, re.M), name
        for name in tree.skipped:
            assert re.search(rf"Not asked: .*{name}", part)
        leaves.add(tree.leaf)
        if tree.leaf == UNDETERMINED:
            assert f"Undetermined. {tree.next_question} would tell most" in part
            assert tree.best.replace("_", " ").capitalize() + " to " in part
        for name in tree.despite:
            despite += 1
            assert re.search(rf"Healthy despite: .*{name} (yes|no)", part)
        for flag in tree.flags:
            sentence = next(one.inputs[flag] for one in view.verdicts if one.rule == "D11")
            assert " ".join(sentence.split()[:4]) in part
    assert leaves >= {"CRITICAL", "AT_RISK", "NEEDS_ATTENTION", "HEALTHY", UNDETERMINED} and despite


def test_R1_R3_R11_dimensions_against_their_lines_composite_causes_and_clocks(open_desk) -> None:
    reds = 0
    for view in views(open_desk()):
        red, text = view.red, text_of_page(view)
        part = text[text.index("Red account") :]
        for one in red.dimensions:
            score = "–" if one.score is None else f"{one.score:.1f}"
            assert re.search(rf"^{one.name.capitalize()} .*{re.escape(score)}", part, re.M)
            assert sum(line.red is True for line in one.lines) == 0 or one.red
        count = len(re.findall(r"^  .{31}yes", part, re.M))
        assert count == sum(line.red is True for one in red.dimensions for line in one.lines), view.row.id
        if red.composite is not None:
            weighed = [(one.weight, one.score) for one in red.dimensions if one.weight and one.score is not None]
            again = sum(w * s for w, s in weighed) / sum(w for w, _ in weighed)
            assert abs(again - red.composite) < 1e-9 and f"= {again:.2f}" in " ".join(part.split())
            assert ("not below" in part) == ("composite" not in red.causes)
        if red.is_red:
            reds += 1
            assert f"● Red   {', '.join(red.causes)}" in part
            for clock in red.clocks:
                word = clock.name.replace("_", " ").capitalize()
                assert re.search(rf"{word} +{'done' if clock.done_at else '(within|.* late)'}", part), clock
            assert "Root cause: " in part or "Look first at: " in part or "No root cause" in part
        else:
            assert "not Red" in part
    assert reds > 10


@pytest.mark.parametrize(
    "look", LOOKS, ids=lambda look: f"{look.glyphs.name}-{look.styles.palette and look.styles.palette.name}"
)
def test_every_line_fits_its_column_in_every_look(look, open_desk) -> None:
    """Nothing is cut at any width a column can have, whatever the account; ASCII stays ASCII."""
    some, long = views(open_desk())[::10], []
    odd = msgspec.structs.replace(some[0].row, name=safe_text("千鳥研究所 " * 9), tier=safe_text("千鳥研究所" * 4))
    for view in [*some, msgspec.structs.replace(some[0], row=odd)]:
        for width in (57, 58, 67, 78, 97):
            page = WhyPage()
            page.show(view, NOW)
            for section in (section for column in page.columns(width, True, look) for section in column):
                for left, right in section:
                    shown = [look.glyphs.show(piece[0]) for piece in (*left, *right)]
                    long += ["".join(shown)] if sum(map(cell_len, shown)) + bool(right) > width else []
                    assert look.glyphs.name != "ascii" or "".join(shown).isascii()
        assert not long, long
        for width in (37, 43, 57):
            for left, right in health_lines(view.row, NOW, width, look):
                assert cells(left) + cells(right) + bool(right) <= width, left
            assert cells(health_line(view.row, width, look)) <= width


@pytest.mark.parametrize("name", SETS)
def test_the_chart_leaves_unknown_days_blank_and_tells_the_window_apart(name) -> None:
    for palette in (PALETTES["dark"], None):
        look = Look(Styles(palette), SETS[name])
        columns = [Column(None, False), Column(0.0, False), Column(1.0, False), Column(1.0, True), Column(0.5, True)]
        rows = chart(columns, 4, look)
        painted = [[(char, *piece[1:]) for piece in row for char in piece[0]] for row in rows]
        assert all(len(row) == 5 and row[0][0] == " " for row in painted)
        assert painted[-1][1][0] != " ", "zero is drawn, unknown is not"
        assert all(row[2] != row[3] for row in painted), "the window has another ink, ground or stroke"
        assert [row[4][0] for row in painted[:2]] == [" ", " "] and painted[2][4] == painted[2][3]
        if look.glyphs.digits:
            assert painted[0][2][0] != painted[0][3][0], "told apart without any colour"


def test_columns_of_days_keep_the_window_apart_and_average_what_is_known() -> None:
    made = grouped([1.0, None, 0.5, None, None], 2, True)
    assert made == [Column(1.0, True), Column(0.5, True), Column(None, True)]


async def test_the_window_is_the_accent_part_and_no_second_chip_appears(open_desk, app_of, seen) -> None:
    desk = open_desk()
    drifting = next(view for view in views(desk) if view.monitor.state == "severe")
    app = app_of(desk)
    async with app.run_test(size=(140, 60)) as pilot:
        app.push_screen(WhyScreen(desk, drifting.row.id))
        await pilot.pause(0.2)
        accent = app.look.styles("accent").color
        lines = app.screen._compositor.render_strips()
        top = next(y for y, line in enumerate(lines) if "100 %" in line.text)
        below = top + 4
        split = lines[below].text.index("14 days")
        for y in range(top, below):
            for start_, segment in _placed(lines[y]):
                if start_ < 71 and segment.text.strip() and segment.style.color == accent:
                    assert start_ >= split, "accent only from the window on"
        bottom = [segment for start_, segment in _placed(lines[below - 1]) if split <= start_ < split + 7]
        assert bottom and all(accent in (s.style.color, s.style.bgcolor) for s in bottom)
        chips = [s.text for line in lines for s in line if s.style and s.style.bgcolor == accent and s.text.strip()]
        assert not chips


def _placed(line):
    at = 0
    for segment in line:
        yield at, segment
        at += segment.cell_length


async def test_no_color_leaves_no_colour_on_why(open_desk, app_of, monkeypatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = app_of(open_desk())
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("w")
        await pilot.pause(0.2)
        styles = [s.style for line in app.screen._compositor.render_strips() for s in line if s.style]
        assert styles and not any(style.color or style.bgcolor for style in styles)


async def test_why_follows_what_somebody_else_changes(open_desk, app_of, wait, seen) -> None:
    with start(accounts=60, seed=8) as running:
        desk = open_desk(url=running.url, token=running.token, sync_every=3600.0)
        app = app_of(desk)
        async with app.run_test(size=(140, 40)) as pilot:
            await pilot.press("w")
            await pilot.pause(0.2)
            target = app.screen.target()
            assert " yes   Blocked" in seen(app) or " yes   At cap" in seen(app)
            row = desk.detail(target).row
            reset(running, target, row.workspaces[0].id)
            await pilot.press("r")
            await wait(pilot, lambda: "A16  yes   Noted" in seen(app) or "Not in the inbox" in seen(app))
            assert f"0.00 of {row.workspaces[0].included:g} h" in seen(app)


def reset(running, account_id, workspace_id) -> None:
    """Tom resets the usage on the server, without the client."""
    headers = {"Authorization": f"Bearer {running.tokens['agent']}"}
    with httpx.Client(base_url=running.url, headers=headers) as other:
        version, key = other.get(f"/v1/accounts/{account_id}").json()["version"], str(uuid.uuid4())
        audit = {"reason": "They called and asked for it.", "authored_at": datetime.now(UTC).isoformat(), "client": "t"}
        body = {"change_id": key, "kind": "reset_usage", "account_id": account_id, "workspace_id": workspace_id}
        body |= {"params": {}, "audit": audit | {"acknowledged": []}}
        more = {"Idempotency-Key": key, "If-Match": f'"cv-{version}"'}
        answer = other.post("/v1/changes", json=body, headers=more)
        assert answer.status_code == 201, answer.text


def test_H14_H17_the_trend_and_the_movers_since_the_last_day(open_desk) -> None:
    view = next(one for one in views(open_desk()) if one.index.score is not None)
    last = view.index.day
    backs = range(20, 0, -1)
    days = Days(tuple(last.toordinal() - back for back in backs), tuple(60.0 + back for back in backs))
    seen = msgspec.structs.replace(
        view, days=days, index=msgspec.structs.replace(view.index, slope=-7.0, slope_points=21)
    )
    lines = trend_part(seen, NOW, 67, PLAIN)
    text = "\n".join("".join(p[0] for p in left) for left, _ in lines)
    first = last - timedelta(days=20)
    assert text.startswith("Index, 21 days") and f"80.0, {first.day} " in text
    assert "−7.0 points a week   least squares over 21 points since " in text
    alone = msgspec.structs.replace(view, days=NO_DAYS, index=msgspec.structs.replace(view.index, slope=None))
    assert "No trend yet: 1 day with a score" in "".join(
        p[0] for left, _ in trend_part(alone, NOW, 67, PLAIN) for p in left
    )


@pytest.mark.parametrize("size", [(140, 40), (120, 36), (80, 24)], ids=str)
async def test_the_pane_says_index_monitor_tree_and_red_with_mark_and_word(size, open_desk, app_of, seen, wait) -> None:
    desk = open_desk()
    grave = next(v for v in views(desk) if v.red.is_red and v.monitor.state == "severe" and v.index.risk)
    app = app_of(desk, account=grave.row.id)
    async with app.run_test(size=size) as pilot:
        await wait(pilot, lambda: app.screen.target() == grave.row.id)
        await pilot.pause(0.5)
        text = seen(app)
        assert f"{grave.index.risk} risk" in text and "■ severe" in text and "● Red" in text
        assert grave.tree.leaf != "CRITICAL" or "■ Critical" in text
        ratio = grave.monitor.ratio
        assert ", ".join(grave.red.causes) in text
        # in the one line at the bottom figures go first: there the leaf is whole
        assert f"R {ratio:.3f}" in text if size[0] >= 100 else grave.tree.leaf.replace("_", " ").capitalize() in text
        if grave.row.red.next_clock is not None:
            assert re.search(r"within \d+ \w|\d+ \w+ late", text), "the next clock"
        await pilot.press("enter")
        await pilot.pause(0.2)
        account = await whole(app, pilot, seen)
        assert "Health" in account and f"{grave.index.risk} risk" in account and "● Red" in account
