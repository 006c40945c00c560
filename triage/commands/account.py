"""`triage login`, `logout` and `whoami`."""

import argparse
import sys
from contextlib import closing

from data.errors import ConfigError, TriageError
from data.safe_text import safe_text
from triage.commands.context import Context, emit, emit_json
from triage.commands.parser import Parser


def add(name: str, parser: Parser) -> None:
    """Add the options of a command of this family."""
    if name == "login":
        parser.add_argument("--token-stdin", action="store_true", help="read the token from stdin, for scripts")
        parser.add_argument(
            "--insecure-storage",
            action="store_true",
            help="where no keyring works, keep the token unprotected in a file (0600) of the state directory",
        )
        parser.set_defaults(run=run_login)
    elif name == "logout":
        parser.set_defaults(run=run_logout)
    else:
        parser.add_argument("--json", action="store_true", help="print a JSON object")
        parser.set_defaults(run=run_whoami)


def run_login(args: argparse.Namespace, context: Context) -> int:
    """Check a token by `/v1/me`, then keep it; nothing is kept that the backend does not accept."""
    from data.credentials import checked, keep_token
    from triage.commands.joined import open_session
    from triage.desk.sync import recognise

    session = open_session(context, network=True)
    places = context.settings.places(context.environ)
    token = checked(_ask_token(args, context), "The token")
    session.token.take(token, keep=False)
    with closing(session.backend()) as backend, closing(session.open_cache()) as cache:
        identity = recognise(session, cache, backend)
    kept = keep_token(places, token, insecure=args.insecure_storage)
    if kept.where == "memory":
        raise TriageError(
            f"{kept.sentence.partition(' Kept in memory')[0]} The token is good, but there is nowhere "
            "to keep it. Set TRIAGE_TOKEN or TRIAGE_TOKEN_FILE, or add --insecure-storage."
        )
    context.say(f"Signed in to {session.place.base_url} as {identity.name} ({identity.role}). {kept.sentence}")
    for name in ("TRIAGE_TOKEN", "TRIAGE_TOKEN_FILE"):
        if context.environ.get(name):
            context.say(f"{name} is set and wins over the token just kept.")
    return 0


def run_logout(args: argparse.Namespace, context: Context) -> int:
    """Forget the token of this backend, wherever it is kept."""
    from data.credentials import forget_token

    removed = forget_token(context.settings.places(context.environ))
    context.say(f"Forgotten: {', '.join(removed)}." if removed else "No token was kept here.")
    for name in ("TRIAGE_TOKEN", "TRIAGE_TOKEN_FILE"):
        if context.environ.get(name):
            context.say(f"{name} is still set; unset it to sign out.")
    return 0


def run_whoami(args: argparse.Namespace, context: Context) -> int:
    """Ask the backend who we are."""
    from triage.commands.joined import open_session
    from triage.desk.sync import recognise

    session = open_session(context, network=True)
    with closing(session.backend()) as backend, closing(session.open_cache()) as cache:
        identity = recognise(session, cache, backend)
        capabilities = backend.capabilities
    if args.json:
        emit_json(
            {
                "staff_id": identity.staff_id,
                "name": identity.name,
                "permissions": list(identity.permissions),
                "backend": session.place.base_url,
                "capabilities": capabilities,
            }
        )
        return 0
    emit(f"{identity.name} ({identity.staff_id}), {identity.role} at {session.place.base_url}")
    emit(f"may: {', '.join(identity.permissions) or 'read'}")
    if identity.discount_limit is not None:
        emit(f"discounts up to {identity.discount_limit:g} %")
    return 0


def _ask_token(args: argparse.Namespace, context: Context) -> str:
    if args.token_stdin:
        return sys.stdin.readline(5000)
    if context.settings.no_input or not sys.stdin.isatty():
        raise ConfigError("Nobody can be asked for the token here. Pipe it in: triage login --token-stdin")
    from getpass import getpass

    try:
        return getpass(safe_text(f"Token for {context.settings.need_base_url()}: "))
    except EOFError:
        raise ConfigError("No token was typed.") from None
