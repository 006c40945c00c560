"""From a form to the server's audit trail: what is refused before it is queued, and what a conflict shows."""

from pathlib import Path

import msgspec
import pytest

from data import database
from data.database import mount_type
from data.errors import NotAllowed, NotPossible, Rejected, SignedOut
from data.ports_list import Sort, View
from data.remedy import Order, State
from triage.desk import Desk, TokenBox, sync_once

REASON = "Agreed with their admin on the phone"


@pytest.fixture
def capped(synced: Desk):
    """Accounts of the book with hours to reset, worst first."""
    lines = synced.open_list(View.AT_RISK, Sort.SEVERITY, "").window(0, 500)
    found = []
    for line in lines:
        resets = [e for e in synced.audit(line.row.id, None, 50) if e.action == "reset_usage"]
        if line.row.workspaces and line.row.workspaces[0].used and not resets:
            found.append(line.row)
    return found


def reset(row, reason=REASON, **over):
    return Order("reset_usage", row.id, row.workspaces[0].id, {}, reason, **over)


@pytest.mark.parametrize("reason", ["ninechars", "", "   " * 9, "aaaaaaaaaaaaaaa", "!!!! ???? ....", "\u200b" * 20])
def test_A14_a_bad_reason_queues_nothing(synced: Desk, capped, reason: str) -> None:
    before = len(synced.outbox())
    with pytest.raises(Rejected) as refused:
        synced.submit(reset(capped[0], reason))
    assert refused.value.rule == "A14"
    assert len(synced.outbox()) == before


def test_A11_a_viewer_is_told_which_permission_is_missing(open_session, capped) -> None:
    session = open_session("viewer", home="viewer")
    assert sync_once(session).error is None
    desk = Desk.open(session)
    for act in (lambda: desk.open_form("reset_usage", capped[0].id), lambda: desk.submit(reset(capped[0]))):
        with pytest.raises(NotAllowed, match="usage:reset"):
            act()
    assert not desk.outbox()
    desk.close()


def test_read_only_changes_nothing(open_session, capped) -> None:
    session = open_session(read_only=True)
    assert sync_once(session).error is None
    desk = Desk.open(session)
    with pytest.raises(NotAllowed, match="Read-only"):
        desk.submit(reset(capped[0]))
    desk.close()


def test_offline_with_another_token_nothing_is_authored(synced: Desk, capped) -> None:
    other = TokenBox(lambda: "another token", lambda token: None)
    other.get()
    place = synced.session
    desk = Desk(type(place)(place.place, place.policies, place.clock, place.connect, other), synced.cache, synced.box)
    with pytest.raises(SignedOut, match="new here"):
        desk.submit(reset(capped[0]))


def test_the_form_makes_the_id_that_the_audit_trail_shows(synced: Desk, capped, shared_server, audit_of) -> None:
    row = capped[1]
    form = synced.open_form("reset_usage", row.id)
    change = synced.submit(reset(row), form.change_id, hold=False)
    assert change.change_id == form.change_id and change.state is State.QUEUED
    assert synced.open_list(View.BOOK, Sort.NAME, row.id).window(0, 1)[0].mark == "⇡"
    outcome = sync_once(synced.session)
    assert (outcome.error, outcome.summary.pushed, outcome.summary.waiting) == (None, 1, 0)
    assert [e["change_id"] for e in audit_of(shared_server, row.id) if e["reason"] == REASON] == [form.change_id]
    again = sync_once(synced.session)
    assert (again.summary.pushed, again.summary.pulled) == (0, 0)
    assert synced.detail(row.id).pending == ()
    assert synced.box.get(form.change_id).receipt is not None


def test_a_held_change_is_taken_back_without_a_trace_on_the_server(synced, capped, shared_server, audit_of) -> None:
    row = capped[2]
    held = synced.submit(reset(row))
    assert held.state is State.HELD and synced.last_held().change_id == held.change_id
    assert sync_once(synced.session).summary.waiting == 1  # a running hold is left alone
    assert synced.take_back(held.change_id).state is State.DISCARDED
    assert sync_once(synced.session).summary.pushed == 0
    assert held.change_id not in [entry["change_id"] for entry in audit_of(shared_server, row.id)]
    with pytest.raises(NotPossible):
        synced.take_back(held.change_id)


