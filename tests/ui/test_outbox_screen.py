"""The outbox on the real stack: conflicts side by side, discarding, writing again, taking back, looking up."""

import uuid
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest

from data.ports_list import Sort, View
from data.remedy import Change, Order, Receipt, State
from data.safe_text import safe_reason, safe_text
from screens.confirm import ConfirmReason
from screens.outbox import OutboxScreen, choices_of
from screens.remedy_form import RemedyForm
from screens.sign_in import SignIn
from triage.desk import Desk, sync_once
from widgets.before_after import BeforeAfter, Fact
from widgets.glyphs import SETS
from widgets.look import Look
from widgets.outbox_row import details, row_strip
from widgets.reason_field import ReasonField
from widgets.theme import DARK, Styles

pytestmark = pytest.mark.own_server

REASON = "Registered charity, papers on file"
THEIRS = "Agreed a smaller price until January"


def untouched(desk: Desk) -> str:
    """An account without a discount and without a row of ours."""
    lines = desk.open_list(View.BOOK, Sort.SEVERITY, "").window(0, 1000)
    return next(
        line.row.id
        for line in lines
        if desk.detail(line.row.id).account.discount is None and not desk.audit(line.row.id, None, 1)
    )


def discount(account_id: str, percent: int, reason: str = REASON) -> Order:
    return Order("apply_discount", account_id, None, {"kind": "scholarship", "percent": percent}, reason)


def colleague(url: str, token: str, account_id: str) -> None:
    """Somebody else changes the account meanwhile, past all of our code."""
    head = {"Authorization": f"Bearer {token}"}
    seen = httpx.get(f"{url}/v1/accounts/{account_id}", headers=head)
    change_id = str(uuid.uuid4())
    audit = {"reason": THEIRS, "authored_at": datetime.now(UTC).isoformat(), "client": "tests/2 there"}
    body = {"change_id": change_id, "account_id": account_id, "workspace_id": None, "kind": "apply_discount"}
    body |= {"params": {"kind": "staff_discount", "percent": 15}, "dedupe_key": None, "audit": audit}
    head |= {"Idempotency-Key": change_id, "If-Match": seen.headers["ETag"]}
    assert httpx.post(f"{url}/v1/changes", json=body, headers=head).status_code == 201


@pytest.fixture
def conflict(open_desk, ui_server) -> tuple[Desk, Change]:
    """A discount of ours that a colleague was faster with."""
    desk = open_desk(hold_seconds=60)
    account_id = untouched(desk)
    mine = desk.submit(discount(account_id, 30), hold=False)
    colleague(ui_server.url, ui_server.tokens["agent"], account_id)
    assert sync_once(desk.session).summary.conflicts == 1
    return desk, mine


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_a_conflict_shows_who_when_and_why(size, conflict, app_of, wait, seen) -> None:
    desk, _ = conflict
    app = app_of(desk)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.push_screen(OutboxScreen(desk))
        await wait(pilot, lambda: "You saw" in seen(app))
        drawn = seen(app)
        who = next(entry for entry in desk.audit(None, None, 50) if entry.reason == THEIRS).actor.name
        for expected in ("conflict", "It is now", "Yours would make it", "none", "15 %", "30 %", who, THEIRS, REASON):
            assert expected in drawn, expected
        assert "Write it again" in drawn and "Discard" in drawn
        assert "1 need" in drawn


async def test_a_conflict_names_the_workspaces_that_moved(open_desk, app_of, wait, seen) -> None:
    mine, theirs = open_desk(), open_desk(home="theirs")
    lines = mine.open_list(View.BOOK, Sort.SEVERITY, "").window(0, 1000)
    trial, tier = {"tier": "changemaker", "months": 1}, {"tier": "innovator"}
    account, ours, other = next(
        (account, ours, other)
        for account in (mine.detail(line.row.id).account for line in lines)
        for ours in [Order("grant_trial", account.id, None, trial, REASON)]
        for other in [Order("change_tier", account.id, None, tier, THEIRS)]
        if len(account.workspaces) > 1 and not mine.preview(ours).blocked and not mine.preview(other).blocked
    )
    mine.submit(ours, hold=False)
    theirs.submit(other, hold=False)
    assert sync_once(theirs.session).summary.pushed == 1 and sync_once(mine.session).summary.conflicts == 1
    app = app_of(mine)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.push_screen(OutboxScreen(mine))
        await wait(pilot, lambda: "You saw" in seen(app))
        drawn = seen(app)
        assert all(f"   {workspace.name[:13]}" in drawn for workspace in account.workspaces)
        assert "Hours included" not in drawn


