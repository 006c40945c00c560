"""The inbox on the real stack: moving, views, filter, the pane, the cursor that keeps its account, and what keys do."""

import threading
import time
from datetime import timedelta

import httpx
import pytest
from textual import events

from data.ports_list import Link, Sort, SyncStatus, View
from data.remedy import Order
from screens.account import AccountScreen
from screens.inbox import InboxScreen
from screens.outbox import OutboxScreen
from screens.remedy_form import RemedyForm
from screens.row_menu import RowMenu
from screens.why import WhyScreen
from triage.desk import sync_once
from triage.sandbox.process import start
from widgets.account_list import AccountList
from widgets.detail_pane import DetailPane

pytestmark = pytest.mark.own_server

REASON = "Agreed with their admin on the phone"


def ids(desk, view=View.AT_RISK, sort=Sort.SEVERITY, text=""):
    return [line.row.id for line in desk.open_list(view, sort, text).window(0, 1000)]


def lines(seen, app):
    return seen(app).split("\n")


async def test_moving_keeps_to_the_list_and_the_pane_follows_when_the_cursor_rests(
    open_desk, app_of, seen, wait, monkeypatch
) -> None:
    desk = open_desk()
    app, wanted = app_of(desk), ids(desk)
    async with app.run_test(size=(140, 40)) as pilot:
        inbox = app.screen
        pane = app.screen.query_one(DetailPane)
        await wait(pilot, lambda: pane._detail is not None)
        assert isinstance(inbox, InboxScreen) and inbox.target() == wanted[0]
        first = pane._detail.row.id
        monkeypatch.setattr(inbox, "reload", lambda: None)  # data that comes in draws the pane anew
        monkeypatch.setattr("screens.inbox.REST", 60.0)  # however slow this machine is, no rest between the keys
        await pilot.press("j", "j", "down", "down")
        assert inbox.target() == wanted[4] and pane._detail.row.id == first, "not while the cursor moves"
        monkeypatch.setattr("screens.inbox.REST", 0.05)
        await pilot.press("k", "k")
        await wait(pilot, lambda: pane._detail.row.id == wanted[2])
        await pilot.press("G")
        assert inbox.target() == wanted[-1]
        await pilot.press("j", "j")
        assert inbox.target() == wanted[-1]
        await pilot.press("home", "ctrl+d")
        assert 0 < wanted.index(inbox.target()) <= 20
        await pilot.press("g", "k", "pageup")
        assert inbox.target() == wanted[0]
        assert f"1 of {len(wanted)}   by urgency" in seen(app)


async def test_views_and_their_counts(open_desk, app_of, seen) -> None:
    desk = open_desk()
    app = app_of(desk)
    counts = desk.header().counts
    totals = {"0": counts.at_risk, "1": counts.blocked, "2": counts.at_cap, "3": counts.near_cap}
    totals |= {"4": counts.downgraded, "5": counts.signals, "9": counts.book}
    assert totals["0"] == totals["1"] + totals["2"] + totals["3"] + totals["4"]
    async with app.run_test(size=(140, 40)) as pilot:
        for key, total in totals.items():
            await pilot.press(key)
            await pilot.pause()
            assert app.screen.query_one(AccountList).total == total
            if total:
                assert f"1 of {total}" in seen(app)
        await pilot.press("9", "s")
        assert "by MRR" in seen(app) and app.screen.target() in ids(desk, View.BOOK, Sort.MRR)


async def test_the_filter_is_live_and_esc_shows_all(open_desk, app_of, seen, typed) -> None:
    desk = open_desk()
    app = app_of(desk)
    word = desk.detail(ids(desk)[3]).row.name.split(" ")[0][:5]
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("slash")
        shown = []
        for char in word:
            await typed(pilot, char)
            shown.append(app.screen.query_one(AccountList).total)
        assert shown[-1] == len(ids(desk, text=word)) < len(ids(desk)) and shown == sorted(shown, reverse=True)
        await pilot.press("enter")
        assert "match" in lines(seen, app)[-2] and "esc shows all" in lines(seen, app)[-2]
        await pilot.press("j", "escape")
        assert app.screen.query_one(AccountList).total == len(ids(desk))
        await pilot.press("slash")
        await typed(pilot, "zzqq")
        await pilot.pause()
        assert "Nothing matches “zzqq”." in seen(app) and f"esc shows all {len(ids(desk))}" in seen(app)
        await pilot.press("R", "escape")
        assert isinstance(app.screen, InboxScreen) and app.screen.query_one(AccountList).total == len(ids(desk))


