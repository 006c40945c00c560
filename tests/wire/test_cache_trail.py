"""The audit trail in the cache: appended only where it continues the chain; touches and members."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from kit.each import each, written

from data.account import Account, Entry, Member, Tombstone
from data.assessment import Category, WorkspaceReading
from data.backends.port import Item
from data.bulk import Judged
from data.cache import Cache
from data.safe_text import SafeText
from data.wire import convert

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def chain(*parts: dict[str, Any], seq: int = 0, head: str = "0" * 64) -> list[Entry]:
    """Entries that continue a chain."""
    made = []
    for part in parts:
        seq += 1
        body = {
            "seq": seq,
            "change_id": f"change-{seq}",
            "actor": {"staff_id": "stf_tom", "name": "Tom"},
            "action": "reset_usage",
            "account_id": "acc_1",
            "workspace_id": None,
            "before": {},
            "after": {},
            "outcome": "applied",
            "reason": f"reason number {seq}",
            "authored_at": None,
            "applied_at": (NOW + timedelta(minutes=seq)).isoformat(),
            **part,
        }
        raw = json.dumps(body)
        digest = hashlib.sha256(f"{head}\n{raw}".encode()).hexdigest()
        made.append(convert({**body, "raw": raw, "prev_hash": head, "hash": digest}, Entry))
        head = digest
    return made


def test_entries_are_appended_and_read_newest_first(cache: Cache) -> None:
    entries = chain({}, {"account_id": "acc_2"}, {"action": "trial_expired", "change_id": None}, {})
    assert cache.append_audit(entries[:2]) == (("acc_1", "acc_2"), None)
    assert cache.append_audit(entries[2:]) == (("acc_1",), None)
    assert (cache.audit_after, cache.audit_problem) == (4, None)
    assert cache.audit_head() == (4, entries[3].hash)
    assert list(cache.audit_rows()) == entries
    assert [entry.seq for entry in cache.audit(None, None, 3)] == [4, 3, 2]
    assert [entry.seq for entry in cache.audit("acc_1", 4, 10)] == [3, 1]


def test_an_entry_that_does_not_continue_the_chain_ends_the_append(cache: Cache) -> None:
    good = chain({}, {}, {}, {})
    cache.append_audit(good[:1])
    forged = msgspec.structs.replace(good[2], raw=good[2].raw.replace("reason", "Reason"))
    for bad, sentence, kept in (
        ([good[1], good[3]], "entries are missing", 2),
        ([good[1], forged], "was altered", 2),
        ([good[1], *chain({}, seq=2, head="f" * 64)], "was rewritten", 2),
        ([good[0], good[1]], "entries are missing", 1),
    ):
        _, wrong = cache.append_audit(bad)
        assert wrong is not None
        assert sentence in wrong
        assert cache.audit_problem == wrong
        assert cache.audit_after == len(list(cache.audit_rows())) == kept
        cache.append_audit(good[:1], restart=True)
        assert cache.audit_problem is None
    assert cache.append_audit(good[1:]) == (("acc_1",), None)


def test_a_restart_replaces_the_trail_in_one_step(cache: Cache) -> None:
    cache.append_audit(chain({}, {}, {}))
    other = chain({"reason": "another history"})
    assert cache.append_audit(other, restart=True) == (("acc_1",), None)
    assert list(cache.audit_rows()) == other


@pytest.mark.parametrize(
    ("part", "counts"),
    [
        ({"action": "reset_usage"}, True),
        ({"action": "change_admin", "workspace_id": "ws_1"}, True),
        ({"action": "log_contact"}, True),
        ({"action": "log_outreach", "after": {"stage": "sent"}}, True),
        ({"action": "log_outreach", "after": {"stage": "intent"}}, False),
        ({"action": "log_outreach", "after": {"stage": "sent", "channel": "slack"}}, False),
        ({"action": "log_outreach", "after": None}, False),
        ({"action": "reset_usage", "outcome": "denied", "after": None}, False),
        ({"action": "trial_expired"}, False),
        ({"action": "claim"}, False),
        ({"action": "log_reply"}, False),
    ],
)
def test_A13_A16_touches_are_contacts_and_remedies_that_took_effect(
    cache: Cache, part: dict[str, Any], counts: bool
) -> None:
    entries = chain(part, {"action": "note"})
    touched, _ = cache.append_audit(entries)
    assert touched == (("acc_1",) if counts else ())
    found = cache.touches("acc_1")
    assert len(found) == counts
    if counts:
        assert (found[0].kind, found[0].staff_id, found[0].at) == (part["action"], "stf_tom", entries[0].applied_at)
        assert (found[0].reason, found[0].workspace_id) == ("reason number 1", part.get("workspace_id"))


def test_touches_come_in_bulk_oldest_first(cache: Cache) -> None:
    cache.append_audit(chain({}, {"account_id": "acc_2"}, {}, {"account_id": None, "action": "log_contact"}))
    both = cache.touches_of(["acc_1", "acc_2", "acc_3"])
    assert both.keys() == {"acc_1", "acc_2"}
    assert [touch.at for touch in both["acc_1"]] == [NOW + timedelta(minutes=1), NOW + timedelta(minutes=3)]


def test_a_new_verdict_sees_the_touches_of_its_account(
    cache: Cache, item: Callable[..., Item], verdict: Callable[..., Judged]
) -> None:
    cache.append_audit(chain({}, {"account_id": "acc_2"}))
    seen: dict[str, int] = {}

    def assess(account: Account, touches: Any, past: Any) -> Judged:
        seen[account.id] = len(touches)
        return verdict(account)

    written(cache, [item("acc_1"), item("acc_3", seq=2)], (), 2, each(assess))
    assert seen == {"acc_1": 1, "acc_3": 0}


def member(name: str) -> Member:
    return Member("mem_1", "usr_1", SafeText(name), None, SafeText("member"), True)


def test_members_of_at_risk_accounts_are_due_gravest_first_until_they_are_fetched(
    cache: Cache, item: Callable[..., Item], verdict: Callable[..., Judged]
) -> None:
    def assess(account: Account, touches: Any, past: Any) -> Judged:
        plain = (None, 1.0, 1.0, False, None, None, None, False, False, None)
        space = WorkspaceReading(f"ws_{account.id}", SafeText("Space"), *plain)
        return verdict(account, workspaces=(space,))

    def due(limit: int = 10, at: datetime = NOW) -> list[str]:
        return [workspace for _, workspace in cache.workspaces_without_members(at - timedelta(days=1), limit)]

    kinds = [Category.AT_CAP.value, "none", Category.PILOT_HARD_BLOCK.value, Category.APPROACHING_CAP.value]
    items = [item(f"a{place}", seq=place + 1, flags=[kind]) for place, kind in enumerate(kinds)]
    written(cache, items, (), 4, each(assess))
    assert due() == ["ws_a2", "ws_a0", "ws_a3"]
    assert due(limit=1) == ["ws_a2"]
    assert cache.members("ws_a2") is None
    cache.store_members("ws_a2", "a2", [member("Iris")], NOW)
    cache.store_members("ws_a0", "a0", None, NOW)
    assert cache.members("ws_a2") == (member("Iris"),)
    assert cache.members("ws_a0") is None
    assert due() == ["ws_a3"]
    written(cache, [item("a2", seq=9, flags=[kinds[2]])], (), 9, each(assess))
    assert due() == ["ws_a3"]
    tomorrow = NOW + timedelta(days=1, minutes=1)
    assert due(at=tomorrow)[0] == "ws_a3"
    assert sorted(due(at=tomorrow)) == ["ws_a0", "ws_a2", "ws_a3"]
    cache.store_members("ws_a2", "a2", None, tomorrow)
    assert cache.members("ws_a2") == (member("Iris"),)
    written(cache, [item("a3", seq=10, flags=["none"])], (), 10, each(assess))
    assert due() == []
    cache.remove([Tombstone("a2", 11)])
    assert cache.members("ws_a2") is None
