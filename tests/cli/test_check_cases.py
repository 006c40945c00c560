"""`triage check` names accounts whose SLA clock ran out (R11)."""

from contextlib import closing
from datetime import timedelta

import msgspec

from data.cache import Cache
from data.ports_list import Sort, View
from data.wire import encode


def red_since(cli, sandbox, hours):
    """Let a Red account without a case of its own have been Red for so long, as this home remembers it."""
    with closing(Cache.open(next(cli.home.rglob("cache.db")).parent, sandbox.url)) as cache:
        row = next(row for row in cache.rows(cache.ids(View.RED, Sort.SLA)) if row.red.step == "open_red")
        past, number = cache.pasts_of([row.id])[row.id], cache.number(row.id)
        opened = past.episode.opened_at - timedelta(hours=hours)
        episode = msgspec.structs.replace(past.episode, opened_at=opened, opened=opened.date())
        with cache.writing():
            kept = encode(msgspec.structs.replace(past, episode=episode))
            cache._write_pasts([(number, cache.packing.pack(kept))], "")
            cache.connection.execute("UPDATE listing SET good_until = 0 WHERE number = ?", (number,))
        return row.id


def breached(ran):
    """The accounts of its SLA_BREACH lines."""
    return [line.split()[1] for line in ran.out.splitlines() if line.startswith("SLA_BREACH ")]


def test_R11_check_prints_a_line_for_an_account_with_a_missed_clock_and_fails(cli, sandbox):
    before = breached(cli("check"))
    account_id = red_since(cli, sandbox, 30)
    ran = cli("check")
    assert account_id not in before and sorted(breached(ran)) == sorted([*before, account_id]) and ran.code == 1
    assert breached(cli("check", "--category", "at_cap")) == []
    told = [one["id"] for one in cli("check", "--json").json]
    assert account_id in told and len(told) == len(set(told))
    assert account_id not in breached(cli("check", "--older-than", "10h"))
    assert account_id in breached(cli("check", "--older-than", "5h"))


def test_R11_a_missed_clock_is_an_event_of_the_moment_it_ran_out(cli, sandbox):
    account_id = red_since(cli, sandbox, 50)
    assert cli("check").code == 1
    shown = cli("show", account_id, "--json").json
    [rule] = [one for one in shown["verdicts"] if one["rule"] == "R11"]
    missed = [one for one in shown["history"] if one["kind"] == "sla_breach"]
    assert [one["reason"] for one in missed] == ["root_cause", "assessment"] and shown["red"]["late"] == 2
    for one in missed:
        assert one["key"].startswith(f"red:{account_id}:") and one["key"].endswith(f":late:{one['reason']}")
        assert rule["inputs"]["breaches"][one["key"]] == one["at"] == rule["inputs"][one["reason"]]["due_at"]
    assert missed == [one for one in cli("show", account_id, "--json").json["history"] if one["kind"] == "sla_breach"]
    assert [
        line.split("SLA breach: ")[1] for line in cli("show", account_id).out.splitlines() if "SLA breach" in line
    ] == [
        "root cause was due",
        "assessment was due",
    ]
