"""The policy of one profile, read when a rule first needs it; its version without reading all of it."""

import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triage.policy import Policy

_VERSION = re.compile(r'^version = "([^"]+)"$', re.MULTILINE)


class Policies:
    """The shipped policy, or the one that a user's file makes of it. May be shared by threads."""

    def __init__(self, user_file: Path | None = None) -> None:
        """A user's file is read at once: ConfigError says what is wrong with it."""
        self._user_file = user_file
        if user_file is not None:
            self.version = self.policy.version

    @classmethod
    def of(cls, policy: "Policy") -> "Policies":
        """Policies that hold this one."""
        made = cls()
        made.policy, made.version = policy, policy.version
        return made

    @cached_property
    def policy(self) -> "Policy":
        """The policy in effect."""
        from triage.policy import load_policy

        return load_policy(self._user_file)

    @cached_property
    def version(self) -> str:
        """What the policy in effect calls itself; of the shipped one only its second line is read."""
        shipped = Path(__file__).parent.with_name("policy.toml")
        with shipped.open(encoding="utf-8") as file:
            found = _VERSION.search(file.read(1000))
        return found[1] if found else self.policy.version
