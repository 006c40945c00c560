"""The man page is what the parser says now, names everything, and is sound to the tool that sets it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from triage.commands import COMMANDS
from triage.commands.grammar import grammar
from triage.commands.manual import page

PAGE = Path(__file__).parents[2] / "docs" / "triage.1"


def test_the_page_is_what_the_parser_says_now():
    assert PAGE.read_text(encoding="utf-8") == page(grammar()), "run: make man"


def test_it_names_every_command_option_and_exit_code():
    text = PAGE.read_text(encoding="utf-8").replace("\\-", "-")
    for command in grammar():
        assert not command.path or f".SS triage {' '.join(command.path)}" in text
        for option in command.options:
            assert all(f"\\fB{flag}\\fR" in text for flag in option.flags), option
    assert len([line for line in text.splitlines() if line.startswith(".SS")]) > len(COMMANDS)
    for code in ("0", "1", "2", "3", "4", "130"):
        assert f"\\fB{code}\\fR" in text


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not here")
def test_groff_sets_it_without_a_warning():
    ran = subprocess.run(["groff", "-man", "-ww", "-Tutf8", PAGE], capture_output=True, text=True, check=True)
    text = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", ran.stdout)
    assert ran.stderr == "" and "triage handover" in text and "--since AGE" in text
