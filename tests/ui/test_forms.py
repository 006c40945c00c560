"""The remedy form on the real stack: from the key in the list to the server's audit trail, and what it refuses."""

from collections.abc import Callable
from typing import Any

import pytest

from data.ports_list import Sort, View
from data.remedy import Order, State
from screens.contact_form import ContactForm
from screens.remedy_form import RemedyForm
from screens.remedy_form_fields import FIELD_OF
from triage.app import TriageApp
from triage.desk import Desk, sync_once
from widgets.choice_row import ChoiceRow
from widgets.reason_field import ReasonArea, ReasonField

pytestmark = pytest.mark.own_server

REASON = "Agreed with their admin on the phone"
KINDS = ("reset_usage", "grant_trial", "apply_discount", "change_tier", "change_admin")


def accounts(desk: Desk) -> list[str]:
    """The ids of the whole book, at-risk ones first."""
    return [line.row.id for line in desk.open_list(View.BOOK, Sort.SEVERITY, "").window(0, 1000)]


def formable(desk: Desk, kind: str, fits: Callable[[Any], bool] = lambda form: True) -> str:
    """The first account with a form of this kind that fits and that no rule is against."""
    for account_id in accounts(desk):
        form = desk.open_form(kind, account_id)
        tier = form.tier_choices[-1] if form.tier_choices else None
        params = {"grant_trial": {"tier": tier}, "change_tier": {"tier": tier}}.get(kind, {})
        ack = (form.earlier.ack_word,) if form.earlier else ()
        free = desk.preview(Order(kind, account_id, form.workspace_id, params, acknowledged=ack))
        against = [g for g in free.guards if g.blocking and g.message.partition(":")[0] not in FIELD_OF]
        if not against and fits(form):
            return account_id
    raise AssertionError(f"no account for {kind}")


async def open_form(app: TriageApp, pilot: Any, kind: str, account_id: str) -> RemedyForm:
    """Put the form over the inbox, as the key does."""
    form = RemedyForm(app.desk, app.desk.open_form(kind, account_id))
    app.push_screen(form)
    await pilot.pause()
    await pilot.pause()
    return form


async def test_from_the_list_to_the_audit_trail(open_desk, app_of, wait, typed, trail_of) -> None:
    desk = open_desk(hold_seconds=0.2)
    account_id = formable(desk, "reset_usage", lambda form: form.earlier is None)
    app = app_of(desk, account=account_id)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: app.screen.list.total)
        await pilot.pause(0.4)
        if not isinstance(app.screen, RemedyForm):
            await pilot.press("R")
        await wait(pilot, lambda: isinstance(app.screen, RemedyForm))
        await wait(pilot, lambda: isinstance(app.focused, ReasonArea))
        await typed(pilot, REASON)
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: not isinstance(app.screen, RemedyForm))
        [row] = desk.outbox()
        assert (row.kind, row.account_id, row.reason) == ("reset_usage", account_id, REASON)
        await wait(pilot, lambda: desk.outbox()[0].state is State.APPLIED)
    entries = [entry for entry in trail_of(account_id) if entry["reason"] == REASON]
    assert len(entries) == 1
    assert entries[0]["change_id"] == row.change_id


@pytest.mark.parametrize("kind", KINDS)
async def test_a_bare_enter_never_submits(kind, open_desk, app_of, typed) -> None:
    desk = open_desk(hold_seconds=60)
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(app, pilot, kind, formable(desk, kind))
        for row in form.query(ChoiceRow):
            row.choose(0)
        for number in form.query("NumberRow WordInput"):
            number.value = "5"
        for field in form.query(ReasonField):
            field.fill(REASON)
        await pilot.pause()
        for field in form.fields():
            form.set_focus(field if isinstance(field, ChoiceRow) else field.entry)
            await pilot.press("enter", "enter", "enter", "enter", "enter", "enter")
        assert not desk.outbox()
        assert app.screen is form


@pytest.mark.parametrize("reason", ["ninechars", "          ", "aaaaaaaaaaaaaa", "!!!!!!!??????"])
async def test_A14_a_bad_reason_is_refused_in_the_form(reason, open_desk, app_of, typed, seen) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(app, pilot, "grant_trial", formable(desk, "grant_trial"))
        assert isinstance(app.focused, ReasonArea)
        await typed(pilot, reason)
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert app.screen is form
        assert not desk.outbox()
        assert not form.query_one("#submit").ready
        wanted = "give a reason first" if not reason.strip() else "the reason is not enough"
        assert wanted in seen(app)


async def test_A14_the_counter_and_what_is_missing(open_desk, app_of, typed, seen) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(app, pilot, "grant_trial", formable(desk, "grant_trial"))
        await typed(pilot, "seven b")
        assert "3 more characters" in seen(app)
        assert "7 of 500" in seen(app)


