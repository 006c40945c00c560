"""list, show and check against an independent reading of /v1/accounts by the rules A1–A8, written from rules.md."""

import csv
import io
import json
import urllib.request
from datetime import UTC, datetime, timedelta

LIST_KEYS = [
    *("id", "name", "category", "reasons", "signals", "detail", "tier", "workspaces", "used", "included", "pct"),
    *("projected_at", "logins", "reading", "suggested", "mrr", "currency", "since", "owner", "contact", "health"),
    *("monitor", "tree", "red", "handled", "claim", "snooze", "pending", "synced_at"),
]
RANKS = ["pilot_hard_block", "at_cap", "approaching_cap", "recently_downgraded"]
NEAR = 1e-9


def fetch(running, path):
    asked = urllib.request.Request(running.url + path, headers={"Authorization": f"Bearer {running.token}"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return json.loads(answer.read())


def whole_book(running):
    accounts, after = [], None
    while True:
        page = fetch(running, "/v1/accounts?limit=1000" + (f"&after={after}" if after is not None else ""))
        accounts += [one for one in page["accounts"] if not one["deleted"]]
        after = page["next_after"]
        if not page["more"]:
            return accounts, page["complete_through"]


def when(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


def gap(as_of, through):
    """Days after a series' last one that are known to be complete, hence zeros."""
    if not as_of or not through:
        return 0
    return max(0, (datetime.fromisoformat(through) - datetime.fromisoformat(as_of)).days)


def reason_of(account, workspace, through, now):
    used, included = workspace["hours_used"], workspace["hours_included"]
    known = used is not None and included is not None
    full = known and used >= included - NEAR
    if account["tier"] == "pilot" and (workspace["hard_block"] or full):
        return "pilot_hard_block"  # A2
    if full or workspace["hard_block"]:
        return "at_cap"  # A3, and A2 on any other tier
    if not known:
        return None
    if used / included >= 0.8 - NEAR:
        return "approaching_cap"  # A4, by ratio
    daily = (workspace["hours_daily"] or []) + [0.0] * gap(workspace["hours_as_of"], through)
    recent = [hours for hours in daily if hours is not None][-7:]
    if len(recent) < 3 or sum(recent) <= 0 or not workspace["cycle_end"]:
        return None
    days = (included - used) / (sum(recent) / len(recent))
    if days <= 7 + NEAR and now + timedelta(days=days) < when(workspace["cycle_end"]):
        return "approaching_cap"  # A4, by projection
    return None


def logins_of(account, through, now):
    logins = account["admin_logins"]
    if logins is None:
        return {"last_at": None, "count_30d": None, "class": "unknown"}
    count, missing = logins["count_30d"], gap(logins["as_of"], through)
    if missing and logins["daily"] is not None:
        count = sum(day or 0 for day in (logins["daily"] + [0] * missing)[-30:])
    last = when(logins["last_at"])
    age = (now - last).total_seconds() / 86400 if last else None
    if age is None or age > 14 + NEAR:
        word = "none recent"
    elif count is not None and count >= 8 and age <= 7 + NEAR:
        word = "frequent"
    else:
        word = "some"
    return {"last_at": last, "count_30d": count, "class": word}


def read(account, through, now):
    found = {one["id"]: reason_of(account, one, through, now) for one in account["workspaces"]}
    reasons = set(found.values()) - {None}
    dropped = when(account["downgraded_at"])
    if dropped and 0 <= (now - dropped).total_seconds() / 86400 <= 14 + NEAR:
        reasons.add("recently_downgraded")  # A5
    reasons = sorted(reasons, key=RANKS.index)
    if not reasons:
        return None
    field = {"pilot_hard_block": "blocked_since", "at_cap": "cap_reached_at"}.get(reasons[0])
    times = [when(one[field]) for one in account["workspaces"] if field and found[one["id"]] == reasons[0]]
    since = min((at for at in times if at), default=None)
    if reasons[0] == "recently_downgraded":
        since = dropped

    def worst(one):
        known = one["hours_used"] is not None and one["hours_included"]
        return (
            RANKS.index(found[one["id"]]) if found[one["id"]] else 4,
            -(one["hours_used"] / one["hours_included"] if known else -1),
            one["id"],
        )

    return {
        "id": account["id"],
        "category": reasons[0],
        "reasons": reasons,
        "since": since,
        "mrr": account["mrr"],
        "workspaces": [(one["id"], found[one["id"]]) for one in sorted(account["workspaces"], key=worst)],
        "logins": logins_of(account, through, now),
    }


def order(row):  # A7
    rank, last = RANKS.index(row["category"]), datetime.max.replace(tzinfo=UTC)
    if rank == 0:
        return rank, row["since"] or last, last, row["id"]
    return rank, -(row["mrr"] or 0), row["since"] or last, row["id"]


def as_printed(row):
    return {
        "id": row["id"],
        "category": row["category"],
        "reasons": row["reasons"],
        "since": when(row["since"]),
        "mrr": row["mrr"],
        "workspaces": [(one["id"], one["reason"]) for one in row["workspaces"]],
        "logins": {**row["logins"], "last_at": when(row["logins"]["last_at"])},
    }


def test_A1_to_A8_list_equals_an_independent_reading_row_for_row(sandbox, synced, cli):
    assert synced[1]["pulled"] == 300 and synced[1]["full"] is True
    assert cli("sync").code == 0  # other tests share the server
    accounts, through = whole_book(sandbox)
    now = datetime.now(UTC)
    expected = sorted(filter(None, (read(account, through, now) for account in accounts)), key=order)
    printed = cli("list", "--json")
    assert printed.code == 0
    assert [as_printed(row) for row in printed.json] == expected
    assert {row["category"] for row in printed.json} == set(RANKS)


def test_list_has_every_key_in_the_documents_order(cli):
    rows = cli("list", "--json").json
    for row in rows:
        assert list(row) == LIST_KEYS
        assert list(row["logins"]) == ["last_at", "count_30d", "class"]
        assert all(row[name] is not None for name in ("health", "monitor", "tree", "red"))
        first = row["workspaces"][0]
        assert (row["used"], row["included"]) == (first["used"], first["included"])
        for one in row["workspaces"]:
            assert list(one) == ["id", "name", "reason", "used", "included"]
        if row["contact"]:
            assert list(row["contact"]) == ["user_id", "name", "email", "role", "reachable"]
        if row["owner"]:
            assert list(row["owner"]) == ["staff_id", "name", "email"]
        assert row["synced_at"].endswith("Z")


def test_A7_all_puts_the_rest_of_the_book_behind_by_mrr(cli):
    rows = cli("list", "--all", "--json").json
    assert len(rows) == 300
    listed = len(cli("list", "--json").json)
    rest = rows[listed:]
    assert all(row["category"] for row in rows[:listed]) and not any(row["category"] for row in rest)
    assert rest == sorted(rest, key=lambda row: (-(row["mrr"] or 0), row["id"]))


def test_A17_list_prints_snoozed_accounts_in_their_place(cli):
    rows = cli("list", "--json").json
    assert any(row["snooze"] for row in rows)


def test_category_filter_view_and_limit(cli):
    rows = cli("list", "--json").json
    at_cap = [row["id"] for row in rows if row["category"] == "at_cap"]
    assert [row["id"] for row in cli("list", "--category", "at_cap", "--json").json] == at_cap
    assert [row["id"] for row in cli("list", "--view", "at-cap", "--limit", 2, "--json").json] == at_cap[:2]
    name = rows[3]["name"].split()[0]
    for row in cli("list", "--filter", name.upper(), "--json").json:
        assert row["id"] in {one["id"] for one in rows}
    assert cli("list", "--filter", "no such name", "--json").json == []
    signals = cli("list", "--view", "signals", "--json").json
    assert signals and all(row["signals"] for row in signals)


def test_csv_guards_formulas_and_has_the_same_rows(cli):
    from triage.commands.tables import csv_text

    rows = list(csv.DictReader(io.StringIO(cli("list", "--csv").out)))
    assert [row["id"] for row in rows] == [row["id"] for row in cli("list", "--json").json]
    for start in ("=", "+", "-", "@", "\t", "\r", " =", "＝", "＋", "－", "＠"):
        told = f"'{' ' if start.isspace() else start}1"
        assert next(csv.reader(io.StringIO(csv_text(("a",), [(start + "1",)]).split("\r\n", 1)[1]))) == [told]
    assert csv_text(("a", "b", "c"), [(-5, None, "plain")]).endswith("-5,,plain\r\n")


def test_human_output_is_aligned_and_holds_no_control_characters(cli):
    from data.safe_text import cell_width

    text = cli("list").out
    heads, *lines = text.splitlines()
    assert all(char.isprintable() or char == "\n" for char in text)
    column = cell_width(heads[: heads.index("TIER")])
    for line in lines:
        cells = 0
        for position, char in enumerate(line):
            if cells == column:
                assert line[position - 2 : position] == "  " and char != " ", line
                break
            cells += cell_width(char)
    plain = cli("list", "--plain").out.splitlines()
    assert [line.split("\t")[2] for line in plain] == [row["id"] for row in cli("list", "--json").json]


def test_show_adds_verdicts_and_history(cli):
    row = cli("list", "--limit", 1, "--json").json[0]
    shown = cli("show", row["id"], "--json")
    assert list(shown.json) == [*LIST_KEYS, "verdicts", "score_breakdown", "audit", "history"]
    assert {one["rule"] for one in shown.json["verdicts"]} >= {"A1", "A2", "A7", "A8", "A9"}
    assert all(list(one) == ["rule", "verdict", "inputs"] for one in shown.json["verdicts"])
    text = cli("show", row["id"])
    assert row["name"] in text.out and "A9" in text.out and text.code == 0
    missing = cli("show", "acc_nobody")
    assert missing.code == 1 and "acc_nobody" in missing.err and missing.out == ""


def test_check_exits_1_with_one_line_each_and_knows_ages(cli):
    blocked = [row["id"] for row in cli("list", "--category", "pilot_hard_block", "--json").json]
    ran = cli("check")
    assert ran.code == 1
    lines = [line.split()[:2] for line in ran.out.splitlines()]
    assert lines[: len(blocked)] == [["pilot_hard_block", one] for one in blocked]
    late = [one for _, one in lines[len(blocked) :]]
    assert {kind for kind, _ in lines[len(blocked) :]} == {"SLA_BREACH"}
    assert set(late) <= {row["id"] for row in cli("list", "--view", "red", "--json").json}
    assert {row["id"] for row in cli("check", "--json").json} == {*blocked, *late}
    quiet = cli("check", "--older-than", "400d")
    assert (quiet.code, quiet.out) == (0, "")
    assert len(cli("check", "--category", "at_cap").out.splitlines()) > 1


def test_check_exits_3_when_the_data_is_too_old_to_tell(cli):
    (cli.home / "config.toml").write_text('stale_after = "0s"\n')
    ran = cli("check", "--older-than", "400d")
    assert ran.code == 3 and "triage sync" in ran.err
    assert "old" in cli("list").err


def test_without_a_sync_there_is_no_data_yet(bare):
    for words in (["list"], ["show", "acc_1"], ["check"], ["audit"]):
        ran = bare(*words)
        assert (ran.code, ran.out) == (3, ""), ran
        assert "No data yet: triage sync" in ran.err
    assert bare("list", "--json").out == "[]\n" and bare("check", "--json").out == "[]\n"
    nobody = bare.changed(TRIAGE_BASE_URL=None, TRIAGE_TOKEN=None)
    assert nobody("list", "--json").out == "[]\n"


def test_reading_needs_neither_url_nor_token_and_refuses_another_backends_book(cli):
    unnamed = cli.changed(TRIAGE_BASE_URL=None)("sync")
    assert (unnamed.code, unnamed.out) == (2, "") and "TRIAGE_BASE_URL" in unnamed.err
    without = cli.changed(TRIAGE_BASE_URL=None, TRIAGE_TOKEN=None)
    assert len(without("list", "--json").json) > 10
    other = cli.changed(TRIAGE_BASE_URL="https://other.example")("list")
    assert other.code == 2 and "other.example" in other.err and cli.environ["TRIAGE_BASE_URL"] in other.err


def test_a_damaged_outbox_does_not_hide_the_list(cli):
    outbox = next(cli.home.rglob("outbox.db"))
    outbox.write_bytes(b"not a database" * 1000)
    ran = cli("list", "--json")
    assert ran.code == 0 and len(ran.json) > 10 and "rescue-outbox" in ran.err
    assert outbox.read_bytes() == b"not a database" * 1000
