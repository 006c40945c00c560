"""A6 beside a backend's own list: only what one side alone says is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from data.account import Account, Beside, Listed, Workspace
from data.safe_text import safe_reason, safe_text
from triage.policy import load_policy
from triage.rules.assess import assess
from triage.rules.listed import differences

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def account(hours: float, days: float | None, listed: list[tuple[str, str]] | None) -> Account:
    """A free account with one workspace `w`, downgraded so many days ago; `listed` by the backend, None: no list."""
    space: dict[str, Any] = dict.fromkeys(Workspace.__struct_fields__)
    space |= {"id": "w", "name": safe_text("Space"), "hours_used": hours, "hours_included": 1.0}
    facts: dict[str, Any] = dict.fromkeys(Account.__struct_fields__)
    facts |= {"id": "a", "name": safe_text("Acme"), "tier": safe_text("free"), "version": 1, "seq": 1}
    facts |= {"contacts": (), "flags": (), "workspaces": (Workspace(**space),)}
    facts["downgraded_at"] = None if days is None else NOW - timedelta(days=days)
    if listed is not None:
        facts["beside"] = Beside(tuple(Listed(one, safe_text(why), safe_reason("detail")) for one, why in listed))
    return Account(**facts)


def told(one: Account) -> list[tuple[object, ...]]:
    row = assess(one, (), load_policy(), NOW, None)
    return [(each["workspace"], each["ours"], each["backend"]) for each in differences(one, row)]


@pytest.mark.parametrize(
    ("hours", "days", "listed", "expected"),
    [
        (1.0, None, None, []),
        (1.0, None, [("w", "at_cap")], []),
        (0.9, 4, [("w", "approaching_cap"), ("w", "recently_downgraded")], []),
        (0.2, None, [], []),
        (1.0, None, [], [("Space", "at_cap", None)]),
        (1.0, None, [("w", "approaching_cap")], [("Space", "at_cap", "approaching_cap")]),
        (0.2, 14.9, [("w", "recently_downgraded")], [("Space", None, "recently_downgraded")]),
        (0.2, -3, [("w", "recently_downgraded")], [("Space", None, "recently_downgraded")]),
        (1.4, 4, [("w", "at_cap")], [(None, "recently_downgraded", None)]),
        (0.2, None, [("gone", "at_cap")], [(None, None, "at_cap")]),
    ],
)
def test_only_what_one_side_says_is_a_difference(
    hours: float, days: float | None, listed: list[tuple[str, str]] | None, expected: list[tuple[object, ...]]
) -> None:
    assert told(account(hours, days, listed)) == expected


def test_an_account_keeps_what_is_beside_it_through_the_cache() -> None:
    from data.wire import decode, decoder, encode

    one = account(1.0, None, [("w", "at_cap")])
    assert decode(encode(one), decoder(Account)) == one
    assert msgspec.structs.replace(one, beside=None) != one
