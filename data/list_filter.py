"""What a person types after `/`: words that are searched for, and `name:value` that narrows a list by a verdict."""

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from data.health_index import Risk
from data.health_monitor import DRIFT
from data.unseen import FACTS, NEW, differs

UNCLASSIFIED = "unclassified"

AMOUNT_DIGITS = 18  # more does not fit the column
DATE = len("2026-11-20")
Test = tuple[str, list[object]]
_TOKEN = re.compile(r"([\w-]+):(\"(?:[^\"]|\"\")*\"|\S*)")
_NOTHING: Test = ("0", [])
# the values of a name that knows all of them, each with its condition; the beginning of one is enough
_BANDS = {
    **{band.value: f"band = '{band.value}'" for band in Risk},
    "scored": "band <> ''",
    "unscored": "band = ''",
    "none": "band = ''",
}
_DRIFT = {"severe": "drift = 2", "moderate": "drift = 1", "any": "drift > 0", "none": "drift <= 0"}
_STATES = {state.value: f"drift = {place}" for state, place in DRIFT.items()}
_MRR = {"unknown": "no_mrr = 1", "known": "no_mrr = 0"}
_ME = "(SELECT json_extract(value, '$.{}') FROM meta WHERE key = 'identity')"
_MY_CLAIM = f"instr(hands, char(10, 33) || {_ME.format('staff_id')} || char(10)) > 0"
_MY_OWN = (
    f"coalesce({_MY_CLAIM} OR instr(hands, char(10) || {_ME.format('staff_id')} || char(10)) > 0 "
    f"OR instr(hands, char(10, 61) || {_ME.format('name')} || char(10)) > 0, 0)"
)
_MINE = {"yes": f"{_MY_OWN} = 1", "no": f"{_MY_OWN} = 0"}
_SNOOZED = {"yes": "snoozed = 1", "no": "snoozed = 0"}
_CLAIMED = {
    "me": f"coalesce({_MY_CLAIM}, 0) = 1",
    "others": f"claimant <> '' AND coalesce({_MY_CLAIM}, 0) = 0",
    "yes": "claimant <> ''",
    "no": "claimant = ''",
}
_LOOKED = "EXISTS (SELECT 1 FROM unseen WHERE unseen.number = listing.number{})"
_CHANGED = {
    "yes": _LOOKED.format(""),
    "no": f"NOT {_LOOKED.format('')}",
    "new": _LOOKED.format(f" AND unseen.rank = {NEW}"),
    **{fact: _LOOKED.format(f" AND {differs('unseen', 'listing', columns)}") for fact, columns in FACTS.items()},
}
_LEAVES = ("healthy", "needs_attention", "at_risk", "critical", "undetermined")


def _yes(column: str) -> dict[str, str]:
    return {"yes": f"{column} = 1", "no": f"{column} = 0"}


def _text(column: str) -> Callable[[str], Test]:
    return lambda value: (f"{column} = ?", [value])


def _one_of(known: dict[str, str]) -> Callable[[str], Test]:
    """One value, or several between commas; what is half typed stands for all that begin so."""

    def test(value: str) -> Test:
        parts = [one for one in value.split(",") if one]
        found = [known[word] for one in parts for word in ([one] if one in known else known) if word.startswith(one)]
        return (f"({' OR '.join(dict.fromkeys(found))})", []) if found else _NOTHING

    return test


def _leaf(value: str) -> Test:
    """The tree's own name of an outcome, or its beginning."""
    name = value.replace(" ", "_").replace("-", "_")
    return "substr(lower(leaf), 1, ?) = ?", [len(name), name]


def _owner(value: str) -> Test:
    """Part of the CSM's id or name; `none` where there is nobody."""
    return ("owner = ''", []) if value == "none" else ("instr(owner, ?) > 0", [value])


def _claimed(value: str) -> Test:
    """me, others, yes, no, several of them, or part of the name or id of who has claimed it."""
    found = _one_of(_CLAIMED)(value)
    return ("instr(claimant, ?) > 0", [value]) if found == _NOTHING else found


def _least(column: str) -> Callable[[str], Test]:
    """Minor units a month, from here on; `mrr` is stored negated. The plus keeps the index of the list's order."""
    return lambda value: (f"+{column} <= ?", [-int(value)]) if _is_amount(value) else _NOTHING


def _below(value: str) -> Test:
    return ("+mrr > ?", [-int(value)]) if _is_amount(value) else _NOTHING


def _is_amount(value: str) -> bool:
    return value.isdecimal() and len(value) <= AMOUNT_DIGITS


def _industry(value: str) -> Test:
    """Whoever has none is unclassified, and so is who is called that."""
    return ("industry IN ('', ?)" if value == UNCLASSIFIED else "industry = ?"), [value]


def _sla_before(value: str) -> Test:
    """Red accounts whose next clock runs out before a day (UTC), or a moment with its zone: `2026-11-20T16:05:00Z`."""
    at = _moment(value)
    return _NOTHING if at is None else ("red = 1 AND sla < ?", [at])


def _moment(value: str) -> float | None:
    try:
        moment = datetime.fromisoformat(value.upper())
    except ValueError:
        return None
    if moment.tzinfo is None and len(value) == DATE:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp() if moment.tzinfo else None


def _designated(side: str) -> Callable[[str], Test]:
    """Accounts whose last Red episode began before, or from, a moment with its zone; 9e999 is SQL's infinity."""

    def test(value: str) -> Test:
        at = _moment(value)
        return _NOTHING if at is None else (f"designated < 9e999 AND designated {side} ?", [at])

    return test


