"""Machine records about cases: exactly once whoever is first, and nothing that nobody saw happen (R10, R14, H13)."""

import random
from contextlib import closing
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from kit.case_world import FOUR, session_of, steps_in, synced, trail
from kit.server_book import change, cure, turn_red

from data.errors import NotPossible
from data.ports_cases import CaseMove, DueKind
from data.remedy import NEEDS_YOU, Order, State
from data.wire import encode
from triage.desk import Desk, sync_once
from triage.desk.case_records import write_case_records
from triage.desk.sync import pull_round, push_round, recognise


@pytest.fixture
def world(case_world):
    """The module's server and its file."""
    return case_world


def test_R10_H13_one_sync_opens_the_case_and_writes_the_four_records_the_next_nothing(world, calm, tmp_path):
    account_id = next(calm)
    session, first = synced(world, tmp_path)
    assert first.pushed == 0  # nothing that the first sync found is written
    change(world[1], account_id, turn_red)
    assert sync_once(session).summary.pushed == 5
    assert [one["action"] for one in trail(world, account_id)].count("open_case") == 1
    assert sorted(steps_in(trail(world, account_id))) == sorted(FOUR)
    again = sync_once(session).summary
    assert (again.pushed, again.waiting) == (0, 0) and len(trail(world, account_id)) == 5
    with closing(Desk.open(session)) as desk:
        view = desk.case(account_id)
        assert view.case.kind == "red" and view.move is None and not view.held
        assert {one.done for one in view.tasks if one.key.split(":")[-1] in FOUR} == {True}


def test_R10_what_a_first_sync_finds_red_is_offered_and_not_written(world, calm, tmp_path):
    account_id = next(calm)
    change(world[1], account_id, turn_red)
    session, _ = synced(world, tmp_path)
    assert sync_once(session).summary.pushed == 0 and not trail(world, account_id)
    with closing(Desk.open(session)) as desk:
        view = desk.case(account_id)
        assert (view.move, view.case) == ("open_red", None) and "first fetched" in view.held
        [offer] = [one for one in desk.my_day(True).due if one.account_id == account_id and one.kind is DueKind.MOVE]
        assert offer.move == "open_red"
        desk.change_case(account_id, CaseMove(open="red"))
        with pytest.raises(NotPossible, match="on its way"):
            desk.change_case(account_id, CaseMove(open="red"))
    assert sync_once(session).summary.pushed == 5  # once a person has designated it, R10 follows at once
    assert sorted(steps_in(trail(world, account_id))) == sorted(FOUR)


def act(world, home, role, what):
    """One step of one machine, with files opened anew as after a kill, or the call it was cut off in."""
    session = session_of(world, home, role)
    cache, outbox = session.open_files()
    with closing(cache), closing(outbox), closing(session.backend()) as backend:
        identity = recognise(session, cache, backend)
        if what == "pull":
            pull_round(session, backend, cache, outbox)
        elif what == "write":
            write_case_records(session, cache, outbox)
        else:
            push_round(session, backend, cache, outbox, identity, ignore_backoff=True)


@pytest.mark.parametrize("seed", range(6))
def test_R10_two_homes_make_one_case_and_four_records_whatever_the_interleaving(world, calm, tmp_path, seed):
    rng = random.Random(seed)
    account_id = next(calm)
    homes = {"maya": ("lead", tmp_path / "maya"), "tom": ("agent", tmp_path / "tom")}
    for role, home in homes.values():
        synced(world, home, role)
    change(world[1], account_id, turn_red)
    for _ in range(14):  # each may be cut off after any of its steps: what is on disk goes on from there
        role, home = homes[rng.choice(sorted(homes))]
        act(world, home, role, rng.choice(("pull", "write", "push", "write")))
    for role, home in [*homes.values(), *homes.values()]:
        session, _ = synced(world, home, role)
    entries = trail(world, account_id)
    assert [one["action"] for one in entries].count("open_case") == 1
    assert sorted(steps_in(entries)) == sorted(FOUR)
    for role, home in homes.values():
        session, summary = synced(world, home, role)
        with closing(session.open_outbox()) as outbox:
            rows = outbox.of_account(account_id, session.place.base_url)
            assert not [one for one in rows if one.state in NEEDS_YOU] and summary.waiting == 0
            assert {one.state for one in rows} <= {State.APPLIED, State.DISCARDED}