async def test_writing_again_starts_from_what_it_is_now(conflict, app_of, wait, trail_of, seen) -> None:
    desk, mine = conflict
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.push_screen(OutboxScreen(desk))
        await wait(pilot, lambda: "You saw" in seen(app))
        await pilot.press("e")
        await wait(pilot, lambda: isinstance(app.screen, ConfirmReason))
        await pilot.pause()
        assert app.focused is app.screen.query_one(ReasonField).entry
        assert not app.screen.query_one(ReasonField).text, "the reason is asked for again"
        assert "15 %, staff discount" in seen(app) and "30 %, scholarship" in seen(app)
        await pilot.press("enter", "enter", "enter")
        assert len(desk.outbox()) == 1
        app.screen.query_one(ReasonField).fill("Spoke with them again, thirty it is")
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: not isinstance(app.screen, ConfirmReason))
    rows = {row.state: row for row in desk.outbox()}
    assert rows[State.DISCARDED].change_id == mine.change_id
    assert rows[State.HELD].change_id != mine.change_id
    assert rows[State.HELD].before["discount"] == {"kind": "staff_discount", "percent": 15}
    assert [entry["reason"] for entry in trail_of(mine.account_id)] == [THEIRS]


async def test_discarding_asks_for_a_reason(conflict, app_of, wait, seen, typed) -> None:
    desk, mine = conflict
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.push_screen(OutboxScreen(desk))
        await wait(pilot, lambda: "You saw" in seen(app))
        await pilot.press("d")
        await wait(pilot, lambda: isinstance(app.screen, ConfirmReason))
        await typed(pilot, "too short")
        await pilot.press("ctrl+s")
        assert desk.outbox()[0].state is State.CONFLICT
        await typed(pilot, ", theirs stands")
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: not isinstance(app.screen, ConfirmReason))
        assert desk.outbox()[0].state is State.DISCARDED
        assert "Discarded. Nothing was sent." in seen(app)


async def test_a_change_that_a_rule_is_against_opens_its_form_filled(open_desk, app_of, wait, seen) -> None:
    desk = open_desk("agent", home="agent", hold_seconds=60)
    account_id = untouched(desk)
    first = desk.submit(discount(account_id, 12), hold=False)
    sync_once(desk.session)
    assert desk.outbox()[0].state is State.APPLIED
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        screen = OutboxScreen(desk)
        app.push_screen(screen)
        await wait(pilot, lambda: "applied" in seen(app))
        await pilot.press("e")
        await wait(pilot, lambda: "can be written again" in seen(app))
        screen._open_form(first)
        await wait(pilot, lambda: isinstance(app.screen, RemedyForm))
        await wait(pilot, lambda: "Nothing changes: the discount is that already." in seen(app))
        assert app.screen.order().params == first.params
        assert app.screen.query_one(ReasonField).text == REASON


async def test_undo_while_held_leaves_no_trace(open_desk, app_of, wait, seen, trail_of) -> None:
    desk = open_desk(hold_seconds=60)
    account_id = untouched(desk)
    desk.submit(discount(account_id, 10))
    app = app_of(desk)
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.pause()
        app.push_screen(OutboxScreen(desk))
        await wait(pilot, lambda: "held" in seen(app) and "takes it back" in seen(app))
        await pilot.press("u")
        await wait(pilot, lambda: "Taken back. Nothing was sent." in seen(app))
    assert [row.state for row in desk.outbox()] == [State.DISCARDED]
    assert trail_of(account_id) == []


async def test_the_cursor_opens_what_it_stands_on_and_esc_leaves(open_desk, app_of, wait, seen) -> None:
    desk = open_desk(hold_seconds=60)
    lines = desk.open_list(View.BOOK, Sort.SEVERITY, "").window(0, 1000)
    for number, line in enumerate(lines[40:60]):
        desk.submit(Order("note", line.row.id, None, {"text": f"note number {number}"}), hold=False)
    app = app_of(desk)
    desk.session.token.take("no such token", False)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.push_screen(OutboxScreen(desk))
        await wait(pilot, lambda: "note number 0" in seen(app))
        await pilot.press("G")
        await wait(pilot, lambda: "note number 19" in seen(app) and "note number 0" not in seen(app))
        await pilot.press("g")
        await wait(pilot, lambda: "note number 0”" in seen(app))
        assert "1 of 20" in seen(app)
        await pilot.press("escape")
        await wait(pilot, lambda: not isinstance(app.screen, OutboxScreen))


