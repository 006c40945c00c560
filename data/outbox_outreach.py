"""Messages to customers in the outbox: a durable state machine in which at most one attempt to send ever begins."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from data.account import Value
from data.errors import NotPossible
from data.outbox_rows import Place, moment
from data.outbox_sending import Sending
from data.ports_outreach import Channel, Message, OutreachState
from data.remedy import Change, State
from data.safe_text import safe_lines, safe_reason, safe_text

EDITED = "outreach_edited"
DID_IT_LEAVE = "triage ended while it was on its way. Did it go out?"


class Waiting(Value, frozen=True):
    """A message whose intent was queued, with what became of the intent."""

    message: Message
    intent: Change


class OutreachBox(Sending):
    """Transitions of a message. Those named `mark_…` belong into a transaction that the caller has begun."""

    # --- drafts ---
    def keep_draft(self, message: Message, mine: Place) -> Message:
        """Keep a new draft, written here by me."""
        values = {
            "outreach_id": message.outreach_id,
            "account_id": message.account_id,
            "account_name": str(message.account_name),
            "base_url": mine.base_url,
            "staff_id": mine.staff_id,
            "state": OutreachState.DRAFT.value,
            "channel": message.channel.value,
            "contact": str(message.contact),
            "subject": str(message.subject),
            "text": written_text(message.text),
            "template": message.template,
            "dedupe_key": message.dedupe_key,
            "follow_up": message.follow_up,
            "written_at": message.written_at.timestamp(),
        }
        with self._writing() as connection:
            connection.execute(
                f"INSERT INTO outreach ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
                tuple(values.values()),
            )
        return self.message(message.outreach_id)

    def edit_draft(self, outreach_id: str, contact: str, subject: str, text: str, now: datetime) -> Message:
        """Keep what a person made of a draft; NotPossible once it is more than one."""
        with self._writing():
            self._in_state(outreach_id, OutreachState.DRAFT)
            self._rewrite(outreach_id, contact, subject, text, now)
            self._note(outreach_id, EDITED, now)
        return self.message(outreach_id)

    def refresh_draft(self, outreach_id: str, fresh: Message) -> Message:
        """Write a draft anew from what is known now, unless a person has edited it."""
        if self._rows("SELECT 1 FROM trail WHERE change_id = ? AND event = ? LIMIT 1", outreach_id, EDITED):
            return self.message(outreach_id)
        with self._writing():
            self._in_state(outreach_id, OutreachState.DRAFT)
            self._rewrite(outreach_id, fresh.contact, fresh.subject, fresh.text, fresh.written_at)
            self._put(outreach_id, template=fresh.template, follow_up=fresh.follow_up)
        return self.message(outreach_id)

    # --- reading ---
    def message(self, outreach_id: str) -> Message:
        """One message; NotPossible where there is none of that id."""
        found = self._messages("WHERE outreach_id = ?", outreach_id)
        if not found:
            raise NotPossible(f"There is no message {outreach_id} here.")
        return found[0]

    def messages(self, mine: Place | None, account_id: str | None = None) -> list[Message]:
        """The messages of one author at one backend (None: of all), of one account or all, newest first."""
        tests = ["1"]
        values: list[str] = []
        if mine is not None:
            tests.append("base_url = ? AND staff_id = ?")
            values += [mine.base_url, mine.staff_id]
        if account_id is not None:
            tests.append("account_id = ?")
            values.append(account_id)
        return self._messages(f"WHERE {' AND '.join(tests)} ORDER BY written_at DESC, rowid DESC", *values)

    def waiting_messages(self, mine: Place) -> list[Waiting]:
        """My messages whose intent is queued or answered and that have not begun to leave, oldest first."""
        where = "WHERE state = 'intent' AND base_url = ? AND staff_id = ? ORDER BY written_at, rowid"
        return [
            Waiting(one, self._find(one.intent_id))
            for one in self._messages(where, mine.base_url, mine.staff_id)
            if one.intent_id is not None
        ]

    def records_under_way(self, base_url: str, kinds: Sequence[str]) -> list[Change]:
        """My changes of some kinds that are on their way to a backend or applied there, as they were written."""
        marks = ", ".join("?" * len(kinds))
        where = f"WHERE kind IN ({marks}) AND base_url = ? AND state IN ('queued', 'sending', 'applied')"
        return self._select(f"{where} ORDER BY position", *kinds, base_url)

    def has_outreach_to_do(self) -> bool:
        """True when a message waits whose intent was answered, or one was left on its way."""
        query = (
            "SELECT 1 FROM outreach o LEFT JOIN change c ON c.change_id = o.intent_id WHERE o.state = 'leaving' "
            "OR o.state = 'intent' AND c.state IN ('applied', 'discarded', 'rejected') LIMIT 1"
        )
        return bool(self._rows(query))

    def needy_messages(self) -> int:
        """How many messages wait for a person: unclear ones, and failed ones that nothing was written after."""
        query = (
            "SELECT count(*) FROM outreach o WHERE o.state = 'unclear' OR o.state = 'failed' AND NOT EXISTS ("
            "SELECT 1 FROM outreach n WHERE n.account_id = o.account_id AND n.base_url = o.base_url "
            "AND n.staff_id = o.staff_id AND n.state <> 'draft' AND n.rowid > o.rowid)"
        )
        return int(self._rows(query)[0][0])

    # --- on its way; the caller holds the outreach lock ---
    def begin_to_leave(self, outreach_id: str, now: datetime) -> Message | None:
        """Commit `leaving` before the first byte leaves; None when it may not go: a message leaves at most once."""
        with self._writing():
            message = self.message(outreach_id)
            if message.state is not OutreachState.INTENT or message.intent_id is None:
                return None
            if self._find(message.intent_id).state is not State.APPLIED:
                return None
            self._put(outreach_id, state=OutreachState.LEAVING.value, left_at=now.timestamp(), problem=None)
            self._note(outreach_id, "outreach_leaving", now)
        return self.message(outreach_id)

    def settle_strays(self, now: datetime) -> list[Message]:
        """Nobody is sending: whatever was left on its way may have gone out, and only a person can tell."""
        strays = self._messages("WHERE state = 'leaving' ORDER BY written_at")
        if strays:
            with self._writing():
                for one in strays:
                    self.mark_outreach(one.outreach_id, OutreachState.UNCLEAR, now, DID_IT_LEAVE)
        return strays

    def end_outreach(
        self, outreach_id: str, state: OutreachState, now: datetime, problem: str | None = None
    ) -> Message:
        """Give a message its next state with its entry in our own trail."""
        with self._writing():
            self.mark_outreach(outreach_id, state, now, problem)
        return self.message(outreach_id)

    def hold_outreach(self, outreach_id: str, problem: str) -> None:
        """Note why a message whose intent was accepted still waits."""
        with self._writing():
            self._put(outreach_id, problem=problem)

    # --- in the caller's transaction ---
    def mark_intent(self, outreach_id: str, channel: Channel, dedupe_key: str | None, now: datetime) -> None:
        """The intent is queued in this transaction; it is the change whose id is the message's."""
        self._in_state(outreach_id, OutreachState.DRAFT)
        self._put(
            outreach_id,
            state=OutreachState.INTENT.value,
            channel=channel.value,
            dedupe_key=dedupe_key,
            intent_id=outreach_id,
            problem=None,
        )
        self._note(outreach_id, "outreach_intent", now)

    def mark_outreach(
        self, outreach_id: str, state: OutreachState, now: datetime, problem: str | None = None, **more: Any
    ) -> None:
        """Move a message on, in the caller's transaction."""
        self._put(outreach_id, state=state.value, problem=problem, **more)
        self._note(outreach_id, f"outreach_{state.value}", now, why=problem)

    def expect_outreach(self, outreach_id: str, *states: OutreachState) -> Message:
        """The message as it stands now, inside the caller's transaction; NotPossible in any other state."""
        return self._in_state(outreach_id, *states)

    # --- building blocks ---
    def _in_state(self, outreach_id: str, *states: OutreachState) -> Message:
        message = self.message(outreach_id)
        if message.state not in states:
            raise NotPossible(f"This message is {WORDS[message.state]}.")
        return message

    def _put(self, outreach_id: str, **values: Any) -> None:
        columns = ", ".join(f"{name} = ?" for name in values)
        self._connection.execute(
            f"UPDATE outreach SET {columns} WHERE outreach_id = ?", (*values.values(), outreach_id)
        )

    def _rewrite(self, outreach_id: str, contact: str, subject: str, text: str, now: datetime) -> None:
        self._put(
            outreach_id,
            contact=str(safe_text(str(contact).strip(), cells=None, chars=None)),
            subject=str(safe_text(str(subject).strip(), cells=None, chars=None)),
            text=written_text(text),
            written_at=now.timestamp(),
        )

    def _messages(self, where: str, *values: str) -> list[Message]:
        return self._values(self._rows(f"SELECT * FROM outreach {where}", *values), message_of, "message")


