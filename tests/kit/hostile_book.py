"""A sandbox whose book, staff, members and audit trail are hostile: every text of the corpus names an account."""

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

from kit.hostile import TEXTS, Text

from triage.sandbox import book, seed
from triage.sandbox.process import Running, start

FREE = re.compile(
    r"name|org_name|email|industry|reason|note|use_case|most_used_feature|last_feature|text|client|flag|detail"
)
WORDS = re.compile(r"role|segment|scope|payment_mode|revenue_class|downgrade_cause|downgraded_from")
STAFF_NAME = "Eve\x1b]0;EVIL\x07\u202e[/]"


@dataclass(frozen=True)
class Named:
    """An account by its id, and the text it is named after."""

    id: str
    text: Text


@dataclass(frozen=True)
class HostileBook:
    """The running server and who is in its book, in its order."""

    running: Running
    accounts: tuple[Named, ...]


@contextmanager
def hostile_book(folder: Path, texts: Sequence[Text] = TEXTS, first: Sequence[str] = ()) -> Iterator[HostileBook]:
    """Serve an account for each text; `first` name the accounts that are most urgent, for tests that open few."""
    today = datetime.now(UTC).date()
    nth = cycle([one.text for one in texts if not one.lone])
    named = [*(Text("bundle", name, True) for name in first), *texts]
    accounts, known = [], []
    for number, (made, text) in enumerate(zip(book.generate(len(named), 7, today), named, strict=True)):
        body = poison(made.account, nth, FREE if number % 5 else re.compile(f"{FREE.pattern}|{WORDS.pattern}"))
        body |= {"name": _sendable(text.text), "flags": [_sendable(text.text)]}
        if number % 3 or number < len(first):  # blocked, whatever the book had in mind
            body |= {"tier": "pilot", "payment_mode": "none"}
            since = today if number >= len(first) else today - timedelta(days=60 - number)  # the longest stand first
            body["workspaces"][0] |= {"hard_block": True, "blocked_since": f"{since}T00:00:00Z", "hours_used": 11.5}
        members = {key: poison(some, nth) for key, some in made.members.items()}
        accounts.append(replace(made, account=body, members=members, entries=[entry_of(text, nth)]))
        known.append(Named(body["id"], text))
    path = folder / "hostile.db"
    seed.write(path, accounts, [{**one, "name": f"{one['name'][:4]} {STAFF_NAME}"} for one in book.STAFF], today)
    _escape_surrogates(path)
    with start(db=path) as running:
        yield HostileBook(running, tuple(known))


def poison(value: Any, nth: Iterator[str], keys: "re.Pattern[str]" = FREE) -> Any:
    """Put the next hostile text in place of every free text below `value`."""
    if isinstance(value, dict):
        return {
            key: next(nth) if isinstance(one, str) and keys.fullmatch(key) else poison(one, nth, keys)
            for key, one in value.items()
        }
    return [poison(one, nth, keys) for one in value] if isinstance(value, list) else value


def entry_of(text: Text, nth: Iterator[str]) -> dict[str, Any]:
    """An entry of the trail, hostile wherever it may be; its reason is the text that names the account."""
    reason = text.text if not text.lone and len(text.text) <= 500 else next(nth)
    fields = {"staff_id": "stf_siri", "name": next(nth)}
    discount = {"kind": next(nth), "percent": 20}
    values = {"before": {"discount": None, "note": next(nth)}, "after": {"discount": discount, "note": next(nth)}}
    about = {"action": "apply_discount", "actor": fields, "workspace_id": None, "params": discount, **values}
    return {**about, "reason": reason, "applied_at": f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"}


def _sendable(text: str) -> str:
    """A lone surrogate cannot be stored; its escape in JSON, as a careless server would send it, can."""
    return re.sub("[\ud800-\udfff]", lambda found: f"LONE{ord(found.group()):x}ENOL", text)


def _escape_surrogates(path: Path) -> None:
    with sqlite3.connect(path) as file:
        for rowid, body in file.execute("SELECT rowid, body FROM accounts WHERE body LIKE '%LONE%'").fetchall():
            escaped = re.sub("LONE([0-9a-f]{4})ENOL", lambda found: f"\\u{found[1]}", body)
            json.loads(escaped)
            file.execute("UPDATE accounts SET body = ? WHERE rowid = ?", (escaped, rowid))
    file.close()
