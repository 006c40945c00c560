"""What every command is given: settings, environment, and the two streams (data to stdout, narration to stderr)."""

import sys
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from data.errors import NotAllowed
from data.safe_text import escaped, safe_reason, safe_text
from triage.config import Flags, Settings, load_settings


class Context:
    """One run of the program. Settings are read on first use, so that help and version work with a broken config."""

    def __init__(self, flags: Flags, environ: Mapping[str, str]) -> None:
        self.flags = flags
        self.environ = environ

    @cached_property
    def settings(self) -> Settings:
        """The settings in effect; ConfigError says what is wrong."""
        return load_settings(self.flags, self.environ)

    def need_write(self) -> None:
        """NotAllowed (exit 4) where nothing may be changed, with what says so: an option, or a line of the config."""
        settings = self.settings
        if not settings.read_only:
            return
        where = f"[profiles.{settings.profile}] of " if settings.sources["read_only"] == "profile" else ""
        flag = settings.sources["read_only"] == "flag"
        says = "--read-only" if flag else f"read_only in {where}{settings.config_file}"
        raise NotAllowed(f"Read-only, as {says} has it: this would change something.")

    def say(self, sentence: str) -> None:
        """Narrate: one line on stderr."""
        print(safe_reason(sentence), file=sys.stderr, flush=True)

    def detail(self, sentence: str) -> None:
        """Narrate where -v asks for it."""
        if self.flags.verbose:
            self.say(sentence)


def emit(text: str) -> None:
    """Write one line of data to stdout, without anything a terminal could act on."""
    print(safe_text(text, cells=None))


def emit_json(value: Any) -> None:
    """Write one JSON document and a line end to stdout, UTF-8 whatever the locale; what could act is escaped in it."""
    from data.wire import encode

    sys.stdout.flush()
    sys.stdout.buffer.write(escaped(encode(value).decode()).encode() + b"\n")
    sys.stdout.buffer.flush()