async def test_markup_in_the_filter_stays_text(open_desk, app_of, seen, typed) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("slash")
        await pilot.press("left_square_bracket", "slash", "b", "right_square_bracket")
        await pilot.pause()
        assert "Nothing matches “[/b]”." in seen(app)


async def test_the_cursor_stays_on_its_account_through_a_refresh(open_desk, app_of, wait) -> None:
    with start(accounts=80, seed=5) as running:
        desk = open_desk(url=running.url, token=running.token, sync_every=3600.0)
        app, wanted = app_of(desk), ids(desk)
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.press("j", "j", "j", "j")
            await pilot.pause(0.4)
            first, workspace = wanted[0], desk.detail(wanted[0]).row.workspaces[0].id
            change(running, desk, "reset_usage", first, workspace)
            await pilot.press("r")
            await wait(pilot, lambda: first not in ids(desk))
            await wait(pilot, lambda: app.screen.query_one(AccountList).total == len(ids(desk)))
            assert app.screen.target() == wanted[4]


async def test_a_row_that_leaves_under_the_cursor_stays_dimmed_and_says_why(open_desk, app_of, wait, seen) -> None:
    with start(accounts=80, seed=6) as running:
        desk = open_desk(url=running.url, token=running.token, sync_every=3600.0)
        app, wanted = app_of(desk), ids(desk)
        row = desk.detail(wanted[0]).row
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.pause(0.4)
            change(running, desk, "reset_usage", row.id, row.workspaces[0].id, "agent")
            await pilot.press("r")
            await wait(pilot, lambda: app.screen.query_one(AccountList).gone)
            await wait(pilot, lambda: "left the list: reset by Tom" in seen(app))
            assert row.name[:12] in lines(seen, app)[4] and app.screen.target() is None
            await pilot.press("R")
            assert isinstance(app.screen, InboxScreen), "a row that is gone is not acted on"
            await pilot.press("j")
            await pilot.pause()
            assert app.screen.target() == wanted[1] and row.name[:12] not in lines(seen, app)[4]
            assert not app.screen.query_one(AccountList).gone


def change(running, desk, kind, account_id, workspace_id, role="agent") -> None:
    """Somebody else acts on the server, without the client."""
    headers = {"Authorization": f"Bearer {running.tokens[role]}"}
    with httpx.Client(base_url=running.url, headers=headers) as other:
        account = other.get(f"/v1/accounts/{account_id}").json()
        import uuid
        from datetime import UTC, datetime

        key = str(uuid.uuid4())
        body = {"change_id": key, "kind": kind, "account_id": account_id, "workspace_id": workspace_id, "params": {}}
        audit = {"reason": REASON, "authored_at": datetime.now(UTC).isoformat(), "client": "t"}
        body["audit"] = audit | {"acknowledged": []}
        more = {"Idempotency-Key": key, "If-Match": f'"cv-{account["version"]}"'}
        answer = other.post("/v1/changes", json=body, headers=more)
        assert answer.status_code == 201, answer.text


