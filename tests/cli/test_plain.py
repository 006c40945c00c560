"""--plain of every table: one tab between cells, no heading, nothing aligned; the same in a pipe and on a terminal."""

import pytest


@pytest.fixture
def rows(cli):
    """Runs a command with --plain and gives its cells."""

    def run(*words):
        ran = cli(*words, "--plain")
        assert ran.code in (0, 1) and ran.out, ran
        return [line.split("\t") for line in ran.out.splitlines()]

    return run


def test_audit_and_monitor_have_a_line_an_element_and_a_cell_a_column(cli, rows):
    entries = cli("audit", "list", "--limit", 5, "--json").json
    for words in (["audit", "--limit", 5], ["audit", "list", "--limit", 5]):
        assert [(one[0], one[2]) for one in rows(*words)] == [
            (str(one["seq"]), one["actor"]["name"]) for one in entries
        ]
    alerts = cli("monitor", "--json").json["alerts"]
    found = rows("monitor")
    assert [(one[0], one[3]) for one in found] == [(one["state"], one["account_id"]) for one in alerts]
    assert {len(one) for one in found} == {7}


def test_check_has_four_cells_and_keeps_its_exit_code(cli, rows):
    found = rows("check")
    assert {len(one) for one in found} == {4} and {one[0] for one in found} >= {"pilot_hard_block"}
    text = cli("check").out.splitlines()
    assert [one[0] for one in found] == [line.split()[0] for line in text] and cli("check", "--plain").code == 1


def test_outbox_gives_whole_ids(cli, rows):
    row = next(row for row in cli("list", "--json").json if row["tier"] != "guardian" and row["mrr"])
    words = ("remedy", "apply_discount", row["id"], "--set", "kind=scholarship", "--set", "percent=3")
    change = cli(*words, "--reason", "Waits in the outbox", "--json").json["change_id"]
    for words in (["outbox"], ["outbox", "list"]):
        assert [change, "queued", row["id"]] in [[one[0], one[1], one[4]] for one in rows(*words)]
    assert cli("outbox", "--plain", "--json").code == 2
