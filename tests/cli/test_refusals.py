"""What `triage remedy` refuses, and how it says so."""

REASON = "Ward rounds cannot record before the audit"


def test_a_downgrade_is_refused_without_its_word_in_the_dry_run_too(cli):
    for account in cli("list", "--all", "--json").json:
        words = ("remedy", "change_tier", account["id"], "--set", "tier=innovator")
        plain = cli(*words, "--dry-run", "--json") if account["tier"] == "guardian" else None
        if plain is None or any(guard["rule"] == "A11" for guard in plain.json["guards"]):
            continue
        assert plain.code == 1 and "--ack WORD" in plain.err
        assert plain.json["guards"][0]["rule"] == "downgrade" and plain.json["guards"][0]["blocking"]
        assert cli(*words, "--dry-run", "--ack", account["id"]).code + cli(*words, "--dry-run").code == 1
        return
    raise AssertionError("the book has no guardian account to downgrade")


def test_a_refusal_before_any_preview_prints_the_object_too(cli):
    words = ("remedy", "reset_usage", "acc_nobody", "--reason", REASON, "--json")
    unknown = cli(*words)
    assert unknown.code == 1 and "acc_nobody" in unknown.json["guards"][0]["message"]
    assert (unknown.json["change_id"], unknown.json["state"], unknown.json["before"]) == (None, None, {})
    stranger = cli.changed(TRIAGE_BASE_URL=cli.environ["TRIAGE_BASE_URL"], TRIAGE_TOKEN="revoked-token")(*words)
    assert stranger.code == 4 and stranger.json["guards"][0]["blocking"]
