"""Outreach by its keys: a real book that drifts, a real mail server, the server's own trail; to the end."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kit.homes import audited, session_on
from kit.mail import Hook, Mailbox, dropping_server, mail_server, webhook
from kit.server_book import change
from msgspec.structs import replace

from data.health_monitor import Route
from data.ports_list import Sort, View
from data.ports_outreach import Channel, OutreachState
from data.senders.port import NO_MAIL, NO_SLACK, Mailroom
from data.senders.slack import SlackSender
from data.senders.smtp import SmtpSender, SmtpSettings
from screens.account import AccountScreen
from screens.ask_sent import AskSent
from screens.follow_ups import FollowUpsScreen
from screens.inbox import InboxScreen
from screens.outbox import OutboxScreen
from screens.outreach import OutreachScreen
from screens.reason_editor import run_letter
from screens.reply_form import ReplyForm
from screens.why import WhyScreen
from triage.app import TriageApp
from triage.desk import Desk, sync_once
from triage.sandbox.process import Running, start
from widgets.channel_rows import ChannelRows
from widgets.form_button import FormButton
from widgets.letter_area import LetterArea
from widgets.word_input import WordInput

NAME, MAIL = "Iris Koch", "iris.koch@customer.example"
SIZES = [(80, 24), (120, 36)]


class Day:
    """An operator's machine with a mailroom and a clock that can be set on."""

    def __init__(self, home: Path, server: Running, **place: Any) -> None:
        self.days = 0.0
        self.mailroom = Mailroom({}, {Channel.EMAIL: NO_MAIL, Channel.SLACK: NO_SLACK})
        self.session = replace(session_on(home, server, **place), clock=self.clock, mailroom=lambda: self.mailroom)
        assert sync_once(self.session).error is None

    def clock(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self.days)

    def mail_to(self, port: int, slack: str = "") -> None:
        mail = SmtpSender(SmtpSettings("127.0.0.1", port, "starttls", "", lambda: None), wait=5.0)
        senders: dict[Channel, Any] = {Channel.EMAIL: mail}
        if slack:
            senders[Channel.SLACK] = SlackSender(lambda: slack)
        self.mailroom = Mailroom(senders, {} if slack else {Channel.SLACK: NO_SLACK})

    def app(self, desk: Desk, account: str | None = None) -> TriageApp:
        return TriageApp(desk, glyphs="unicode", clock=self.clock, account=account)