async def test_A11_a_viewer_gets_no_form_and_the_permission_is_named(open_desk, app_of, wait, seen) -> None:
    desk = open_desk("viewer", home="viewer")
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: app.screen.list.total)
        await pilot.pause(0.4)
        await pilot.press("R")
        await pilot.pause()
        assert not isinstance(app.screen, RemedyForm)
        assert "usage:reset" in seen(app)
    assert not desk.outbox()


@pytest.mark.parametrize(
    ("kind", "focused"),
    [
        ("reset_usage", "ReasonArea"),
        ("grant_trial", "ReasonArea"),
        ("apply_discount", "ChoiceRow"),
        ("change_tier", "ChoiceRow"),
        ("change_admin", "ChoiceRow"),
    ],
)
async def test_the_first_unanswered_field_has_the_focus(kind, focused, open_desk, app_of) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        account_id = formable(desk, kind, lambda form: form.earlier is None)
        await open_form(app, pilot, kind, account_id)
        assert type(app.focused).__name__ == focused
        assert app.focused.id in (None, "kind", "tier", "member")


async def test_where_a_rule_is_against_it_cancel_has_the_focus(open_desk, app_of, seen) -> None:
    desk = open_desk()
    idle = formable(desk, "reset_usage", lambda form: form.earlier is None and len(form.detail.row.workspaces) == 1)
    space = desk.open_form("reset_usage", idle).workspace_id
    desk.submit(Order("reset_usage", idle, space, {}, REASON), hold=False)
    assert sync_once(desk.session).error is None
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(app, pilot, "reset_usage", idle)
        assert app.focused is form.query_one("#cancel")
        assert "Nothing to reset" in seen(app)
        await pilot.press("ctrl+s")
        assert [row.state for row in desk.outbox()] == [State.APPLIED]


async def test_A13_a_second_reset_wants_the_name_typed(open_desk, app_of, typed, seen, wait) -> None:
    desk = open_desk(hold_seconds=60)
    account_id = formable(desk, "reset_usage", lambda form: form.earlier is not None and not form.earlier.talked)
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(app, pilot, "reset_usage", account_id)
        earlier = form.form.earlier
        drawn = seen(app)
        assert "already" in drawn and earlier.name in drawn
        assert earlier.ack_word in drawn
        assert app.focused.parent.id == "ack"
        form.query_one(ReasonField).fill(REASON)
        await typed(pilot, earlier.ack_word[:-1])
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert "1 letter to go" in seen(app)
        assert not desk.outbox()
        await typed(pilot, earlier.ack_word[-1])
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen is not form)
    [row] = desk.outbox()
    assert earlier.ack_word.encode() in row.body


async def test_a_downgrade_is_confirmed_twice(open_desk, app_of, typed, seen, wait) -> None:
    desk = open_desk(hold_seconds=60)
    account_id = formable(
        desk,
        "change_tier",
        lambda form: form.detail.account.tier == "changemaker" and "free" in form.tier_choices,
    )
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(app, pilot, "change_tier", account_id)
        form.query_one("#tier", ChoiceRow).choose(form.form.tier_choices.index("free"))
        form.query_one(ReasonField).fill(REASON)
        await pilot.pause()
        assert "Downgrade" in seen(app)
        await pilot.press("ctrl+s")
        assert not desk.outbox()
        await pilot.pause()
        assert app.focused.parent.id == "word"
        await typed(pilot, form.form.needs_confirm)
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen is not form)
    assert [row.params["tier"] for row in desk.outbox()] == ["free"]


async def test_an_upgrade_is_not_asked_twice(open_desk, app_of, wait) -> None:
    desk = open_desk(hold_seconds=60)
    account_id = formable(desk, "change_tier", lambda form: form.tier_choices[-1] == "guardian")
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(app, pilot, "change_tier", account_id)
        form.query_one("#tier", ChoiceRow).choose(len(form.form.tier_choices) - 1)
        form.query_one(ReasonField).fill(REASON)
        await pilot.pause()
        assert not form.query_one("#confirm").display
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen is not form)
    assert [row.params["tier"] for row in desk.outbox()] == ["guardian"]


async def test_a_discount_above_the_limit_is_refused_with_the_permission(open_desk, app_of, typed, seen) -> None:
    desk = open_desk("agent", home="agent")
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(app, pilot, "apply_discount", accounts(desk)[0])
        await pilot.press("1", "enter")
        await typed(pilot, "40")
        form.query_one(ReasonField).fill(REASON)
        await pilot.pause()
        assert "discount:write:high" in seen(app)
        await pilot.press("ctrl+s")
        assert app.screen is form
    assert not desk.outbox()


async def test_a_number_is_validated_as_it_is_typed(open_desk, app_of, typed, seen) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(app, pilot, "grant_trial", formable(desk, "grant_trial"))
        entry = form.query_one("#months").entry
        form.set_focus(entry)
        await pilot.press("end")
        await typed(pilot, "x3")
        assert entry.value == "13"
        assert "1 to 12 months first" in seen(app)
        await pilot.press("backspace", "up", "up")
        assert form.order().params["months"] == 3


