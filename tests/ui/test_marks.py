"""Marks in the list: shown and counted, kept on their accounts, and never outliving them or what they stood for."""

from dataclasses import dataclass, field

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from kit.rows import row as a_row

from data.assessment import Category, Row
from data.ports_list import Sort, View
from data.remedy import Order
from data.safe_text import SafeText
from screens import marking
from triage.desk import Desk, sync_once
from widgets import marks as marks_of
from widgets.marks import MOST, Marks

REASON = "Agreed with their buyer on the phone"


@dataclass
class Book:
    """Accounts that change, and what a person saw of each when it was marked."""

    rows: dict[str, Row] = field(default_factory=dict)
    seen: dict[str, Row] = field(default_factory=dict)


def change(row: Row, how: str) -> Row:
    """The row after its data has changed."""
    moved = {"usage": {}, "remedy": {"version": row.version + 1}, "worse": {"category": Category.AT_CAP}}[how]
    return msgspec.structs.replace(row, seq=row.seq + 1, **moved)


CHANGES = ("usage", "remedy", "worse", "gone")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["toggle", "all", "begin", "stretch", "settle", "cancel", "clear", *CHANGES]),
        st.integers(0, 11),
    ),
    max_size=40,
)


@given(STEPS)
def test_marks_are_among_the_rows_that_nobody_has_changed_since(steps) -> None:
    book = Book({f"acc_{n}": a_row(id=f"acc_{n}", name=SafeText(f"Account {n}")) for n in range(12)})
    marks = Marks()
    for step, n in steps:
        before = set(marks)
        row = book.rows.get(f"acc_{n}")
        rows = [*book.rows.values()]
        if step in CHANGES and row is not None:
            book.rows[row.id] = change(row, step) if step != "gone" else row
            if step == "gone":
                del book.rows[row.id]
            marks.renew([book.rows[one] for one in marks if one in book.rows])
        elif step == "toggle" and row is not None:
            marks.toggle(row)
        elif step == "begin" and row is not None:
            marks.begin(row)
        elif step == "stretch" and marks.anchor is not None:
            marks.stretch([book.rows[marks.anchor], *rows[: n + 1]])
        elif step in ("settle", "cancel", "clear"):
            getattr(marks, step)()
        elif step == "all":
            marks.add(rows)
        for one in set(marks) - before:
            book.seen[one] = book.rows[one]
        for one in marks:
            assert book.rows[one].seq == book.seen[one].seq
        assert len(marks) == len(set(marks)) <= MOST
        assert marks.anchor is None or marks.anchor in marks


def test_no_more_than_the_most_are_ever_marked() -> None:
    rows = [a_row(id=f"acc_{n}") for n in range(MOST + 5)]
    marks = Marks()
    assert not marks.add(rows) and len(marks) == MOST
    assert not marks.toggle(rows[-1]) and len(marks) == MOST
    assert marks.toggle(rows[0]) and marks.toggle(rows[-1])


async def test_space_v_and_star_mark_and_esc_takes_them_before_the_filter(open_desk, app_of, wait, seen, typed) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: app.screen.list.total)
        screen = app.screen
        await pilot.press("space")
        first = screen.list.current.row.id
        assert list(screen.marks) == [first]
        await wait(pilot, lambda: "1 marked" in seen(app))
        await wait(pilot, lambda: any(line.startswith("▌●") for line in seen(app).splitlines()))
        await pilot.press("j")
        await wait(pilot, lambda: any(line.startswith("● ") for line in seen(app).splitlines()))
        await pilot.press("v")
        await pilot.press("j")
        await pilot.press("j")
        await wait(pilot, lambda: "a range, 4 marked" in seen(app))
        await pilot.press("k")
        await wait(pilot, lambda: "a range, 3 marked" in seen(app))
        await pilot.press("v")
        assert len(screen.marks) == 3 and screen.marks.anchor is None
        await pilot.press("v")
        await pilot.press("j")
        await wait(pilot, lambda: len(screen.marks) == 4)
        await pilot.press("escape")
        assert len(screen.marks) == 3 and "a range" not in seen(app)
        await pilot.press("slash")
        await typed(pilot, "e")
        await pilot.press("enter")
        held = len(screen.marks)
        assert held == 3 and screen.text == "e"
        await pilot.press("asterisk")
        assert {line.row.id for line in screen.rows.window(0, 1000)} <= set(screen.marks)
        await pilot.press("escape")
        assert not screen.marks and screen.text == "e"
        await pilot.press("asterisk")
        marked = len(screen.marks)
        assert marked == screen.rows.total
        await pilot.press("asterisk")
        assert not screen.marks
        await pilot.press("escape")
        assert screen.text == ""


async def test_star_in_a_huge_view_stops_at_the_most_and_says_so(open_desk, app_of, wait, seen, monkeypatch) -> None:
    monkeypatch.setattr(marks_of, "MOST", 140)
    monkeypatch.setattr(marking, "MOST", 140)
    desk = open_desk()
    rows = desk.open_list(View.BOOK, Sort.SEVERITY, "")
    assert rows.growing and len(rows.first(141)) == 141 and rows.growing  # no more is looked up than asked for
    app = app_of(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: app.screen.list.total)
        await pilot.press("9")
        await pilot.press("asterisk")
        assert len(app.screen.marks) == 140
        await wait(pilot, lambda: "The first 140 of 150 are marked: no more go at once." in seen(app))
        assert [line.row.id for line in app.screen.rows.window(0, 140)] == list(app.screen.marks)


def remedied_elsewhere(desk: Desk, account_id: str, percent: float) -> None:
    """Somebody else gives a discount on the server."""
    order = Order("apply_discount", account_id, params={"kind": "staff_discount", "percent": percent}, reason=REASON)
    desk.submit(order, hold=False)
    assert sync_once(desk.session).error is None


async def test_a_changed_row_loses_its_mark_and_the_status_line_says_so(open_desk, app_of, wait, seen) -> None:
    other = open_desk(home="other")
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=(120, 30)) as pilot:
        await wait(pilot, lambda: app.screen.list.total)
        screen = app.screen
        for _ in range(3):
            await pilot.press("space")
            await pilot.press("j")
        await pilot.press("j")
        changed, *kept = marked = list(screen.marks)
        here = screen.list.current.row.id
        assert len(marked) == 3
        remedied_elsewhere(other, changed, 7.5)
        desk.sync_now()
        await wait(pilot, lambda: changed not in screen.marks)
        assert list(screen.marks) == kept
        assert screen.list.current.row.id == here
        await wait(pilot, lambda: "has changed and is not marked any more" in seen(app))
        await wait(pilot, lambda: "2 marked" in seen(app))
        # a refresh in which nothing has changed takes none
        screen.open_list(fresh=False)
        screen.action_view("9")
        assert list(screen.marks) == kept
