"""What happened to a change, in labelled lines: tries, what came back, evidence, field errors; for screen and shell."""

import hashlib
import re
from datetime import datetime

from data.remedy import PENDING, Change, State
from data.safe_text import SafeText, safe_text
from widgets.change_words import describe_change, state_sentence, state_word
from widgets.numbers import utc

_POINTER = re.compile(r"(?:^|; )(/[A-Za-z0-9_/~.-]*): ")
_OF_THE_BODY = {"audit/reason": "Reason", "reason": "Reason", "workspace_id": "Workspace", "account_id": "Account"}


def field_errors(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Split what a server refused into its sentence and (field, what is wrong); no field where it named none."""
    pieces = _POINTER.split(text)
    return pieces[0], [(_field(pointer), message) for pointer, message in zip(pieces[1::2], pieces[2::2], strict=True)]


def refusal(change: Change) -> SafeText:
    """Return why a change was refused in one line, fields by their names."""
    sentence, errors = field_errors(change.last_error or "The server refused it.")
    named = [f"{field}: {message}" for field, message in errors if message not in sentence]
    return safe_text("; ".join(filter(None, [sentence, *named])), cells=None)


def story(
    change: Change,
    now: datetime,
    first_sent: datetime | None = None,
    before: Change | None = None,
    signed_out: bool = False,
) -> list[tuple[str, str]]:
    """Return the lines about a change; `first_sent` when its open tries began, `before` my change before it."""
    if change.state is State.REJECTED:
        return _refused(change)
    if change.state is State.PARKED:
        return [("What is", str(state_sentence(change))), *_tries(change, now, first_sent), *_evidence(change, before)]
    if change.unknown and change.state in PENDING:
        return [("What is", _unknown(change)), *_tries(change, now, first_sent)]
    if change.state is State.APPLIED and change.receipt is None and change.last_error:
        return [("Evidence", str(change.last_error))]
    if change.state is State.QUEUED and signed_out:
        return [("What is", "Waits until you sign in. It leaves by itself then.")]
    if change.state is State.QUEUED and change.last_error:
        return [("Last try", str(change.last_error))]
    return []


def _field(pointer: str) -> str:
    name = pointer.strip("/").removeprefix("params/")
    return _OF_THE_BODY.get(name) or name.replace("/", " ").replace("_", " ").capitalize() or "Body"


def _refused(change: Change) -> list[tuple[str, str]]:
    sentence, errors = field_errors(change.last_error or "The server refused it.")
    return [("Refused", sentence), *errors] if sentence and sentence not in {one for _, one in errors} else errors


def _unknown(change: Change) -> str:
    if change.sent_once:
        return (
            "Sent once, and no answer that counts. This backend cannot tell a repetition, so it is never sent again "
            "by itself: it is read back, and where that proves nothing, you decide."
        )
    if not change.outcome_unknown:
        return "Sent, no answer that counts yet. The same bytes go again under the same id, so it cannot apply twice."
    return (
        f"{str(state_sentence(change)).removesuffix('.')}. "
        "It can be neither taken back nor discarded until that is known."
    )


def _tries(change: Change, now: datetime, first_sent: datetime | None) -> list[tuple[str, str]]:
    """How often, when first and last, what came back, when next."""
    if not change.unknown:
        return []
    said = f"{change.attempts} time{'' if change.attempts == 1 else 's'}"
    if change.sent_once:
        said = "once"
    elif first_sent is not None and change.attempts > 1:
        said += f", first {utc(first_sent)}"
    if change.sent_at is not None:
        said += f", {'' if change.sent_once else 'last '}{utc(change.sent_at)}"
    lines = [("Tried", said)]
    if change.last_error and change.state is not State.PARKED:
        lines.append(("Evidence" if change.sent_once else "Came back", str(change.last_error)))
    if change.state in PENDING and change.sent_once:
        left = int((change.next_try_at - now).total_seconds()) + 1 if change.next_try_at else 0
        lines.append(("Read back", f"again in {left} s" if left > 0 else "again now"))
    elif change.state in PENDING:
        left = int((change.next_try_at - now).total_seconds()) + 1 if change.next_try_at else 0
        lines.append(("Next try", f"in {left} s, same id and bytes" if left > 0 else "now, same id and bytes"))
    return lines


def _evidence(change: Change, before: Change | None) -> list[tuple[str, str]]:
    if change.parked_why == "predecessor" and before is not None:
        why = refusal(before) if before.state is State.REJECTED else before.last_error or ""
        return [("Before it", f"{describe_change(before)}: {state_word(before)}. {why}".strip())]
    if change.parked_why == "key_reused":
        body = hashlib.sha256(change.body).hexdigest()
        sent = f", sent {utc(change.sent_at)}" if change.sent_at else ""
        return [("Evidence", f"id {change.change_id}{sent}; our {len(change.body)} bytes, SHA-256 {body[:16]}")]
    if change.parked_why == "receipt" and change.receipt is not None:
        proof = change.receipt
        head = f"head {proof.head_seq:,} by {safe_text(proof.key_id)}"
        return [("Evidence", f"entry {proof.audit_seq:,}, hash {safe_text(proof.hash[:16])}, {head}; kept as it came")]
    return []
