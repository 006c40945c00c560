"""What became of a change that nobody can look up: a person answers, with the evidence at hand and a reason."""

from collections.abc import Callable
from datetime import datetime

from data.remedy import Change
from screens.ask_sent import AskSent
from screens.base import TriageScreen
from screens.confirm import ConfirmReason
from widgets.change_words import describe_change
from widgets.numbers import utc

Done = Callable[[Change | None, str], None]
LATER = "Nothing is decided. It is read back again by itself, and never sent again without your word."
SAID = {
    True: ("It happened", "Nothing is sent. The row is closed as applied, by your word.", "Closed as applied."),
    False: (
        "It did not happen",
        "It is sent once more, after a last look at the account.",
        "It goes once more, after a last look at the account.",
    ),
}


def ask_what_happened(screen: TriageScreen, change: Change, first_sent: datetime | None, done: Done) -> None:
    """Ask, then ask for the reason; `done` hears of the change as it is then."""

    def answered(happened: bool | None) -> None:
        if happened is None:
            screen.tell(LATER)
            return
        title, what, sentence = SAID[happened]
        screen.app.push_screen(
            ConfirmReason(
                screen.desk,
                change,
                title=title,
                button=title,
                what=what,
                act=lambda reason: screen.desk.decide(change.change_id, happened, reason),
            ),
            lambda made: done(made, sentence),
        )

    sent = first_sent or change.sent_at
    evidence = [
        ("Account", str(change.account_name)),
        ("Change", str(describe_change(change))),
        ("Sent", f"once, {utc(sent)}" if sent else "once"),
        ("Evidence", str(change.last_error or "none")),
        ("Look", "at the account in the backend's own staff screens"),
    ]
    said = "Your answer and its reason go into this home's own trail. It is never sent again by itself."
    asking = AskSent("Did this happen?", evidence, said, ("it happened", "it did not, send it again"))
    screen.app.push_screen(asking, answered)
