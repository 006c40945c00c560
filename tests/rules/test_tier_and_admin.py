"""A11, change_tier and change_admin: guards, losses, what moves."""

import pytest

from triage.rules.remedies import is_downgrade, tier_choices

BLOCKED = {"hours_used": 10.2, "hard_block": True, "locked": True, "blocked_since": "2026-11-20T16:05:00Z"}


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


def test_A11_change_tier_downwards_marks_the_downgrade_and_wants_a_second_confirmation(ask, said):
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


def test_A11_a_downgrade_between_unlimited_tiers(ask, said):
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
def test_A11_change_tier_guards(ask, tier, fields, message, blocking):
    assert blocking(ask("change_tier", {"tier": tier}, **fields)) == [message]


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
def test_A11_change_admin_guards(ask, kit, role, message, blocking):
    found = ask("change_admin", {"membership_id": "m1"}, at="ws_1", members=[kit.member("m1", role)])
    assert blocking(found) == ([message] if message else [])


def test_A11_change_admin_without_members_or_choice(ask, kit, blocking):
    unknown = ask("change_admin", {"membership_id": "m1"}, at="ws_1", members=None)
    assert blocking(unknown) == ["The members of this workspace are not known here yet. Sync once while online."]
    stranger = ask("change_admin", {"membership_id": "m9"}, at="ws_1", members=[kit.member("m1", "member")])
    assert blocking(stranger) == ["membership_id: choose a member of this workspace."]
    assert (stranger.before, stranger.after) == ({}, {})


def test_A10_promoting_somebody_unreachable_is_said_not_refused(ask, kit, said):
    found = ask("change_admin", {"membership_id": "m1"}, at="ws_1", members=[kit.member("m1", "member", False)])
    assert said(found) == [("A10", "Member m1 cannot be reached either.", False)]


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
