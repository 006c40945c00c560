"""Completions: written from the live parser, tried in the shells themselves; words of a home are tame ones."""

import os
import shutil
import sqlite3
import subprocess
import sys

import pytest

from triage.commands import COMMANDS
from triage.commands.grammar import grammar

BASH = """
source {script}
for line in "${{lines[@]}}"; do
    IFS='|' read -ra COMP_WORDS <<< "$line|x"
    unset 'COMP_WORDS[-1]'
    COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
    _triage 2>/dev/null
    echo "${{COMPREPLY[*]}}"
done
"""


@pytest.fixture
def shell(cli, tmp_path):
    """Runs lines of a shell in which `triage` is the program in its home."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "triage"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m triage "$@"\n')
    program.chmod(0o700)
    environ = {
        **cli.environ,
        "TRIAGE_HOME": str(cli.home),
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    environ["PYTHONPATH"] = os.pathsep.join(sys.path)

    def run(name, lines):
        script = tmp_path / f"triage.{name}"
        script.write_text(cli("completions", name).out)
        made = {"bash": ["bash", "-c"], "fish": ["fish", "--no-config", "-c"], "zsh": ["zsh", "-f", "-c"]}[name]
        ran = subprocess.run(
            [*made, lines.format(script=script)], capture_output=True, text=True, env=environ, timeout=60
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    return run


def test_bash_completes_commands_options_and_what_the_home_knows(cli, shell):
    (cli.home / "config.toml").write_text('[views.my-list]\n[profiles.default]\n[profiles.quiet]\n[profiles."$(id)"]\n')
    with sqlite3.connect(next(cli.home.rglob("cache.db"))) as connection:
        connection.execute("UPDATE account SET id = 'acc_$(touch x)' WHERE number = 1")
    connection.close()
    account = cli("list", "--limit", 1, "--json").json[0]["id"]
    asked = {
        "triage|expo": "export",
        "triage|list|--vi": "--view",
        "triage|list|--view|my": "my-list",
        "triage|list|--category|at": "at_cap",
        f"triage|show|{account}": account,
        "triage|outbox|disc": "discard",
        "triage|remedy|reset": "reset_usage",
        "triage|outbox|retry|--j": "--json",
        "triage|--profile|q": "quiet",
        "triage|--profile|list|list|--sor": "--sort",
        "triage|completions|f": "fish",
        "triage|show|acc_$": "",
        "triage|--profile|$": "",
    }
    told = shell("bash", "lines=(" + " ".join(f"'{line}'" for line in asked) + ")\n" + BASH)
    assert told.splitlines() == list(asked.values())


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not here")
def test_fish_completes_as_bash_does(cli, shell):
    account = cli("list", "--limit", 1, "--json").json[0]["id"]
    asked = ["triage expo", "triage list --category at", f"triage show {account}", "triage outbox disc"]
    lines = "source {script}; " + "; ".join(f"complete -C '{line}'" for line in asked)
    assert [line.split("\t")[0] for line in shell("fish", lines).splitlines()] == [
        "export",
        "at_cap",
        account,
        "discard",
    ]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not here")
def test_zsh_completes_as_bash_does(cli, shell):
    account = cli("list", "--limit", 1, "--json").json[0]["id"]
    lines = "compdef() :\nsource {script}\ncompadd() print -r -- ${{(P)@[-1]:-${{@[-1]}}}}\n"
    lines += "_describe() print -r -- ${{(P)@[-1]}}\n"
    for line in ("triage list --sor", f"triage show {account}", "triage outbox d"):
        asked = line.split(" ")
        lines += f"words=({' '.join(asked)}); CURRENT={len(asked)}; _triage\n"
    options, found, actions = shell("zsh", lines).splitlines()
    assert "--sort:one of" in options and found == account and "discard:" in actions


def test_every_command_and_option_of_the_parser_is_in_the_scripts(cli):
    found = {command.path: command for command in grammar()}
    assert {path[0] for path in found if path} == set(COMMANDS) and ("outbox", "reauthor") in found
    for name in ("bash", "zsh", "fish"):
        text = cli("completions", name).out
        for command in found.values():
            assert not command.path or command.path[-1] in text
            for option in command.options:
                for flag in option.flags:
                    assert (
                        flag if name != "fish" else f"{'-l' if flag[1] == '-' else '-s'} {flag.lstrip('-')}"
                    ) in text
    assert cli("completions").code == 2 and cli("completions", "tcsh").code == 2


def test_words_are_nothing_where_nothing_can_be_told(bare, cli):
    for kind in ("accounts", "changes", "profiles"):
        ran = bare("completions", "--words", kind)
        assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert "at-risk" in bare("completions", "--words", "views").out
    next(cli.home.rglob("cache.db")).write_bytes(b"no database")
    assert (cli("completions", "--words", "accounts").out, cli("completions", "--words", "accounts").code) == ("", 0)
    assert "--words" not in cli("completions", "--help").out
