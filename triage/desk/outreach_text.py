"""What keeps a message from leaving for a customer: no address, no words, a gap that is still named in them."""

import re

from data.errors import Rejected
from data.ports_outreach import Channel, Message

SUBJECT_CHARS = 200
CONTACT_CHARS = 200
TEXT_CHARS = 8000
BY_HAND = (Channel.COPY, Channel.ELSEWHERE)
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+")
_GAP = re.compile(r"\[no ([^\]\n]{1,80})\]")


def check_lengths(contact: str, subject: str, text: str) -> None:
    """Rejected where a field is longer than its record may be."""
    limits = (("address", contact, CONTACT_CHARS), ("subject", subject, SUBJECT_CHARS), ("text", text, TEXT_CHARS))
    for name, value, most in limits:
        if len(value) > most:
            raise Rejected("M17", f"The {name} has more than {most:,} characters.")


def gaps_in(message: Message) -> tuple[str, ...]:
    """M17: the gaps that are still named in a text."""
    return tuple(dict.fromkeys(_GAP.findall(f"{message.subject}\n{message.text}")))


def content_problem(message: Message, channel: Channel) -> str | None:
    """What keeps a text from leaving for a customer, None where nothing does; Slack posts are for colleagues."""
    if channel in BY_HAND or channel is Channel.SLACK:
        return None
    if not _ADDRESS.fullmatch(message.contact) or not message.contact.isascii():
        return "There is no e-mail address to write to."
    if not message.subject.strip() or not message.text.strip():
        return "A message has a subject and a text."
    gaps = gaps_in(message)
    return f"The text still has a gap: {', '.join(gaps)}." if gaps else None