class Book:
    """A server over a file of its own, of which a test takes accounts that nobody else has."""

    def __init__(self, server: Running, db: Path, ids: Iterator[str]) -> None:
        self.server, self.db, self._ids = server, db, ids

    def drifting(self, **fields: Any) -> str:
        """An account that has just become a standard one with a moderate drop; it drifts from the next sync on."""
        account_id = next(self._ids)

        def drift(account: dict[str, Any]) -> None:
            seats = sum(room["seats_licensed"] or 1 for room in account["workspaces"])
            account.update(mrr=1000, tier="innovator", flags=[])
            account["contacts"] = [
                {"user_id": "usr_iris", "name": NAME, "email": MAIL, "role": "admin", "reachable": True} | fields
            ]
            account["csm"] = {"staff_id": "stf_maya", "name": "Maya Okafor", "email": "maya@vendor.example"}
            account["signals"] |= {
                "active_users_daily": [seats] * 166 + [seats // 2] * 14,
                "last_feature": "summaries",
                "last_active_at": account["signals"]["as_of"] + "T10:00:00Z",
                "use_case": "user research",
                "complex": False,
                "products": account["signals"]["products"][:1],
                "tickets": None,
            }

        change(self.db, account_id, drift)
        return account_id


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """One server for the module; accounts that are old, have seats for a half, and no alert of their own."""
    folder = tmp_path_factory.mktemp("book")
    with start(accounts=150, seed=11, db=folder / "book.db") as server:
        session = session_on(folder / "look", server)
        assert sync_once(session).error is None
        with closing(Desk.open(session)) as desk:
            drifting = {line.row.id for line in desk.open_list(View.DRIFT, Sort.SEVERITY, "").window(0, 150)}
            found = []
            for line in desk.open_list(View.BOOK, Sort.SEVERITY, "").window(0, 150):
                detail = desk.detail(line.row.id)
                assert detail is not None
                one = detail.account
                seats = [room.seats_licensed or 1 for room in one.workspaces]
                old = one.created_at is not None and one.created_at < datetime.now(UTC) - timedelta(days=200)
                if old and one.id not in drifting and seats and sum(seats) % 2 == 0 and one.signals:
                    found.append(one.id)
        assert len(found) >= 12
        yield Book(server, folder / "book.db", iter(found))


@pytest.fixture
def day(tmp_path: Path, book: Book) -> Day:
    return Day(tmp_path / "home", book.server)


def stages(book: Book, account: str) -> list[tuple[str, str]]:
    """(action, stage) of what was logged of an account since the book was made."""
    mine = [one for one in audited(book.server) if one["account_id"] == account and one["after"]]
    kinds = ("log_outreach", "log_reply")
    fresh = [one for one in mine if one["action"] in kinds and one["reason"] != "Wrote to {first}"]
    return [(one["action"], one["after"].get("stage", "")) for one in fresh]


def states(desk: Desk, account: str) -> list[OutreachState]:
    return [one.state for one in desk.outreach(account)]


async def draft_of(app, pilot, wait, account):
    """From the inbox to the draft."""
    await wait(pilot, lambda: isinstance(app.screen, InboxScreen) and app.screen.target() == account)
    await pilot.press("o")
    await wait(pilot, lambda: isinstance(app.screen, OutreachScreen) and app.screen.query("#remark-elsewhere"))
    return app.screen


async def test_M12_M14_M17_M19_M20_a_drifting_account_from_the_sync_to_its_reply(book, day, wait, seen, typed) -> None:
    with mail_server(Mailbox()) as box, closing(Desk.open(day.session)) as desk:
        day.mail_to(box.port)
        app = day.app(desk)
        async with app.run_test(size=(120, 36)) as pilot:
            await wait(pilot, lambda: isinstance(app.screen, InboxScreen))
            account = book.drifting()
            assert not desk.open_list(View.DRIFT, Sort.SEVERITY, account).total
            await pilot.press("r", "6")
            await wait(pilot, lambda: desk.open_list(View.DRIFT, Sort.SEVERITY, account).total)
            form = desk.open_outreach(account)
            assert form.route is Route.AUTOMATIC and not form.gaps
            await pilot.press("slash")
            await pilot.press(*["underscore" if char == "_" else char for char in account], "enter")
            await wait(pilot, lambda: app.screen.target() == account)

            await pilot.press("w")
            await wait(pilot, lambda: isinstance(app.screen, WhyScreen) and "moderate" in seen(app).lower())
            await pilot.press("o")
            await wait(pilot, lambda: isinstance(app.screen, OutreachScreen) and f"Send to {NAME}" in seen(app))
            assert "Maya Okafor" in seen(app) and MAIL in seen(app) and "summaries" in seen(app)
            await pilot.press("ctrl+s")
            await wait(pilot, lambda: isinstance(app.screen, WhyScreen))
            assert "leaves once the server has its record" in seen(app)

            await wait(pilot, lambda: states(desk, account) == [OutreachState.SENT])
            await wait(pilot, lambda: stages(book, account) == [("log_outreach", "intent"), ("log_outreach", "sent")])
            ((sender, to, mail),) = box.mails
            assert (sender, to) == ("maya@vendor.example", [MAIL]) and NAME in str(mail["To"])
            assert "summaries" in mail.get_content()

            await pilot.press("f")
            await wait(pilot, lambda: isinstance(app.screen, FollowUpsScreen) and "in 6 d" in seen(app))
            assert f"{MAIL}" in seen(app)
            day.days = 6.99
            await wait(pilot, lambda: "in 14 m" in seen(app) or "in 15 m" in seen(app) or "in 13 m" in seen(app))
            assert not any(one.due for one in desk.follow_ups() if one.account_id == account)
            day.days = 7.001
            await wait(pilot, lambda: "due now" in seen(app))
            while app.screen.current.account_id != account:
                await pilot.press("j")
            await pilot.press("l")
            await wait(pilot, lambda: isinstance(app.screen, ReplyForm) and app.screen.query("#submit"))
            await typed(pilot, "They are on holiday")
            await pilot.press("ctrl+s")
            await wait(pilot, lambda: isinstance(app.screen, FollowUpsScreen))
            await wait(pilot, lambda: account not in [one.account_id for one in desk.follow_ups()])
            await wait(pilot, lambda: ("log_reply", "") in stages(book, account))
            assert "Reply logged" in seen(app) and MAIL not in seen(app)
            assert len(box.mails) == 1


@pytest.mark.parametrize("size", SIZES)
async def test_M17_a_gap_is_named_and_keeps_the_mail_back_until_it_is_written(size, book, day, wait, seen) -> None:
    account = book.drifting()
    change(book.db, account, lambda one: one["signals"].update(use_case=None))
    assert sync_once(day.session).error is None
    with mail_server(Mailbox()) as box, closing(Desk.open(day.session)) as desk:
        day.mail_to(box.port)
        app = day.app(desk, account)
        async with app.run_test(size=size) as pilot:
            screen = await draft_of(app, pilot, wait, account)
            drawn = seen(app)
            assert "! Gap" in drawn and "tip for the use case" in drawn and "M17" in drawn
            assert "The text still has a gap" in drawn
            await pilot.press("ctrl+s")
            await pilot.pause()
            assert app.screen is screen and states(desk, account) == [OutreachState.DRAFT]
            letter = screen.query_one(LetterArea)
            assert app.focused is letter
            gap = "[no tip for the use case]"
            row, column = letter.cursor_location
            assert letter.text.split("\n")[row][column:].startswith("[no ")  # the caret stands at the gap, in sight
            await wait(pilot, lambda: gap in seen(app))
            await pilot.press(*["delete"] * len(gap))
            assert "[no " not in letter.text
            await wait(pilot, lambda: "! Gap" not in seen(app) and "still has a gap" not in seen(app))
            await pilot.press("ctrl+s")
            await wait(pilot, lambda: states(desk, account) == [OutreachState.SENT])
            assert len(box.mails) == 1


async def test_M14_what_is_typed_is_kept_by_esc_and_ctrl_n_starts_over(book, day, wait, seen, typed) -> None:
    account = book.drifting()
    assert sync_once(day.session).error is None
    with closing(Desk.open(day.session)) as desk:
        app = day.app(desk, account)
        async with app.run_test(size=(80, 24)) as pilot:
            screen = await draft_of(app, pilot, wait, account)
            first = screen.query_one(LetterArea).text
            await typed(pilot, "Dear Iris, ")
            await pilot.press("enter", "escape")
            await wait(pilot, lambda: isinstance(app.screen, InboxScreen))
            assert "The draft is kept" in seen(app)
            screen = await draft_of(app, pilot, wait, account)
            assert screen.query_one(LetterArea).text == f"Dear Iris, \n{first}".replace(", \n", ",\n")
            await pilot.press("ctrl+n")
            await wait(pilot, lambda: "ctrl+n again" in seen(app))
            await pilot.press("ctrl+n")
            await wait(pilot, lambda: screen.query_one(LetterArea).text == first)
            assert sorted(states(desk, account)) == [OutreachState.DRAFT, OutreachState.DROPPED]


@pytest.mark.parametrize("size", SIZES)
async def test_M16_a_closed_channel_says_why_beside_it_and_enter_never_sends(size, book, day, wait, seen) -> None:
    account = book.drifting()
    assert sync_once(day.session).error is None
    with closing(Desk.open(day.session)) as desk:
        app = day.app(desk, account)
        async with app.run_test(size=size) as pilot:
            screen = await draft_of(app, pilot, wait, account)
            lines = seen(app).split("\n")
            assert any("ctrl+s" in line and "No mail server is set" in line for line in lines)
            assert any("ctrl+k" in line and "No Slack webhook is set" in line for line in lines)
            button = screen.query_one("#way-email", FormButton)
            assert not button.ready
            for key in ("ctrl+s", "ctrl+k"):
                await pilot.press(key)
                await pilot.pause()
            screen.query_one("#way-elsewhere", FormButton).focus()
            await pilot.press("enter")
            await pilot.pause()
            assert app.screen is screen and "Space sends it" in seen(app)
            assert states(desk, account) == [OutreachState.DRAFT]
            assert lines[-1].strip().startswith("ctrl+t") and "ctrl+s" not in lines[-1]


async def test_M18_slack_is_for_colleagues_and_the_draft_stays(book, day, wait, seen) -> None:
    account = book.drifting()
    assert sync_once(day.session).error is None
    with webhook(Hook()) as hook, closing(Desk.open(day.session)) as desk:
        day.mail_to(1, slack=hook.url)
        app = day.app(desk, account)
        async with app.run_test(size=(120, 36)) as pilot:
            screen = await draft_of(app, pilot, wait, account)
            await pilot.press("ctrl+k")
            await wait(pilot, lambda: "The draft stays" in seen(app))
            await wait(pilot, lambda: sorted(states(desk, account)) == [OutreachState.DRAFT, OutreachState.SENT])
            assert app.screen is screen and len(hook.posts) == 1
            assert account not in [one.account_id for one in desk.follow_ups()]  # the customer has heard nothing


@pytest.mark.parametrize(("key", "channel"), [("ctrl+t", Channel.COPY), ("ctrl+g", Channel.ELSEWHERE)])
async def test_M19_by_hand_is_asked_logged_and_followed_up(key, channel, book, day, wait, seen) -> None:
    account = book.drifting()
    assert sync_once(day.session).error is None
    with closing(Desk.open(day.session)) as desk:
        app = day.app(desk, account)
        async with app.run_test(size=(80, 24)) as pilot:
            screen = await draft_of(app, pilot, wait, account)
            text = screen.query_one(LetterArea).text
            for answer in ("enter", "n"):
                await pilot.press(key)
                await wait(pilot, lambda: isinstance(app.screen, AskSent) and "Did you send it?" in seen(app))
                await pilot.press(answer)
                await pilot.pause()
                if answer == "enter":
                    assert isinstance(app.screen, AskSent)
                    await pilot.press("escape")
                await wait(pilot, lambda: app.screen is screen)
                assert states(desk, account) == [OutreachState.DRAFT]
            assert (app.clipboard == text) == (channel is Channel.COPY)
            await pilot.press(key)
            await wait(pilot, lambda: isinstance(app.screen, AskSent) and "Did you send it?" in seen(app))
            await pilot.press("y")
            await wait(pilot, lambda: isinstance(app.screen, InboxScreen))
            assert [(one.state, one.channel) for one in desk.outreach(account)] == [(OutreachState.ELSEWHERE, channel)]
            await wait(pilot, lambda: stages(book, account)[-1:] == [("log_outreach", "sent")])
            await wait(pilot, lambda: account in [one.account_id for one in desk.follow_ups()])


@pytest.mark.parametrize("went_out", [True, False])
async def test_M17b_an_unclear_message_asks_and_is_never_sent_again(went_out, book, day, wait, seen) -> None:
    account = book.drifting()
    assert sync_once(day.session).error is None
    with dropping_server(b"\r\n.\r\n") as port, closing(Desk.open(day.session)) as desk:
        day.mail_to(port)
        app = day.app(desk, account)
        async with app.run_test(size=(120, 36)) as pilot:
            await draft_of(app, pilot, wait, account)
            await pilot.press("ctrl+s")
            await wait(pilot, lambda: states(desk, account) == [OutreachState.UNCLEAR])
    with mail_server(Mailbox()) as box, closing(Desk.open(day.session)) as desk:
        day.mail_to(box.port)
        app = day.app(desk, account)
        async with app.run_test(size=(120, 36)) as pilot:
            await wait(pilot, lambda: isinstance(app.screen, InboxScreen) and app.screen.target() == account)
            assert desk.header().outbox.needs_you == 1
            await pilot.press("o")
            await wait(pilot, lambda: isinstance(app.screen, AskSent) and "Did this go out?" in seen(app))
            drawn = seen(app)
            (message,) = desk.outreach(account)
            assert MAIL in drawn and f"{message.left_at:%Y-%m-%d %H:%MZ}" in drawn and "Maya Okafor" in drawn
            assert str(message.problem).split(". ")[0][:40] in drawn
            await pilot.press("escape")
            await wait(pilot, lambda: "Nobody knows yet" in seen(app))
            await pilot.press("b")
            await wait(pilot, lambda: isinstance(app.screen, OutboxScreen) and "unclear" in seen(app))
            assert "Needs you 1" in seen(app) and "l Say what became of it" in " ".join(seen(app).split())
            await pilot.press("l")
            await wait(pilot, lambda: isinstance(app.screen, AskSent))
            await pilot.press("y" if went_out else "n")
            await wait(pilot, lambda: isinstance(app.screen, OutboxScreen))
            stage = "sent" if went_out else "failed"
            await wait(pilot, lambda: stages(book, account)[-1:] == [("log_outreach", stage)])
            assert (account in [one.account_id for one in desk.follow_ups()]) is went_out
            assert desk.header().outbox.needs_you == (0 if went_out else 1)
            if not went_out:
                await wait(pilot, lambda: "Write it again" in seen(app))
                await pilot.press("d")
                await wait(pilot, lambda: "Left as it is" in seen(app))
                assert desk.header().outbox.needs_you == 0
            assert box.mails == []


async def test_M17b_a_refused_mail_says_so_and_is_written_again(book, day, wait, seen) -> None:
    account = book.drifting()
    assert sync_once(day.session).error is None
    with mail_server(Mailbox(refused={MAIL})) as box, closing(Desk.open(day.session)) as desk:
        day.mail_to(box.port)
        app = day.app(desk, account)
        async with app.run_test(size=(80, 24)) as pilot:
            await draft_of(app, pilot, wait, account)
            await pilot.press("ctrl+s")
            await wait(pilot, lambda: states(desk, account) == [OutreachState.FAILED])
            await pilot.press("enter")
            await wait(pilot, lambda: isinstance(app.screen, AccountScreen))
            await pilot.press("G")
            await wait(pilot, lambda: "! not sent" in seen(app))
            await pilot.press("b")
            await wait(pilot, lambda: isinstance(app.screen, OutboxScreen) and "! not sent" in seen(app))
            assert "\x1b" not in seen(app)
            box.refused.clear()
            await pilot.press("e")
            await wait(pilot, lambda: isinstance(app.screen, OutreachScreen) and app.screen.query(ChannelRows))
            await pilot.press("ctrl+s")
            await wait(pilot, lambda: states(desk, account)[0] is OutreachState.SENT)
            await wait(pilot, lambda: desk.header().outbox.needs_you == 0)
            assert len(box.mails) == 1


async def test_hostile_words_reach_neither_the_terminal_nor_a_header(book, day, wait, seen) -> None:
    name = "Iris\x1b]0;EVIL\x07\r\nBcc: all@evil.example\u202e Koch"
    account = book.drifting(name=name)
    change(book.db, account, lambda one: one.update(name="Acme\r\nX-Evil: yes\x1b[2J\x9b31m"))
    assert sync_once(day.session).error is None
    with mail_server(Mailbox()) as box, closing(Desk.open(day.session)) as desk:
        day.mail_to(box.port)
        app = day.app(desk, account)
        async with app.run_test(size=(120, 36)) as pilot:
            screen = await draft_of(app, pilot, wait, account)
            screen.query_one("#subject", WordInput).value = "Hello\r\nX-Evil: 1\x1b[31m\u202e"  # as no key could
            screen.query_one(LetterArea).load_text("Dear\x1b[2J you,\nBcc: x\r\n.\r\nQUIT\r\n\u202egoodbye")
            await pilot.pause(0.6)
            drawn = seen(app).replace("\n", "")
            assert drawn.isprintable() and "Send to Iris" in drawn
            await pilot.press("ctrl+t")
            await wait(pilot, lambda: isinstance(app.screen, AskSent))
            assert seen(app).replace("\n", "").isprintable()
            assert app.clipboard.replace("\n", "").isprintable()
            await pilot.press("n")
            await wait(pilot, lambda: app.screen is screen)
            await pilot.press("ctrl+s")
            await wait(pilot, lambda: states(desk, account) == [OutreachState.SENT])
            ((_, to, mail),) = box.mails
            assert to == [MAIL] and "Bcc" not in mail and "X-Evil" not in mail
            assert str(mail["Subject"]).isprintable() and str(mail["To"]).isprintable()
            body = mail.get_content()
            assert "".join(body.splitlines()).isprintable() and "QUIT" in body and "goodbye" in body
            for keys in (("enter",), ("f",), ("escape", "b")):
                await pilot.press(*keys)
                await pilot.pause(0.2)
                assert seen(app).replace("\n", "").isprintable()


def test_the_editor_keeps_lines_and_learns_no_secret(tmp_path, monkeypatch) -> None:
    script = tmp_path / "editor"
    words = "printf 'one\\n\\ntwo \\033[2J\\n' > \"$1\""
    script.write_text(f'#!/bin/sh\n{words}\necho "=$TRIAGE_SMTP_PASSWORD$TRIAGE_SLACK_WEBHOOK=" >> "$1"\n')
    script.chmod(0o700)
    monkeypatch.setenv("TRIAGE_SMTP_PASSWORD", "canary-password")
    monkeypatch.setenv("TRIAGE_SLACK_WEBHOOK", "canary-webhook")
    left = run_letter(str(script), "before")
    assert left == "one\n\ntwo ?[2J\n=="
