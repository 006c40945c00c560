"""Remedies on dembrane over loopback: sent once, read back on any doubt, and otherwise a person's to decide."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dembrane.clock import Clock
from dembrane.double import Double
from kit.dembrane_world import REASON, DembraneHome

from data.backends.dembrane_checks import against
from data.backends.dembrane_requests import Audit, Ordered, answer_of
from data.backends.dembrane_requests import ordered as order_of
from data.backends.native_http import Answered
from data.backends.port import RefusedByRule
from data.errors import NotPossible, Rejected
from data.remedy import State, ways
from widgets.outbox_story import story

NOON = datetime(2026, 11, 21, 12, 34, 56, 123456, tzinfo=UTC)
SETTLED = 421


@pytest.fixture
def home(tmp_path: Path) -> Iterator[DembraneHome]:
    with Double(clock=Clock(NOON)) as double:
        made = DembraneHome(tmp_path, double)
        assert made.sync().error is None
        yield made


REMEDIES: dict[str, tuple[str, dict[str, Any]]] = {
    "reset_usage": ("at_cap", {}),
    "grant_trial": ("at_cap", {"tier": "innovator", "months": 2}),
    "apply_discount": ("at_cap", {"kind": "scholarship", "percent": 30}),
    "change_tier": ("at_cap", {"tier": "innovator"}),
}


def ordered(home: DembraneHome, kind: str) -> tuple[str, dict[str, Any]]:
    if kind != "change_admin":
        return REMEDIES[kind]
    members = home.case("at_cap").members
    plain = next((one for one in members if one.role == "member"), None)
    if plain is None:
        plain = members[0]
        plain.role = "member"
    return "at_cap", {"membership_id": plain.membership_id}


def did(home: DembraneHome, kind: str, change_id: str) -> bool:
    space = home.case("at_cap")
    account = space.account
    if kind == "reset_usage":
        return space.resets == 1
    if kind == "grant_trial":
        return account.is_trial and account.tier == "innovator"
    if kind == "apply_discount":
        return (account.type_discount, account.percent_discount) == ("scholarship", 30)
    if kind == "change_tier":
        return account.tier == "innovator"
    chosen = home.row(change_id).params["membership_id"]
    return next(one.role for one in space.members if one.membership_id == chosen) == "admin"


KINDS = (*REMEDIES, "change_admin")


def queue(home: DembraneHome, kind: str) -> str:
    case, params = ordered(home, kind)
    if kind == "change_admin":
        home.double.state.forget()
        with home.desk() as desk, closing(home.session.backend()) as backend:
            space = home.case("at_cap")
            desk.cache.store_members(space.id, space.account.id, backend.members(space.id), NOON)
    return home.write(kind, case, **params)


@pytest.mark.parametrize("kind", KINDS)
def test_each_remedy_is_sent_once_applied_and_seen_in_the_next_pull(home: DembraneHome, kind: str) -> None:
    change_id = queue(home, kind)
    done = home.sync()
    assert (done.error, done.summary.pushed) == (None, 1), done
    row = home.row(change_id)
    assert row.state is State.APPLIED and not row.unknown and row.receipt is None
    assert "answered" in str(row.last_error) and len(home.double.writes) == 1
    assert did(home, kind, change_id)
    assert home.sync().summary.pushed == 0 and len(home.double.writes) == 1


def test_a_discount_is_the_accounts_and_only_the_flags_clear_it(home: DembraneHome) -> None:
    change_id = home.write("apply_discount", "percent_only", clear=True)
    assert home.sync().error is None and home.row(change_id).state is State.APPLIED
    assert home.billed("percent_only").percent_discount is None
    (sent,) = home.double.writes
    assert sent.path.endswith(f"/billing-accounts/{home.billed('percent_only').id}/discount")
    assert sent.json == {"clear_type_discount": True, "clear_percent_discount": True}


def test_a_tier_is_the_accounts_and_shows_at_once_although_the_rollup_lags(home: DembraneHome) -> None:
    account_id = home.billed("pooled_managed_1").id
    change_id = home.write("change_tier", "pooled_managed_1", tier="changemaker")
    assert home.sync().error is None and home.row(change_id).state is State.APPLIED
    with home.desk() as desk:
        account = desk.cache.account(account_id)
        assert account is not None and (account.tier, account.payment_mode) == ("changemaker", "managed")
    home.double.clock.move(seconds=400)
    assert home.sync().error is None
    with home.desk() as desk:
        account = desk.cache.account(account_id)
        assert account is not None and account.tier == "changemaker"


@pytest.mark.parametrize("kind", ("grant_trial", "apply_discount", "change_tier", "change_admin"))
@pytest.mark.parametrize("fault", ("fail_after", "drop_after", "hang_after"))
def test_without_an_answer_it_is_read_back_and_found_applied(home: DembraneHome, kind: str, fault: str) -> None:
    change_id = queue(home, kind)
    home.double.fault(fault, method="PATCH" if kind in ("apply_discount", "change_tier") else "POST", seconds=3)
    home.sync()
    row = home.row(change_id)
    assert row.unknown and row.needs_you and row.sent_once and ways(row) == ("look_up", "decide")
    home.double.clock.move(seconds=310)
    assert home.sync().summary.pushed == 1
    row = home.row(change_id)
    assert row.state is State.APPLIED and "Read back" in str(row.last_error)
    assert len(home.double.writes) == 1


@pytest.mark.parametrize("kind", ("grant_trial", "apply_discount", "change_tier", "change_admin"))
@pytest.mark.parametrize("fault", ("fail_before", "drop_before"))
def test_what_did_not_happen_is_said_only_when_nothing_can_come_any_more(
    home: DembraneHome, kind: str, fault: str
) -> None:
    change_id = queue(home, kind)
    home.double.fault(fault, method="PATCH" if kind in ("apply_discount", "change_tier") else "POST")
    home.sync()
    home.double.clock.move(seconds=200)
    home.sync()
    row = home.row(change_id)
    assert row.unknown and "asked again in" in str(row.last_error)
    home.double.clock.move(seconds=SETTLED - 200)
    home.sync()
    row = home.row(change_id)
    assert row.state is State.PARKED and not row.unknown and "did not happen" in str(row.last_error)
    assert ways(row) == ("write_again", "discard") and len(home.double.writes) == 1
    with home.desk() as desk:
        again = desk.reauthor(change_id, "Iris still wants it, again", hold=False, acknowledged=("At", row.account_id))
    assert home.sync().summary.pushed == 1
    assert home.row(again.change_id).state is State.APPLIED and len(home.double.writes) == 2


@pytest.mark.parametrize("fault", ("fail_after", "fail_before"))
def test_a_reset_cannot_be_read_back_so_a_person_decides_and_it_is_never_sent_again_by_itself(
    home: DembraneHome, fault: str
) -> None:
    change_id = queue(home, "reset_usage")
    home.double.fault(fault, method="POST")
    for _ in range(6):
        home.sync()
        home.double.clock.move(seconds=301)
    row = home.row(change_id)
    assert row.unknown and row.needs_you and len(home.double.writes) == 1
    looks = "it looks as if it happened" if fault == "fail_after" else "it looks as if it did not happen"
    assert looks in str(row.last_error)
    assert any(looks in text for _, text in story(row, home.double.clock.now()))
    assert not any("same id and bytes" in text for _, text in story(row, home.double.clock.now()))
    happened = fault == "fail_after"
    with home.desk() as desk:
        with pytest.raises(Rejected):
            desk.decide(change_id, happened, "no")
        desk.decide(change_id, happened, "The customer told me so")
    home.sync()
    row = home.row(change_id)
    assert row.state is State.APPLIED and home.case("at_cap").resets == 1
    assert len(home.double.writes) == (1 if happened else 2)
    with home.desk() as desk:
        decided = [one for one in desk.box.trail() if one.event == "decided"]
        assert len(decided) == 1 and "told me so" in decided[0].raw
        with pytest.raises(NotPossible):
            desk.decide(change_id, True, "The customer told me so")


def test_a_repeated_word_to_send_again_meets_what_happened_meanwhile(home: DembraneHome) -> None:
    change_id = queue(home, "reset_usage")
    home.double.fault("fail_after", method="POST")
    home.sync()
    with home.desk() as desk:
        desk.decide(change_id, False, "I believe it never arrived")
    home.sync()
    row = home.row(change_id)
    assert row.state is State.CONFLICT and row.conflict is not None
    assert [str(one.field) for one in row.conflict] == ["workspace.hours_used"]
    assert home.case("at_cap").resets == 1


def test_a_trial_of_somebody_else_is_no_proof_of_ours(home: DembraneHome) -> None:
    change_id = queue(home, "grant_trial")
    home.double.fault("fail_before", method="POST")
    home.sync()
    account = home.billed("at_cap")
    account.tier, account.type_discount = "innovator", "trial"
    account.tier_expires_at = home.double.clock.now() + timedelta(days=30)
    home.double.state.forget()
    home.double.clock.move(seconds=SETTLED)
    home.sync()
    row = home.row(change_id)
    assert row.unknown and "you decide" in str(row.last_error)


def test_nothing_is_sent_while_the_store_looks_as_if_it_had_failed(home: DembraneHome) -> None:
    change_id = queue(home, "change_tier")
    home.double.degrade(["no_hours"])
    home.sync()
    row = home.row(change_id)
    assert row.state is State.QUEUED and not row.unknown and home.double.writes == []
    home.double.well()
    assert home.sync().summary.pushed == 1


def test_nobody_listening_leaves_it_queued(home: DembraneHome) -> None:
    change_id = queue(home, "change_tier")
    home.double.__exit__()
    assert home.double.ended
    home.sync()
    row = home.row(change_id)
    assert row.state is State.QUEUED and not row.unknown


def test_a_hanging_server_makes_one_change_unknown_and_the_others_wait(home: DembraneHome) -> None:
    first = home.write("change_tier", "at_cap", tier="innovator")
    others = [home.write("change_tier", case, tier="innovator") for case in ("approaching", "quiet", "rounded_to_cap")]
    home.double.fault("hang_before", method="PATCH", times=9, seconds=5)
    home.sync()
    assert home.row(first).unknown and len(home.double.writes) == 1
    assert all(home.row(one).state is State.QUEUED and not home.row(one).unknown for one in others)


def test_an_access_token_that_ran_out_loses_nothing_and_no_row_becomes_unknown(home: DembraneHome) -> None:
    change_id = queue(home, "change_tier")
    home.token = home.double.token(minutes=1)
    home.double.clock.move(minutes=2)
    home.session.token.take(home.token, keep=False)
    done = home.sync()
    row = home.row(change_id)
    assert done.error is not None and row.state is State.QUEUED and not row.unknown and home.double.writes == []
    home.session.token.take(home.double.token(minutes=600), keep=False)
    assert home.sync().summary.pushed == 1


def test_what_moved_since_the_person_looked_is_a_conflict_and_nothing_is_sent(home: DembraneHome) -> None:
    change_id = home.write("change_tier", "at_cap", tier="innovator")
    home.billed("at_cap").tier = "changemaker"
    home.double.state.forget()
    home.sync()
    row = home.row(change_id)
    assert row.state is State.CONFLICT and home.double.writes == []
    assert row.conflict and str(row.conflict[0].field) == "tier"


def test_two_changes_of_mine_on_one_account_follow_each_other(home: DembraneHome) -> None:
    first = home.write("change_tier", "quiet", tier="innovator")
    second = home.write("apply_discount", "quiet", kind="scholarship", percent=20)
    third = home.write("change_tier", "quiet", tier="guardian")
    assert home.sync().summary.pushed == 3
    assert all(home.row(one).state is State.APPLIED for one in (first, second, third))
    assert (home.billed("quiet").tier, home.billed("quiet").percent_discount) == ("guardian", 20)


def test_a_soft_deleted_account_is_gone_although_the_list_shows_it(home: DembraneHome) -> None:
    change_id = home.write("change_tier", "soft_deleted", tier="innovator")
    home.sync()
    row = home.row(change_id)
    assert row.state is State.REJECTED and "gone" in str(row.last_error)


def test_a_refusals_echo_of_the_reason_is_never_kept(home: DembraneHome) -> None:
    change_id = queue(home, "change_tier")
    body = b'{"detail":[{"type":"x","loc":["body","reason"],"msg":"too long","input":"' + REASON.encode() + b'"}]}'
    answered = Answered(422, {"content-type": "application/json"}, body)
    said = answer_of(order_of(home.row(change_id).body), answered, "here", NOON)
    assert isinstance(said, RefusedByRule) and "reason: too long" in said.why and REASON not in said.why


LAST_LOOK: dict[str, tuple[str, str, dict[str, Any], dict[str, Any], str]] = {
    "a live subscription": ("grant_trial", "quiet", {"tier": "innovator"}, {"payment_mode": "mollie"}, ""),
    "managed billing": ("grant_trial", "quiet", {"tier": "guardian"}, {"payment_mode": "offline"}, ""),
    "a trial's mark": ("grant_trial", "quiet", {"tier": "guardian"}, {"type_discount": "trial"}, "revenue_class"),
    "a higher tier": ("grant_trial", "quiet", {"tier": "innovator"}, {"tier": "guardian"}, "tier"),
    "the same tier": ("change_tier", "quiet", {"tier": "innovator"}, {"tier": "innovator"}, "tier"),
    "a live subscription of a tier": ("change_tier", "quiet", {"tier": "innovator"}, {"payment_mode": "mollie"}, ""),
    "a mark below a tier": ("change_tier", "quiet", {"tier": "innovator"}, {"type_discount": "trial"}, ""),
    "another's discount": (
        *("apply_discount", "quiet", {"kind": "scholarship", "percent": 5}),
        *({"type_discount": "staff_discount", "percent_discount": 50}, "discount"),
    ),
}


@pytest.mark.parametrize("trap", LAST_LOOK)
def test_what_a_colleague_did_meanwhile_is_met_by_the_last_look(home: DembraneHome, trap: str) -> None:
    kind, case, params, meanwhile, word = LAST_LOOK[trap]
    change_id = home.write(kind, case, **params)
    for name, value in meanwhile.items():
        setattr(home.billed(case), name, value)
    home.double.state.forget()
    home.sync()
    row = home.row(change_id)
    assert row.state in (State.CONFLICT, State.REJECTED) and not row.unknown and home.double.writes == []
    assert "Nothing was sent" in str(row.last_error) and word in str(row.last_error)


TRAPS: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "trial on a live subscription": ("grant_trial", "subscribed", {"tier": "guardian"}, "subscription"),
    "trial on managed billing": ("grant_trial", "managed", {"tier": "guardian"}, "managed billing"),
    "trial on a higher tier": ("grant_trial", "staff_discount", {"tier": "innovator"}, "not rise"),
    "trial on a trial": ("grant_trial", "trial", {"tier": "guardian"}, "restart"),
    "trial on a tier nobody knows": ("grant_trial", "pioneer", {"tier": "guardian"}, "nobody can say"),
    "the same tier": ("change_tier", "managed", {"tier": "changemaker"}, "already"),
    "a tier of old": ("change_tier", "quiet", {"tier": "pilot"}, "choose"),
    "another tier of old": ("change_tier", "quiet", {"tier": "pioneer"}, "choose"),
    "a tier under a trial's mark": ("change_tier", "trial", {"tier": "guardian"}, "free of charge"),
    "a discount over a trial's mark": ("apply_discount", "trial", {"kind": "scholarship", "percent": 5}, "mark"),
    "a percent with a fraction": ("apply_discount", "quiet", {"kind": "scholarship", "percent": 12.5}, "whole"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_every_trap_is_refused_before_anything_is_queued(home: DembraneHome, trap: str) -> None:
    kind, case, params, word = TRAPS[trap]
    found = home.guards(kind, case, **params)
    assert any(word in one for one in found), found
    with pytest.raises(Rejected):
        home.write(kind, case, **params)


BY_ITSELF: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "a subscription": ("grant_trial", "subscribed", {"tier": "guardian"}, "orphan"),
    "managed": ("grant_trial", "managed", {"tier": "guardian"}, "would end it"),
    "a trial": ("grant_trial", "trial", {"tier": "guardian"}, "restart its clock"),
    "a higher tier": ("grant_trial", "staff_discount", {"tier": "innovator"}, "would not raise it"),
    "the same": ("grant_trial", "staff_discount", {"tier": "free"}, "would not raise it"),
    "a tier of old below": ("grant_trial", "pioneer", {"tier": "pilot"}, "would not raise it"),
    "the same tier": ("change_tier", "managed", {"tier": "changemaker"}, "billing to managed"),
    "pilot": ("change_tier", "quiet", {"tier": "pilot"}, "no tier that"),
    "pioneer": ("change_tier", "quiet", {"tier": "pioneer"}, "no tier that"),
    "a subscription's tier": ("change_tier", "subscribed", {"tier": "guardian"}, "live subscription"),
    "a mark": ("change_tier", "trial", {"tier": "guardian"}, "leaves the mark"),
    "a discount": ("apply_discount", "trial", {"kind": "scholarship", "percent": 5}, "take the mark's place"),
    "nothing to reset": ("reset_usage", "locked_but_absent", {}, "nothing to reset"),
}


@pytest.mark.parametrize("trap", BY_ITSELF)
def test_the_last_look_knows_every_trap_by_itself(home: DembraneHome, trap: str) -> None:
    kind, case, params, word = BY_ITSELF[trap]
    space = home.case(case)
    workspace = space.id if kind == "reset_usage" else None
    order = Ordered("id", space.account.id, kind, params, Audit(REASON), workspace)
    with home.desk() as desk:
        account = desk.cache.account(space.account.id)
        assert account is not None
        refused = against(order, account, {}, NOON)
    assert isinstance(refused, RefusedByRule) and word in refused.why and "Nothing was sent" in refused.why


def test_forms_say_what_this_backend_really_does(home: DembraneHome) -> None:
    with home.desk() as desk:
        reset = desk.preview(home.order("reset_usage", "at_cap"))
        assert reset.after["workspace"].keys() == {"hours_used", "usage_reset_at"}
        said = " ".join(one.message for one in reset.guards)
        assert "stays stopped" in said and "until the next reset" in said
        assert not desk.open_form("reset_usage", home.billed("at_cap").id).at_once
        tier = desk.preview(home.order("change_tier", "pooled_managed_1", tier="changemaker"))
        said = " ".join(one.message for one in tier.guards)
        assert "Pooled managed 1, Pooled managed 2" in said and "kept here only" in said and "5 min late" in said
        paid = desk.preview(home.order("change_tier", "quiet", tier="innovator"))
        assert paid.after["payment_mode"] == "managed" and paid.before["payment_mode"] == "none"


BOUNDS = ("link: connection.connect_tcp", "link: http11.send_request_headers", "link: http11.receive_response_headers")


class Crash(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("step", [f"{bound}.{when}" for bound in BOUNDS for when in ("started", "complete")])
def test_a_crash_at_any_step_of_a_write_never_sends_it_twice(
    tmp_path: Path, kind: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    armed: list[bool] = []

    def steps(name: str) -> None:
        if armed and name == step:
            armed.clear()
            raise Crash

    with Double(clock=Clock(NOON)) as double:
        home = DembraneHome(tmp_path, double, steps)
        home.sync()
        change_id = queue(home, kind)
        armed.append(True)
        with pytest.raises(Crash):
            home.sync()
        row = home.row(change_id)
        assert row.unknown and row.state is State.SENDING  # written down before the first byte
        for _ in range(3):
            home.sync()
            double.clock.move(seconds=SETTLED)
        row = home.row(change_id)
        arrived = [one for one in double.writes if one.method != "GET"]
        assert len(arrived) <= 1
        assert row.state in (State.APPLIED, State.PARKED) or (row.unknown and row.needs_you)
        if row.state is State.APPLIED:
            assert did(home, kind, change_id) and len(arrived) == 1
        if row.state is State.PARKED:
            assert not did(home, kind, change_id)
