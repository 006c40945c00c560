"""The push over real HTTP against the reference server: order, identity, conflicts, receipts, recovery."""

import json
import uuid
from datetime import timedelta

import msgspec
import pytest

from data.backends.native import CAPABILITIES, NativeBackend
from data.backends.port import NoVerdict, Submission
from data.errors import Busy, NotPossible
from data.locks import push_lock
from data.outbox import Outbox
from data.outbox_rows import Place
from data.push import HeadCheck, check_head, look_up
from data.receipts import verify_chain
from data.remedy import State


def test_a_change_is_applied_once_with_a_receipt_that_verifies(shop):
    maya = shop.person()
    change = maya.write(shop.account())
    pushed = maya.push()
    row = maya.row(change)
    assert (pushed.pushed, pushed.waiting, row.state, row.unknown) == (1, 0, State.APPLIED, False)
    assert row.receipt.audit_seq == maya.entries(change)[0].seq
    assert row.result_version == change.base_version + 1
    assert [item.account.id for item in maya.seen] == [change.account_id]
    assert maya.push().pushed == 0
    assert len(maya.entries(change)) == 1
    assert maya.outbox.remembered_head(change.base_url).seq == row.receipt.head_seq


def test_the_body_has_the_shape_of_the_contract(shop):
    maya = shop.person()
    change = maya.write(shop.account(), reason="  Two\nlines   of reason ", acknowledged=("yes",))
    body = json.loads(change.body)
    assert list(body) == ["change_id", "account_id", "workspace_id", "kind", "params", "dedupe_key", "audit"]
    assert list(body["audit"]) == ["reason", "authored_at", "client", "shown_before", "acknowledged"]
    assert body["audit"]["reason"] == "Two lines   of reason"
    assert body["audit"]["authored_at"].endswith("Z")
    maya.push()
    assert maya.row(change).state is State.APPLIED
    assert maya.entries(change)[0].reason == "Two lines   of reason"


def test_a_lost_answer_is_repeated_and_found_applied(shop):
    maya = shop.person()
    change = maya.write(shop.account())
    maya.outbox.start(change.change_id, maya.clock())
    maya.backend.submit(Submission(change.change_id, change.body, change.base_version))
    assert maya.row(change).state is State.SENDING and maya.row(change).unknown
    assert maya.push().pushed == 1
    assert len(maya.entries(change)) == 1


def test_several_changes_on_one_account_go_in_order(shop):
    maya = shop.person()
    account = shop.account()
    changes = [maya.write(account, params={"kind": "scholarship", "percent": n}) for n in (5, 6, 7)]
    assert [change.after for change in changes] == [None, changes[0].change_id, changes[1].change_id]
    assert maya.push().pushed == 3
    versions = [maya.row(change).result_version for change in changes]
    assert versions == [account.version + 1, account.version + 2, account.version + 3]
    sequence = [maya.entries(change)[0].seq for change in changes]
    assert sequence == sorted(sequence)


def test_a_change_on_a_stale_cache_follows_my_applied_one(shop):
    maya = shop.person()
    account = shop.account()
    maya.write(account, params={"kind": "scholarship", "percent": 5})
    maya.push()
    later = maya.write(account, params={"kind": "scholarship", "percent": 6})
    assert maya.push().pushed == 1
    assert maya.row(later).state is State.APPLIED


def test_a_conflict_names_who_when_and_why_and_parks_the_successor(shop):
    maya, tom = shop.person(), shop.person("agent")
    account = shop.account()
    first = maya.write(account, params={"kind": "scholarship", "percent": 5})
    second = maya.write(account, params={"kind": "scholarship", "percent": 6})
    third = maya.write(account, params={"kind": "scholarship", "percent": 7})
    tom.write(account, params={"kind": "staff_discount", "percent": 9}, reason="Tom was here before you")
    assert tom.push().pushed == 1
    pushed = maya.push()
    assert (pushed.pushed, pushed.conflicts) == (0, 1)
    row = maya.row(first)
    assert row.state is State.CONFLICT and not row.unknown
    assert row.conflict[0].name == tom.identity.name
    assert row.conflict[0].reason == "Tom was here before you"
    assert [maya.row(one).state for one in (second, third)] == [State.PARKED, State.PARKED]
    assert maya.backend.account(account.id).account.discount.percent == 9
    assert maya.push().waiting == 0


def test_a_predecessor_taken_back_parks_its_successor_at_once(shop):
    maya = shop.person()
    account = shop.account()
    first = maya.write(account, hold=10)
    second = maya.write(account)
    maya.outbox.take_back(first.change_id, maya.clock())
    assert maya.row(second).state is State.PARKED
    with pytest.raises(NotPossible):
        maya.outbox.retry(second.change_id, maya.clock())
    maya.outbox.discard(second.change_id, "No longer needed", maya.clock())
    assert maya.push().pushed == 0