# --- every state, drawn ---


def rows() -> list[Change]:
    """A change in every state, with a name in wide characters and markup in the reason."""
    now = datetime.now(UTC)
    base = Change(
        change_id="c", position=1, kind="apply_discount", account_id="acc_1",
        account_name=safe_text("株式会社 [b]Ärger[/b] & Söhne"), workspace_id=None,
        params={"kind": "scholarship", "percent": 20.0}, reason=safe_reason("[link=x]papers[/] on file"),
        before={"discount": None, "mrr": 82500}, after_values={"discount": None, "mrr": 66000}, body=b"{}",
        base_version=1, after=None, base_url="http://127.0.0.1", staff_id="s", staff_name=safe_text("Maya"),
        state=State.QUEUED, unknown=False, attempts=0, authored_at=now, hold_until=now + timedelta(seconds=7),
        next_try_at=now + timedelta(seconds=40), sent_at=None, finished_at=None, last_error=None, conflict=None,
        receipt=None, result_version=None, result_seq=None,
    )  # fmt: skip
    receipt = Receipt(4812, "{}", "0" * 64, "ab" * 32, 4812, "cd" * 32, "s", "k")
    made = [msgspec.structs.replace(base, state=state, finished_at=now, receipt=receipt) for state in State]
    made.append(msgspec.structs.replace(base, state=State.SENDING, unknown=True, attempts=6))
    refused = safe_text("Your limit is 20 %. Ask for discount:write:high")
    return [*made, msgspec.structs.replace(base, state=State.REJECTED, last_error=refused)]


@pytest.mark.parametrize("glyphs", ["unicode", "console", "ascii"])
@pytest.mark.parametrize("width", [80, 100, 120, 140, 200])
def test_every_state_is_exactly_as_wide_as_the_screen(width: int, glyphs: str) -> None:
    for palette in (DARK, None):
        look, now = Look(Styles(palette), SETS[glyphs], False), datetime.now(UTC)
        for change in rows():
            line = row_strip(change, "Main", width, look, True, now)
            assert line.cell_length == width
            opened = details(change, width, look, now, None, "EUR", choices_of(change))
            assert all(strip.cell_length == width for strip in opened)
            if palette is None:
                styles = [segment.style for strip in (line, *opened) for segment in strip]
                assert not any(style and (style.color or style.bgcolor) for style in styles)


def test_the_name_of_a_workspace_stays_whole_in_now_and_after() -> None:
    look = Look(Styles(DARK), SETS["unicode"], False)
    drawn = BeforeAfter([Fact("Council sessions rec.", "stopped", "works")]).lines(70, look)
    assert "Council sessions rec." in drawn[1].text and all(strip.cell_length == 70 for strip in drawn)


def test_unknown_never_reads_failed_and_offers_a_look_up() -> None:
    unknown = rows()[-2]
    look = Look(Styles(DARK), SETS["unicode"], False)
    drawn = [
        row_strip(unknown, None, 140, look, False, datetime.now(UTC)),
        *details(unknown, 140, look, datetime.now(UTC), None, "EUR", choices_of(unknown)),
    ]
    text = " ".join(strip.text for strip in drawn)
    assert "No answer to 6 tries. Asking what became of it" in text
    assert "fail" not in text.lower()
    assert [choice.key for choice in choices_of(unknown)] == ["l", "r"]


def test_choices_follow_the_state() -> None:
    keys = {change.state: "".join(choice.key for choice in choices_of(change)) for change in rows()[:8]}
    assert keys == {
        State.HELD: "u", State.QUEUED: "ur", State.SENDING: "", State.APPLIED: "u", State.CONFLICT: "ed",
        State.REJECTED: "ed", State.PARKED: "ed", State.DISCARDED: "",
    }  # fmt: skip


# --- each case with the one key that is right ---


def parked(why: str, **over) -> Change:
    """A parked change."""
    base = next(row for row in rows() if row.state is State.PARKED)
    return msgspec.structs.replace(base, parked_why=why, staff_name=safe_text("Tom Reyes"), **over)


def drawn(change: Change, width: int = 120, signed_out: bool = False, **over) -> str:
    """The open lines of a change as text."""
    look = Look(Styles(DARK), SETS["unicode"], False)
    lines = details(change, width, look, datetime.now(UTC), None, "EUR", choices_of(change, signed_out), **over)
    assert all(strip.cell_length == width for strip in lines)
    return " ".join(" ".join(strip.text for strip in lines).split())