def _ids(side: str) -> Callable[[str], Test]:
    """Exactly these accounts, or all but them; their ids between blanks."""
    sql = f"number {side} (SELECT number FROM account WHERE id IN (SELECT value FROM json_each(?)))"
    return lambda value: (sql, [json.dumps(value.split())])


_KNOWN = {
    "health": _BANDS,
    "drift": _DRIFT,
    "monitor": _STATES,
    "red": _yes("red"),
    "mrr": _MRR,
    "alerted": _yes("alerted"),
    "unanswered": _yes("unanswered"),
    "mine": _MINE,
    "snoozed": _SNOOZED,
    "changed": _CHANGED,
}
_NAMED: dict[str, Callable[[str], Test]] = {
    **{name: _one_of(known) for name, known in _KNOWN.items()},
    "leaf": _leaf,
    "industry": _industry,
    "owner": _owner,
    "claimed": _claimed,
    "step": _text("step"),
    "mrr-from": _least("mrr"),
    "mrr-below": _below,
    "fell": _text("fell"),
    "sla-before": _sla_before,
    "designated-from": _designated(">="),
    "designated-before": _designated("<"),
    "id": _ids("IN"),
    "not-id": _ids("NOT IN"),
}
# the names that people are told of, with what they take; the others stand behind the numbers of the portfolio
SHOWN = {
    "health": "critical, high, medium, low, unscored",
    "drift": "severe, moderate, any, none",
    "monitor": ", ".join(_STATES),
    "leaf": ", ".join(_LEAVES),
    "red": "yes, no",
    "sla-before": "the next clock runs out before: 2026-11-20, or 2026-11-20T16:05Z",
    "industry": 'one of yours: industry:"public sector"',
    "owner": "part of the CSM's name, or none",
    "mrr-from": "minor units a month, and from there on",
    "mine": "yes, no: claimed by you, or you are CSM or case owner",
    "claimed": "me, others, yes, no, or part of a name",
    "snoozed": "yes, no",
    "changed": "yes, no, new, " + ", ".join(FACTS),
}
_AS_TYPED = ("id", "not-id")  # where case makes a difference


def named(name: str, value: str) -> str:
    """Write `name:value` so that it is read again as exactly this value."""
    quoted = value.replace('"', '""')
    return f'{name}:"{quoted}"' if quoted != value or not value or len(value.split()) != 1 else f"{name}:{value}"


def these(ids: Iterable[str], name: str = "id") -> str:
    """The filter that finds exactly these accounts, or with `not-id` all but them."""
    return named(name, " ".join(ids))


def filter_tests(text: str) -> tuple[list[str], list[object], str]:
    """The conditions on `listing` of a filter, their values in order, and the words that are to be searched for.

    Whoever half typed a name sees the list narrow by its letters, as with any other word.
    """
    asked, words = _read(text)
    return [test for test, _ in asked], [value for _, given in asked for value in given], words


def narrows(before: str, after: str) -> bool:
    """True when whatever `after` finds is found by `before` too: a word that grew, one more condition."""
    (asked, words), (asked_now, words_now) = _read(before), _read(after)
    same_rest = names_snoozed(before) == names_snoozed(after)  # which brings accounts back that a view leaves out
    return same_rest and words in words_now and all(test in asked_now for test in asked)


def names_snoozed(text: str) -> bool:
    """True where a filter itself says which snoozed accounts it means, so that no view leaves them out first."""
    return any(one[1].casefold() == "snoozed" and _unquoted(one[2]) for one in _TOKEN.finditer(text))


def toggled(text: str, token: str) -> str:
    """A filter with one `name:value` more, or without it; another value of that name makes room."""
    if token in text.split():
        return " ".join(part for part in text.split() if part != token)
    kept = [part for part in text.split() if not part.startswith(token.split(":")[0] + ":")]
    return " ".join([*kept, token])


def doubt(text: str) -> str:
    """One sentence on a filter that can hardly be meant as it stands: a name or a value that nobody knows, or "".

    What looks like no name at all (`https://…`) is text without a word.
    """
    if ":" not in text:
        return ""
    from difflib import get_close_matches

    for found in _TOKEN.finditer(text):
        name, value = found[1].casefold().replace("_", "-"), _unquoted(found[2]).casefold()
        if name not in _NAMED:
            close = get_close_matches(name, SHOWN, n=1, cutoff=0.6)
            if close and not found[2].startswith("//"):
                return f"{found[1]}: is only text. Did you mean {close[0]}:?"
        elif value and name in _KNOWN and _NAMED[name](value) == _NOTHING:
            known = _KNOWN[name]
            close = get_close_matches(value, known, n=1, cutoff=0.5)
            return f"{name}: knows {', '.join(known)}." + (f" Did you mean {close[0]}?" if close else "")
        elif value and name.startswith("mrr-") and not _is_amount(value):
            return f"{name}: takes minor units a month, such as {name}:50000."
    return ""


def _read(text: str) -> tuple[list[Test], str]:
    """The conditions that a filter names, and the words that are left to search for."""
    asked: list[Test] = []

    def narrowed(found: re.Match[str]) -> str:
        name, value = found[1].casefold().replace("_", "-"), _unquoted(found[2])
        if name not in _NAMED or not value:
            return found[0]
        asked.append(_NAMED[name](value if name in _AS_TYPED else value.casefold()))
        return " "

    words = " ".join(_TOKEN.sub(narrowed, text).split()).casefold()
    return asked, words


def _unquoted(value: str) -> str:
    whole = len(value) > 1 and value.startswith('"') and value.endswith('"')
    return value[1:-1].replace('""', '"') if whole else value.strip('"')