def test_records_neither_wait_for_a_held_remedy_nor_park_with_it(shop):
    maya = shop.person()
    account = shop.account()
    remedy = maya.write(account, hold=10)
    follower = maya.write(account)
    note = maya.write(account, "note")
    assert note.hold_until is None and note.base_version is None and note.after is None
    pushed = maya.push()
    assert (pushed.pushed, pushed.waiting) == (1, 2)
    assert maya.row(note).state is State.APPLIED
    maya.clock.move(seconds=11)
    assert maya.push().pushed == 2
    assert [maya.row(one).state for one in (remedy, follower)] == [State.APPLIED, State.APPLIED]


def test_records_are_never_held(shop):
    maya = shop.person()
    assert maya.write(shop.account(), "note", hold=10).state is State.QUEUED


def test_a_running_hold_is_left_alone_by_a_sync(shop):
    maya = shop.person()
    change = maya.write(shop.account(), hold=10)
    pushed = maya.push(ignore_backoff=True)
    assert (pushed.pushed, pushed.waiting) == (0, 1)
    assert maya.outbox.last_held(maya.clock()).change_id == change.change_id
    maya.outbox.take_back(change.change_id, maya.clock())
    maya.clock.move(seconds=11)
    assert maya.push().pushed == 0
    assert maya.entries(change) == []


def test_a_missing_permission_rejects_and_is_named(shop):
    vera = shop.person("viewer")
    change = vera.write(shop.account())
    assert vera.push().rejected == 1
    row = vera.row(change)
    assert row.state is State.REJECTED and "discount:write" in row.last_error and not row.unknown


def test_a_business_rule_rejects_with_its_sentence(shop):
    maya = shop.person()
    change = maya.write(shop.account(), reason="short")
    assert maya.push().rejected == 1
    assert "10" in maya.row(change).last_error


def test_an_unknown_account_rejects_as_gone(shop):
    maya = shop.person()
    import msgspec

    change = maya.write(msgspec.structs.replace(shop.account(), id="acc_nowhere"))
    maya.push()
    assert maya.row(change).state is State.REJECTED


def test_already_done_discards_a_machines_record(shop):
    maya, tom = shop.person(), shop.person("agent")
    account = shop.account()
    key = f"monitor:{account.id}:2026-11-20"
    tom.write(account, "note", dedupe_key=key)
    tom.push()
    change = maya.write(account, "note", dedupe_key=key)
    maya.push()
    row = maya.row(change)
    assert row.state is State.DISCARDED and tom.identity.name in row.last_error


def test_a_foreign_row_is_parked_and_returns_with_its_author(shop, tmp_path):
    home = tmp_path / "shared"
    maya = shop.person(directory=home)
    tom = shop.person("agent", directory=home)
    change = maya.write(shop.account())
    open_row = maya.write(shop.account())
    maya.outbox.start(open_row.change_id, maya.clock())
    assert tom.push().pushed == 0
    row = maya.row(change)
    assert row.state is State.PARKED
    assert row.last_error == f"Written as {maya.identity.name}. Sign in as {maya.identity.name} to send it."
    assert maya.row(open_row).state is State.PARKED and maya.row(open_row).unknown
    with pytest.raises(NotPossible):
        tom.outbox.discard(open_row.change_id, "Not mine", tom.clock())
    with pytest.raises(NotPossible):
        look_up(tom.backend, tom.outbox, open_row.change_id, tom.clock())
    assert maya.push().pushed == 2
    assert maya.row(change).state is State.APPLIED and len(maya.entries(change)) == 1


def test_a_change_waits_for_a_person_when_its_foreign_predecessor_is_discarded(shop, tmp_path):
    home = tmp_path / "shared"
    maya = shop.person(directory=home)
    tom = shop.person("agent", directory=home)
    account = shop.account()
    first, second, third = (maya.write(account) for _ in range(3))
    tom.push()
    tom.outbox.discard(first.change_id, "No longer wanted, she said", tom.clock())
    assert maya.push().pushed == 0  # signing in must not bring them back behind a change that never came
    for change in (second, third):
        assert maya.row(change).state is State.PARKED and "before it was not applied" in maya.row(change).last_error


def test_rows_of_another_backend_are_not_sent(shop):
    maya = shop.person()
    change = maya.write(shop.account())
    maya.outbox.settle_identity(Place("https://elsewhere.example", maya.identity.staff_id), maya.clock())
    assert maya.row(change).state is State.PARKED and shop.running.url in maya.row(change).last_error


def test_a_refused_token_pauses_the_push_and_spends_no_attempt(shop):
    maya = shop.person()
    changes = [maya.write(shop.account()) for _ in range(2)]
    stranger = NativeBackend(shop.running.url, "tok_of_nobody")
    pushed = maya.push(stranger)
    stranger.close()
    assert pushed.signed_out and pushed.pushed == 0
    assert [(maya.row(one).state, maya.row(one).attempts) for one in changes] == [(State.QUEUED, 0)] * 2
    assert maya.push().pushed == 2


def test_a_second_pusher_goes_without(shop):
    maya = shop.person()
    with push_lock(maya.outbox.directory), pytest.raises(Busy):
        maya.push()


def test_stop_leaves_the_rest_for_later(shop):
    maya = shop.person()
    for _ in range(3):
        maya.write(shop.account())
    said = iter((False, True))
    assert maya.push(stop=lambda: next(said)).pushed == 1
    assert maya.push().pushed == 2


