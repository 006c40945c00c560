"""The outbox file: rows, permissions of each state, drafts, heads, keys, damage."""

import json
import sqlite3
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data import schema
from data.database import NewSchema
from data.errors import NotPossible, OutboxDamaged, Rejected
from data.identity import Identity
from data.outbox import Outbox
from data.receipts import GENESIS, Seen, entry_hash
from data.remedy import Draft, Order, Preview, State
from data.tables import schema_source

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MAYA = Identity("stf_maya", "Maya Okafor", None, "lead", (), 100.0, None)
URL = "https://billing.example"


@pytest.fixture
def outbox(tmp_path):
    """An empty outbox."""
    made = Outbox.open(tmp_path)
    yield made
    made.close()


@pytest.fixture
def write(outbox, example):
    """Author a change on the example account."""

    def author(kind="grant_trial", hold=0.0, now=NOW, account=None, **over):
        over.setdefault("reason", "They asked for it on the phone")
        account = account or example("acc_1")
        change_id = over.pop("change_id", None) or str(uuid.uuid4())
        return outbox.author(
            Order(kind, account.id, **over),
            change_id=change_id,
            account=account,
            identity=MAYA,
            base_url=URL,
            client="tests",
            preview=Preview(kind, account.id, None, {"tier": "pilot"}, {"tier": "guardian"}, ()),
            now=now,
            hold_seconds=hold,
        )

    return author


def in_state(outbox, change, state, unknown=False):
    """Bring a row into a state as the push would."""
    before = outbox.start(change.change_id, NOW)
    if state is State.SENDING:
        outbox.settle_no_verdict(before, "cut", NOW, NOW)
    elif state is State.QUEUED and unknown:
        outbox.settle_not_yet(before, "patience", NOW)
    elif state is State.QUEUED:
        outbox.settle_never_sent(before, "refused", NOW)
    else:
        outbox.settle_ended(before, state, "why", NOW)


CASES = {
    "queued": (State.QUEUED, False, True, True, True),
    "queued, unknown": (State.QUEUED, True, False, False, True),
    "sending": (State.SENDING, True, False, False, True),
    "rejected": (State.REJECTED, False, False, True, False),
    "parked": (State.PARKED, False, False, True, False),
    "conflict": (State.CONFLICT, False, False, True, False),
    "discarded": (State.DISCARDED, False, False, False, False),
}


@pytest.mark.parametrize("name", CASES)
def test_what_each_state_permits(outbox, write, name):
    state, unknown, undo, discard, retry = CASES[name]
    deeds = {
        "take_back": (undo, lambda key: outbox.take_back(key, NOW), State.DISCARDED),
        "discard": (discard, lambda key: outbox.discard(key, "A good reason", NOW), State.DISCARDED),
        "retry": (retry, lambda key: outbox.retry(key, NOW), state),
    }
    for allowed, deed, becomes in deeds.values():
        change = write()
        in_state(outbox, change, state, unknown)
        before = outbox.get(change.change_id)
        assert (before.state, before.unknown) == (state, unknown)
        if allowed:
            assert deed(change.change_id).state is becomes
            assert outbox.get(change.change_id).unknown is unknown
        else:
            with pytest.raises(NotPossible):
                deed(change.change_id)
            assert outbox.get(change.change_id) == before


def test_a_held_change_can_be_taken_back_and_not_retried(outbox, write):
    change = write(hold=10)
    assert (change.state, change.hold_until) == (State.HELD, NOW + timedelta(seconds=10))
    with pytest.raises(NotPossible):
        outbox.retry(change.change_id, NOW)
    assert outbox.last_held(NOW).change_id == change.change_id
    assert outbox.last_held(NOW + timedelta(seconds=10)) is None
    assert outbox.next_due(NOW) == NOW + timedelta(seconds=10)
    assert outbox.take_back(change.change_id, NOW).state is State.DISCARDED
    assert outbox.next_due(NOW) is None


def test_discarding_what_needs_a_person_asks_for_a_reason(outbox, write):
    change = write()
    in_state(outbox, change, State.REJECTED)
    with pytest.raises(Rejected):
        outbox.discard(change.change_id, "  ", NOW)
    queued = write()
    assert outbox.discard(queued.change_id, "", NOW).state is State.DISCARDED


