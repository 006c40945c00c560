"""Threads of messages: what answers them and what is due (M20), the last automatic one (M22), the template (M17)."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from data.account import Account, Contact, Staff
from data.errors import ConfigError
from data.health_monitor import FollowUpKind
from data.safe_text import safe_text
from data.wire import decode, decoder
from triage.policy import load_policy
from triage.rules.monitor_draft import CHECK_IN, FOLLOW_UP, write_draft
from triage.rules.outreach_threads import (
    Event,
    failures_since,
    last_automatic,
    mails_since,
    thread_due,
    thread_of,
)

POLICY = load_policy()
DAY0 = datetime(2026, 11, 1, 9, tzinfo=UTC)


def event(number: int, day: float, kind: str = "log_outreach", **more: object) -> Event:
    facts = {"stage": "sent", "channel": "email", "template": CHECK_IN} if kind == "log_outreach" else {}
    at = DAY0 + timedelta(days=day)
    return Event(f"c{number}", kind, "acc_1", safe_text("Ann"), at, **{**facts, **more})  # type: ignore[arg-type]


def due(events: list[Event], day: float) -> tuple[str, bool] | None:
    thread = thread_of(events)
    assert thread is not None
    found = thread_due(thread, POLICY, DAY0 + timedelta(days=day))
    return None if found is None else (found.kind.value, found.due)


FIRST = event(1, 0)
SECOND = event(2, 7, template=FOLLOW_UP)


def test_M20_due_after_seven_times_24_hours_once_then_a_task() -> None:
    assert due([FIRST], 6.999) == (FollowUpKind.AUTOMATIC, False)
    assert due([FIRST], 7) == (FollowUpKind.AUTOMATIC, True)
    assert due([SECOND, FIRST], 13.9) == (FollowUpKind.TASK, False)
    assert due([FIRST, SECOND], 14) == (FollowUpKind.TASK, True)


@pytest.mark.parametrize(
    ("answer", "answered"),
    [
        (event(3, 1, "log_reply", answers="c1"), True),
        (event(3, 8, "log_reply", answers="c1"), True),
        (event(3, 8, "log_reply", answers="elsewhere"), True),
        (event(3, -1, "log_reply", answers="elsewhere"), False),
        (event(3, 1, "log_contact", reached=True), False),  # before the follow-up, which asked again
        (event(3, 8, "log_contact", reached=True), True),
        (event(3, 8, "log_contact", reached=False), False),
    ],
)
def test_M20_any_reply_cancels_and_so_does_a_conversation(answer: Event, answered: bool) -> None:
    assert (due([FIRST, SECOND, answer], 20) is None) is answered


def test_M20_a_new_check_in_begins_a_new_thread() -> None:
    again = event(4, 60, template="monitor_check_in")
    thread = thread_of([FIRST, SECOND, again])
    assert thread is not None and thread.mails == (again,)
    assert due([FIRST, SECOND, again], 67) == (FollowUpKind.AUTOMATIC, True)


def test_M18_what_colleagues_or_nobody_got_is_no_mail() -> None:
    others = [event(1, 0, channel="slack"), event(2, 0, stage="intent"), event(3, 0, stage="failed")]
    assert thread_of(others) is None and mails_since(others, DAY0.date()) == []
    assert failures_since(others, DAY0.date()) == 1 and failures_since(others, date(2026, 11, 2)) == 0


def test_M22_only_what_a_machine_sent_tires_the_customer() -> None:
    mails = [event(1, 0, template="monitor_check_in"), event(2, 3), event(3, 4, template="monitor_x", stage="failed")]
    assert last_automatic(mails) == DAY0 and last_automatic(mails[1:]) is None


# --- the template ---
def account(**signals: object) -> Account:
    body: dict[str, object] = dict.fromkeys(Account.__struct_fields__)
    body |= {"id": "acc_1", "name": "Bee {tip} Keepers", "tier": "free", "seq": 1, "version": 1, "contacts": []}
    body |= {"workspaces": [], "flags": [], "signals": None}
    made = decode(msgspec.json.encode(body), decoder(Account))
    if not signals:
        return made
    fields = dict.fromkeys(decoder_fields(), None) | {"products": [], "nps": [], "csat": []} | signals
    return decode(msgspec.json.encode({**body, "signals": fields}), decoder(Account))


def decoder_fields() -> tuple[str, ...]:
    from data.account import Signals

    return Signals.__struct_fields__


IRIS = Contact("usr_1", safe_text("Iris Bloem"), safe_text("iris@bees.example"), safe_text("admin"), True)
CSM = Staff("st_1", safe_text("Jonas Weber"), safe_text("jonas@triage.example"))


def test_M17_everything_known_is_in_the_text() -> None:
    bees = account(last_feature="highlights", last_active_at="2026-10-03T10:00:00Z", use_case="Board Minutes")
    made = write_draft(bees, IRIS, CSM, POLICY.monitor)
    for word in ("Hello Iris,", "highlights", "2026-10-03", "speaker labels", "Jonas Weber", "Bee {tip} Keepers"):
        assert word in made.text, word
    assert made.gaps == () and "[no " not in made.text and "Bee {tip} Keepers" in made.subject
    assert write_draft(bees, IRIS, CSM, POLICY.monitor, follow_up=True).text != made.text


def test_M17_without_an_open_alert_nobody_is_told_to_have_become_quiet() -> None:
    bees = account(last_feature="highlights", last_active_at="2026-10-03T10:00:00Z", use_case="Board Minutes")
    assert "quieter than usual" in write_draft(bees, IRIS, CSM, POLICY.monitor).text
    calm = write_draft(bees, IRIS, CSM, POLICY.monitor, fell=False)
    again = write_draft(bees, IRIS, CSM, POLICY.monitor, follow_up=True, fell=False)
    assert "quieter" not in calm.text + again.text and calm.gaps == ()
    assert all(word in calm.text for word in ("Hello Iris,", "highlights", "2026-10-03", "speaker labels"))


def test_M17_gaps_are_named_and_only_the_name_falls_back() -> None:
    made = write_draft(account(), None, None, POLICY.monitor)
    assert made.text.startswith("Hello there,")
    assert made.gaps == ("most recently used feature", "last active time", "tip for the use case", "CSM")
    assert all(f"[no {gap}]" in made.text for gap in made.gaps)
    blank = msgspec.structs.replace(IRIS, name=safe_text("  "))
    titled = msgspec.structs.replace(IRIS, name=safe_text("Dr. Iris Bloem"))
    assert write_draft(account(), blank, CSM, POLICY.monitor).text.startswith("Hello there,")
    assert write_draft(account(), titled, CSM, POLICY.monitor).text.startswith("Hello Dr. Iris Bloem,")


def test_M17_the_policy_has_a_tip_for_every_use_case_of_the_sandbox() -> None:
    from triage.sandbox import book_signals

    known = {one.use_case for one in POLICY.monitor.tips}
    assert {case for case in book_signals._USE_CASES if case} <= known


@pytest.mark.parametrize("text", ["{unknown}", "{name.x}", "{0}", "{"])
def test_M17_a_template_names_only_what_there_is(text: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(f'[monitor.templates.check_in]\ntext = "{text}"\n')
    with pytest.raises(ConfigError, match="monitor.templates"):
        load_policy(path)
