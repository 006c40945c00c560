"""The interview by its keys: over a real desk, recorded through the real outbox into the real server's trail."""

import hashlib
import itertools
from pathlib import Path

import pytest

from data.health_tree import Answer
from data.ports_list import View
from screens.interview import InterviewScreen
from screens.tree_change import TreeChangeForm
from triage.sandbox.process import start
from widgets.glyphs import SETS
from widgets.interview_lines import Shown
from widgets.interview_page import InterviewPage
from widgets.look import Look
from widgets.theme import PALETTES, Styles

SHIPPED = Path(__file__).parents[2] / "triage" / "tree.dag"
KEY = {"yes": "y", "no": "n", "unknown": "x"}
NEGATIVE = {"Q1": "no", "Q2": "no", "Q3": "no", "Q4": "yes"}
EDGES = {
    "Q1": {"yes": "Q2", "no": "Q3"},
    "Q2": {"yes": "Q3", "no": "Q4"},
    "Q3": {"yes": "Q4", "no": "Q5"},
    "Q4": {"yes": "Q5", "no": "Q6"},
    "Q5": {"yes": "CRITICAL", "no": "AT_RISK"},
    "Q6": {"yes": "NEEDS_ATTENTION", "no": "HEALTHY"},
}


def account_of(desk, at=0):
    """An account with known answers to everything, the `at`-th of the book."""
    ids = [row.id for row in desk.cache.rows(desk.cache.ids(View.BOOK))]
    known = (one for one in ids if all(said.answer is not Answer.UNKNOWN for said in desk.health(one).tree.answers))
    return next(itertools.islice(known, at, None))


async def opened(app, pilot, account, wait):
    await pilot.pause()
    app.push_screen(InterviewScreen(app.desk, account))
    await wait(pilot, lambda: isinstance(app.screen, InterviewScreen) and app.screen._view)
    return app.screen


async def test_D17_a_journey_by_y_n_x_and_backspace_ends_in_the_servers_trail(
    open_desk, app_of, wait, seen, typed, trail_of
) -> None:
    desk = open_desk()
    account = account_of(desk)
    app = app_of(desk, account=account)
    async with app.run_test(size=(120, 36)) as pilot:
        await wait(pilot, lambda: app.screen.target() == account)
        await pilot.press("i")
        await wait(pilot, lambda: "question 1 of" in seen(app))
        assert "Q1" in seen(app) and "Signals say" in seen(app) and "Still possible" in seen(app)
        await pilot.press("n")  # Q1 no: Q3
        await wait(pilot, lambda: "Has the customer provided an NPS score" in seen(app))
        await pilot.press("x")  # D13: along yes, and no better than needs attention
        await wait(pilot, lambda: "Does the customer currently have more than 3 open" in seen(app))
        assert "Needs attention" in seen(app) and "Healthy" not in seen(app).split("Still possible")[1]
        await pilot.press("backspace")
        await wait(pilot, lambda: app.screen._view.question == "Q3")
        await pilot.press("n")  # Q3 no: Q5
        await wait(pilot, lambda: app.screen._view.question == "Q5")
        await pilot.press("y")
        await wait(pilot, lambda: "CS_HEALTH_RED" in seen(app))
        drawn = seen(app)
        assert "■ Critical   Critical (Red Flag), CS_HEALTH_RED" in drawn and "Not asked: Q2, Q4, Q6" in drawn
        assert "Manager and executive sponsor meeting within 48 hours." in drawn  # D16
        assert "escalate the engagement plan now" in drawn  # D11
        assert not desk.outbox()
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: "The customer sees nothing." in seen(app))
        app.screen.set_focus(app.screen.query_one("ReasonArea"))
        await typed(pilot, "Their champion told me so")
        assert not desk.outbox()
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: "Recorded at" in seen(app))
        await wait(pilot, lambda: any(one["action"] == "record_assessment" for one in trail_of(account)))
        entry = next(one for one in trail_of(account) if one["action"] == "record_assessment")
        assert (entry["after"]["leaf"], entry["reason"]) == ("CRITICAL", "Their champion told me so")
        assert entry["after"]["tree_hash"] == hashlib.sha256(SHIPPED.read_bytes()).hexdigest()
        assert entry["after"]["answers"]["Q1"] == {"answer": "no", "source": "person"}
        assert entry["after"]["answers"]["Q2"]["source"] in ("signals", "proxy")
        await wait(pilot, lambda: "Last recorded: Critical, Maya Okafor" in seen(app) and "waits" not in seen(app))
        await pilot.press("ctrl+s")  # once is enough
        await pilot.pause()
        assert isinstance(app.screen, InterviewScreen) and len(desk.outbox()) == 1


