"""Cases: what machines record exactly once whoever is first, what a person does, what is due (R10-R14, R20, H13)."""

import random
from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest
from kit.server_book import change, cure, turn_red

from data.backends.native import NativeBackend
from data.errors import NotPossible
from data.ports import Sort, View
from data.ports_cases import CaseMove, DueKind
from data.remedy import NEEDS_YOU, Order, State
from triage.desk import Desk, Place, Session, TokenBox, sync_once
from triage.desk.case_records import write_case_records
from triage.desk.sync import pull_round, push_round, recognise
from triage.policy import load_policy
from triage.sandbox.process import start

FOUR = {"task", "manager", "sales", "executive"}


def session_of(world, home, role="lead", ahead=timedelta(0), **place):
    """A session over a home against the module's server; its clock may go ahead."""
    server, _ = world
    return Session(
        place=Place(server.url, "default", home / "state", home / "cache", "triage/test", **place),
        policy=load_policy(),
        clock=lambda: datetime.now(UTC) + ahead,
        connect=NativeBackend,
        token=TokenBox(lambda: server.tokens[role], lambda kept: ""),
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A server of this module's own, whose file the tests change as a feed would."""
    db = tmp_path_factory.mktemp("sandbox") / "book.db"
    with start(accounts=90, seed=5, db=db) as running:
        yield running, db


@pytest.fixture(scope="module")
def calm(world, tmp_path_factory):
    """Ids of accounts without a case and not Red, each for one test."""
    session = session_of(world, tmp_path_factory.mktemp("looked"))
    assert sync_once(session).error is None
    with closing(Desk.open(session)) as desk:
        rows = [line.row for line in desk.open_list(View.BOOK, Sort.NAME, "").window(0, 500)]
        accounts = {row.id: desk.cache.account(row.id) for row in rows}
    return iter(
        row.id
        for row in rows
        if not row.red.is_red and row.red.step is None and not row.health.dropped
        and accounts[row.id].case is None and accounts[row.id].signals and accounts[row.id].csm
    )  # fmt: skip


def trail(world, account_id):
    """The applied records about cases in the server's trail, without the client."""
    server, _ = world
    answer = httpx.get(
        f"{server.url}/v1/audit",
        params={"account_id": account_id, "limit": 1000},
        headers={"Authorization": f"Bearer {server.token}"},
    )
    kinds = ("open_case", "update_case", "note")
    return [one for one in answer.json()["entries"] if one["action"] in kinds and one["outcome"] == "applied"]


def steps_in(entries):
    """The steps and closings that some entries recorded, in order."""
    said = []
    for one in entries:
        if one["action"] == "update_case":
            said.append(one["after"].get("step") or f"closed {one['after'].get('closed')}")
    return said


def synced(world, home, role="lead", **over):
    session = session_of(world, home, role, **over)
    outcome = sync_once(session)
    assert outcome.error is None
    return session, outcome.summary


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
            cache._write_pasts([(number, msgspec.structs.replace(past, episode=episode))], "")
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


def test_R11_R13_a_person_works_the_case_offline_and_every_machine_reads_the_same_ticks(world, calm, tmp_path):
    account_id = next(calm)
    session, _ = synced(world, tmp_path / "maya")
    other, _ = synced(world, tmp_path / "tom", "agent")
    with closing(Desk.open(session)) as desk, pytest.raises(NotPossible, match="no case"):
        desk.change_case(account_id, CaseMove(step="assessed"))
    change(world[1], account_id, turn_red)
    sync_once(session)
    with closing(Desk.open(session)) as desk:  # nothing is sent: no thread runs
        first = desk.case(account_id)
        assert first.playbooks[0].suggested == 1 and len(first.playbooks) == 5 and first.chosen is None
        cause = first.playbooks[0].root_cause
        desk.change_case(account_id, CaseMove(step="root_cause", root_cause=cause))
        desk.change_case(account_id, CaseMove(tick=(cause, 2, True)))
        desk.change_case(account_id, CaseMove(owner="Noor Idrissi"))
        view = desk.case(account_id)
        assert view.chosen.root_cause == cause and [one.done for one in view.chosen.steps] == [False, True, False]
        assert view.chosen.steps[1].pending and [one.pending for one in view.stamps if one.step == "root_cause"] == [
            True
        ]
        with pytest.raises(NotPossible, match="no such step"):
            desk.change_case(account_id, CaseMove(tick=(cause, 9, True)))
    assert sync_once(session).summary.pushed == 3 and sync_once(other).error is None
    with closing(Desk.open(other)) as desk:
        view = desk.case(account_id)
        tick = view.chosen.steps[1]
        assert (tick.done, tick.by, tick.pending) == (True, "Maya Okafor", False) and tick.at is not None
        stamp = next(one for one in view.stamps if one.step == "root_cause")
        assert stamp.at is not None and stamp.by == "Maya Okafor" and view.case.owner == "Noor Idrissi"
        clock = next(one for one in view.red.clocks if one.name == "root_cause")
        assert clock.done_at == stamp.at and not clock.late
        desk.change_case(account_id, CaseMove(tick=(cause, 2, False)))
        assert not desk.case(account_id).chosen.steps[1].done
    sync_once(other), sync_once(session)
    with closing(Desk.open(session)) as desk:
        assert not desk.case(account_id).chosen.steps[1].done
    notes = [one["after"]["text"] for one in trail(world, account_id) if one["action"] == "note"]
    assert [note.split(" ")[:5] for note in notes] == [
        ["triage:playbook/1", f"case={view.case.id}", f"cause={cause}", "step=2", word] for word in ("done", "open")
    ]


def test_R11_R12_R20_my_day_holds_each_due_thing_once_and_late_clocks_are_late(world, calm, tmp_path):
    account_id = next(calm)
    session, _ = synced(world, tmp_path)
    change(world[1], account_id, turn_red)
    sync_once(session)
    later = session_of(world, tmp_path, ahead=timedelta(days=15))
    with closing(Desk.open(later)) as desk:
        desk.reassess()
        everyone = desk.my_day(True)
        keys = [one.key for one in everyone.due]
        assert len(keys) == len(set(keys)) and everyone.left_out == 0
        mine = [one for one in everyone.due if one.account_id == account_id]
        clocks = [one for one in mine if one.kind is DueKind.CLOCK]
        assert len(clocks) == 4 and all(one.late for one in clocks)
        assert [one for one in mine if one.kind is DueKind.DESIGNATION] == []
        assert any(one.kind is DueKind.CADENCE and "health score" in one.what for one in mine)
        view = desk.case(account_id)
        assert view.red.delayed
        assert desk.my_day(True) == everyone
        own = desk.my_day()
        assert {one.key for one in own.due} == {one.key for one in everyone.due if one.mine}
        desk.submit(
            Order("record_assessment", account_id, params={"leaf": "CRITICAL", "answers": {}, "tree_hash": "x"}),
            hold=False,
        )
    sync_once(session)
    with closing(Desk.open(later)) as desk:
        tree = [one for one in desk.my_day(True).due if one.account_id == account_id and one.kind is DueKind.TREE]
        assert {one.what.split(":")[0] for one in tree} >= {"Save plan", "Daily status to the customer."} and any(
            one.late and "48 hours" in one.what for one in tree
        )