@pytest.mark.parametrize("width", [80, 120, 200])
def test_each_case_shows_the_right_key_first_and_why(width: int) -> None:
    now = datetime.now(UTC)
    base = rows()[0]
    refused = msgspec.structs.replace(
        base,
        state=State.REJECTED,
        last_error=safe_text("It does not fit; /params/percent: at most 100; /audit/reason: too short"),
    )
    unknown = msgspec.structs.replace(
        base, state=State.SENDING, unknown=True, attempts=6, sent_at=now, last_error=safe_text("Nobody answered.")
    )
    waiting = msgspec.structs.replace(base, state=State.QUEUED, next_try_at=None)
    later = msgspec.structs.replace(waiting, next_try_at=now + timedelta(seconds=400))
    assert "Next try" in drawn(later, width) and "Next try" not in drawn(later, width, True)
    mine = msgspec.structs.replace(refused, change_id="first")
    for change, keys, words, more in (
        (parked("identity"), "sed", "as Tom Reyes, then it leaves by itself", {}),
        (parked("identity", unknown=True), "s", "Tried 0 times", {}),
        (
            parked("predecessor", after="first"),
            "ed",
            "Before it Discount 20 %, scholarship: refused. It does not fit; Percent",
            {"before": mine},
        ),
        (parked("key_reused"), "ed", "our 2 bytes, SHA-256 44136fa355b3678a", {}),
        (parked("receipt", unknown=True), "lr", "entry 4,812, hash abababababababab, head 4,812 by k", {}),
        (refused, "ed", "Percent at most 100 Reason too short", {}),
        (unknown, "lr", "Tried 6 times, first", {"first_sent": now}),
        (unknown, "lr", "Came back Nobody answered. Next try in 40 s, same id and bytes", {}),
        (waiting, "ur", "Take back", {}),
    ):
        assert "".join(choice.key for choice in choices_of(change)) == keys, words
        assert words in drawn(change, width, **more), (words, drawn(change, width, **more))
    assert [choice.key for choice in choices_of(waiting, True)] == ["s", "u"]
    assert "Waits until you sign in. It leaves by itself then." in drawn(waiting, width, True)
    assert [choice.key for choice in choices_of(unknown, True)] == ["s"]


async def test_a_receipt_that_did_not_verify_is_looked_up_from_its_row(open_desk, app_of, wait, seen) -> None:
    """Its proof did not hold once (a wrong key); looked up with the right one it is applied."""
    desk = open_desk()
    sent = desk.submit(discount(untouched(desk), 10), hold=False)
    url = desk.base_url
    keys = desk.box.pinned_keys(url)
    desk.box.accept_keys(url, {next(iter(keys)): "A" * 43 + "="}, datetime.now(UTC))
    sync_once(desk.session)
    row = desk.box.get(sent.change_id)
    assert (row.state, row.parked_why, row.unknown) == (State.PARKED, "receipt", True)
    desk.box.accept_keys(url, keys, datetime.now(UTC))
    app = app_of(desk)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        app.push_screen(OutboxScreen(desk))
        await wait(pilot, lambda: "Evidence" in seen(app) and "Look up" in seen(app))
        assert "Write it again" not in seen(app)
        await pilot.press("e")
        await wait(pilot, lambda: "can be written again" in seen(app))
        await pilot.press("l")
        await wait(pilot, lambda: desk.box.get(sent.change_id).state is State.APPLIED)


async def test_signing_in_as_the_author_sends_what_waits_for_that(open_desk, app_of, wait, seen, ui_server) -> None:
    desk = open_desk()
    sent = desk.submit(discount(untouched(desk), 11), hold=False)
    desk.session.token.take(ui_server.tokens["agent"], False)
    sync_once(desk.session)
    assert desk.box.get(sent.change_id).parked_why == "identity"
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.push_screen(OutboxScreen(desk))
        await wait(pilot, lambda: f"as {sent.staff_name}, then it leaves by itself" in seen(app))
        await pilot.press("s")
        await wait(pilot, lambda: isinstance(app.screen, SignIn))
        await pilot.pause()
        app.screen.query_one("#token").value = ui_server.tokens["lead"]
        app.screen.query_one("#keep").choose(1)  # this session only
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: desk.box.get(sent.change_id).state is State.APPLIED)