def test_counts_and_overlay(outbox, write, example):
    write(hold=10), write("note")
    sending, needy, done = write("note"), write("note"), write("note", account=example("acc_2"))
    in_state(outbox, sending, State.SENDING)
    in_state(outbox, needy, State.PARKED)
    outbox.discard(done.change_id, "", NOW)
    counts = outbox.counts()
    assert (counts.held, counts.queued, counts.sending, counts.needs_you, counts.waiting) == (1, 1, 1, 1, 3)
    assert [change.position for change in outbox.overlay(lambda account_id: None)["acc_1"]] == [1, 2, 3, 4]
    assert "acc_2" not in outbox.overlay(lambda account_id: None)


def test_an_applied_change_stays_in_the_overlay_until_the_cache_has_its_result(bench):
    bench.peer.script = [bench.applied]
    change = bench.person.write(bench.account)
    bench.person.push()
    overlay = bench.person.outbox.overlay
    assert [row.change_id for row in overlay(lambda account_id: 10)["acc_1"]] == [change.change_id]
    assert overlay(lambda account_id: 11) == {} == overlay(lambda account_id: None)
    bench.person.outbox.forget_seqs(change.base_url, change.authored_at, bench.person.clock())  # begun anew before it
    assert len(overlay(lambda account_id: 10)["acc_1"]) == 1
    bench.person.outbox.forget_seqs(change.base_url, bench.person.clock(), bench.person.clock())
    assert overlay(lambda account_id: 10) == {}


def test_reauthor_writes_anew_and_discards_the_old_in_one_transaction(outbox, write, example):
    old = write()
    again = {
        "account": example("acc_1"),
        "identity": MAYA,
        "base_url": URL,
        "client": "tests",
        "preview": Preview("grant_trial", "acc_1", None, {}, {}, ()),
        "now": NOW,
    }
    order = Order("grant_trial", "acc_1", reason="Now with another reason")
    with pytest.raises(NotPossible):
        outbox.reauthor(old.change_id, order, new_id="new-1", **again)
    in_state(outbox, old, State.SENDING)  # nobody knows what became of it
    with pytest.raises(NotPossible):
        outbox.reauthor(old.change_id, order, new_id="new-1", **again)
    in_state(outbox, old, State.REJECTED)
    new = outbox.reauthor(old.change_id, order, new_id="new-1", **again)
    row = outbox.get(old.change_id)
    assert (row.state, row.last_error, new.state) == (State.DISCARDED, "rewritten as new-1", State.QUEUED)
    assert new.after is None and outbox.reauthor(old.change_id, order, new_id="new-1", **again) == new
    assert [entry.event for entry in outbox.trail()] == ["authored", "sent", "rejected", "rewritten", "authored"]


