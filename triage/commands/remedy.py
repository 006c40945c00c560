"""`triage remedy`: queue a remedy with its reason, look at it first, or send it at once."""

import argparse
from contextlib import closing
from typing import TYPE_CHECKING, Any

from data.errors import BadAnswer, Busy, ConfigError, NoData, NotAllowed, Offline, Rejected, SignedOut, TriageError
from data.remedy import (
    HIGH_DISCOUNT,
    ON_WORKSPACE,
    PENDING,
    PERMISSIONS,
    REMEDIES,
    STALE,
    Change,
    Guard,
    Order,
    Preview,
    State,
)
from data.safe_text import safe_text
from triage.commands.context import Context, emit, emit_json
from triage.commands.parser import ACK, Parser
from triage.config_file import nearest

if TYPE_CHECKING:
    from data.account import Account
    from triage.desk import Desk

PARAMETERS: dict[str, dict[str, type]] = {
    "reset_usage": {},
    "grant_trial": {"tier": str, "months": int},
    "apply_discount": {"kind": str, "percent": float, "clear": bool},
    "change_tier": {"tier": str},
    "change_admin": {"membership_id": str},
}
PERMISSION = "permission"
TYPED = ("A13", "downgrade", STALE)  # the rules that a typed word answers
NOT_ALLOWED = 4
WAITING = 3


def add(name: str, parser: Parser) -> None:
    """Add the options of `triage remedy`."""
    parser.add_argument("kind", metavar="KIND", choices=REMEDIES, help=", ".join(REMEDIES))
    parser.add_argument("id", metavar="ID", help="the account's id")
    parser.add_argument("--workspace", metavar="W", help="the workspace's id; may be left out where only one fits")
    parser.add_argument(
        "--reason", metavar="TEXT", default="", help="why, 10 to 500 characters; goes into the audit trail"
    )
    parser.add_argument(
        "--set",
        metavar="K=V",
        action="append",
        default=[],
        help="a parameter, may be given several times: grant_trial tier= months=; apply_discount kind= percent= or "
        "clear=true; change_tier tier=; change_admin membership_id=",
    )
    parser.add_argument(
        "--ack",
        metavar="TEXT",
        action="append",
        default=[],
        help=ACK,
    )
    parser.add_argument("--dry-run", action="store_true", help="show before, after and guards; needs no reason")
    parser.add_argument("--push", action="store_true", help="send it at once, one try")
    parser.add_argument("--json", action="store_true", help="a JSON object, also on refusal")
    parser.set_defaults(run=run_remedy)


def run_remedy(args: argparse.Namespace, context: Context) -> int:
    """Queue a remedy without hold time; exit 1 where a guard or the reason refuses, 4 where a permission is missing."""
    try:
        return _remedy(args, context)
    except (Rejected, NotAllowed, SignedOut) as refusal:  # before there was anything to preview
        if args.json:
            from triage.commands.shapes import ordered

            rule = refusal.rule if isinstance(refusal, Rejected) else PERMISSION
            guard = Guard(rule, str(refusal), True)
            emit_json(ordered(Preview(args.kind, args.id, args.workspace, {}, {}, (guard,)), None))
        raise


def _remedy(args: argparse.Namespace, context: Context) -> int:
    from triage.commands.joined import know_author, open_session
    from triage.desk import Desk
    from triage.rules.remedies import confirmed

    if args.dry_run and args.push:
        raise ConfigError("--dry-run and --push contradict each other.")
    params = typed_params(args.kind, args.set)
    if not args.dry_run:
        context.need_write()
    session = open_session(context, network=True)
    with closing(Desk.open(session)) as desk:
        if desk.cache.synced_at is None:
            raise NoData("No data yet: triage sync")
        know_author(session, desk.cache)
        account = desk.cache.account(args.id)
        if account is None:
            raise Rejected("A11", f"There is no account {safe_text(args.id)} in the book.")
        if args.kind == "change_admin":
            _fetch_members(desk, context, account, args.workspace)
        order = Order(args.kind, account.id, None, params, args.reason, tuple(args.ack))
        order = _on_workspace(desk, order, account, args.workspace)
        preview = confirmed(desk.preview(order), order, account)
        if args.dry_run:
            return (_refused if preview.blocked else _shown)(args, context, account, preview)
        if any(guard.blocking and guard.rule == STALE for guard in preview.guards):
            return _refused(args, context, account, preview)
        try:
            change = desk.submit(order, hold=False)
        except (Rejected, NotAllowed) as refusal:
            return _refused(args, context, account, _with_refusal(preview, refusal), refusal)
        if not args.push:
            _shown(args, context, account, preview, change)
            context.say("Queued. triage sync sends it.")
            return 0
        change, error = _push(desk, change)
        _shown(args, context, account, preview, change)
        return _told(context, change, error)


def typed_params(kind: str, pairs: list[str]) -> dict[str, Any]:
    """Return `k=v` pairs typed as the contract has them; ConfigError (exit 2) names what does not fit."""
    known = PARAMETERS[kind]
    params: dict[str, Any] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign:
            raise ConfigError(f"--set wants name=value, not {pair!r}.")
        if name not in known:
            takes = f"It takes {', '.join(known)}." if known else "It takes none."
            raise ConfigError(f"{kind} has no parameter {name!r}.{nearest(name, [*known])} {takes}")
        params[name] = _typed(name, text, known[name])
    return params


