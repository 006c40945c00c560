"""The words of a message to a customer (M17): the policy's template, filled; what is missing is named in its place."""

from data.account import Account, Contact, Staff, Value
from triage.policy_monitor import MonitorRules, Template
from triage.rules.days import day
from triage.rules.monitor_route import FEATURE, LAST_ACTIVE, TIP, template_gaps, tip

CSM = "CSM"
AUTOMATIC = "monitor_"  # templates of messages that a machine sends begin so; all machines read it in the trail
CHECK_IN, FOLLOW_UP = "check_in", "follow_up"


class Written(Value, frozen=True):
    """A filled template; `gaps` are what nobody knows, named in the text as `[no …]`."""

    subject: str
    text: str
    gaps: tuple[str, ...]


def write_draft(
    account: Account,
    contact: Contact | None,
    sender: Staff | None,
    rules: MonitorRules,
    follow_up: bool = False,
    fell: bool = True,
) -> Written:
    """M17: contact name (only it falls back), most recently used feature, last active day (UTC), tip, CSM.

    `fell`: an alert is open; where none is, the text does not say that the account has become quiet.
    """
    signals = account.signals
    active = None if signals is None else signals.last_active_at
    known = {
        FEATURE: None if signals is None else signals.last_feature,
        LAST_ACTIVE: None if active is None else day(active),
        TIP: None if signals is None else tip(signals.use_case, rules),
        CSM: None if sender is None else sender.name,
    }
    gaps = (*template_gaps(account, rules), *(() if sender is not None else (CSM,)))
    filled = {name: _gap(name) if name in gaps else str(value) for name, value in known.items()}
    words = {
        "name": _first_name(contact) or rules.templates.anybody,
        "feature": filled[FEATURE],
        "last_active": filled[LAST_ACTIVE],
        "tip": filled[TIP],
        "csm": filled[CSM],
        "account": str(account.name),
    }
    first = rules.templates.check_in if fell else rules.templates.greeting
    template: Template = rules.templates.follow_up if follow_up else first
    return Written(template.subject.format(**words), template.text.strip().format(**words), gaps)


def is_automatic(template: str | None) -> bool:
    """True for what a machine sent by itself (M22)."""
    return (template or "").startswith(AUTOMATIC)


def _gap(name: str) -> str:
    return f"[no {name}]"


def _first_name(contact: Contact | None) -> str:
    """The first word of a name; a title such as `Dr.` is none to address somebody by, so then it is the whole name."""
    words = str(contact.name).split() if contact is not None else []
    if not words:
        return ""
    return " ".join(words) if words[0].endswith(".") else words[0]
