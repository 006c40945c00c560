"""A case as a person works it, and what is due (R11-R13, R20, D16)."""

from contextlib import closing
from datetime import timedelta

import pytest
from kit.case_world import session_of, synced, trail
from kit.server_book import change, turn_red

from data.errors import NotPossible
from data.ports_cases import CaseMove, DueKind
from data.remedy import Order
from triage.desk import Desk, sync_once


@pytest.fixture
def world(case_world):
    """The module's server and its file."""
    return case_world


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
