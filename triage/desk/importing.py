"""Imported signals: a file read line by line, kept whole or not at all, and the accounts it tells of assessed anew."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from data.account import Value
from data.cache import Cache
from data.errors import ConfigError
from data.imported import Imported
from data.safe_text import SafeText, safe_text
from triage.desk.session import Session

COLUMNS = ("account", "day", "active_users")
FEATURE = "feature"
MOST_LINES = 5_000_000
AT_ONCE = 2000
_ID = re.compile(r"[!-~]{1,128}")


class Done(Value, frozen=True):
    """What an import did; `own_data` are accounts whose source sends days itself, `unknown` those not in the book."""

    accounts: int
    days: int
    assessed: int
    own_data: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def read_file(file: Path, today: date) -> dict[str, Imported]:
    """The days of each account; ConfigError names the first line that cannot be meant. A day told twice: the later."""
    users: dict[str, dict[str, int]] = {}
    features: dict[str, tuple[str, SafeText]] = {}
    for number, line in _lines(file):
        where = f"{file.name}, line {number}"
        account, day, count = _account(line, where), _day(line, where, today), _count(line, where)
        if count is not None:
            users.setdefault(account, {})[day] = count
        feature = line.get(FEATURE)
        if isinstance(feature, str) and feature.strip() and day >= features.get(account, ("",))[0]:
            features[account] = day, safe_text(feature.strip())
    return {key: Imported(days, features[key][1] if key in features else None) for key, days in users.items()}


def keep(session: Session, cache: Cache, found: Mapping[str, Imported]) -> Done:
    """Keep what was read and assess its accounts with it."""
    cache.keep_imported(found)
    own, unknown = [], []
    for key, one in found.items():
        account = cache.account(key)
        if account is None:
            unknown.append(key)
        elif account.signals is None or not _took(account.signals.active_users_daily, one):
            own.append(key)
    days = sum(len(one.users) for one in found.values())
    return Done(len(found), days, _assess(session, cache, list(found)), tuple(own), tuple(unknown))


def forget(session: Session, cache: Cache) -> Done:
    """Drop everything imported, and assess those accounts without it."""
    ids = cache.forget_imported()
    return Done(len(ids), 0, _assess(session, cache, ids))


def _took(daily: tuple[int | None, ...] | None, one: Imported) -> bool:
    """The account's days are the imported ones: a source that sends days of its own goes before."""
    known = [count for count in daily or () if count is not None]
    return bool(known) and set(known) <= set(one.users.values())


def _assess(session: Session, cache: Cache, ids: list[str]) -> int:
    done = 0
    for start in range(0, len(ids), AT_ONCE):
        numbers = [number for one in ids[start : start + AT_ONCE] if (number := cache.number(one)) is not None]
        assess = session.assess_for(cache)(cache.complete_through)
        done += cache.reassess(cache.accounts_for(numbers), assess)
    return done


def _lines(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            read = _json_lines(stream, file) if file.suffix in (".jsonl", ".ndjson") else _csv_lines(stream, file)
            for count, (number, line) in enumerate(read):
                if count >= MOST_LINES:
                    raise ConfigError(f"{file.name} has more than {MOST_LINES:,} lines.")
                yield number, line
    except UnicodeDecodeError:
        raise ConfigError(f"{file.name} is not UTF-8 text.") from None


def _csv_lines(stream: Any, file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    rows = csv.DictReader(stream)
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise ConfigError(f"{file.name} lacks the column {missing[0]}; it needs {', '.join(COLUMNS)}.")
    try:
        for row in rows:
            yield rows.line_num, row
    except csv.Error as error:
        raise ConfigError(f"{file.name}, line {rows.line_num}: {safe_text(str(error))}.") from None


def _json_lines(stream: Any, file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, text in enumerate(stream, 1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            raise ConfigError(f"{file.name}, line {number}: not a JSON object.") from None
        if not isinstance(line, dict):
            raise ConfigError(f"{file.name}, line {number}: not a JSON object.")
        yield number, line


def _account(line: Mapping[str, Any], where: str) -> str:
    found = line.get("account")
    if not isinstance(found, str) or not _ID.fullmatch(found.strip()):
        raise ConfigError(f"{where}: {safe_text(str(found))!r} is no account id.")
    return found.strip()


def _day(line: Mapping[str, Any], where: str, today: date) -> str:
    try:
        day = date.fromisoformat(str(line.get("day")).strip())
    except ValueError:
        raise ConfigError(f"{where}: {safe_text(str(line.get('day')))!r} is no day (YYYY-MM-DD).") from None
    if day >= today:
        raise ConfigError(f"{where}: {day} is not over yet; only complete UTC days count.")
    return day.isoformat()


def _count(line: Mapping[str, Any], where: str) -> int | None:
    """Distinct active users of the day; empty or null is unknown, which is not zero."""
    found = line.get("active_users")
    text = "" if found is None else str(found).strip()
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ConfigError(f"{where}: {safe_text(text)!r} is no number of users.")
    return int(text)
