"""`triage monitor`: what would be sent and why not, sending only what was shown, at most once; doctor's M23."""

import re
import shutil

import httpx
import pytest
from kit.mail import Mailbox, free_port, mail_server

from triage.sandbox.process import start

KEYS = {"account_id", "name", "state", "ratio", "since", "route", "action", "problem", "key", "outcome"}
# At no hour quiet, so that the tests say the same at night.
POLICY = "[monitor]\nquiet_from = 0\nquiet_to = 0\n"


@pytest.fixture(scope="module")
def server():
    """A book of its own: what is sent here changes it for everybody."""
    with start(accounts=400, seed=3) as running:
        yield running


@pytest.fixture(scope="module")
def synced_home(server, program, tmp_path_factory):
    home = tmp_path_factory.mktemp("monitor") / "home"
    assert program(home, server.url, server.token)("sync").code == 0
    return home


@pytest.fixture
def monitor(server, program, synced_home, tmp_path):
    """The program in a copy of the synced home; `port` is that of its mail server."""

    def opened(port, name="one", policy=POLICY):
        home = tmp_path / name
        shutil.copytree(synced_home, home)
        (home / "policy.toml").write_text(policy)
        (home / "config.toml").write_text(
            f'policy = "policy.toml"\n[outreach]\nsmtp_host = "127.0.0.1"\nsmtp_port = {port}\n'
        )
        return program(home, server.url, server.token)

    return opened


def ready(ran):
    return [one for one in ran.json["alerts"] if one["action"]]


def audit_of(server, account):
    answer = httpx.get(
        f"{server.url}/v1/audit",
        params={"account_id": account, "limit": 1000},
        headers={"Authorization": f"Bearer {server.token}"},
    )
    return [one["after"]["stage"] for one in answer.json()["entries"] if one["action"] == "log_outreach"]


def test_M12_M15_a_pass_says_what_would_be_sent_and_why_not(monitor):
    ran = monitor(free_port())("monitor", "--json")
    assert ran.code == 0 and set(ran.json) == {"at", "dry_run", "ready", "fleet", "alerts"}, ran
    assert ran.json["dry_run"] is True and ran.json["fleet"] is None
    assert ran.json["alerts"] and all(set(one) == KEYS for one in ran.json["alerts"])
    for one in ran.json["alerts"]:
        assert (one["action"] is None) != (one["problem"] is None)
        assert one["key"].startswith(f"monitor:{one['account_id']}:{one['since']}")
        if one["action"]:
            assert (one["state"], one["route"]) == ("moderate", "automatic")
        if one["state"] == "severe":
            assert one["action"] is None and one["route"] in ("csm_high", "unassigned")
    assert ran.json["ready"] == len(ready(ran)) > 0


def test_the_words_for_people_and_without_data(monitor, bare):
    ran = monitor(free_port())("monitor")
    assert ran.code == 0 and "would send a check-in" in ran.out and "STATE" in ran.out.splitlines()[0], ran
    empty = bare("monitor", "--json")
    assert (empty.code, empty.json) == (3, []), empty


def test_M22_quiet_hours_hold_everything(monitor):
    ran = monitor(free_port(), policy="[monitor]\nquiet_from = 1\nquiet_to = 0\n")("monitor", "--json")
    held = [one for one in ran.json["alerts"] if "Quiet hours" in (one["problem"] or "")]
    if "T00:" not in ran.json["at"]:  # the one hour that is not quiet
        assert held and not ready(ran), ran


def test_M13_a_fleet_event_holds_everything_and_says_so(monitor):
    rules = "fleet_share = 0.001\nfleet_accounts = 1\nfleet_hold_days = 180\n"
    ran = monitor(free_port(), policy=f"{POLICY}{rules}")("monitor", "--json")
    assert not ready(ran), ran


def test_send_refuses_without_a_dry_run_and_without_a_mail_server(monitor, server):
    with mail_server(Mailbox()) as box:
        one = monitor(box.port)
        ran = one("monitor", "--send")
        assert ran.code == 1 and "triage monitor --dry-run" in ran.err, ran
        shown = one("monitor", "--dry-run", "--json")
        assert ready(shown)
    ran = one("monitor", "--send", "--json")  # the server has gone away meanwhile
    assert ran.code == 3 and "Nothing was sent" in ran.err and "cannot be reached" in ran.err, ran
    assert box.mails == [] and all("intent" not in audit_of(server, each["account_id"]) for each in ready(shown))


def test_M15_M17b_M22_send_what_was_shown_once_and_never_again(monitor, server):
    with mail_server(Mailbox()) as box:
        one, two = monitor(box.port, "one"), monitor(box.port, "two")
        shown = ready(one("monitor", "--json"))
        assert ready(two("monitor", "--json")) == shown
        first = one("monitor", "--send", "--json")
        assert first.code == 0 and first.json["sent"] == len(shown) > 0 and first.json["dry_run"] is False, first
        assert {each["outcome"] for each in first.json["alerts"] if each["action"]} == {"sent"}
        assert sorted(to for _, [to], _ in box.mails) == sorted({to for _, [to], _ in box.mails})
        for again in (one("monitor", "--send", "--json"), two("monitor", "--send", "--json")):
            assert again.code == 0 and again.json["sent"] == 0, again
            told = {each["account_id"]: each["problem"] for each in again.json["alerts"]}
            assert all("follow-up is due" in told[each["account_id"]] for each in shown)
        assert len(box.mails) == len(shown)
    for each in shown:
        assert audit_of(server, each["account_id"])[-2:] == ["intent", "sent"]
    mail = box.mails[0][2]
    assert mail["From"] and "[no " not in str(mail.get_content())


def test_an_alert_that_no_dry_run_has_shown_is_not_sent(monitor, program, tmp_path):
    with start(accounts=400, seed=4) as fresh, mail_server(Mailbox()) as box:
        one = program(tmp_path / "fresh", fresh.url, fresh.token)
        one.home.mkdir()
        (one.home / "policy.toml").write_text(POLICY + "high_value_share = 0.9\n")
        (one.home / "config.toml").write_text(
            f'policy = "policy.toml"\n[outreach]\nsmtp_host = "127.0.0.1"\nsmtp_port = {box.port}\n'
        )
        assert one("sync").code == 0
        shown = {each["key"] for each in ready(one("monitor", "--dry-run", "--json"))}
        (one.home / "policy.toml").write_text(POLICY)
        assert one("sync", "--full", "--yes").code == 0
        ran = one("monitor", "--send", "--json")
        outcomes = {each["key"]: each["outcome"] for each in ready(ran)}
        assert set(outcomes) >= shown
        assert len(box.mails) == ran.json["sent"] == len(shown & set(outcomes))
        assert all("dry run" in said for key, said in outcomes.items() if key not in shown)


def test_M23_doctor_counts_and_lists_what_accounts_lack(monitor):
    cli = monitor(free_port())
    [found] = [one for one in cli("doctor", "--json").json if one["name"] == "monitor"]
    lacking = {one["id"] for one in cli("list", "--all", "--json").json if one["owner"] is None}
    assert found["ok"] is True and f" {len(lacking)} lack a CSM" in found["what"] and len(lacking) > 3, found
    few, every = cli("doctor").out, cli("doctor", "-v").out
    assert len(lacking & set(re.findall(r"acc_\w+", few))) == 3 and "-v lists all" in few
    assert lacking <= set(re.findall(r"acc_\w+", every)) and "-v lists all" not in every
