"""Accounts, verdicts and caches for the tests of the wire and of what is kept: real files, real values."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.account import Account
from data.assessment import Category, HealthLine, Logins, MonitorLine, RedLine, Row, Touch, TreeLine
from data.backends.port import Item
from data.bulk import Judged
from data.cache import Cache
from data.health_book import Past
from data.health_index import Risk
from data.health_monitor import MonitorState
from data.wire import decode, decoder

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
URL = "http://127.0.0.1:9"
_accounts = decoder(Account)


def make_item(account_id: str, seq: int = 1, **over: Any) -> Item:
    """An account of the contract with a few fields replaced, and its bytes."""
    body: dict[str, Any] = dict.fromkeys(Account.__struct_fields__)
    body |= {"id": account_id, "name": f"Name {account_id}", "tier": "pilot", "seq": seq, "version": 1}
    body |= {"contacts": [], "workspaces": [], "flags": []} | over
    raw = json.dumps(body).encode()
    return Item(decode(raw, _accounts), raw)


def make_row(account: Account, touches: Sequence[Touch] = (), *, policy: str = "p1", **over: Any) -> Row:
    """A verdict of rules made for tests: the category is the account's first flag, a signal its second."""
    category = Category(account.flags[0]) if account.flags and account.flags[0] != "none" else None
    logins = account.admin_logins
    facts: dict[str, Any] = {
        name: getattr(account, name)
        for name in Row.__struct_fields__
        if name in Account.__struct_fields__ and name not in ("signals", "workspaces")
    }
    facts |= {
        "suspicious": False,
        "owner": account.csm,
        "contact": None,
        "snoozed": account.snooze is not None,
        "category": category,
        "reasons": (category,) if category else (),
        "signals": tuple(account.flags[1:2]),
        "detail": "",
        "since": account.created_at,
        "workspaces": (),
        "logins": Logins(logins.last_at if logins else None, None, "unknown", (), None),
        "reading": "",
        "suggested": (),
        "handled": None,
        "day": date(2026, 11, 20),
        "policy": policy,
        "assessed_at": NOW,
        "good_until": None,
        **_health(account.seq),
    }
    return Row(**(facts | over))


def make_verdict(account: Account, touches: Sequence[Touch] = (), past: Past | None = None, **over: Any) -> Judged:
    """`make_row` as the cache asks for it; nothing is remembered that was not there before."""
    return make_row(account, touches, **over), past


def _health(seq: int) -> dict[str, Any]:
    """Four health lines that differ from account to account, so that every order and filter has something to do."""
    score = None if seq % 7 == 0 else float(seq * 13 % 101)
    red = seq % 6 == 0
    return {
        "monitor": MonitorLine(list(MonitorState)[seq % 6], None if seq % 9 == 0 else seq * 11 % 70 / 100),
        "health": HealthLine(
            score, None if score is None else list(Risk)[seq % 4], priority=None if seq % 5 == 0 else seq * 7.0 % 50
        ),
        "tree": TreeLine(("HEALTHY", "AT_RISK", "UNDETERMINED")[seq % 3], "HEALTHY", "AT_RISK"),
        "red": RedLine(
            red,
            sla_due_at=NOW + timedelta(hours=seq % 90 - 45) if red else None,
            step="open_red" if seq % 12 == 0 else None,
        ),
    }


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    """An empty cache of URL, ready for accounts."""
    opened = Cache.open(tmp_path / "cache", URL)
    opened.start_book(URL, "epoch-1")
    opened.index_book()
    yield opened
    opened.close()


@pytest.fixture
def book() -> Callable[[int], list[Item]]:
    """Make N different accounts of every category, with and without signals, snoozes, money, dates and logins."""

    def made(count: int) -> list[Item]:
        return [_account(number) for number in range(count)]

    return made


def _account(number: int) -> Item:
    categories = [*Category, "none", "none", "none"]
    stamp = (NOW - timedelta(hours=number * 7 % 1000)).isoformat()
    return make_item(
        f"acc_{number * 7919 % 10007:05}",
        seq=number + 1,
        name=f"{'ÄbcdefgÖ'[number % 8]}-customer {number * 31 % 97}",
        org_name=f"Org {number % 13}",
        flags=[categories[number % 7], *(["clock_skew"] if number % 5 == 0 else [])],
        mrr=None if number % 11 == 0 else number * 37 % 50 * 100,
        created_at=None if number % 9 == 0 else stamp,
        renewal_at=None if number % 4 == 0 else stamp,
        admin_logins={
            "as_of": None,
            "last_at": None if number % 6 == 0 else stamp,
            "count_7d": None,
            "count_30d": None,
            "daily": None,
        },
        contacts=[
            {
                "user_id": "u",
                "name": "Iris",
                "email": f"Iris{number}@Straße.example",
                "role": "admin",
                "reachable": True,
            }
        ],
        snooze={
            "staff_id": "s",
            "name": "S",
            "until": NOW.isoformat(),
            "reason": None,
            "category": None,
            "wake_on_worse": True,
        }
        if number % 10 == 3
        else None,
    )


@pytest.fixture
def item() -> Callable[..., Item]:
    """`make_item` for tests (nothing can be imported from a conftest)."""
    return make_item


@pytest.fixture
def verdict() -> Callable[..., Judged]:
    """`make_verdict` for tests."""
    return make_verdict