class CannotTellARepetition:
    """The reference server behind a port that knows no idempotency, and that may lose an answer."""

    capabilities = msgspec.structs.replace(CAPABILITIES, idempotent=False)

    def __init__(self, backend, *, lose=0):
        self.backend, self.lose, self.sent = backend, lose, 0

    def __getattr__(self, name):
        return getattr(self.backend, name)

    def submit(self, submission):
        self.sent += 1
        if self.sent <= self.lose:
            return NoVerdict("It was cut before it arrived.")
        return self.backend.submit(submission)


def test_without_idempotency_nothing_unanswered_is_sent_again_until_reading_back_proves_it(shop):
    maya = shop.person()
    change = maya.write(shop.account())
    once = CannotTellARepetition(maya.backend, lose=1)
    maya.push(once)
    row = maya.row(change)
    assert (row.state, row.unknown, row.needs_you) == (State.SENDING, True, True)
    for _ in range(3):
        maya.push(once, ignore_backoff=True)
    assert once.sent == 1 and "not sent again" in maya.row(change).last_error
    maya.clock.move(seconds=61)
    assert maya.push(once, ignore_backoff=True).pushed == 1  # a 404 this late proves that nothing was applied
    assert once.sent == 2 and len(maya.entries(change)) == 1

    lost = maya.write(shop.account())
    maya.outbox.start(lost.change_id, maya.clock())
    maya.backend.submit(Submission(lost.change_id, lost.body, lost.base_version))  # applied, then we were killed
    assert maya.push(once).pushed == 1
    assert once.sent == 2 and maya.row(lost).state is State.APPLIED


def test_look_up_settles_an_unknown_change_both_ways(shop):
    maya = shop.person()
    applied, lost = maya.write(shop.account()), maya.write(shop.account())
    for change in (applied, lost):
        maya.outbox.start(change.change_id, maya.clock())
    maya.backend.submit(Submission(applied.change_id, applied.body, applied.base_version))
    assert look_up(maya.backend, maya.outbox, applied.change_id, maya.clock()).state is State.APPLIED
    row = look_up(maya.backend, maya.outbox, lost.change_id, maya.clock() + timedelta(seconds=59))
    assert row.unknown and row.state is State.SENDING
    row = look_up(maya.backend, maya.outbox, lost.change_id, maya.clock() + timedelta(seconds=61))
    assert row.state is State.QUEUED and not row.unknown
    with pytest.raises(NotPossible):
        look_up(maya.backend, maya.outbox, lost.change_id, maya.clock())
    assert maya.outbox.take_back(lost.change_id, maya.clock()).state is State.DISCARDED


def test_the_servers_chain_replays_and_holds_our_receipts(shop):
    maya = shop.person()
    maya.write(shop.account())
    maya.push()
    entries = [entry for page in maya.backend.audit(0) for entry in page.entries]
    url = maya.backend.base_url
    known = maya.outbox.known_hashes(url)
    report = verify_chain(entries, maya.outbox.remembered_head(url), known=known)
    assert report.ok and report.entries == len(entries) and known


def test_the_outbox_survives_being_closed_and_opened(shop, tmp_path):
    home = tmp_path / "kept"
    maya = shop.person(directory=home)
    change = maya.write(shop.account())
    again = Outbox.open(home)
    assert again.get(change.change_id) == change
    again.close()


def test_writing_the_same_id_twice_keeps_one_row(shop):
    maya = shop.person()
    account = shop.account()
    change_id = str(uuid.uuid4())
    first = maya.write(account, change_id=change_id)
    assert maya.write(account, change_id=change_id, reason="Something else entirely") == first
    assert len(maya.outbox.changes()) == 1


def test_the_signed_head_is_checked_and_remembered(shop):
    maya = shop.person()
    url = maya.backend.base_url
    assert check_head(maya.backend, maya.outbox, url, maya.clock()) == HeadCheck((), None, maya.backend.head())
    seen = maya.outbox.remembered_head(url)
    assert seen.seq == maya.backend.head().seq
    rewritten = check_head(maya.backend, maya.outbox, url, maya.clock(), {seen.seq: "ee"}.get)
    assert "not the one" in rewritten.problem
    maya.write(shop.account())
    maya.push()
    assert check_head(maya.backend, maya.outbox, url, maya.clock(), {}.get, trail_holds=False).problem is None
    maya.outbox.remember_head(url, seen.seq + 100, "ff", maya.clock())
    assert "seen before" in check_head(maya.backend, maya.outbox, url, maya.clock()).problem


def test_a_head_signed_with_another_key_is_reported(shop):
    maya = shop.person()
    url = maya.backend.base_url
    key_id = maya.backend.head().key_id
    maya.outbox.pin(url, {key_id: "A" * 43 + "="}, maya.clock())
    told = check_head(maya.backend, maya.outbox, url, maya.clock())
    assert "not the ones seen before" in told.notices[0] and "--accept-keys" in told.notices[0]
    assert "does not know" in told.problem or "does not hold" in told.problem
    assert maya.outbox.remembered_head(url) is None
