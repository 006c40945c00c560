"""Outreach from draft to reply: real files, a real billing server, a real mail server; nothing ever leaves twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kit.homes import audited, session_on, until
from kit.mail import Hook, Mailbox, dropping_server, free_port, mail_server, webhook
from msgspec.structs import replace

from data.assessment import Row
from data.errors import NotAllowed, NotPossible, Rejected
from data.health_monitor import FollowUpKind
from data.outbox import Outbox
from data.ports_list import Sort, View
from data.ports_outreach import Channel, Message, OutreachState
from data.senders.port import NO_MAIL, Mailroom
from data.senders.slack import SlackSender
from data.senders.smtp import SmtpSender, SmtpSettings
from triage.desk import Desk, Session, sync_once
from triage.sandbox.process import Running, start

Open = Callable[..., "Machine"]
NO_SECRET: Callable[[], str | None] = lambda: None  # noqa: E731


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """One book for the module; every test writes to accounts of its own."""
    with start(accounts=200, seed=11) as running:
        yield running


@pytest.fixture(scope="module")
def alerts(server: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Accounts with an open alert, a CSM, an address and no gap, each given out once."""
    session = session_on(tmp_path_factory.mktemp("look"), server)
    assert sync_once(session).error is None
    with closing(Desk.open(session)) as desk:
        rows = [line.row for line in desk.open_list(View.DRIFT, Sort.SEVERITY, "").window(0, 200)]
        found = [row.id for row in rows if _is_fit(desk, row)]
    assert len(found) >= 12
    return iter(found)


def _is_fit(desk: Desk, row: Row) -> bool:
    form = desk.open_outreach(row.id)
    known = form.contact is not None and form.contact.email and form.sender is not None and form.sender.email
    return bool(known) and not form.gaps


@pytest.fixture
def account(alerts: Iterator[str]) -> str:
    return next(alerts)


class Machine:
    """One operator's machine: a home, a mailroom, a clock that can be set on."""

    def __init__(self, home: Path, server: Running, **place: Any) -> None:
        self.days = 0.0
        senders: dict[Channel, Any] = {}
        self.mailroom = Mailroom(senders, {Channel.EMAIL: NO_MAIL, Channel.SLACK: "no"})
        self.session: Session = replace(
            session_on(home, server, **place),
            clock=lambda: datetime.now(UTC) + timedelta(days=self.days),
            mailroom=lambda: self.mailroom,
        )

    def mail_to(self, port: int, wait: float = 5.0) -> "Machine":
        sender = SmtpSender(SmtpSettings("127.0.0.1", port, "starttls", "", NO_SECRET), wait=wait)
        self.mailroom = Mailroom({Channel.EMAIL: sender}, {Channel.SLACK: "no"})
        return self

    def sync(self) -> None:
        outcome = sync_once(self.session)
        assert outcome.error is None and not outcome.notes, outcome

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        with closing(Desk.open(self.session)) as desk:
            yield desk

    def send(self, account: str, channel: Channel = Channel.EMAIL) -> Message:
        """Open, queue, sync; what became of it."""
        with self.desk() as desk:
            queued = desk.send_outreach(desk.open_outreach(account).message.outreach_id, channel)
        self.sync()
        return self.message(queued.outreach_id)

    def message(self, outreach_id: str) -> Message:
        with closing(self.session.open_outbox()) as outbox:
            return outbox.message(outreach_id)


@pytest.fixture
def machine(tmp_path: Path, server: Running) -> Open:
    """A machine of this test, synced."""

    def opened(name: str = "one", **place: Any) -> Machine:
        made = Machine(tmp_path / name, server, **place)
        made.sync()
        return made

    return opened


def logged(server: Running, account: str) -> list[tuple[str, str]]:
    """(stage, channel) of what the server's audit holds of one account."""
    mine = [one for one in audited(server) if one["account_id"] == account and one["action"] == "log_outreach"]
    return [(one["after"]["stage"], one["after"]["channel"]) for one in mine if one["reason"] != "Wrote to {first}"]