def test_R10_a_case_that_a_person_opened_meanwhile_leaves_no_row_that_needs_anybody(world, calm, tmp_path):
    account_id = next(calm)
    session, _ = synced(world, tmp_path / "maya")
    other, _ = synced(world, tmp_path / "tom", "agent")
    change(world[1], account_id, turn_red)
    act(world, tmp_path / "maya", "lead", "pull")
    act(world, tmp_path / "maya", "lead", "write")
    with closing(Desk.open(other)) as desk:  # not pulled yet: to Tom it is not Red, and his record has no key
        desk.submit(Order("open_case", account_id, params={"kind": "red", "causes": []}), hold=False)
    assert sync_once(other).error is None
    for _ in range(2):
        assert sync_once(session).error is None
    entries = trail(world, account_id)
    assert [one["action"] for one in entries].count("open_case") == 1 and sorted(steps_in(entries)) == sorted(FOUR)
    with closing(session.open_outbox()) as outbox:
        assert outbox.counts().needs_you == 0


def test_H13_a_recovery_case_that_becomes_red_is_upgraded_and_never_doubled(world, calm, tmp_path):
    account_id = next(calm)
    session, _ = synced(world, tmp_path)
    with closing(Desk.open(session)) as desk:
        desk.change_case(account_id, CaseMove(open="recovery"))
    assert sync_once(session).summary.pushed == 1
    change(world[1], account_id, turn_red)
    assert sync_once(session).summary.pushed == 5
    entries = trail(world, account_id)
    cases = {one["after"]["case"]["id"] for one in entries}
    kinds = [one["after"]["case"]["kind"] for one in entries if one["action"] == "open_case"]
    assert len(cases) == 1 and kinds == ["recovery", "red"] and sorted(steps_in(entries)) == sorted(FOUR)


def test_R14_a_left_episode_closes_its_case_once_and_a_person_who_closed_a_red_one_is_respected(world, calm, tmp_path):
    account_id, kept = next(calm), next(calm)
    session, _ = synced(world, tmp_path)
    for one in (account_id, kept):
        change(world[1], one, turn_red)
    assert sync_once(session).summary.pushed == 10
    change(world[1], account_id, cure)
    with closing(Desk.open(session)) as desk:
        desk.change_case(kept, CaseMove(closed=True, outcome="agreed"))
    assert sync_once(session).summary.pushed == 1
    with closing(session.open_cache()) as cache:  # fourteen days of the calm account, told by the memory of this home
        past = cache.pasts_of([account_id])[account_id]
        better = past.episode.opened - timedelta(days=20)
        episode = msgspec.structs.replace(past.episode, better_since=better)
        number = cache.number(account_id)
        with cache.writing():
            cache.put(watching_since=(datetime.now(UTC) - timedelta(days=20)).timestamp())
            past = encode(msgspec.structs.replace(past, episode=episode))
            cache._write_pasts([(number, cache.packing.pack(past))], "")
            cache.connection.execute("UPDATE listing SET good_until = 0 WHERE number = ?", (number,))
    for _ in range(3):
        assert sync_once(session).error is None
    assert steps_in(trail(world, account_id))[4:] == ["closed True"]
    assert steps_in(trail(world, kept))[4:] == ["closed True"]  # still Red, and not opened again over a person's head
    with closing(Desk.open(session)) as desk:
        assert desk.case(kept).move == "reopen" and "person closed" in desk.case(kept).held
        desk.change_case(kept, CaseMove(closed=False))
    sync_once(session)
    assert steps_in(trail(world, kept))[4:] == ["closed True", "closed False"]


def test_R10_nothing_is_written_read_only_or_without_the_permission(world, calm, tmp_path):
    account_id = next(calm)
    quiet, _ = synced(world, tmp_path / "quiet", read_only=True)
    viewer, _ = synced(world, tmp_path / "viewer", "viewer")
    change(world[1], account_id, turn_red)
    for session in (quiet, viewer):
        assert sync_once(session).error is None
        with closing(session.open_outbox()) as outbox:
            assert not outbox.changes()
    assert not trail(world, account_id)


def test_R10_M13_a_suspected_fleet_event_holds_the_opening(world, calm, tmp_path):
    account_id = next(calm)
    session, _ = synced(world, tmp_path)
    with closing(session.open_cache()) as cache:
        book = cache.book_context
        cache.keep_book_context(msgspec.structs.replace(book, crossed=40, watched=100))
    change(world[1], account_id, turn_red)
    assert sync_once(session).summary.pushed == 0
    with closing(Desk.open(session)) as desk:
        assert "M13" in desk.case(account_id).held
        desk.cache.keep_book_context(book)
    assert sync_once(session).summary.pushed == 5