def test_a_conflict_names_who_when_and_why_and_overwrites_nothing(open_session, synced, capped) -> None:
    row = capped[3]
    tom = open_session("agent", home="tom")
    assert sync_once(tom).error is None
    tom_desk = Desk.open(tom)
    tom_desk.submit(reset(row, "Iris rang, session tonight at seven"), hold=False)
    mine = synced.submit(reset(row, "Council session tonight, they cannot record"), hold=False)
    assert sync_once(tom).summary.pushed == 1
    assert sync_once(synced.session).summary.conflicts == 1
    change = synced.box.get(mine.change_id)
    assert change.state is State.CONFLICT and change.conflict
    moved = change.conflict[0]
    assert (moved.name, moved.reason) == ("Tom Reyes", "Iris rang, session tonight at seven") and moved.at
    view = synced.conflict_view(mine.change_id)
    hours = {field: (saw, now, yours, was) for field, saw, now, yours, was in view.fields}["workspace.hours_used"]
    assert hours[0] == row.workspaces[0].used and hours[1] == 0 and hours[3]
    assert synced.open_list(View.BOOK, Sort.NAME, row.id).window(0, 1)[0].mark == "!"
    with pytest.raises(Rejected):  # nothing to reset any more: writing it again is guarded like the first time
        synced.reauthor(mine.change_id, "Council session tonight, second look")
    assert synced.discard(mine.change_id, "Tom has done it already").state is State.DISCARDED
    tom_desk.close()


def test_A13_a_second_reset_needs_a_conversation_or_the_typed_word(synced, capped, shared_server) -> None:
    row = capped[4]
    synced.submit(reset(row), hold=False)
    guards = {guard.rule: guard for guard in synced.preview(reset(row)).guards}
    assert guards["A13"].blocking and "Maya Okafor" in guards["A13"].message  # not yet sent, and a reset all the same
    sync_once(synced.session)
    used = [line.row for line in synced.open_list(View.BOOK, Sort.NAME, row.id).window(0, 1)][0]
    form = synced.open_form("reset_usage", row.id)
    assert form.earlier is not None and form.earlier.name == "Maya Okafor" and not form.earlier.talked
    guards = {guard.rule: guard for guard in synced.preview(reset(used)).guards}
    assert guards["A13"].blocking
    acknowledged = synced.preview(reset(used, acknowledged=(form.earlier.ack_word,)))
    assert not any(guard.rule == "A13" and guard.blocking for guard in acknowledged.guards)
    synced.submit(Order("log_contact", row.id, None, {"channel": "call", "outcome": "reached", "note": "ok"}))
    sync_once(synced.session)
    assert synced.open_form("reset_usage", row.id).earlier.talked
    assert not any(guard.rule == "A13" and guard.blocking for guard in synced.preview(reset(used)).guards)
    assert synced.detail(row.id).row.handled is None or synced.detail(row.id).row.handled.name == "Maya Okafor"


def test_a_downgrade_wants_a_second_confirmation(synced: Desk) -> None:
    for line in synced.open_list(View.BOOK, Sort.NAME, "").window(0, 500):
        account = synced.cache.account(line.row.id)
        if account and account.tier == "guardian" and account.payment_mode == "none":
            order = Order("change_tier", account.id, None, {"tier": "innovator"}, "They asked for a smaller plan")
            with pytest.raises(Rejected, match="confirmation"):
                synced.submit(order)
            word = synced.open_form("change_tier", account.id).needs_confirm
            sure = msgspec.structs.replace(order, acknowledged=(word,))
            change = synced.submit(sure)
            assert change.state is State.HELD
            synced.take_back(change.change_id)
            return
    raise AssertionError("the book has no guardian account to downgrade")


def test_a_filter_that_grows_narrows_to_what_a_fresh_one_finds(synced: Desk) -> None:
    for word in ("north", "acc_", "vendor", "a b", "zzz"):
        for end in range(1, len(word) + 1):
            grown = [line.row.id for line in synced.open_list(View.BOOK, Sort.NAME, word[:end]).window(0, 500)]
            fresh = [row.id for row in synced.cache.first(View.BOOK, Sort.NAME, word[:end], limit=500)]
            assert grown == fresh


def test_a_sync_warns_of_a_home_on_a_network_file_system(open_session, tmp_path, monkeypatch) -> None:
    kind = mount_type(tmp_path.resolve(), Path("/proc/self/mounts").read_text(encoding="utf-8"))
    monkeypatch.setattr(database, "NETWORK_TYPES", {kind})
    outcome = sync_once(open_session(home="far"))
    assert outcome.error is None and "network file system" in outcome.notes[0]