# --- the way of a message ---
def test_M16_M17_M19_M20_from_draft_to_reply(machine: Open, server: Running, account: str) -> None:
    one = machine()
    with mail_server(Mailbox()) as box:
        sent = one.mail_to(box.port).send(account)
        one.sync()
    assert sent.state is OutreachState.SENT and sent.problem is None
    with one.desk() as desk:
        cached = desk.cache.account(account)
        form = desk.open_outreach(account)
        assert form.earlier[0].outreach_id == sent.outreach_id and form.message.follow_up == 1
        assert desk.box.begin_to_leave(sent.outreach_id, desk.session.clock()) is None, (
            "what has left never leaves again"
        )
    assert cached is not None and cached.csm is not None and cached.signals is not None
    [(from_, to, mail)] = box.mails
    assert (from_, to) == (cached.csm.email, [sent.contact])
    text = str(mail.get_content())
    assert str(cached.signals.last_feature) in text and text.startswith("Hello ") and str(cached.csm.name) in text
    assert logged(server, account)[-2:] == [("intent", "email"), ("sent", "email")]
    two = machine("two")  # another machine sees the same follow-up in the trail
    for each in (one, two):
        with each.desk() as desk:
            [due] = [due for due in desk.follow_ups() if due.account_id == account]
            assert due.due_at - due.sent_at == timedelta(days=7) and not due.due
            assert due.kind is FollowUpKind.AUTOMATIC
    one.days = 7.001
    with one.desk() as desk:
        assert next(due for due in desk.follow_ups() if due.account_id == account).due
        desk.log_reply(account, due.outreach_id, "")
        assert account not in [due.account_id for due in desk.follow_ups()], "mine counts before the server has it"
    one.sync()
    two.sync()
    with two.desk() as desk:
        assert account not in [due.account_id for due in desk.follow_ups()]


def test_M17_a_gap_is_named_and_never_sent(machine: Open, account: str) -> None:
    one = machine()
    with mail_server(Mailbox()) as box:
        one.mail_to(box.port)
        with one.desk() as desk:
            form = desk.open_outreach(account)
            draft = form.message
            with_gap = draft.text + "\n[no most recently used feature]"
            desk.save_outreach(draft.outreach_id, draft.contact, draft.subject, with_gap)
            again = desk.open_outreach(account)
            assert again.message.outreach_id == draft.outreach_id and again.gaps == ("most recently used feature",)
            with pytest.raises(NotPossible, match="most recently used feature"):
                desk.send_outreach(draft.outreach_id, Channel.EMAIL)
            for contact, subject, text in (("nobody", "s", "t"), ("a@b.example", " ", "t"), ("a@b.example", "s", " ")):
                desk.save_outreach(draft.outreach_id, contact, subject, text)
                with pytest.raises(NotPossible):
                    desk.send_outreach(draft.outreach_id, Channel.EMAIL)
            with pytest.raises(Rejected):
                desk.save_outreach(draft.outreach_id, "a@b.example", "s" * 201, "t")
            assert desk.drop_outreach(draft.outreach_id).state is OutreachState.DROPPED
        one.sync()
    assert box.mails == []


def test_a_draft_nobody_edited_is_written_anew_and_an_edited_one_kept(machine: Open, account: str) -> None:
    one = machine()
    with one.desk() as desk:
        first = desk.open_outreach(account).message
        one.days = 3
        second = desk.open_outreach(account).message
        assert second.outreach_id == first.outreach_id and second.written_at > first.written_at + timedelta(days=2)
        hostile = "A\x1b]0;x\x07 line\r\nand\ttwo \u202e"
        kept = desk.save_outreach(first.outreach_id, "a@b.example", "S\r\nBcc: x", hostile)
        one.days = 9
        third = desk.open_outreach(account).message
        assert third.text == kept.text and third.written_at == kept.written_at
    assert "\x1b" not in kept.text and "\u202e" not in kept.text and kept.text.count("\n") == 1
    assert "\n" not in kept.subject