async def test_keys_open_the_right_screens(open_desk, app_of, seen) -> None:
    desk = open_desk()
    app = app_of(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause(0.1)
        for key, screen in (
            ("enter", AccountScreen),
            ("w", WhyScreen),
            ("b", OutboxScreen),
            ("full_stop", RowMenu),
        ):
            await pilot.press(key)
            await pilot.pause(0.1)
            assert isinstance(app.screen, screen), key
            await pilot.press("escape")
            await pilot.pause(0.1)
            assert isinstance(app.screen, InboxScreen), key
        await pilot.press("escape")
        assert isinstance(app.screen, InboxScreen), "esc on the inbox does nothing"


async def test_the_menu_lists_the_remedies_and_chooses(open_desk, app_of, seen) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("full_stop")
        await pilot.pause(0.1)
        text = seen(app)
        for words in ("R   Reset usage", "T   Reverse trial", "D   Discount", "C   Change tier", "A   Change admin"):
            assert words in text
        await pilot.press("D")
        await pilot.pause(0.2)
        assert isinstance(app.screen, RemedyForm)


async def test_A11_a_viewer_reads_everything_and_the_missing_permission_is_named(open_desk, app_of, seen) -> None:
    app = app_of(open_desk(role="viewer"))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause(0.1)
        assert "R reset" not in lines(seen, app)[-1] and "enter open" in lines(seen, app)[-1]
        await pilot.press("full_stop")
        await pilot.pause(0.1)
        assert "Needs usage:reset. You can read everything here." in seen(app)
        await pilot.press("R")
        assert isinstance(app.screen, RowMenu), "what cannot work is not chosen"
        await pilot.press("escape", "R")
        await pilot.pause(0.1)
        assert isinstance(app.screen, InboxScreen) and "usage:reset" in lines(seen, app)[-2]


async def test_held_changes_count_down_and_u_takes_them_back(open_desk, app_of, seen, wait) -> None:
    desk = open_desk(hold_seconds=60.0)
    app = app_of(desk)
    row = desk.detail(ids(desk)[0]).row
    desk.submit(Order("reset_usage", row.id, row.workspaces[0].id, reason=REASON))
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.pause(0.3)
        status = lines(seen, app)[-2]
        assert f"Reset usage for {row.name} leaves in " in status and "u takes it back" in status
        assert "⇡ 1 held" in lines(seen, app)[0] and "⇡" in lines(seen, app)[5]
        await pilot.resize_terminal(80, 24)
        await pilot.pause(0.3)
        status = lines(seen, app)[-2]
        assert status.startswith(" ⇡ Reset usage for ") and " leaves in " in status and "takes it back" in status
        await pilot.press("u")
        await pilot.pause(0.1)
        assert "Taken back. Nothing was sent." in lines(seen, app)[-2] and "outbox empty" in lines(seen, app)[0]
        await pilot.press("j")
        await wait(pilot, lambda: "Taken back" not in seen(app))


async def test_m_claims_and_releases(open_desk, app_of, seen, wait) -> None:
    desk = open_desk()
    account = desk.open_list(View.AT_RISK, Sort.SEVERITY, "claimed:no").window(0, 1)[0].row.id
    app = app_of(desk, account=account)
    async with app.run_test(size=(140, 40)) as pilot:
        await wait(pilot, lambda: app.screen.list.total and app.screen.target() == account)
        await pilot.press("m")
        await wait(pilot, lambda: desk.detail(account).row.claim is not None)
        await wait(pilot, lambda: "claimed by you, 60 min" in seen(app))
        await pilot.press("m")
        await wait(pilot, lambda: desk.detail(account).row.claim is None)


@pytest.mark.parametrize("tmux", ["", "/tmp/tmux-0/default,1,0"])
async def test_y_copies_the_contact_by_osc_52(tmux, open_desk, app_of, seen, monkeypatch) -> None:
    import base64

    monkeypatch.setenv("TMUX", tmux)
    app = app_of(open_desk())
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause(0.1)
        sent: list[str] = []
        monkeypatch.setattr(app._driver, "write", sent.append)
        contact = app.desk.detail(app.screen.target()).row.contact
        await pilot.press("y")
        code = base64.b64encode(f"{contact.name} <{contact.email}>".encode()).decode()
        wanted = f"\x1b]52;c;{code}\a"
        assert (f"\x1bPtmux;\x1b{wanted}\x1b\\" if tmux else wanted) in sent
        await pilot.press("Y")
        assert app.clipboard == app.screen.target() and f"Copied {contact.name}." not in seen(app)


async def test_offline_is_a_band_and_stale_figures_are_dimmed(open_desk, app_of, seen, wait) -> None:
    with start(accounts=40, seed=3) as running:
        desk = open_desk(url=running.url, token=running.token)
        first = ids(desk)[0]
    from datetime import UTC, datetime

    app = app_of(desk, clock=lambda: datetime.now(UTC))
    desk.submit(Order("claim", first, params={"minutes": 60}), hold=False)
    async with app.run_test(size=(140, 40)) as pilot:
        await wait(pilot, lambda: "Offline since" in seen(app))
        desk.submit(Order("apply_discount", first, None, {"clear": False, "kind": "scholarship", "percent": 5}, REASON))
        await wait(pilot, lambda: "waits for the connection   u takes it back" in lines(seen, app)[-2])
        await pilot.press("u")
        await wait(pilot, lambda: "Offline since" in seen(app))
        band = lines(seen, app)[3]
        assert "You can go on working: 1 change waits here and leaves by itself." in band and "r now" in band
        assert "⇡ 1 wait" in lines(seen, app)[0]
        await pilot.resize_terminal(80, 24)
        await wait(pilot, lambda: "1 change waits here." in lines(seen, app)[1] and "r now" in lines(seen, app)[1])


async def test_stale_data_asks_for_a_sync_first(open_desk, app_of, seen, wait) -> None:
    app = app_of(open_desk(stale_after=0.0, sync_every=3600.0))
    async with app.run_test(size=(140, 40)) as pilot:
        await wait(pilot, lambda: "Sync first" in seen(app) and "Figures are dimmed because" in seen(app))
        text = seen(app)
        assert "data of " in text and "Sync first" in text and "Figures are dimmed because" in text
        assert lines(seen, app)[-1].strip().startswith("r sync now")
        await pilot.press("R")
        await wait(pilot, lambda: "old: sync first, or it is checked on leaving." in seen(app))


async def test_first_start_says_that_it_fetches(open_desk, app_of, seen, wait) -> None:
    app = app_of(open_desk(synced=False))
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: "No data yet. Fetching the book, " in seen(app) or "At risk" in seen(app))
        await wait(pilot, lambda: all(word in seen(app) for word in ("Blocked", "1 of ", "Category")))


