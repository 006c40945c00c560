"""Hands for tests of one remedy on many accounts: whom it may go to, the form opened by its key, its fields."""

from typing import Any

from data.assessment import Row
from data.ports_list import Sort, View
from data.remedy import Order
from screens.bulk_form import BulkForm
from triage.app import TriageApp
from triage.desk import Desk
from widgets.reason_field import ReasonField
from widgets.typed_word import TypedWord

REASON = "Agreed with their admins on the phone"
KEYS = {"grant_trial": "T", "apply_discount": "D"}
DISCOUNT = {"kind": "scholarship", "percent": 12.5}


def rows_of(desk: Desk) -> list[Row]:
    """The whole book."""
    return [line.row for line in desk.open_list(View.BOOK, Sort.SEVERITY, "").window(0, 1000)]


def goes(desk: Desk, order: Order) -> bool:
    """Whether nothing speaks against an order in a bulk run."""
    row = next(row for row in desk.rows([order.account_id]))
    return not desk.bulk_line(order, row.seq).against


def pick(desk: Desk, kind: str, params: dict[str, Any], number: int, *, free: bool = True) -> list[Row]:
    """Rows of accounts that may have a remedy, or may not."""
    found = [row for row in rows_of(desk) if goes(desk, Order(kind, row.id, params=params)) is free]
    assert len(found) >= number
    return found[:number]


async def open_bulk(app: TriageApp, pilot: Any, wait: Any, kind: str, rows: list[Row]) -> Any:
    """Mark rows and open the form by its key; returns the inbox and the form."""
    await wait(pilot, lambda: app.screen.list.total)
    inbox = app.screen
    inbox.marks.add(rows)
    inbox.show_marks()
    await pilot.press(KEYS[kind])
    await wait(pilot, lambda: isinstance(app.screen, BulkForm) and app.screen._looking.over)
    return inbox, app.screen


async def fill(form: BulkForm, pilot: Any, params: dict[str, Any], count: int) -> None:
    """Choose, type, give the reason and the count."""
    for name, value in params.items():
        row = form.query_one(f"#{name}")
        if hasattr(row, "options"):
            row.choose([option[0] for option in row.options].index(value))
        else:
            row.entry.value = f"{value:g}"
    form.query_one(ReasonField).fill(REASON)
    form.query_one("#count", TypedWord).entry.value = str(count)
    await pilot.pause(0.3)
    await pilot.pause(0.1)