def test_M17b_two_machines_one_mail(machine: Open, server: Running, account: str) -> None:
    one, two = machine("one"), machine("two")
    with mail_server(Mailbox()) as box:
        for each in (one, two):
            each.mail_to(box.port)
        assert one.send(account).state is OutreachState.SENT
        late = two.send(account)
    assert late.state is OutreachState.DROPPED and "done by" in str(late.problem)
    assert len(box.mails) == 1
    assert logged(server, account).count(("intent", "email")) == 1


def test_refused_is_failed_and_the_words_are_offered_again(machine: Open, server: Running, account: str) -> None:
    one = machine()
    with one.desk() as desk:
        draft = desk.open_outreach(account).message
        desk.save_outreach(draft.outreach_id, draft.contact, "My own subject", "My own words")
    with mail_server(Mailbox(refused={str(draft.contact)})) as box:
        failed = one.mail_to(box.port).send(account)
        assert failed.state is OutreachState.FAILED and "550" in str(failed.problem) and failed.left_at is None
        one.sync()
    assert logged(server, account)[-2:] == [("intent", "email"), ("failed", "email")]
    with mail_server(Mailbox()) as box:
        one.mail_to(box.port)
        with one.desk() as desk:
            again = desk.open_outreach(account).message
            assert (str(again.subject), again.text) == ("My own subject", "My own words")
            assert account not in [due.account_id for due in desk.follow_ups()]
            with pytest.raises(NotPossible):
                desk.send_outreach(failed.outreach_id, Channel.EMAIL)
        assert one.send(account).state is OutreachState.SENT, "the key of the failed try is used up, so it has another"
    assert len(box.mails) == 1


@pytest.mark.parametrize("went_out", [True, False])
def test_M17b_lost_mid_data_is_unclear_and_only_a_person_settles(
    machine: Open, server: Running, account: str, went_out: bool
) -> None:
    one = machine()
    with dropping_server(b"\r\n.\r\n") as port:
        lost = one.mail_to(port).send(account)
    assert lost.state is OutreachState.UNCLEAR and "Did it go out?" in str(lost.problem)
    with mail_server(Mailbox()) as box:
        one.mail_to(box.port)
        one.sync()
        with one.desk() as desk:
            with pytest.raises(NotPossible, match="never sent again"):
                desk.send_outreach(lost.outreach_id, Channel.EMAIL)
            with pytest.raises(NotPossible):
                desk.drop_outreach(lost.outreach_id)
            settled = desk.settle_outreach(lost.outreach_id, went_out)
            with pytest.raises(NotPossible):
                desk.settle_outreach(lost.outreach_id, not went_out)
        one.sync()
    assert box.mails == [] and settled.state is (OutreachState.SENT if went_out else OutreachState.FAILED)
    assert logged(server, account)[-2:] == [("intent", "email"), ("sent" if went_out else "failed", "email")]


def test_M17b_killed_between_leaving_and_sent_asks_a_person(machine: Open, server: Running, account: str) -> None:
    one = machine()
    with one.desk() as desk:
        one.mail_to(1)
        queued = desk.send_outreach(desk.open_outreach(account).message.outreach_id, Channel.EMAIL)
    home = one.session.place.state_dir.parents[1]
    with dropping_server(b"\r\n.\r\n", linger=60) as port:
        child = subprocess.Popen(
            [sys.executable, "-m", "triage", "--home", str(home), "sync"],
            env={
                **os.environ,
                "TRIAGE_BASE_URL": server.url,
                "TRIAGE_TOKEN": server.token,
                "TRIAGE_CONFIG": str(_config(home, port)),
            },
            stdout=subprocess.DEVNULL,
        )
        until(lambda: one.message(queued.outreach_id).state is OutreachState.LEAVING)
        with mail_server(Mailbox()) as box:  # a second process must not touch what the first is sending
            one.mail_to(box.port).sync()
            assert one.message(queued.outreach_id).state is OutreachState.LEAVING and box.mails == []
        child.send_signal(signal.SIGKILL)
        child.wait(20)
    with mail_server(Mailbox()) as box:
        one.mail_to(box.port).sync()
        one.sync()
    found = one.message(queued.outreach_id)
    assert found.state is OutreachState.UNCLEAR and "Did it go out?" in str(found.problem) and box.mails == []


