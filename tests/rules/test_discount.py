"""A11, apply_discount: parameters, limits, and the exact price."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.rules.effects import price


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
def test_A11_discount_parameters(ask, params, complaints, blocking):
    assert [message.split(":")[0] for message in blocking(ask("apply_discount", params))] == complaints


def test_A11_a_discount_that_changes_nothing(ask, blocking):
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
def test_A11_above_ones_limit_the_higher_permission_is_named(ask, percent, limit, permissions, refused, said):
    found = ask("apply_discount", {"kind": "scholarship", "percent": percent}, permissions=permissions, limit=limit)
    expected = [("permission", "Your limit is 20 %. Ask for discount:write:high", True)] if refused else []
    assert said(found) == expected