@pytest.mark.parametrize("words", [("yes", "yes", "yes", "no", "no"), ("yes", "no", "no", "no", "no"), ("no",) * 5])
async def test_D4_D10_answers_of_a_person_lead_where_the_tree_says(open_desk, app_of, wait, seen, words) -> None:
    desk = open_desk()
    app = app_of(desk)
    said = dict(zip(EDGES, (*words, words[-1]), strict=True))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await opened(app, pilot, account_of(desk, 1), wait)
        at, asked = "Q1", []
        while at in EDGES:
            assert screen._view.question == at
            await pilot.press(KEY[said[at]])
            await pilot.pause()
            asked.append(at)
            at = EDGES[at][said[at]]
        view = screen._view
        assert view.question is None and view.answered == tuple(asked) and view.reading.leaf == at
        negative = [name for name in asked if NEGATIVE.get(name) == said[name]]
        assert ("despite:" in seen(app)) == bool(at == "HEALTHY" and view.reading.despite)
        assert set(negative) <= set(view.reading.despite) or at != "HEALTHY"
        await pilot.press("escape")
        await pilot.pause()
    assert not desk.outbox()  # never silently


async def test_enter_takes_what_the_signals_say_and_ends_where_the_stored_verdict_is(
    open_desk, app_of, wait, seen
) -> None:
    desk = open_desk()
    app = app_of(desk)
    account = account_of(desk, 2)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await opened(app, pilot, account, wait)
        while (question := screen._view.question) is not None:
            found = screen._view.found[question]
            assert f" {KEY[found.answer]}  {str(found.answer).capitalize()}   enter takes it" in seen(app)
            assert " ".join(found.why.split())[:30] in " ".join(seen(app).split())
            await pilot.press("enter")
            await pilot.pause()
        assert screen._view.reading.leaf == desk.cache.row(account).tree.leaf
        assert {one.source for one in screen._view.reading.answers} <= {"signals", "proxy"}


async def test_D14_unknown_answers_end_undetermined_without_a_task(open_desk, app_of, wait, seen) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, account_of(desk, 3), wait)
        while screen._view.question is not None:
            await pilot.press("x")
            await pilot.pause()
        drawn = seen(app)
        assert "Undetermined: Healthy to critical" in drawn and "No action follows by itself." in drawn
        assert "Most useful to know: " in drawn and "To do" not in drawn
        assert screen._view.answered == ("Q1", "Q2", "Q3", "Q4", "Q5", "Q6")  # one answer for both Q5 and Q6
        assert "in the same words" in drawn


