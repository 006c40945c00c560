"""docs/triage.1, the man page, written from the live parser: `make man`; a test holds the two together."""

import sys
from collections.abc import Iterator, Sequence

from triage.commands.grammar import Command, CommandOption, grammar

HEAD = """.\\" Written by `make man` from the parser; changes made here are lost.
.TH TRIAGE 1 "" "triage" "User Commands"
.SH NAME
triage \\- the at\\-risk inbox for customer success"""
EXIT_CODES = (
    ("0", "ok"),
    ("1", "failed; for check: something needs a human"),
    ("2", "usage or config"),
    ("3", "offline or no data: try again later"),
    ("4", "signed out, not allowed, or read-only"),
    ("130", "interrupted"),
)
ENVIRONMENT = (
    ("TRIAGE_BASE_URL", "The billing backend; wins over the config file."),
    ("TRIAGE_TOKEN", "The token. With it and a base URL nothing else is needed."),
    ("TRIAGE_TOKEN_FILE", "A file whose first line is the token."),
    ("TRIAGE_CONFIG", "The config file, as --config."),
    ("TRIAGE_PROFILE", "The profile, as --profile."),
    ("TRIAGE_HOME", "Where config, outbox and cache lie, as --home."),
    ("TRIAGE_SMTP_PASSWORD, TRIAGE_SLACK_WEBHOOK", "Secrets of the channels by which messages leave."),
    ("NO_COLOR", "Set to anything: no colours."),
)
FILES = (
    ("$XDG_CONFIG_HOME/triage/config.toml", "Settings and saved views; read, never written."),
    ("$XDG_STATE_HOME/triage/PROFILE/outbox.db", "Changes that wait and what became of them. Precious."),
    ("$XDG_CACHE_HOME/triage/PROFILE/cache.db", "The copy of the book; may be removed, a sync fetches it anew."),
    ("$XDG_STATE_HOME/triage/triage.log", "Counts and our own sentences, no names."),
)


def page(commands: Sequence[Command]) -> str:
    """The whole page as man(7) source."""
    top, rest = commands[0], commands[1:]
    lines = [HEAD, ".SH SYNOPSIS", ".B triage", r"[\fIoption\fR ...] [\fIcommand\fR [\fIargument\fR ...]]"]
    lines += [".SH DESCRIPTION", *_text(top.sentence)]
    lines += _text("Data goes to stdout, narration to stderr. Commands without a screen never need a terminal.")
    lines += [".SH OPTIONS", *_text("These stand before or after the command."), *_options(top.options)]
    lines.append(".SH COMMANDS")
    for command in rest:
        lines += _command(command)
    lines += [".SH EXIT STATUS", *_terms(EXIT_CODES), ".SH ENVIRONMENT", *_terms(ENVIRONMENT)]
    return "\n".join([*lines, ".SH FILES", *_terms(FILES)]) + "\n"


def _command(command: Command) -> Iterator[str]:
    own = [one for one in command.options if not one.everywhere and one.flags != ("-h", "--help")]
    yield f".SS {_safe(' '.join(('triage', *command.path, *map(_argument, command.arguments))))}"
    yield from _text(command.sentence)
    yield from _options((*command.arguments, *own))
    if command.epilog:
        yield from (".PP", ".nf", *(_line(line) for line in command.epilog.splitlines()), ".fi")


def _argument(one: CommandOption) -> str:
    return one.value if one.required else f"[{one.value}]"


def _options(options: Sequence[CommandOption]) -> Iterator[str]:
    for one in options:
        flags = ", ".join(f"\\fB{_safe(flag)}\\fR" for flag in one.flags)
        value = f"\\fI{_safe(one.value)}\\fR" if one.value else ""
        yield ".TP"
        yield f"{flags} {value}".strip()
        yield _line(one.help or f"One of {', '.join(one.choices)}.")


def _terms(terms: Sequence[tuple[str, str]]) -> Iterator[str]:
    for term, sentence in terms:
        yield from (".TP", f"\\fB{_safe(term)}\\fR", _line(sentence))


def _text(paragraph: str) -> Iterator[str]:
    yield from (".PP", *(_line(line) for line in paragraph.splitlines()))


def _line(text: str) -> str:
    """One line of text, never taken for a request."""
    return ("\\&" if text.startswith((".", "'")) else "") + _safe(text)


def _safe(text: str) -> str:
    return text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...").replace("`", "\\(ga")


if __name__ == "__main__":
    sys.stdout.write(page(grammar()))
