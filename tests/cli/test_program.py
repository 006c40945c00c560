"""The program as a whole: help, exit codes, suggestions, what is imported, pipes, the sandbox, the demo."""

import json
import re
import signal
import subprocess
import sys
import time
import tomllib

import pytest

from triage.commands import COMMANDS
from triage.commands.parser import parse

HEAVY = ("textual", "sqlmodel", "sqlalchemy", "pydantic", "httpx", "keyring", "rich", "cryptography")


def imported(program, *words):
    """The heavy libraries that a run imports."""
    environ = {**program.environ, "PYTHONPROFILEIMPORTTIME": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "triage", "--home", program.home, *map(str, words)],
        capture_output=True,
        text=True,
        env=environ,
        timeout=60,
    )
    found = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert "triage" in found, done.stderr[-500:]
    return found & set(HEAVY)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as ended:
        parse([name, "--help"])
    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"usage: triage {name}" in text and "--home" in text and len(text.splitlines()) > 8


def test_help_names_every_command_and_exit_code(bare):
    ran = bare("--help")
    assert ran.code == 0 and ran.err == ""
    for name in COMMANDS:
        assert re.search(rf"^    {name} ", ran.out, re.M), name
    for code in ("0 ok", "1 failed", "2 usage", "3 offline", "4 signed out", "130"):
        assert code in ran.out


def test_list_show_and_check_import_no_heavy_library(cli):
    row = cli("list", "--limit", 1, "--json").json[0]
    for words in (["list"], ["list", "--json"], ["list", "--csv"], ["show", row["id"]], ["check"], ["audit"]):
        assert imported(cli, *words) == set(), words


def test_headless_commands_never_import_textual(cli):
    row = cli("list", "--category", "at_cap", "--limit", 1, "--json").json[0]
    remedy = ("remedy", "reset_usage", row["id"], "--workspace", row["workspaces"][0]["id"], "--reason", "Long enough")
    for words in (["sync", "--json"], ["whoami"], remedy, ["outbox"], ["config"], ["version"], ["doctor"], ["logout"]):
        assert not imported(cli, *words) & {"textual", "sqlmodel", "pydantic"}, words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["lst"], "Did you mean list?"),
        (["list", "--jsn"], "Did you mean --json?"),
        (["outbox", "discrad", "x"], "Did you mean discard?"),
        (["list", "--category", "at_cp"], "Did you mean at_cap?"),
        (["list", "--limit", "-3"], "negative"),
        (["list", "--limit", "x"], "not a limit"),
        (["list", "--category", "x"], "recently_downgraded"),
        (["list", "--all", "--category", "at_cap"], "contradict"),
        (["check", "--older-than", "soon"], "90s"),
        (["--home"], "expected one argument"),
        (["show"], "ID"),
    ],
)
def test_usage_errors_exit_2_with_the_nearest_word(cli, words, said):
    ran = cli(*words)
    assert (ran.code, ran.out) == (2, "") and said in ran.err, ran
    assert len(ran.err.strip().splitlines()) == 1


def test_config_errors_exit_2(bare):
    ran = bare.changed(TRIAGE_BASE_URL="http://billing.example")("sync", "--json")
    assert (ran.code, ran.out) == (2, "") and "plain http" in ran.err
    ran = bare.changed(TRIAGE_BASE_URL=None)("sync")
    assert ran.code == 2 and "triage demo" in ran.err
    assert bare.changed(TRIAGE_BASE_URL=None)().code == 2
    ran = bare("demo")
    assert (ran.code, ran.out) == (2, "") and ran.err.count("\n") == 1, "said before a book is seeded"
    ran = bare()
    assert ran.code == 2 and "needs a terminal" in ran.err


def test_offline_exits_3_and_a_wrong_token_4_with_the_summary_on_stdout(bare, sandbox):
    gone = bare.changed(TRIAGE_BASE_URL="http://127.0.0.1:9")
    for words, code, program in (
        (["sync", "--json"], 3, gone),
        (["whoami"], 3, gone),
        (["sync", "--json"], 4, bare.changed(TRIAGE_TOKEN="wrong")),
        (["sync", "--json"], 4, bare.changed(TRIAGE_TOKEN=None)),
        (["whoami", "--json"], 4, bare.changed(TRIAGE_TOKEN=None)),
    ):
        ran = program(*words)
        assert ran.code == code, ran
        assert len(ran.err.strip().splitlines()) == 1
        if words[0] == "sync":
            assert ran.json["pulled"] == 0 and len(ran.json) == 9
        assert "wrong" not in ran.err


def test_global_options_stand_before_or_after_the_command(sandbox, synced):
    home = str(synced[0])
    for argv in (
        ["--home", home, "--profile", "p", "outbox", "list", "--read-only"],
        ["outbox", "--home", home, "list", "--profile", "p", "--read-only"],
        ["--read-only", "outbox", "list", "--profile", "p", "--home", home],
    ):
        args = parse(argv)
        assert (args.home, args.profile, args.read_only, args.action) == (home, "p", True, "list")


def test_output_is_the_same_with_every_stdout_and_a_closed_pipe_is_quiet(cli):
    command = [sys.executable, "-m", "triage", "--home", str(cli.home), "list", "--all"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=cli.environ) as running:
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(30) == 0


