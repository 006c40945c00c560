"""`triage outbox list/show` for people: each case says what happened, and the one command that is right comes first."""

import sqlite3

import pytest

from data.safe_text import most_cells

REASON = "Ward rounds cannot record before the audit"
SET = "UPDATE change SET "
CASES = {
    "refused": (
        SET + "state = 'rejected', last_error = 'It does not fit; /params/text: too long', finished_at = authored_at",
        "reauthor",
        "Text         too long",
    ),
    "unknown": (
        SET + "state = 'sending', unknown = 1, attempts = 6, sent_at = authored_at, last_error = 'Nobody answered.'",
        "look-up",
        "Came back    Nobody answered.",
    ),
    "identity": (
        SET
        + "state = 'parked', parked_why = 'identity', staff_name = 'Tom Reyes', last_error = 'Written as Tom Reyes.'",
        "login",
        "triage login (as Tom Reyes)",
    ),
    "predecessor": (
        SET + "state = 'parked', parked_why = 'predecessor'",
        "reauthor",
        "the change before it was not applied",
    ),
    "key reused": (
        SET + "state = 'parked', parked_why = 'key_reused', last_error = 'Used before.'",
        "reauthor",
        "SHA-256",
    ),
    "conflict": (SET + "state = 'conflict', conflict = '[]'", "discard", "(conflict)"),
}


@pytest.mark.parametrize("case", CASES)
def test_each_case_has_its_one_right_command_first(case, cli):
    query, command, words = CASES[case]
    account = cli("list", "--all", "--json").json[0]["id"]
    box = next(cli.home.rglob("outbox.db"))
    add_note(cli, account)
    with sqlite3.connect(box) as connection:
        connection.execute(query)
    connection.close()
    (row,) = cli("outbox", "list", "--json").json
    assert row["do"][0] == command, row
    shown = cli("outbox", "show", row["change_id"][:8])
    assert shown.code == 0 and words in shown.out, shown
    first = next(line for line in shown.out.splitlines() if line.startswith("Do "))
    assert command in first
    assert command in cli("outbox").out
    told = cli("outbox", "show", row["change_id"], "--json").json
    assert set(row) < set(told) and "first_sent_at" in told
    assert row["errors"] == ([{"field": "Text", "message": "too long"}] if case == "refused" else [])


def add_note(cli, account):
    """A note of ours in the outbox, written past the command line, which has no command for records."""
    from datetime import UTC, datetime

    from data.cache import Cache
    from data.outbox import Outbox
    from data.remedy import Order, Preview

    cache = Cache.open(next(cli.home.rglob("cache.db")).parent, None)
    outbox = Outbox.open(next(cli.home.rglob("outbox.db")).parent)
    outbox.author(
        Order("note", account, None, {"text": "x"}, REASON),
        change_id="11111111-2222-3333-4444-555555555555",
        account=cache.account(account),
        identity=cache.identity,
        base_url=cli.environ["TRIAGE_BASE_URL"],
        client="tests",
        preview=Preview("note", account, None, {}, {}, ()),
        now=datetime.now(UTC),
    )
    outbox.close()
    cache.close()


def test_a_line_of_the_list_fits_a_terminal_whatever_people_write(cli):
    account = cli("list", "--all", "--json").json[0]["id"]
    add_note(cli, account)
    box = next(cli.home.rglob("outbox.db"))
    with sqlite3.connect(box) as connection:
        query = "UPDATE change SET account_name = ?, state = 'rejected', last_error = ?, reason = ?"
        connection.execute(query, ("株式会社" * 40, "Too long. " * 40, "A reason " * 50))
    connection.close()
    heads, line = cli("outbox").out.splitlines()
    assert heads.split("  ")[0] == "ID" and most_cells(line) <= 120 and line.endswith("…"), line
    assert "Too long. Too long." in line
