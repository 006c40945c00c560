"""The way into outreach: what nobody knows yet is asked first, then the draft opens."""

from data.errors import TriageError
from data.ports_outreach import Message, OutreachState
from screens.ask_sent import unclear
from screens.base import TriageScreen


def start_outreach(screen: TriageScreen, account_id: str) -> None:
    """Open the draft of an account; where a message of it is unclear, ask about that one instead."""
    open_one = next((one for one in screen.desk.outreach(account_id) if one.state is OutreachState.UNCLEAR), None)
    if open_one is not None:
        ask_about(screen, open_one)
        return
    try:
        form = screen.desk.open_outreach(account_id)
    except TriageError as error:
        screen.tell(str(error))
        return
    from screens.outreach import OutreachScreen

    screen.app.push_screen(OutreachScreen(screen.desk, form))


def ask_about(screen: TriageScreen, message: Message) -> None:
    """Ask whether an unclear message went out, and log the answer."""
    detail = screen.desk.detail(message.account_id)
    csm = detail.account.csm if detail else None
    sender = f"{csm.name}" if csm else ""

    def answered(went_out: bool | None) -> None:
        if went_out is None:
            screen.tell("Nobody knows yet whether it went out. Nothing else is sent to them from here.")
            return
        try:
            screen.desk.settle_outreach(message.outreach_id, went_out)
        except TriageError as error:
            screen.tell(str(error))
            return
        again = "Logged as not sent. o writes it again."
        screen.reload()
        screen.tell("Logged as sent. The follow-up is counted from when it left." if went_out else again)

    screen.app.push_screen(unclear(message, sender), answered)
