"""A11 and A13 on the five remedies: guards, and before and after in the contract's names."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.remedy import REMEDIES, Order
from triage.rules.effects import price
from triage.rules.remedies import complete_params, earlier_reset, is_downgrade, preview, tier_choices

LEAD = ("usage:reset", "trial:grant", "discount:write", "discount:write:high", "tier:change", "admin:change")
LIFTED = {"hard_block": False, "locked": False, "blocked_since": None, "cap_reached_at": None}


@pytest.fixture(scope="session")
def ask(kit):
    """Preview one remedy on an account given by its fields."""

    def run(kind, params=None, *, at=None, members=(), permissions=LEAD, limit=100.0, ack=(), earlier=None, **fields):
        order = Order(kind, "acc_1", at, params or {}, acknowledged=tuple(ack))
        account = kit.account(**fields)
        return preview(order, account, members, permissions, limit, kit.policy, kit.now, earlier=earlier)

    return run


def said(found):
    return [(guard.rule, guard.message, guard.blocking) for guard in found.guards]


def blocking(found):
    return [guard.message for guard in found.guards if guard.blocking]


BLOCKED = {"hours_used": 10.2, "hard_block": True, "locked": True, "blocked_since": "2026-11-20T16:05:00Z"}


def test_A11_reset_usage_shows_what_the_server_does(ask):
    found = ask("reset_usage", at="ws_1", tier="pilot", workspaces=[BLOCKED])
    assert found.before == {
        "workspace": {
            "hours_used": 10.2,
            "hard_block": True,
            "locked": True,
            "blocked_since": "2026-11-20T16:05:00Z",
            "cap_reached_at": None,
            "usage_reset_at": None,
        }
    }
    assert found.after == {"workspace": {"hours_used": 0.0, **LIFTED, "usage_reset_at": "2026-11-21T09:41:00Z"}}
    assert found.guards == () and not found.blocked


@pytest.mark.parametrize(
    ("room", "refused"),
    [
        ({"hours_used": 0.0}, True),
        ({"hours_used": None}, True),
        ({"hours_used": None, "hard_block": None}, True),
        ({"hours_used": 0.0, "hard_block": True}, False),
        ({"hours_used": 0.01}, False),
    ],
)
def test_A11_nothing_to_reset(ask, room, refused):
    found = ask("reset_usage", at="ws_1", workspaces=[room])
    assert bool(blocking(found)) is refused
    if refused:
        assert said(found)[0][:2] == ("A11", "Nothing to reset: Council sessions has used no hours and is not blocked.")


@pytest.mark.parametrize("kind", ["reset_usage", "change_admin"])
def test_A11_a_workspace_that_is_missing_or_unknown_blocks(ask, kind):
    assert blocking(ask(kind)) == ["workspace_id: choose a workspace."]
    nowhere = ask(kind, at="ws_none")
    assert blocking(nowhere) == ["workspace_id: the account has no such workspace."]
    assert (nowhere.before, nowhere.after) == ({}, {})


@pytest.mark.parametrize("kind", ["grant_trial", "apply_discount", "change_tier"])
def test_A11_a_workspace_on_an_account_remedy_blocks(ask, kind):
    assert f"workspace_id: {kind} is on the account." in blocking(ask(kind, at="ws_1"))


def test_A13_a_second_reset_needs_a_conversation_or_the_word(ask, kit):
    touches = [kit.touch("reset_usage", kit.ago(days=2), "Tom Reyes", "asked us")]
    earlier = earlier_reset(kit.account(), touches, kit.policy, kit.now)

    def guard(**more):
        return said(ask("reset_usage", at="ws_1", earlier=earlier, **more))[0]

    told = "Reset before by Tom Reyes, 2026-11-19 09:41Z, “asked us”."
    assert guard() == ("A13", f"{told} Log a conversation first, or type northwind to go on.", True)
    assert guard(ack=["yes"])[2] is True
    assert guard(ack=["yes", "Northwind"]) == ("A13", f"{told} Acknowledged.", False)
    assert guard(ack=["acc_1"])[2] is False
    talk = [*touches, kit.touch("log_contact", kit.ago(days=1))]
    earlier = earlier_reset(kit.account(), talk, kit.policy, kit.now)
    assert guard() == ("A13", f"{told} A conversation was logged since.", False)


def test_A13_only_reset_usage_is_checked(ask, kit):
    earlier = earlier_reset(kit.account(), [kit.touch("reset_usage", kit.ago(days=2))], kit.policy, kit.now)
    for kind in set(REMEDIES) - {"reset_usage"}:
        assert "A13" not in [guard.rule for guard in ask(kind, earlier=earlier).guards]


def test_A11_grant_trial_shows_tier_expiry_class_and_the_workspaces_that_change(ask):
    rooms = [BLOCKED, {"id": "ws_2", "name": "Unlimited", "hours_included": None}]
    found = ask(
        "grant_trial", {"tier": "innovator", "months": 2}, tier="free", revenue_class="comped", workspaces=rooms
    )
    who = {"id": "ws_1", "name": "Council sessions"}
    assert found.before == {
        "tier": "free",
        "tier_expires_at": None,
        "revenue_class": "comped",
        "workspaces": [
            {
                **who,
                "hours_included": 10.0,
                "hard_block": True,
                "locked": True,
                "blocked_since": "2026-11-20T16:05:00Z",
            }
        ],
    }
    assert found.after == {
        "tier": "innovator",
        "tier_expires_at": "2027-01-20T09:41:00Z",
        "revenue_class": "trial",
        "workspaces": [{**who, "hours_included": None, "hard_block": False, "locked": False, "blocked_since": None}],
    }
    assert not found.blocked


def test_A11_grant_trial_defaults_to_a_month_of_changemaker(ask, kit):
    found = ask("grant_trial")
    assert (found.after["tier"], found.after["tier_expires_at"]) == ("changemaker", "2026-12-21T09:41:00Z")
    assert complete_params("grant_trial", {"months": 3}, kit.policy) == {"tier": "changemaker", "months": 3}
    assert complete_params("change_tier", {"tier": "free"}, kit.policy) == {"tier": "free"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"payment_mode": "subscription"}, "No trial: the account has a live self-serve subscription."),
        ({"payment_mode": "managed"}, "No trial: the account is on managed billing."),
        (
            {"tier_expires_at": "2026-11-22T00:00:00Z"},
            "A trial runs until 2026-11-22. Another would restart its clock.",
        ),
        ({"tier": "changemaker"}, "tier: it would not rise, the account is on changemaker."),
        ({"tier": "guardian"}, "tier: it would not rise, the account is on guardian."),
    ],
)
def test_A11_grant_trial_guards(ask, fields, message):
    assert blocking(ask("grant_trial", **fields)) == [message]


@pytest.mark.parametrize(
    "fields", [{"payment_mode": None}, {"tier": "pilot"}, {"tier_expires_at": "2026-11-21T09:41:00Z"}]
)
def test_A11_grant_trial_leaves_the_unknown_and_the_expired_to_the_server(ask, fields):
    assert blocking(ask("grant_trial", **fields)) == []


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"tier": "pilot"}, "tier"),
        ({"tier": "free"}, "tier"),
        ({"tier": "golden"}, "tier"),
        ({"tier": None}, "tier"),
        ({"tier": ["innovator"]}, "tier"),
        ({"months": 0}, "months"),
        ({"months": 13}, "months"),
        ({"months": 1.5}, "months"),
        ({"months": "3"}, "months"),
        ({"months": True}, "months"),
        ({"month": 3}, "month"),
    ],
)
def test_A11_grant_trial_parameters(ask, params, field):
    found = ask("grant_trial", params)
    assert [message.split(":")[0] for message in blocking(found)] == [field]
    assert all(guard.rule == "A11" for guard in found.guards)


def test_A11_discount_changes_the_price_of_paying_accounts(ask):
    rooms = [{"seats_licensed": 5}, {"id": "ws_2", "seats_licensed": 2}]
    fields = {"revenue_class": "paying", "tier": "innovator", "mrr": 14000, "workspaces": rooms}
    found = ask("apply_discount", {"kind": "scholarship", "percent": 12.5}, **fields)
    assert found.before == {"discount": None, "mrr": 14000}
    assert found.after == {"discount": {"kind": "scholarship", "percent": 12.5}, "mrr": 12250}
    cleared = ask("apply_discount", {"clear": True}, **fields, discount={"kind": "scholarship", "percent": 50})
    assert cleared.before["discount"] == {"kind": "scholarship", "percent": 50}
    assert cleared.after == {"discount": None, "mrr": 14000}


@pytest.mark.parametrize(
    "fields",
    [
        {"revenue_class": "trial"},
        {"revenue_class": None},
        {"revenue_class": "paying", "tier": "pilot"},
        {"revenue_class": "paying", "workspaces": [{"seats_licensed": None}]},
    ],
)
def test_A11_the_price_stays_where_class_list_price_or_seats_do_not_say(ask, fields):
    found = ask("apply_discount", {"kind": "staff_discount", "percent": 10}, **fields)
    assert "mrr" not in found.before and "mrr" not in found.after


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 9999), max_size=4), st.integers(0, 20_000), st.integers(0, 1000))
def test_A11_price_is_exact_and_half_up(seats, per_seat, tenths):
    exact = sum(seats) * per_seat * (1000 - tenths)  # in thousandths of a minor unit
    assert price(seats, per_seat, tenths / 10) == (exact + 500) // 1000


def test_A11_half_a_minor_unit_rounds_up():
    assert price([1], 5, 50.0) == 3
    assert price([1], 1, 50.0) == 1
    assert price([3], 2000, None) == 6000


@pytest.mark.parametrize(
    ("params", "complaints"),
    [
        ({}, ["kind", "percent"]),
        ({"kind": "friend", "percent": 5}, ["kind"]),
        ({"kind": "scholarship"}, ["percent"]),
        ({"kind": "scholarship", "percent": -0.1}, ["percent"]),
        ({"kind": "scholarship", "percent": 100.1}, ["percent"]),
        ({"kind": "scholarship", "percent": 12.25}, ["percent"]),
        ({"kind": "scholarship", "percent": "20"}, ["percent"]),
        ({"kind": "scholarship", "percent": True}, ["percent"]),
        ({"kind": "scholarship", "percent": float("nan")}, ["percent"]),
        ({"clear": "yes"}, ["clear"]),
        ({"clear": True, "percent": 3}, ["clear"]),
        ({"clear": True}, ["Nothing changes"]),
        ({"kind": "scholarship", "percent": 0}, []),
        ({"kind": "scholarship", "percent": 100}, []),
        ({"kind": "staff_discount", "percent": 33.3}, []),
    ],
)
def test_A11_discount_parameters(ask, params, complaints):
    assert [message.split(":")[0] for message in blocking(ask("apply_discount", params))] == complaints


def test_A11_a_discount_that_changes_nothing(ask):
    standing = {"kind": "scholarship", "percent": 20.0}
    same = ask("apply_discount", {"kind": "scholarship", "percent": 20}, discount=standing)
    assert blocking(same) == ["Nothing changes: the discount is that already."]
    assert blocking(ask("apply_discount", {"kind": "staff_discount", "percent": 20}, discount=standing)) == []


@pytest.mark.parametrize(
    ("percent", "limit", "permissions", "refused"),
    [
        (20, 20.0, ("discount:write",), False),
        (20.1, 20.0, ("discount:write",), True),
        (90, None, ("discount:write",), False),
        (90, 20.0, ("discount:write", "discount:write:high"), False),
        (90, 20.0, ("discount:write:high",), False),
    ],
)
def test_A11_above_ones_limit_the_higher_permission_is_named(ask, percent, limit, permissions, refused):
    found = ask("apply_discount", {"kind": "scholarship", "percent": percent}, permissions=permissions, limit=limit)
    expected = [("permission", "Your limit is 20 %. Ask for discount:write:high", True)] if refused else []
    assert said(found) == expected


@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        ("reset_usage", "usage:reset"),
        ("grant_trial", "trial:grant"),
        ("apply_discount", "discount:write"),
        ("change_tier", "tier:change"),
        ("change_admin", "admin:change"),
    ],
)
def test_A11_a_missing_permission_is_named_first(ask, kind, needed):
    found = ask(kind, at="ws_1", permissions=())
    assert said(found)[0] == ("permission", f"Needs {needed}. You can read everything here.", True)
    assert "permission" not in [guard.rule for guard in ask(kind, permissions=(needed,)).guards]


def test_A11_change_tier_upwards(ask):
    rooms = [{**BLOCKED, "seats_licensed": 5}]
    found = ask(
        "change_tier", {"tier": "guardian"}, tier="innovator", revenue_class="paying", mrr=9000, workspaces=rooms
    )
    assert found.before["mrr"] == 9000 and found.after["mrr"] == 75000
    assert found.after["tier"] == "guardian" and found.after["tier_expires_at"] is None
    assert "downgraded_at" not in found.after and found.guards == ()
    assert found.after["workspaces"][0]["hours_included"] is None
    assert found.after["workspaces"][0]["hard_block"] is False


def test_A11_change_tier_downwards_marks_the_downgrade_and_wants_a_second_confirmation(ask):
    rooms = [
        {"hours_used": 0.4, "hours_included": None, "locked": True},
        {"id": "ws_2", "name": "Archive", "hours_used": 12.25, "hours_included": None},
    ]
    found = ask("change_tier", {"tier": "free"}, tier="guardian", revenue_class="paying", mrr=75000, workspaces=rooms)
    assert {key: found.after[key] for key in found.after if key != "workspaces"} == {
        "tier": "free",
        "tier_expires_at": None,
        "downgraded_at": "2026-11-21T09:41:00Z",
        "downgraded_from": "guardian",
        "downgrade_cause": "staff",
        "mrr": 0,
    }
    lifted, kept = found.after["workspaces"]
    assert lifted == {"id": "ws_1", "name": "Council sessions", "hours_included": 1.0, "locked": False}
    assert kept == {"id": "ws_2", "name": "Archive", "hours_included": 1.0}
    assert not found.blocked
    [(rule, message, _)] = said(found)
    assert rule == "downgrade"
    assert message == (
        "Downgrade from guardian to free: each workspace keeps 1 h a cycle. "
        "At that cap at once: Archive (12.2 h used). It needs a second confirmation."
    )


def test_A11_a_downgrade_between_unlimited_tiers(ask):
    [(rule, message, stops)] = said(ask("change_tier", {"tier": "innovator"}, tier="guardian"))
    assert (rule, stops) == ("downgrade", False)
    assert message.startswith("Downgrade from guardian to innovator: what the higher tier adds is lost.")


@pytest.mark.parametrize(
    ("tier", "fields", "message"),
    [
        ("free", {}, "tier: the account is on free already."),
        (
            "innovator",
            {"payment_mode": "subscription"},
            "The account has a live self-serve subscription; it changes its tier itself.",
        ),
        ("pilot", {}, "tier: choose free, innovator, changemaker or guardian."),
        ("golden", {}, "tier: choose free, innovator, changemaker or guardian."),
        (None, {}, "tier: choose free, innovator, changemaker or guardian."),
    ],
)
def test_A11_change_tier_guards(ask, tier, fields, message):
    assert blocking(ask("change_tier", {"tier": tier}, **fields)) == [message]


def test_A11_no_effect_is_shown_where_the_parameters_name_none(ask):
    for kind, params in (
        ("change_tier", {"tier": "pilot"}),
        ("change_tier", {}),
        ("grant_trial", {"months": 0}),
        ("apply_discount", {"kind": "scholarship", "percent": 101}),
    ):
        found = ask(kind, params)
        assert (found.before, found.after) == ({}, {}) and found.blocked


def test_A11_change_admin_shows_the_member(ask, kit):
    members = [kit.member("m1", "admin", False), kit.member("m2", "member")]
    found = ask("change_admin", {"membership_id": "m2"}, at="ws_1", members=members)
    assert found.before == {"member": {"membership_id": "m2", "name": "Member m2", "role": "member"}}
    assert found.after == {"member": {"membership_id": "m2", "name": "Member m2", "role": "admin"}}
    assert found.guards == ()


@pytest.mark.parametrize(
    ("role", "message"),
    [
        ("admin", "Member m1 is already admin."),
        ("owner", "Member m1 is already owner."),
        ("external", "Member m1 is external and cannot become admin."),
        ("observer", "Member m1 is observer and cannot become admin."),
        ("billing", None),
    ],
)
def test_A11_change_admin_guards(ask, kit, role, message):
    found = ask("change_admin", {"membership_id": "m1"}, at="ws_1", members=[kit.member("m1", role)])
    assert blocking(found) == ([message] if message else [])


def test_A11_change_admin_without_members_or_choice(ask, kit):
    unknown = ask("change_admin", {"membership_id": "m1"}, at="ws_1", members=None)
    assert blocking(unknown) == ["The members of this workspace are not known here yet. Sync once while online."]
    stranger = ask("change_admin", {"membership_id": "m9"}, at="ws_1", members=[kit.member("m1", "member")])
    assert blocking(stranger) == ["membership_id: choose a member of this workspace."]
    assert (stranger.before, stranger.after) == ({}, {})


def test_A10_promoting_somebody_unreachable_is_said_not_refused(ask, kit):
    found = ask("change_admin", {"membership_id": "m1"}, at="ws_1", members=[kit.member("m1", "member", False)])
    assert said(found) == [("A10", "Member m1 cannot be reached either.", False)]


def test_A11_what_is_no_remedy_is_refused(ask):
    assert blocking(ask("note")) == ["note is no remedy."]


def test_A11_tier_choices(kit):
    def choices(kind, tier):
        return tier_choices(kind, kit.account(tier=tier), kit.policy)

    assert choices("grant_trial", "free") == ("innovator", "changemaker", "guardian")
    assert choices("grant_trial", "changemaker") == ("guardian",)
    assert choices("grant_trial", "guardian") == ()
    assert choices("change_tier", "pilot") == ("free", "innovator", "changemaker", "guardian")
    assert choices("change_tier", "innovator") == ("free", "changemaker", "guardian")
    assert choices("reset_usage", "free") == ()
    assert is_downgrade(kit.account(tier="guardian"), "free", kit.policy)
    assert not is_downgrade(kit.account(tier="free"), "guardian", kit.policy)


FIELDS = st.fixed_dictionaries(
    {
        "tier": st.sampled_from(["free", "pilot", "innovator", "changemaker", "guardian"]),
        "payment_mode": st.sampled_from(["none", "subscription", "managed", None]),
        "revenue_class": st.sampled_from(["paying", "trial", "managed", "comped"]),
        "tier_expires_at": st.sampled_from([None, "2026-11-01T00:00:00Z", "2026-12-30T00:00:00Z"]),
        "discount": st.sampled_from([None, {"kind": "scholarship", "percent": 20.0}]),
        "workspaces": st.lists(
            st.fixed_dictionaries(
                {
                    "hours_used": st.sampled_from([None, 0.0, 0.5, 1.0, 12.0]),
                    "hours_included": st.sampled_from([None, 1.0, 10.0]),
                    "hard_block": st.booleans(),
                    "seats_licensed": st.sampled_from([None, 0, 5]),
                }
            ),
            min_size=1,
            max_size=1,
        ),
    }
)
ORDERS = st.sampled_from(
    [
        ("reset_usage", {}),
        ("grant_trial", {}),
        ("grant_trial", {"tier": "guardian", "months": 12}),
        ("apply_discount", {"clear": True}),
        ("apply_discount", {"kind": "scholarship", "percent": 20}),
        ("apply_discount", {"kind": "staff_discount", "percent": 12.5}),
        *[("change_tier", {"tier": tier}) for tier in ("free", "innovator", "changemaker", "guardian")],
    ]
)


@settings(max_examples=300, deadline=None)
@given(FIELDS, ORDERS)
def test_A11_what_is_not_refused_changes_something_and_is_refused_when_repeated(kit, ask, fields, order):
    kind, params = order
    at = "ws_1" if kind == "reset_usage" else None
    found = ask(kind, params, at=at, **fields)
    assert found.before.keys() == found.after.keys()
    if found.blocked:
        return
    assert found.before != found.after
    again = {
        **fields,
        **{name: value for name, value in found.after.items() if name not in ("workspace", "workspaces")},
    }
    moved = found.after.get("workspace") or (found.after.get("workspaces") or [{}])[0]
    again["workspaces"] = [{**fields["workspaces"][0], **moved}]
    assert ask(kind, params, at=at, **again).blocked


def test_A11_months_are_thirty_times_twenty_four_hours(ask, kit):
    found = ask("grant_trial", {"months": 12})
    expected = kit.now + timedelta(days=360)
    assert found.after["tier_expires_at"] == expected.isoformat().replace("+00:00", "Z")
