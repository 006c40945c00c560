"""Words a person types: the reason every remedy needs (A14) and the answer to the repeat check (A13)."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime

from data.account import Account
from data.assessment import Touch
from data.ports import Earlier
from data.safe_text import safe_text
from triage.policy import Policy
from triage.rules.days import TOLERANCE, days_between

RESET = "reset_usage"
CONVERSATION = "log_contact"


def reason_problem(text: str, policy: Policy) -> str | None:
    """A14: what is wrong with a reason, in a few words, or None. Characters count after `safe_text` and trimming."""
    reason = safe_text(text, cells=None, chars=None).strip()
    missing = policy.reason.min_chars - len(reason)
    if missing > 0:
        return f"Reason: {_characters(missing, 'more ')}"
    surplus = len(reason) - policy.reason.max_chars
    if surplus > 0:
        return f"Reason: {_characters(surplus)} too many"
    if not any(unicodedata.category(char)[0] in "LN" for char in reason):
        return "Reason: only punctuation, it needs words"
    if len({char.casefold() for char in reason if not char.isspace()}) == 1:
        return "Reason: one character repeated, it needs words"
    return None


def earlier_reset(account: Account, touches: Sequence[Touch], policy: Policy, now: datetime) -> Earlier | None:
    """A13: the latest reset of this account within 30 days, and whether a conversation was logged since."""
    limit = policy.reset.repeat_days + TOLERANCE
    resets = [touch for touch in touches if touch.kind == RESET and days_between(touch.at, now) <= limit]
    if not resets:
        return None
    last = max(resets, key=lambda touch: touch.at)
    talked = any(touch.kind == CONVERSATION and touch.at > last.at for touch in touches)
    return Earlier(name=last.name, at=last.at, reason=last.reason, talked=talked, ack_word=ack_word(account))


def ack_word(account: Account) -> str:
    """A13: the first word of the name, case folded, or the id where that is not plain ASCII letters or digits."""
    first = account.name.split(maxsplit=1)[0] if account.name.strip() else ""
    return first.casefold() if first.isascii() and first.isalnum() else str(account.id)


def acknowledges(text: str, account: Account) -> bool:
    """A13: whether a typed text is the acknowledgement word, case ignored, or the account's id."""
    typed = text.strip()
    return typed.casefold() == ack_word(account).casefold() or typed == account.id


def _characters(count: int, more: str = "") -> str:
    return f"{count} {more}character{'' if count == 1 else 's'}"