def test_the_row_and_its_trail_entry_are_one_transaction(outbox, write, tmp_path):
    outside = sqlite3.connect(tmp_path / "outbox.db")
    outside.execute("CREATE TRIGGER full BEFORE INSERT ON trail BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    outside.commit()
    with pytest.raises(sqlite3.IntegrityError):
        write()
    assert outside.execute("SELECT count(*) FROM change").fetchone() == (0,)
    outside.close()


def test_our_own_trail_is_hashed_like_the_servers(outbox, write):
    change = write(hold=10)
    outbox.take_back(change.change_id, NOW)
    last = GENESIS
    for entry in outbox.trail():
        assert entry.prev_hash == last and entry.hash == entry_hash(last, entry.raw)
        last = entry.hash
    first = json.loads(next(outbox.trail()).raw)
    assert (first["event"], first["staff_id"], first["reason"]) == ("authored", "stf_maya", change.reason)


def test_long_and_hostile_texts_come_back_whole_and_harmless(outbox, write):
    text = "long " * 200 + "\x1b[31mred\ud800"
    change = write("note", params={"text": text}, reason="\x1b]0;title\x07 a reason")
    assert len(change.params["text"]) > 1000 and "\x1b" not in change.params["text"]
    assert "\x1b" not in change.reason
    sent = json.loads(change.body)
    assert sent["params"]["text"].startswith("long ") and "\x1b" not in sent["audit"]["reason"]


def test_drafts_survive_and_are_found_by_form(outbox, tmp_path):
    draft = Draft("id-1", "grant_trial", "acc_1", None, {"months": 2}, "Half a rea", "", NOW)
    outbox.save_draft(draft)
    outbox.save_draft(Draft("id-0", "grant_trial", "acc_1", None, {}, "", "", NOW - timedelta(hours=1)))
    again = Outbox.open(tmp_path)
    assert again.draft_for("grant_trial", "acc_1") == draft
    assert again.draft_for("change_tier", "acc_1") is None
    assert [one.change_id for one in outbox.drafts()] == ["id-1", "id-0"]
    again.close()


def test_a_change_takes_the_place_of_its_draft(outbox, write):
    for change_id in ("id-1", "id-0"):
        outbox.save_draft(Draft(change_id, "grant_trial", "acc_1", None, {}, "Half a rea", "", NOW))
    write(change_id="id-1")
    assert [one.change_id for one in outbox.drafts()] == ["id-0"]


def test_recent_reasons_are_distinct_and_latest_first(outbox, write):
    for reason in ("First reason given", "Second reason given", "First reason given"):
        write(reason=reason)
    write("note", reason="A record's reason")
    assert outbox.recent_reasons(5) == ("First reason given", "Second reason given")
    assert outbox.recent_reasons(1) == ("First reason given",)


def test_the_remembered_head_only_advances(outbox):
    assert outbox.remember_head(URL, 5, "aa", NOW) is None
    assert "cut off" in outbox.remember_head(URL, 4, "bb", NOW)
    assert "not the one" in outbox.remember_head(URL, 5, "cc", NOW)
    assert outbox.remember_head(URL, 5, "aa", NOW) is None
    assert outbox.remember_head(URL, 9, "dd", NOW) is None
    assert outbox.remember_head("https://other.example", 1, "ee", NOW) is None
    seen = outbox.remembered_head(URL)
    assert (seen.seq, seen.hash, seen.seen_at) == (9, "dd", NOW)


def test_keys_are_pinned_once_and_changes_reported(outbox):
    assert outbox.pin(URL, {"a": "one"}, NOW) == ()
    assert "further" in outbox.pin(URL, {"a": "one", "b": "two"}, NOW)[0]
    assert outbox.pin(URL, {"a": "one", "b": "two"}, NOW) == ()
    for changed in ({"a": "other", "b": "two"}, {"c": "three"}):
        assert "not the ones" in outbox.pin(URL, changed, NOW)[0]
    assert outbox.pinned_keys(URL) == {"a": "one", "b": "two"}
    outbox.remember_head(URL, 9, "dd", NOW)
    outbox.accept_keys(URL, {"c": "three"}, NOW, Seen(4, "bb"))
    assert outbox.pinned_keys(URL) == {"c": "three"}
    assert outbox.remembered_head(URL) == Seen(4, "bb", NOW)


def test_stamp_moves_with_every_writer(outbox, write, tmp_path):
    before = outbox.stamp()
    assert outbox.stamp() == before
    write()
    mine = outbox.stamp()
    other = Outbox.open(tmp_path)
    other.remember_head(URL, 1, "aa", NOW)
    assert len({before, mine, outbox.stamp()}) == 3
    other.close()


def test_the_file_is_private_and_without_wal(outbox, tmp_path):
    assert (tmp_path / "outbox.db").stat().st_mode & 0o777 == 0o600
    assert outbox._connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
    assert outbox._connection.execute("PRAGMA synchronous").fetchone()[0] == 3


def damage_header(path):
    path.write_bytes(b"This is no database" + path.read_bytes()[19:])


def damage_middle(path):
    raw = bytearray(path.read_bytes())
    raw[4096 * 2 : 4096 * 4] = b"\xff" * 8192
    path.write_bytes(raw)


def cut_short(path):
    path.write_bytes(path.read_bytes()[: 4096 * 3])


def another_program(path):
    path.unlink()
    made = sqlite3.connect(path)
    made.execute("CREATE TABLE theirs (x)")
    made.execute("PRAGMA application_id = 77")
    made.commit()
    made.close()


@pytest.mark.parametrize("damage", [damage_header, damage_middle, cut_short, another_program])
def test_a_damaged_outbox_is_named_and_left_as_it_is(tmp_path, outbox, write, damage):
    for _ in range(20):
        write()
    outbox.close()
    path = tmp_path / "outbox.db"
    damage(path)
    before = path.read_bytes()
    with pytest.raises(OutboxDamaged) as told:
        Outbox.open(tmp_path)
    assert str(path) in str(told.value) and "triage doctor --rescue-outbox" in str(told.value)
    assert path.read_bytes() == before


def test_a_later_schema_asks_for_an_update(tmp_path, outbox):
    outbox.close()
    raw = sqlite3.connect(tmp_path / "outbox.db")
    raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(NewSchema):
        Outbox.open(tmp_path)


def test_the_fast_schema_is_that_of_the_tables():
    assert schema_source() == Path(schema.__file__).read_text(encoding="utf-8")