async def test_a_draft_survives_esc_and_a_crash(open_desk, app_of, typed, seen) -> None:
    desk = open_desk()
    account_id = formable(desk, "grant_trial")
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(app, pilot, "grant_trial", account_id)
        await typed(pilot, "half a")
        await pilot.press("escape")
        await pilot.pause()
        assert "draft is kept" in seen(app)
        again = await open_form(app, pilot, "grant_trial", account_id)
        assert again.form.change_id == form.form.change_id
        assert again.query_one(ReasonField).text == "half a"
        assert "Draft from" in seen(app)
        await typed(pilot, " reason, then the line broke")
        await pilot.pause(0.8)
    assert not desk.outbox()
    later = open_desk()
    assert later.open_form("grant_trial", account_id).draft.reason == "half a reason, then the line broke"


async def test_an_untouched_form_leaves_no_draft_and_a_sent_one_neither(open_desk, app_of, typed, wait) -> None:
    desk = open_desk(hold_seconds=60)
    account_id = formable(desk, "grant_trial")
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(app, pilot, "grant_trial", account_id)
        await pilot.pause(0.6)
        await pilot.press("escape")
        await pilot.pause()
        assert desk.open_form("grant_trial", account_id).draft is None
        form = await open_form(app, pilot, "grant_trial", account_id)
        await typed(pilot, REASON)
        await pilot.pause(0.6)
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen is not form)
        assert desk.open_form("grant_trial", account_id).draft is None


async def test_recent_reasons_are_picked_and_edited(open_desk, app_of, typed, wait) -> None:
    desk = open_desk(hold_seconds=60)
    first, second = (account for account in accounts(desk)[:2])
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(app, pilot, "apply_discount", first)
        await pilot.press("1", "enter")
        await typed(pilot, "7")
        await pilot.press("enter")
        await typed(pilot, REASON)
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen is not form)
        again = await open_form(app, pilot, "apply_discount", second)
        again.set_focus(again.query_one(ReasonArea))
        await pilot.press("ctrl+r")
        await pilot.pause()
        await pilot.press("1")
        await wait(pilot, lambda: app.screen is again)
        await typed(pilot, ", again")
        assert again.query_one(ReasonField).text == f"{REASON}, again"


async def test_n_logs_a_conversation(open_desk, app_of, typed, wait, trail_of) -> None:
    desk = open_desk()
    account_id = accounts(desk)[3]
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        form = ContactForm(desk, desk.detail(account_id))
        app.push_screen(form)
        await pilot.pause()
        assert app.focused.id == "channel"
        await pilot.press("ctrl+s")
        assert not desk.outbox()
        await pilot.press("1", "enter", "2", "enter")
        await typed(pilot, "no [b]luck[/b] today")
        await pilot.press("enter", "enter")
        assert not desk.outbox()
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen is not form)
        await wait(pilot, lambda: desk.outbox()[0].state is State.APPLIED)
    [row] = desk.outbox()
    assert row.params == {"channel": "call", "outcome": "no_answer", "note": "no [b]luck[/b] today"}
    assert [entry["action"] for entry in trail_of(account_id) if entry["change_id"] == row.change_id] == ["log_contact"]


async def test_pasted_control_characters_never_reach_the_field(open_desk, app_of) -> None:
    from textual.events import Paste

    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(app, pilot, "grant_trial", formable(desk, "grant_trial"))
        form.query_one(ReasonArea).post_message(Paste("two\nlines \x1b[31mred\u202e"))
        await pilot.pause()
        assert form.query_one(ReasonField).text == "two lines ?[31mred?"


@pytest.mark.parametrize("kind", ["reset_usage", "grant_trial", "apply_discount", "log_contact"])
async def test_the_plain_theme_draws_no_colour(kind, open_desk, app_of) -> None:
    desk = open_desk()
    app = app_of(desk, theme="plain")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        if kind == "log_contact":
            app.push_screen(ContactForm(desk, desk.detail(accounts(desk)[0])))
            await pilot.press("1")
        else:
            await open_form(app, pilot, kind, formable(desk, kind))
            await pilot.press("tab", "1", "a", "shift+left")
        await pilot.pause()
        styles = {segment.style for line in app.screen._compositor.render_strips() for segment in line if segment.style}
        assert not [
            style for style in styles if not all(c is None or c.is_default for c in (style.color, style.bgcolor))
        ]


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
@pytest.mark.parametrize("kind", KINDS)
async def test_the_buttons_are_always_in_sight(kind, size, open_desk, app_of, seen) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=size) as pilot:
        await open_form(app, pilot, kind, formable(desk, kind))
        drawn = seen(app)
        assert "Cancel" in drawn and "ctrl+s" in drawn and "Reason" in drawn
        assert all(len(line) <= size[0] for line in drawn.split("\n"))
