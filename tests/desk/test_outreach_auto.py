"""What leaves by itself is looked at again when its turn comes; an outbox of the first release begins to send."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from kit.freeze import thaw
from kit.homes import session_on
from kit.mail import Mailbox, mail_server
from msgspec.structs import replace

from data.outbox import Outbox
from data.outbox_rows import Place
from data.ports_outreach import Channel, Message, OutreachState
from data.safe_text import safe_text
from data.senders.port import Mailroom
from data.senders.smtp import SmtpSender, SmtpSettings
from triage.desk import Session, sync_once
from triage.desk.monitor_pass import Monitor
from triage.desk.policies import Policies
from triage.policy import Policy, load_policy
from triage.sandbox.process import Running, start


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with start(accounts=600, seed=3) as running:
        yield running


def with_quiet(begin: int, end: int) -> Policy:
    policy = load_policy()
    monitor = msgspec.structs.replace(policy.monitor, quiet_from=begin, quiet_to=end)
    return msgspec.structs.replace(policy, monitor=monitor)


def session_of(home: Path, server: Running, port: int, policy: Policy, days: float = 0) -> Session:
    sender = SmtpSender(SmtpSettings("127.0.0.1", port, "starttls", "", lambda: None), wait=5)
    return replace(
        session_on(home, server),
        policies=Policies.of(policy),
        clock=lambda: datetime.now(UTC) + timedelta(days=days),
        mailroom=lambda: Mailroom({Channel.EMAIL: sender}, {}, UTC),
    )


def queue_one(session: Session) -> Message:
    """Queue the first message that may leave by itself."""
    assert sync_once(session).error is None
    cache, outbox = session.open_files()
    with closing(cache), closing(outbox):
        monitor = Monitor(session, cache, outbox)
        return monitor.queue(monitor.look().ready[0])


def state_of(session: Session, message: Message) -> tuple[OutreachState, str]:
    with closing(session.open_outbox()) as outbox:
        found = outbox.message(message.outreach_id)
        return found.state, str(found.problem or "")


def test_M22_what_was_accepted_before_the_quiet_hours_waits_for_their_end(tmp_path: Path, server: Running) -> None:
    hour = datetime.now(UTC).hour
    quiet = with_quiet(hour, (hour + 2) % 24)
    with mail_server(Mailbox()) as box:
        awake = session_of(tmp_path, server, box.port, with_quiet(0, 0))
        queued = queue_one(awake)
        assert queued.template == "monitor_check_in"
        assert str(queued.dedupe_key).startswith(f"monitor:{queued.account_id}:")
        asleep = replace(awake, policies=Policies.of(quiet))
        assert sync_once(asleep).error is None
        assert state_of(awake, queued)[0] is OutreachState.INTENT and box.mails == []
        assert sync_once(awake).error is None
        assert state_of(awake, queued)[0] is OutreachState.SENT and len(box.mails) == 1


def test_a_check_in_that_could_not_leave_for_a_day_is_given_up_and_logged(tmp_path: Path, server: Running) -> None:
    hour = datetime.now(UTC).hour
    with mail_server(Mailbox()) as box:
        awake = session_of(tmp_path, server, box.port, with_quiet(0, 0))
        queued = queue_one(awake)
        assert sync_once(replace(awake, policies=Policies.of(with_quiet(hour, (hour + 2) % 24)))).error is None
        late = session_of(tmp_path, server, box.port, with_quiet(0, 0), days=1.01)
        assert sync_once(late).error is None
        state, why = state_of(late, queued)
        assert state is OutreachState.FAILED and "24 h" in why and box.mails == []


def test_a_closed_channel_ends_what_was_accepted(tmp_path: Path, server: Running) -> None:
    with mail_server(Mailbox()) as box:
        queued = queue_one(session_of(tmp_path, server, box.port, with_quiet(0, 0)))
        shut = replace(
            session_of(tmp_path, server, 1, with_quiet(0, 0)),
            mailroom=lambda: Mailroom({}, {Channel.EMAIL: "No mail server."}, UTC),
        )
        assert sync_once(shut).error is None
        assert state_of(shut, queued) == (OutreachState.FAILED, "No mail server.") and box.mails == []


def test_an_outbox_of_the_first_release_takes_messages(tmp_path: Path) -> None:
    thaw("outbox", 1, tmp_path / "outbox.db")
    now = datetime.now(UTC)
    none = safe_text("")
    draft = Message(
        "m1", "acc_1", safe_text("Bees"), OutreachState.DRAFT, Channel.EMAIL, none, none, "Hi\nthere", "check_in",
        None, 0, None, None, now, None, None,
    )  # fmt: skip
    mine = Place("http://127.0.0.1:1", "st_1")
    with closing(Outbox.open(tmp_path)) as outbox:
        held = len(outbox.changes())
        assert outbox.messages(mine) == [] and held > 0
        kept = outbox.keep_draft(draft, mine)
        assert outbox.begin_to_leave(kept.outreach_id, now) is None, "a draft never leaves"
    with closing(Outbox.open(tmp_path)) as outbox:
        assert outbox.messages(mine) == [kept] and len(outbox.changes()) == held
        assert outbox.messages(Place(mine.base_url, "st_2")) == []
    assert (tmp_path / "outbox.db.schema-1").exists()
