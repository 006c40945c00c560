"""`triage import` (M2): days for accounts whose source has none, kept whole or not at all, over syncs and restarts."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from triage.sandbox.process import start

TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that knows no daily users of its first two accounts."""
    db = tmp_path_factory.mktemp("server") / "server.db"
    start(accounts=30, seed=3, db=db).stop()
    with closing(sqlite3.connect(db)) as book:
        for account_id, text in book.execute("SELECT id, body FROM accounts ORDER BY id LIMIT 2").fetchall():
            body = json.loads(text)
            body["signals"] |= {"active_users_daily": None, "last_feature": None}
            body["created_at"] = "2024-01-01T00:00:00Z"
            for space in body["workspaces"]:
                space["seats_licensed"] = 5 if space is body["workspaces"][0] else 0
            book.execute("UPDATE accounts SET body = ? WHERE id = ?", (json.dumps(body), account_id))
        book.commit()
    with start(accounts=30, seed=3, db=db) as running:
        yield running


@pytest.fixture
def home(server, program, tmp_path):
    made = program(tmp_path / "home", server.url, server.token)
    assert made("sync").code == 0
    return made


def monitor(run, account_id):
    return run("show", account_id, "--json").json["monitor"]


def ids(run):
    return sorted(one["id"] for one in run("list", "--all", "--json").json)


def lines(account_id, *spans):
    """`(days, users)` spans that end yesterday, oldest first."""
    counts = [users for length, users in spans for _ in range(length)]
    first = TODAY - timedelta(days=len(counts))
    return [(account_id, (first + timedelta(days=place)).isoformat(), users) for place, users in enumerate(counts)]


def as_csv(path, rows, heads="account,day,active_users"):
    path.write_text("\n".join([heads, *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
    return path


def test_M2_imported_days_are_read_by_every_rule_and_outlive_a_sync(home, tmp_path):
    one, two = ids(home)[:2]
    assert monitor(home, one)["state"] == "data_gap"
    rows = lines(one, (90, 4), (14, 2)) + lines(two, (90, 4), (14, 1))
    done = home("import", as_csv(tmp_path / "use.csv", rows))
    assert done.code == 0 and "208 days of 2 accounts, 2 assessed anew" in done.out, done
    assert (monitor(home, one)["state"], monitor(home, one)["ratio"]) == ("moderate", pytest.approx(0.5))
    assert (monitor(home, two)["state"], monitor(home, two)["ratio"]) == ("severe", pytest.approx(0.25))
    assert home("sync", "--full").code == 0
    assert monitor(home, one)["state"] == "moderate"
    assert home("import", "--forget").code == 0
    assert monitor(home, one)["state"] == "data_gap"


def test_M2_the_source_goes_before_what_was_imported(home, tmp_path):
    own = ids(home)[5]
    before = home("show", own, "--json").json
    done = home("import", as_csv(tmp_path / "use.csv", lines(own, (104, 0))), "--json").json
    after = home("show", own, "--json").json
    assert done["own_data"] == [own] and done["unknown"] == []
    assert (after["monitor"], after["health"]) == (before["monitor"], before["health"])


def test_M2_json_lines_a_feature_and_an_account_that_is_not_here_yet(home, tmp_path):
    one = ids(home)[0]
    told = [{"account": a, "day": d, "active_users": u, "feature": "search"} for a, d, u in lines(one, (104, 4))]
    told += [{"account": "acc_elsewhere", "day": told[0]["day"], "active_users": None}]
    told += [{"account": "acc_later", "day": told[0]["day"], "active_users": 3}]
    file = tmp_path / "use.jsonl"
    file.write_text("\n".join(map(json.dumps, told)) + "\n", encoding="utf-8")
    done = home("import", file, "--json").json
    assert (done["accounts"], done["days"], done["assessed"], done["unknown"]) == (2, 105, 1, ["acc_later"])
    assert monitor(home, one)["state"] == "ok"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("acc 1,2026-01-01,3", "no account id"),
        ("acc_1,yesterday,3", "no day"),
        (f"acc_1,{TODAY.isoformat()},3", "not over yet"),
        ("acc_1,2026-01-01,-3", "no number of users"),
        ("acc_1,2026-01-01,3.5", "no number of users"),
        ("acc_1,2026-01-01,\x1b[31m", "no number of users"),
    ],
)
def test_one_line_that_cannot_be_meant_keeps_the_whole_file_out(home, tmp_path, line, said):
    one = ids(home)[0]
    rows = lines(one, (104, 4))
    file = as_csv(tmp_path / "use.csv", rows)
    file.write_text(file.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    done = home("import", file)
    assert done.code == 2 and said in done.err and "line 106" in done.err and "\x1b" not in done.err, done
    assert monitor(home, one)["state"] == "data_gap"


def test_what_is_no_such_file_is_said(home, tmp_path):
    assert "lacks the column day" in home("import", as_csv(tmp_path / "a.csv", [], "account,active_users")).err
    (tmp_path / "a.jsonl").write_text("[1]\n", encoding="utf-8")
    assert "not a JSON object" in home("import", tmp_path / "a.jsonl").err
    (tmp_path / "b.csv").write_bytes(b"account,day,active_users\n\xff\xff,1,1\n")
    assert "not UTF-8" in home("import", tmp_path / "b.csv").err
    assert home("import").code == 2 and home("import", tmp_path / "b.csv", "--forget").code == 2


def test_without_a_sync_there_is_nothing_to_import_into(program, server, tmp_path):
    bare = program(tmp_path / "bare", server.url, server.token)
    assert bare("import", as_csv(tmp_path / "use.csv", lines("acc_1", (3, 1)))).code == 3