async def test_the_first_book_comes_in_under_a_cursor_that_stays_first_and_has_the_keys(
    open_desk, app_of, wait
) -> None:
    app = app_of(open_desk(synced=False))
    async with app.run_test(size=(120, 36)) as pilot:
        await wait(pilot, lambda: app.desk.header().synced_at is not None and app.screen.list.total > 3)
        await pilot.pause(0.3)
        assert (app.screen.list.cursor, app.screen.focused) == (0, app.screen.list)
        await pilot.press("j")
        assert app.screen.list.cursor == 1


async def test_keys_that_pour_in_at_once_do_nothing_and_movement_still_works(open_desk, app_of, seen, wait) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause(0.1)
        poured = [events.Key(key, key) for key in "jRestart"]
        for event in poured:
            event.time = poured[0].time  # however slow this machine is
            app._driver.send_message(event)
        await wait(pilot, lambda: app.screen.query_one(AccountList).cursor == 1)
        await pilot.pause(0.2)
        assert isinstance(app.screen, InboxScreen), "no form, no audit, no other screen"
        assert "Typed too fast after the window woke: nothing was done." in seen(app)
        assert app.screen.query_one(AccountList).cursor == 1 and app.screen.sort is Sort.SEVERITY
        await pilot.press("s")
        assert app.screen.sort is Sort.MRR, "a key by itself works"


async def test_keys_typed_as_the_window_wakes_do_nothing(open_desk, app_of, seen, monkeypatch) -> None:
    monkeypatch.setattr("screens.typing_guard.AFTER_FOCUS", 60.0)
    app = app_of(open_desk())
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause(0.1)
        app._driver.send_message(events.AppFocus())
        await pilot.press("s")
        assert app.screen.sort is Sort.SEVERITY and "Typed too fast" in seen(app)
        monkeypatch.setattr("screens.typing_guard.AFTER_FOCUS", 0.01)
        await pilot.pause(0.1)
        await pilot.press("s")
        assert app.screen.sort is Sort.MRR


async def test_the_list_does_not_reorder_under_a_key(open_desk, app_of, wait, monkeypatch) -> None:
    app = app_of(open_desk())
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause(0.5)
        screen = app.screen
        opened: list[bool] = []
        screen.open_list = lambda *, fresh: opened.append(fresh)
        monkeypatch.setattr("screens.list_screen.UNDER_A_KEY", 60.0)
        await pilot.press("j")
        app.beside.changed()
        await wait(pilot, lambda: screen._late is not None)
        assert not opened
        screen._late.stop()
        screen._late = None
        monkeypatch.setattr("screens.list_screen.UNDER_A_KEY", 0.05)
        app.beside.changed()
        await wait(pilot, lambda: opened)
        assert set(opened) == {False}  # once, or twice where the watcher saw a write of its own


