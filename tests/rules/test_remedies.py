"""A11 and A13: resets and trials, targets and permissions; before and after in the contract's names."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.remedy import REMEDIES
from triage.rules.remedies import complete_params, earlier_reset

LIFTED = {"hard_block": False, "locked": False, "blocked_since": None, "cap_reached_at": None}


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
def test_A11_nothing_to_reset(ask, room, refused, said, blocking):
    found = ask("reset_usage", at="ws_1", workspaces=[room])
    assert bool(blocking(found)) is refused
    if refused:
        assert said(found)[0][:2] == ("A11", "Nothing to reset: Council sessions has used no hours and is not blocked.")


@pytest.mark.parametrize("kind", ["reset_usage", "change_admin"])
def test_A11_a_workspace_that_is_missing_or_unknown_blocks(ask, kind, blocking):
    assert blocking(ask(kind)) == ["workspace_id: choose a workspace."]
    nowhere = ask(kind, at="ws_none")
    assert blocking(nowhere) == ["workspace_id: the account has no such workspace."]
    assert (nowhere.before, nowhere.after) == ({}, {})


@pytest.mark.parametrize("kind", ["grant_trial", "apply_discount", "change_tier"])
def test_A11_a_workspace_on_an_account_remedy_blocks(ask, kind, blocking):
    assert f"workspace_id: {kind} is on the account." in blocking(ask(kind, at="ws_1"))


def test_A13_a_second_reset_needs_a_conversation_or_the_word(ask, kit, said):
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
def test_A11_grant_trial_guards(ask, fields, message, blocking):
    assert blocking(ask("grant_trial", **fields)) == [message]


@pytest.mark.parametrize(
    "fields", [{"payment_mode": None}, {"tier": "pilot"}, {"tier_expires_at": "2026-11-21T09:41:00Z"}]
)
def test_A11_grant_trial_leaves_the_unknown_and_the_expired_to_the_server(ask, fields, blocking):
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
def test_A11_grant_trial_parameters(ask, params, field, blocking):
    found = ask("grant_trial", params)
    assert [message.split(":")[0] for message in blocking(found)] == [field]
    assert all(guard.rule == "A11" for guard in found.guards)


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
def test_A11_a_missing_permission_is_named_first(ask, kind, needed, said):
    found = ask(kind, at="ws_1", permissions=())
    assert said(found)[0] == ("permission", f"Needs {needed}. You can read everything here.", True)
    assert "permission" not in [guard.rule for guard in ask(kind, permissions=(needed,)).guards]


def test_A11_no_effect_is_shown_where_the_parameters_name_none(ask):
    for kind, params in (
        ("change_tier", {"tier": "pilot"}),
        ("change_tier", {}),
        ("grant_trial", {"months": 0}),
        ("apply_discount", {"kind": "scholarship", "percent": 101}),
    ):
        found = ask(kind, params)
        assert (found.before, found.after) == ({}, {}) and found.blocked


def test_A11_what_is_no_remedy_is_refused(ask, blocking):
    assert blocking(ask("note")) == ["note is no remedy."]


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
