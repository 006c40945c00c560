"""A11: what the form promises is what the reference server does, and it refuses what the form refuses."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from data.account import Account
from data.remedy import Order
from data.wire import encode
from triage.rules.remedies import complete_params, preview
from triage.sandbox import models
from triage.sandbox.problems import Problem
from triage.sandbox.remedies import EFFECTS, Target

LEAD = ("usage:reset", "trial:grant", "discount:write", "discount:write:high", "tier:change", "admin:change")
MODELS = {
    "reset_usage": models.Empty,
    "grant_trial": models.GrantTrial,
    "apply_discount": models.ApplyDiscount,
    "change_tier": models.ChangeTier,
    "change_admin": models.ChangeAdmin,
}
TIERS = ["free", "pilot", "innovator", "changemaker", "guardian"]
ROOMS = st.fixed_dictionaries(
    {
        "hours_used": st.sampled_from([None, 0.0, 0.5, 1.0, 12.0]),
        "hours_included": st.sampled_from([None, 1.0, 10.0]),
        "hard_block": st.booleans(),
        "locked": st.booleans(),
        "cap_reached_at": st.sampled_from([None, "2026-11-15T09:00:00Z"]),
        "seats_licensed": st.sampled_from([None, 0, 5]),
    }
)
FIELDS = st.fixed_dictionaries(
    {
        "tier": st.sampled_from(TIERS),
        "payment_mode": st.sampled_from(["none", "subscription", "managed", None]),
        "revenue_class": st.sampled_from(["paying", "trial", "managed", "comped"]),
        "tier_expires_at": st.sampled_from([None, "2026-11-01T00:00:00Z", "2026-12-30T00:00:00Z"]),
        "discount": st.sampled_from([None, {"kind": "scholarship", "percent": 20.0}]),
        "mrr": st.sampled_from([None, 1234]),
        "workspaces": st.tuples(ROOMS, ROOMS).map(lambda two: [{**two[0]}, {**two[1], "id": "ws_2", "name": "Other"}]),
    }
)
DISCOUNTS = st.builds(
    lambda kind, tenths: {"kind": kind, "percent": tenths / 10},
    st.sampled_from(["scholarship", "staff_discount"]),
    st.integers(0, 1000),
)
PARAMS = st.one_of(
    st.just(("reset_usage", {})),
    st.tuples(
        st.just("grant_trial"),
        st.fixed_dictionaries({"tier": st.sampled_from(TIERS[2:]), "months": st.integers(1, 12)}),
    ),
    st.tuples(st.just("apply_discount"), st.just({"clear": True}) | DISCOUNTS),
    st.tuples(st.just("change_tier"), st.fixed_dictionaries({"tier": st.sampled_from([*TIERS[:1], *TIERS[2:]])})),
    st.tuples(
        st.just("change_admin"), st.fixed_dictionaries({"membership_id": st.sampled_from(["m1", "m2", "m3", "m4"])})
    ),
)
ROLES = {"m1": "admin", "m2": "member", "m3": "external", "m4": "billing"}


def served(account: Account) -> dict:
    return json.loads(encode(account))


def by_server(kind, params, account, members, now):
    """What the server's own function makes of the account, or None where it refuses."""
    tree = served(account)
    room = tree["workspaces"][0] if kind in ("reset_usage", "change_admin") else None
    try:
        EFFECTS[kind](Target(tree, room, members, now), MODELS[kind](**params))
    except Problem:
        return None
    return tree


def check_workspaces(promised, tree):
    for room in promised:
        now = next(one for one in tree["workspaces"] if one["id"] == room["id"])
        assert {name: now[name] for name in room} == room


@settings(max_examples=500, deadline=None)
@given(FIELDS, PARAMS)
def test_A11_the_preview_is_what_the_server_does(kit, fields, chosen):
    kind, params = chosen
    account = kit.account(**fields)
    members = [kit.member(name, role) for name, role in ROLES.items()]
    at = "ws_1" if kind in ("reset_usage", "change_admin") else None
    found = preview(Order(kind, "acc_1", at, params), account, members, LEAD, 100.0, kit.policy, kit.now)
    theirs = [json.loads(encode(member)) for member in members]
    tree = by_server(kind, complete_params(kind, params, kit.policy), account, theirs, kit.now)
    assert found.blocked is (tree is None)
    if tree is None:
        return
    before, promised = served(account), dict(found.after)
    if kind == "change_admin":
        assert next(one for one in theirs if one["membership_id"] == params["membership_id"])["role"] == "admin"
        return
    if "workspace" in promised:
        check_workspaces([{"id": "ws_1", **promised.pop("workspace")}], tree)
    check_workspaces(promised.pop("workspaces", []), tree)
    assert {name: tree[name] for name in promised} == promised
    untouched = set(tree) - set(found.after) - {"workspaces"}
    assert {name: tree[name] for name in untouched} == {name: before[name] for name in untouched}
    listed = {room["id"] for room in found.after.get("workspaces", [])} | ({"ws_1"} if at else set())
    for was, becomes in zip(before["workspaces"], tree["workspaces"], strict=True):
        assert was == becomes or was["id"] in listed