WORDS = {
    OutreachState.DRAFT: "a draft",
    OutreachState.INTENT: "waiting for the server",
    OutreachState.LEAVING: "on its way",
    OutreachState.SENT: "sent already",
    OutreachState.FAILED: "not sent, and over",
    OutreachState.UNCLEAR: "unclear: did it go out?",
    OutreachState.ELSEWHERE: "out already, by your hand",
    OutreachState.DROPPED: "dropped",
}


def message_of(row: sqlite3.Row) -> Message:
    """Return the value of a stored row; every line of it is safe to show."""
    return Message(
        outreach_id=row["outreach_id"],
        account_id=row["account_id"],
        account_name=safe_text(row["account_name"]),
        state=OutreachState(row["state"]),
        channel=Channel(row["channel"]),
        contact=safe_text(row["contact"], cells=None),
        subject=safe_text(row["subject"], cells=None),
        text=written_text(row["text"]),
        template=row["template"],
        dedupe_key=row["dedupe_key"],
        follow_up=row["follow_up"],
        intent_id=row["intent_id"],
        sent_id=row["sent_id"],
        written_at=datetime.fromtimestamp(row["written_at"], UTC),
        left_at=moment(row["left_at"]),
        problem=None if row["problem"] is None else safe_reason(row["problem"]),
    )


def written_text(text: str) -> str:
    """Return a text of several lines without anything a terminal could act on; its lines stay as they are."""
    return "\n".join(line.rstrip() for line in safe_lines(text).split("\n")).strip("\n")