async def test_word_of_changes_reaches_the_screens_at_most_four_times_a_second(open_desk, app_of) -> None:
    desk = open_desk(sync_every=3600.0, live=False)
    app = app_of(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause(1.0)
        heard: list[float] = []
        app.screen.reload = lambda: heard.append(time.monotonic())
        begun = time.monotonic()
        pourer = threading.Thread(target=lambda: [app.beside.changed() or time.sleep(0.002) for _ in range(500)])
        pourer.start()
        while pourer.is_alive():  # a busy machine pours slower
            await pilot.pause(0.05)
        await pilot.pause(0.5)
        settled = len(heard)
        assert 2 <= settled <= 4 * (time.monotonic() - begun) + 2
        await pilot.pause(0.6)
        assert len(heard) == settled, "nothing comes back by itself"


async def test_q_quits_without_waiting_and_says_what_waits(open_desk, app_of) -> None:
    desk = open_desk(hold_seconds=60.0)
    row = desk.detail(ids(desk)[0]).row
    desk.submit(Order("reset_usage", row.id, row.workspaces[0].id, reason=REASON))
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+c", "ctrl+q")
        assert app.is_running
        await pilot.press("q")
    assert app.return_value == "1 wait; triage sync sends them"


async def test_a_crash_shows_no_locals_and_no_message(open_desk, app_of, capfd) -> None:
    app = app_of(open_desk())
    secret = "sandbox_lead_SECRET"
    with pytest.raises(ValueError):
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.pause(0.1)

            def breaks() -> None:
                token = secret
                raise ValueError(token)

            app.screen.call_later(breaks)
            await pilot.pause(0.2)
    printed = "".join(capfd.readouterr())
    assert "triage stopped because of an error in itself" in printed and "ValueError" in printed
    assert secret not in printed and "token" not in printed


async def test_a_crash_in_a_thread_ends_the_app(open_desk, app_of, wait) -> None:
    app = app_of(open_desk())
    with pytest.raises(ZeroDivisionError):
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.pause(0.1)
            threading.Thread(target=lambda: 1 / 0, daemon=True).start()
            await wait(pilot, lambda: app._exception is not None)


async def test_signed_out_offers_the_sign_in_once(open_desk, app_of, wait) -> None:
    from screens.sign_in import SignIn

    desk = open_desk(synced=False, token="not_a_token")
    app = app_of(desk)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: isinstance(app.screen, SignIn))
        await pilot.press("escape")
        await pilot.pause(0.4)
        app.beside.changed()
        await pilot.pause(0.5)
        assert isinstance(app.screen, InboxScreen)


async def test_the_app_starts_at_a_named_account(open_desk, app_of) -> None:
    desk = open_desk()
    calm = next(i for i in ids(desk, View.BOOK) if i not in ids(desk))
    app = app_of(desk, account=calm)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause(0.1)
        assert app.screen.target() == calm and app.screen.view is View.BOOK


async def test_a_named_account_is_waited_for_while_the_book_is_fetched(open_desk, app_of, seen, wait) -> None:
    desk = open_desk()
    calm = next(i for i in ids(desk, View.BOOK) if i not in ids(desk))
    app = app_of(open_desk(home="empty", synced=False), account=calm)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: app.screen.target() == calm)
        assert app.screen.view is View.BOOK
    app = app_of(desk, account="acc_nobody")
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: "acc_nobody is not in the book." in seen(app))
        assert app.screen.view is View.AT_RISK


def test_the_bands_say_what_is_and_what_happens_by_itself(open_desk) -> None:
    import msgspec

    from screens.inbox_words import band

    desk = open_desk()
    header, now = desk.header(), desk.session.clock()

    def said(link: Link, sentence: str = "") -> str:
        status = SyncStatus(link, now - timedelta(hours=1), sentence, 0, 0, now + timedelta(seconds=40))
        made = band(msgspec.structs.replace(header, status=status), now)
        return f"{made.bold} {made.rest} {made.right}" if made else ""

    assert said(Link.FINE) == said(Link.SYNCING) == ""
    assert said(Link.FAILING, "503 from the server").startswith("The server is failing since ")
    assert "(503)" in said(Link.FAILING, "503 from the server") and "Nothing is lost" in said(Link.FAILING)
    assert said(Link.SIGNED_OUT).startswith("Signed out. Reading still works.")
    assert "next try in 40 s   r now" in said(Link.OFFLINE) or "next try in 39 s" in said(Link.OFFLINE)


async def test_what_a_colleague_does_shows_without_a_key_and_the_header_says_live(
    open_desk, app_of, wait, seen, ui_server
) -> None:
    desk = open_desk(sync_every=3600.0)
    app = app_of(desk)
    async with app.run_test(size=(140, 40)) as pilot:
        await wait(pilot, lambda: "live, synced" in seen(app))
        account = app.screen.list.current.row.id
        theirs = open_desk("agent", "theirs")
        theirs.submit(Order("claim", account, params={"minutes": 60}), hold=False)
        assert sync_once(theirs.session).summary.pushed == 1
        await wait(pilot, lambda: app.screen.list.current.row.claim is not None)