def _typed(name: str, text: str, kind: type) -> Any:
    if kind is bool:
        if text not in ("true", "false"):
            raise ConfigError(f"{name} is true or false, not {text!r}.")
        return text == "true"
    if kind is str:
        return text
    try:
        number = float(text)
    except ValueError:
        raise ConfigError(f"{name} is a number, not {text!r}.") from None
    if kind is int and not number.is_integer():
        raise ConfigError(f"{name} is a whole number, not {text!r}.")
    return int(number) if number.is_integer() else number


def _on_workspace(desk: "Desk", order: Order, account: "Account", named: str | None) -> Order:
    """The order on its workspace: the named one, or the only one that fits; ConfigError (exit 2) where unclear."""
    from msgspec.structs import replace

    if order.kind not in ON_WORKSPACE:
        if named is not None:
            raise ConfigError(f"{order.kind} is for the whole account; leave out --workspace.")
        return order
    ids = [workspace.id for workspace in account.workspaces]
    if named is not None:
        if named not in ids:
            raise ConfigError(
                f"{account.name} has no workspace {named!r}.{nearest(named, ids)} It has: {', '.join(ids)}."
            )
        return replace(order, workspace_id=named)
    orders = [replace(order, workspace_id=one) for one in ids]
    fitting = orders if len(orders) == 1 else [one for one in orders if _fits(desk.preview(one))]
    if len(fitting) != 1:
        count = len(fitting) or "none"
        raise ConfigError(f"Which workspace? {count} of {', '.join(ids)} fit. Name it with --workspace.")
    return fitting[0]


def _fits(preview: Preview) -> bool:
    """Nothing about this workspace speaks against it (permission and repeated reset are about the account)."""
    return not any(guard.blocking and guard.rule not in (PERMISSION, "A13") for guard in preview.guards)


def _with_refusal(preview: Preview, refusal: Rejected | NotAllowed) -> Preview:
    """The preview with what refused it among the guards, if the desk found it elsewhere (a bad reason)."""
    from msgspec.structs import replace

    if preview.blocked:
        return preview
    rule = refusal.rule if isinstance(refusal, Rejected) else PERMISSION
    others = tuple(guard for guard in preview.guards if guard.rule != rule)
    return replace(preview, guards=(*others, Guard(rule, str(refusal), True)))


def _refused(
    args: argparse.Namespace,
    context: Context,
    account: "Account",
    preview: Preview,
    refusal: TriageError | None = None,
) -> int:
    _shown(args, context, account, preview)
    blocking = [guard for guard in preview.guards if guard.blocking]
    for sentence in dict.fromkeys([guard.message for guard in blocking] + ([str(refusal)] if refusal else [])):
        context.say(f"triage: {sentence}")
    if any(guard.rule in TYPED for guard in blocking):
        context.say("On the command line: --ack WORD")
    if isinstance(refusal, NotAllowed) or any(guard.rule == PERMISSION for guard in blocking):
        return NOT_ALLOWED
    return 1


def _shown(
    args: argparse.Namespace, context: Context, account: "Account", preview: Preview, change: Change | None = None
) -> int:
    """Print the object, or before → after in words."""
    from triage.commands.shapes import ordered

    if args.json:
        emit_json(ordered(preview, change))
        return 0
    from triage.commands.words import fields_words
    from widgets.glyphs import pick

    glyphs = pick(context.settings.glyphs, context.environ)
    before = dict(fields_words(preview.before, account.currency, glyphs))
    for name, value in fields_words(preview.after, account.currency, glyphs):
        if before.get(name) != value:
            emit(f"{name}: {before.get(name, 'none')} -> {value}")
    for guard in preview.guards:
        if not guard.blocking:
            emit(f"note ({guard.rule}): {guard.message}")
    if change is not None:
        emit(f"{change.state} {change.change_id}")
    return 0


def _fetch_members(desk: "Desk", context: Context, account: "Account", workspace_id: str | None) -> None:
    """Ask for members that no sync has fetched (accounts outside the list); offline the guard says that they lack."""
    wanted = [one.id for one in account.workspaces if workspace_id in (None, one.id)]
    missing = [one for one in wanted if desk.cache.members(one) is None]
    if not missing:
        return
    try:
        with closing(desk.session.backend()) as backend:
            for one in missing:
                desk.cache.store_members(one, account.id, backend.members(one), desk.session.clock())
    except (Offline, SignedOut, NotAllowed, BadAnswer) as error:
        context.detail(str(error))


def _push(desk: "Desk", change: Change) -> tuple[Change, TriageError | None]:
    """Send what is due, this change among it, one try; returns the change as it stands now and what went wrong."""
    from triage.desk.sync import push_round, recognise

    session = desk.session
    error: TriageError | None = None
    try:
        with closing(session.backend()) as backend:
            identity = recognise(session, desk.cache, backend)
            push_round(session, backend, desk.cache, desk.box, identity)
    except (Offline, SignedOut, NotAllowed, BadAnswer, Busy) as failed:
        error = failed
    return desk.box.get(change.change_id), error


def _told(context: Context, change: Change, error: TriageError | None) -> int:
    """Say where the change stands and return the exit code (interface.md, `--push`)."""
    why = str(error or change.last_error or "")
    if change.state is State.APPLIED:
        return 0
    if change.state in PENDING:
        context.say(f"It waits in the outbox. {why}".rstrip())
        return NOT_ALLOWED if isinstance(error, SignedOut | NotAllowed) else WAITING
    context.say(f"triage: {why or f'It is {change.state}.'}")
    denied = change.state is State.REJECTED and any(name in why for name in (*PERMISSIONS.values(), HIGH_DISCOUNT))
    return NOT_ALLOWED if denied else 1