def hears_interrupts():
    """Whoever runs the suite in the background may have it ignore them, and its children with it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupt_exits_130_without_a_traceback(bare, tmp_path):
    ready = tmp_path / "ready"
    wait = f"import pathlib,time; pathlib.Path({str(ready)!r}).touch(); time.sleep(30)"
    bare.home.mkdir()
    (bare.home / "config.toml").write_text(f"token_command = {json.dumps([sys.executable, '-c', wait])}")
    environ = {name: text for name, text in bare.environ.items() if name != "TRIAGE_TOKEN"}
    command = [sys.executable, "-m", "triage", "--home", str(bare.home), "sync"]
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE, "preexec_fn": hears_interrupts}
    with subprocess.Popen(command, env=environ, **pipes) as running:
        for _ in range(300):
            if ready.exists():
                break
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        said = running.stderr.read()
        assert running.wait(30) == 130
        assert b"Traceback" not in said
    loading = "import os, signal, sys; from triage import __main__ as m\n"
    loading += "class Finder:\n def find_spec(self, name, *_):\n"
    loading += "  name == 'triage.cli' and os.kill(os.getpid(), signal.SIGINT)\n"
    ran = subprocess.run(
        [sys.executable, "-c", loading + "sys.meta_path.insert(0, Finder()); sys.exit(m.main())"],
        capture_output=True,
        check=False,
        preexec_fn=hears_interrupts,
    )
    assert ran.returncode == 130 and b"Traceback" not in ran.stderr


def test_remedy_says_money_in_whole_units_with_its_currency(cli):
    rows = cli("list", "--all", "--json").json
    row = next(row for row in rows if row["currency"] == "EUR" and row["mrr"] and row["tier"] == "guardian")
    ran = cli("remedy", "apply_discount", row["id"], "--set", "kind=scholarship", "--set", "percent=5", "--dry-run")
    assert f"{row['mrr'] / 100:,.2f} -> " in ran.out


def test_the_log_has_counts_and_our_own_sentences_only(cli, sandbox):
    rows = cli("list", "--category", "at_cap", "--json").json
    row = [row for row in rows if row["handled"] is None][-1]
    account, workspace, name = row["id"], row["workspaces"][0]["id"], row["name"]
    reason = "Canary reason that no log may hold"
    assert cli("remedy", "reset_usage", account, "--workspace", workspace, "--reason", reason, "--push").code == 0
    assert cli.changed(TRIAGE_BASE_URL="http://127.0.0.1:9")("sync").code == 3
    log = cli.home / "state" / "triage.log"
    text = log.read_text()
    assert "push pushed=1 conflicts=0 rejected=0 waiting=0" in text
    assert "sync failed Offline: 127.0.0.1:9 cannot be reached" in text
    assert log.stat().st_mode & 0o777 == 0o600
    assert not [word for word in (reason, sandbox.token, account, workspace, name) if word in text]
    log.write_text("x" * 300_000)
    assert cli("sync", "--full").code == 0
    assert "pulled=" in log.read_text() and "x" not in log.read_text()
    assert log.with_name("triage.log.1").stat().st_size == 300_000


def test_whoami_version_and_config(cli, sandbox):
    who = cli("whoami", "--json").json
    assert list(who) == ["staff_id", "name", "permissions", "backend", "capabilities"]
    assert who["backend"] == sandbox.url and "usage:reset" in who["permissions"]
    assert cli("version").out.startswith("triage ")
    text = cli("config").out
    values = tomllib.loads(text)
    assert values["base_url"] == sandbox.url and "# environment" in text
    assert cli("config", "--schema").json["additionalProperties"] is False
    assert sandbox.token not in text + cli("config", "--json").out


def test_sandbox_prints_one_json_line_and_ends_on_sigterm(bare, tmp_path):
    command = [sys.executable, "-m", "triage", "sandbox", "--accounts", "20", "--seed", "7", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=bare.environ) as running:
        said = json.loads(running.stdout.readline())
        assert set(said) == {"url", "token", "tokens"} and set(said["tokens"]) == {"viewer", "agent", "lead"}
        program = bare.changed(TRIAGE_BASE_URL=said["url"], TRIAGE_TOKEN=said["token"])
        assert program("sync", "--json").json["pulled"] == 20
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
        assert running.stdout.read() == b""


def test_no_output_holds_the_token(cli, sandbox):
    for words in (["sync", "-v"], ["whoami", "-v"], ["config"], ["doctor"], ["outbox"], ["list", "--limit", "3"]):
        ran = cli(*words)
        assert sandbox.token not in ran.out + ran.err
    for path in cli.home.rglob("*"):
        if path.is_file():
            assert sandbox.token.encode() not in path.read_bytes(), path


def test_everything_below_home_is_private(bare):
    assert bare("sync").code == 0
    for path in [bare.home, *bare.home.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_environment_alone_is_enough(bare, tmp_path):
    program = bare.changed(TRIAGE_HOME=str(tmp_path / "elsewhere"))
    assert program("sync", "--json", home=False).json["pulled"] == 300
    assert len(program("list", "--json", home=False).json) > 10
    assert not (tmp_path / "bare").exists() and any((tmp_path / "elsewhere").iterdir())