def _config(home: Path, port: int) -> Path:
    path = home / "config.toml"
    path.write_text(f'[outreach]\nsmtp_host = "127.0.0.1"\nsmtp_port = {port}\n')
    return path


def test_M19_by_hand_both_records_are_logged_and_nothing_is_sent(machine: Open, server: Running, account: str) -> None:
    one = machine()
    out = one.send(account, Channel.COPY)
    assert out.state is OutreachState.ELSEWHERE and out.left_at is not None
    assert logged(server, account)[-2:] == [("intent", "copy"), ("sent", "copy")]
    with one.desk() as desk:
        assert account in [due.account_id for due in desk.follow_ups()]


def test_M18_a_slack_post_is_a_message_of_its_own_and_the_draft_stays(
    machine: Open, server: Running, account: str
) -> None:
    one = machine()
    with webhook(Hook()) as hook:
        one.mailroom = Mailroom({Channel.SLACK: SlackSender(lambda: hook.url)}, {Channel.EMAIL: NO_MAIL})
        with one.desk() as desk:
            draft = desk.open_outreach(account).message
        posted = one.send(account, Channel.SLACK)
        assert posted.state is OutreachState.SENT and posted.outreach_id != draft.outreach_id
        assert one.message(draft.outreach_id).state is OutreachState.DRAFT
        one.sync()
    [post] = hook.posts
    assert account in str(post) and "of its baseline" in str(post) and draft.text.split("\n")[0] in str(post)
    assert logged(server, account)[-1] == ("sent", "slack")
    with one.desk() as desk:
        due = [one.outreach_id for one in desk.follow_ups()]
        assert posted.outreach_id not in due, "colleagues were told, not the customer"
        assert desk.open_outreach(account).message.follow_up == draft.follow_up


def test_an_intent_can_be_dropped_until_the_server_has_accepted_it(machine: Open, account: str) -> None:
    one = machine()
    one.mail_to(free_port())
    with one.desk() as desk:
        queued = desk.send_outreach(desk.open_outreach(account).message.outreach_id, Channel.EMAIL)
        assert queued.state is OutreachState.INTENT
        assert desk.drop_outreach(queued.outreach_id).state is OutreachState.DROPPED
        assert desk.box.get(queued.outreach_id).last_error == "taken back"
    one.sync()
    assert one.message(queued.outreach_id).state is OutreachState.DROPPED


def test_read_only_and_closed_channels_refuse(machine: Open, account: str, tmp_path: Path, server: Running) -> None:
    one = machine()
    with one.desk() as desk:
        form = desk.open_outreach(account)
        assert form.cannot == {Channel.EMAIL: NO_MAIL, Channel.SLACK: "no"}
        with pytest.raises(NotPossible, match="No mail server"):
            desk.send_outreach(form.message.outreach_id, Channel.EMAIL)
    shut = Machine(tmp_path / "one", server, read_only=True)
    with shut.desk() as desk, pytest.raises(NotAllowed):
        desk.open_outreach(account)


def test_the_log_of_a_message_survives_a_crash_after_it_was_written(machine: Open, account: str) -> None:
    """The outcome's id is the message's own, so that writing it again is writing it once."""
    one = machine()
    out = one.send(account, Channel.ELSEWHERE)
    with closing(Outbox.open(one.session.place.state_dir)) as outbox:
        kinds = [change.change_id for change in outbox.changes() if change.account_id == account]
        assert kinds == [out.outreach_id, out.sent_id]