@pytest.mark.parametrize(("size", "glyphs"), [((80, 24), "unicode"), ((80, 24), "ascii"), ((200, 50), "unicode")])
async def test_every_page_is_complete_and_has_one_chip(open_desk, app_of, wait, size, glyphs) -> None:
    """Each way through the tree, painted at the size: nothing below the edge, every line as wide as the page."""
    desk = open_desk()
    account = account_of(desk)
    look = Look(Styles(PALETTES["dark"]), SETS[glyphs])
    chip, height = look.styles("text", "chip"), size[1] - 5
    page = InterviewPage()
    for words in itertools.product(("yes", "no", "unknown"), repeat=4):
        said: dict[str, Answer] = {}
        for word in (*words, "yes", "yes"):
            view = desk.interview(account, said)
            page._shown = Shown(view, {}, None, view.at)
            strips = page.paint(size[0], height, look)
            assert page.length <= height, (said, page.length)
            assert {one.cell_length for one in strips} == {size[0]}
            chips = [segment for one in strips for segment in one if segment.style == chip]
            assert len(chips) == 1
            drawn = "\n".join(segment.text for one in strips for segment in one)
            if view.question is None:
                break
            assert "Still possible" in drawn and drawn.count("\n") and view.question in drawn
            said[view.question] = Answer(word)


async def test_without_a_connection_it_waits_in_the_outbox(open_desk, app_of, wait, seen) -> None:
    with start(accounts=20, seed=5) as server:
        desk = open_desk(url=server.url, token=server.token)
        account = account_of(desk)
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, account, wait)
        while screen._view.question is not None:
            await pilot.press("enter")
            await pilot.pause()
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: "Record assessment" in seen(app))
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: "Recorded at" in seen(app) and "waits to be sent" in " ".join(seen(app).split()))
    (change,) = desk.outbox()
    assert change.kind == "record_assessment" and change.reason == ""


async def test_who_may_not_record_is_told_before_trying(open_desk, app_of, wait, seen) -> None:
    desk = open_desk("viewer")
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, account_of(desk), wait)
        while screen._view.question is not None:
            await pilot.press("enter")
            await pilot.pause()
        assert "Cannot be recorded: " in seen(app) and "records:write" in seen(app)
        assert "ctrl+s" not in seen(app)
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert isinstance(app.screen, InterviewScreen) and not desk.outbox()


def own_tree(folder):
    path = folder / "own.dag"
    text = SHIPPED.read_text(encoding="utf-8").replace("version: 1.0.0", "version: 2.0.0")
    path.write_text(text.replace("yes -> [CRITICAL] no -> [AT_RISK]", "yes -> [AT_RISK] no -> [CRITICAL]"))
    return path


async def test_D18_the_app_shows_what_another_tree_changes_and_asks(open_desk, app_of, wait, seen, tmp_path) -> None:
    path = own_tree(tmp_path)
    desk = open_desk(tree_file=path)
    before = desk.session.tree
    rows = desk.cache.rows(desk.cache.ids(View.BOOK))
    critical = [row for row in rows if row.tree.leaf == "CRITICAL"]
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: "accounts come out differently." in seen(app))
        await wait(pilot, lambda: f"{len(critical)}  CRITICAL → AT_RISK" in seen(app))
        await pilot.press("escape")
        await wait(pilot, lambda: "The tree before goes on." in seen(app))
        assert desk.session.tree == before
        screen = await opened(app, pilot, critical[0].id, wait)
        await pilot.press("n")
        await pilot.press("d")
        await wait(pilot, lambda: isinstance(app.screen, TreeChangeForm) and "come out differently" in seen(app))
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen is screen and "begins anew" in seen(app))
        assert desk.session.tree.version == "2.0.0" and screen._view.question == "Q1" and not screen._said
        await wait(pilot, lambda: "tree 2.0.0, question 1" in seen(app))
        desk.reassess()
        assert desk.cache.row(critical[0].id).tree.leaf == "AT_RISK"


async def test_D18_a_file_that_changed_while_its_diff_was_looked_at_is_not_accepted(
    open_desk, app_of, wait, seen, tmp_path
) -> None:
    path = own_tree(tmp_path)
    desk = open_desk(tree_file=path)
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: "accounts come out differently." in seen(app))
        path.write_text(path.read_text().replace("version: 2.0.0", "version: 3.0.0"))
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: "has changed since" in " ".join(seen(app).split()))
        assert desk.session.tree.version == "1.0.0"
