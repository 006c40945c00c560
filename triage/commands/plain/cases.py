"""A case line by line: its clocks, its playbook as a checklist, and every step a person can write."""

from collections.abc import Callable, Iterator

from data.ports import Detail
from data.ports_cases import STEPS, CaseMove, CaseView, Due
from triage.commands.plain.browse import Browser
from triage.commands.plain.here import Here
from triage.commands.plain.talk import Left
from triage.commands.words import doubtful, kind_words
from widgets.numbers import ago, utc

OUTCOMES = (
    ("recovered", "recovered, healthy again"),
    ("left_red", "left Red, no cause any more"),
    ("renewed", "renewed, the contract goes on"),
    ("churned", "churned, the customer is lost"),
)
_KEYS = "open, step, cause, owner, close, again (re-open), tick; Enter reads it; q, back."


def open_case(here: Here, detail: Detail) -> None:
    """c: an account's case."""
    view = here.attempt(lambda: here.desk.case(detail.row.id))
    if view is None:
        return
    here.say(*_lines(here, view))
    acts: dict[str, Callable[[Here, CaseView], CaseMove]] = {
        "open": _open,
        "step": _step,
        "cause": _cause,
        "owner": _owner,
        "close": _close,
        "again": lambda _here, _view: CaseMove(closed=False),
        "tick": _tick,
    }
    while True:
        try:
            word = here.talk.ask(f"Case of {doubtful(view.row)}, h says the keys:")
            if word.casefold() in ("q", "back", "esc"):
                return
            if word in acts:
                move = acts[word](here, view)
                if here.attempt(lambda move=move: here.desk.change_case(detail.row.id, move)) is not None:  # type: ignore[misc]
                    here.say("Recorded. It leaves at once.")
            elif word not in ("", "p"):
                here.say(_KEYS)
        except Left as left:
            if left.ended:
                raise
            here.say("Left as it was.")
            continue
        view = here.desk.case(detail.row.id) or view
        if word in ("", "p"):
            here.say(*_lines(here, view))


def _lines(here: Here, view: CaseView) -> Iterator[str]:
    case = view.case
    if case is None:
        yield "No case is open." + (
            f" The last closed {utc(view.last.closed_at)}." if view.last and view.last.closed_at else ""
        )
    else:
        yield f"{case.kind.capitalize()} case, opened {utc(case.opened_at)}, owner {case.owner or 'nobody'}."
    if view.red.is_red:
        yield f"Red by {', '.join(view.red.causes) or 'no cause now'}."
    if view.move or view.held:
        yield f"The rules want: {kind_words(view.move)}. {view.held}" if view.move else view.held
    for stamp in view.stamps:
        done = (
            f"{utc(stamp.at)} by {stamp.by or 'somebody'}" if stamp.at else "waits here" if stamp.pending else "not yet"
        )
        yield f"{kind_words(stamp.step)}: {done}."
    for task in view.tasks:
        late = (
            f"{ago((here.now - task.due_at).total_seconds())} late"
            if task.due_at < here.now
            else f"due {utc(task.due_at)}"
        )
        yield f"Task for {task.who}: {task.what}, {'done' if task.done else late}."
    chosen = view.chosen
    if chosen is not None:
        yield f"Root cause {kind_words(chosen.root_cause)}, playbook {chosen.name}:"
        for step in chosen.steps:
            yield f"{step.number}. {step.text}: {'done' if step.done else 'open'}."


def _open(here: Here, view: CaseView) -> CaseMove:
    kinds = (("red", "Red case, its clocks run"), ("recovery", "recovery case, its health fell"))
    return CaseMove(open=here.choose("Kind", kinds, "red" if view.red.is_red else "recovery"))


def _step(here: Here, view: CaseView) -> CaseMove:
    return CaseMove(step=here.choose("Done", [(step, kind_words(step)) for step in STEPS if step != "root_cause"]))


def _cause(here: Here, view: CaseView) -> CaseMove:
    causes = [
        (one.root_cause, f"{kind_words(one.root_cause)}, {one.name}{', suggested' if one.suggested else ''}")
        for one in view.playbooks
    ]
    return CaseMove(root_cause=here.choose("Root cause", causes))


def _owner(here: Here, view: CaseView) -> CaseMove:
    owner = here.talk.ask(f"Owner, Enter for {view.me.name}:" if view.me else "Owner, Enter leaves:")
    if not owner and view.me is None:
        raise Left
    return CaseMove(owner=owner or str(view.me.name if view.me else ""))


def _close(here: Here, view: CaseView) -> CaseMove:
    return CaseMove(closed=True, outcome=here.choose("Outcome", OUTCOMES))


def _tick(here: Here, view: CaseView) -> CaseMove:
    chosen = view.chosen
    if chosen is None:
        here.say("Choose a root cause first: its playbook has the steps.")
        raise Left
    number = int(here.number("Step", 1, len(chosen.steps), None, whole=True))
    step = chosen.steps[number - 1]
    return CaseMove(tick=(chosen.root_cause, step.number, not step.done))


def my_day(here: Here, go_to: Callable[[str], None]) -> None:
    """d: what is due today or late; `open` goes to its account."""

    def line(one: Due) -> str:
        late = f"{ago((here.now - one.due_at).total_seconds())} late" if one.late else f"due {utc(one.due_at)}"
        return f"{one.account_name}: {one.what}, {late}, {one.who}."

    Browser(
        here,
        "My day",
        lambda: here.desk.my_day().due,
        line,
        lambda one: one.key,
        acts={"o": ("go to its account in the list; q then leaves", lambda one: go_to(one.account_id))},
        none="nothing is due.",
    ).run()
