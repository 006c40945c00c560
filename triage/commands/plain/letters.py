"""Outreach line by line: a draft that is read, changed and sent; what nobody knows of an earlier one is asked first."""

from data.ports import Detail
from data.ports_outreach import Channel, FollowUpDue, Message, OutreachForm, OutreachState
from triage.commands.plain.browse import Browser
from triage.commands.plain.here import Here
from triage.commands.plain.talk import Left
from triage.commands.words import doubtful
from widgets.change_words import quoted
from widgets.numbers import utc

BY = {Channel.EMAIL: "by mail", Channel.SLACK: "to the team's Slack", Channel.ELSEWHERE: "I sent it myself"}
LINES = 200


def write(here: Here, detail: Detail) -> None:
    """o: the draft of a message, or what nobody knows yet about the one before."""
    row = detail.row
    open_one = next((one for one in here.desk.outreach(row.id) if one.state is OutreachState.UNCLEAR), None)
    if open_one is not None:
        settle(here, open_one)
        return
    form = here.attempt(lambda: here.desk.open_outreach(row.id))
    if form is None:
        return
    here.say(f"A message to {doubtful(row)}. The draft is kept; nothing leaves before you say so.")
    _read(here, form)
    while True:
        try:
            word = here.talk.ask("Message, h says the keys:")
        except Left as left:
            if left.ended:
                raise
            return
        if word.casefold() in ("q", "back", "esc"):
            here.say("The draft is kept.")
            return
        if word == "send" and _send(here, form):
            return
        if word == "new" and here.sure("This draft is thrown away and written from the template."):
            _drop(here, form.message)
        elif word in ("to", "subject", "text"):
            _change(here, form, word)
        form = here.attempt(lambda: here.desk.open_outreach(row.id)) or form
        if word in ("", "p", "new"):
            _read(here, form)
        elif word not in ("send", "to", "subject", "text"):
            here.say("Enter reads it; to, subject, text change it; send; new, from the template; q, back.")


def _drop(here: Here, message: Message) -> bool:
    return here.attempt(lambda: here.desk.drop_outreach(message.outreach_id)) is not None


def _read(here: Here, form: OutreachForm) -> None:
    message = form.message
    here.say(f"To: {message.contact or 'nobody yet'}", f"From: {form.sender.name if form.sender else 'nobody'}")
    here.say(f"Subject: {message.subject}", "Text:", *message.text.splitlines())
    here.say(*(f"Missing: {gap}" for gap in form.gaps), *((form.problem,) if form.problem else ()))


def _change(here: Here, form: OutreachForm, what: str) -> None:
    message = form.message
    to, subject, text = str(message.contact), str(message.subject), message.text
    try:
        if what == "to":
            to = here.talk.ask("To, an e-mail address, Enter leaves it:") or to
        elif what == "subject":
            subject = here.talk.ask("Subject, Enter leaves it:") or subject
        else:
            text = _lines(here) or text
    except Left as left:
        if left.ended:
            raise
        here.say("Left as it was.")
        return
    if here.attempt(lambda: here.desk.save_outreach(message.outreach_id, to, subject, text)) is not None:
        here.say("Kept.")


def _lines(here: Here) -> str:
    here.say("The new text, line by line; a line with a dot alone ends it.")
    found: list[str] = []
    while len(found) < LINES and (line := here.talk.ask(f"{len(found) + 1}:")) != ".":
        found.append(line)
    return "\n".join(found)


def _send(here: Here, form: OutreachForm) -> bool:
    """Queue its record; the message leaves once the server has that. True where it was."""
    here.say(*(f"Not {BY[channel]}: {why}" for channel, why in form.cannot.items() if channel in BY))
    ways = [(channel, word) for channel, word in BY.items() if channel not in form.cannot]
    try:
        channel = here.choose("Send", ways)
        if not here.sure("It is logged under your name."):
            raise Left
    except Left as left:
        if left.ended:
            raise
        here.say("The draft is kept. Nothing was sent.")
        return False
    if here.attempt(lambda: here.desk.send_outreach(form.message.outreach_id, channel)) is None:
        return False
    by_hand = channel is Channel.ELSEWHERE
    here.say("Logged as sent by you." if by_hand else "It leaves once the server has its record.")
    return True


def settle(here: Here, message: Message) -> None:
    """A person says what no machine knows: whether a message went out."""
    here.say(f"Nobody knows whether this went out: {quoted(message.subject)} to {message.contact}.")
    here.say(f"It left {utc(message.left_at) if message.left_at else 'at a time not noted'}. It is never sent again.")
    here.talk.settle()
    answer = here.talk.ask("Did it go out? yes, no, or Enter for later:").casefold()
    if answer in ("yes", "no"):
        sent = answer == "yes"
        if here.attempt(lambda: here.desk.settle_outreach(message.outreach_id, sent)) is not None:
            here.say("Logged as sent." if sent else "Logged as not sent. o writes it again.")
    else:
        here.say("Nobody knows yet. Nothing else is sent to them from here.")


def follow_ups(here: Here) -> None:
    """f: the messages of the whole book that nobody answered."""

    def reply(one: FollowUpDue) -> None:
        note = here.talk.ask("What they answered, may stay empty:")
        if here.attempt(lambda: here.desk.log_reply(one.account_id, one.outreach_id, note)) is not None:
            here.say("Logged. The follow-up is cancelled.")

    Browser(
        here,
        "Follow-ups",
        here.desk.follow_ups,
        lambda one: (
            f"{one.account_name}: no answer to {quoted(one.subject)}, sent {utc(one.sent_at)}, "
            f"{'due' if one.due else 'due on'} {utc(one.due_at)}."
        ),
        lambda one: one.outreach_id,
        acts={"n": ("log their reply", reply)},
        none="nobody owes an answer.",
    ).run()


def messages(here: Here) -> None:
    """The messages of this home, and what can be done with what was not sent."""

    def drop(one: Message) -> None:
        if one.state not in (OutreachState.INTENT, OutreachState.FAILED, OutreachState.DRAFT):
            here.say("It can be neither taken back nor discarded.")
        elif _drop(here, one):
            here.say("Dropped. Nothing was sent.")

    def ask(one: Message) -> None:
        if one.state is OutreachState.UNCLEAR:
            settle(here, one)
        else:
            here.say("Its outcome is known.")

    Browser(
        here,
        "Messages",
        here.desk.outreach,
        lambda one: f"{one.account_name}, {one.state}, {quoted(one.subject)}. {one.problem or ''}",
        lambda one: one.outreach_id,
        lambda one: [f"To {one.contact}, {one.state}, written {utc(one.written_at)}.", *one.text.splitlines()],
        {"d": ("drop it: what never left, what failed", drop), "l": ("say whether it went out", ask)},
        none="none were written here.",
    ).run()
