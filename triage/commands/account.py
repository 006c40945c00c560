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
            "--password-stdin",
            metavar="EMAIL",
            help="sign in by password (where directus_url is set), read from stdin; a one-time code on the next line",
        )
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
    token = checked(_ask_sign_in(args, context), "The token")
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


def _ask_sign_in(args: argparse.Namespace, context: Context) -> str:
    """Return a token: one that was typed or piped in, or that of a session begun with a password."""
    from data.backends.registry import sign_in
    from triage.commands.joined import utc_now

    chosen, email = context.settings.chosen, args.password_stdin
    if email is not None and not chosen.by_password:
        raise ConfigError("A password needs a Directus: set backend and directus_url for this profile.")
    if email is not None:
        password, otp = sys.stdin.readline(5000).rstrip("\n"), sys.stdin.readline(100).strip()
        return sign_in(chosen, email, password, otp, utc_now())
    if chosen.by_password and not args.token_stdin and not context.settings.no_input and sys.stdin.isatty():
        email, password, otp = _ask_password(context)
        if email:
            return sign_in(chosen, email, password, otp, utc_now())
    return _ask_token(args, context)


def _ask_password(context: Context) -> tuple[str, str, str]:
    """E-mail, password and one-time code as typed; three empty texts where no e-mail is given."""
    from getpass import getpass

    context.say(f"E-mail at {context.settings.directus_url} (empty: a token instead):")
    email = sys.stdin.readline(500).strip()
    if not email:
        return "", "", ""
    try:
        return email, getpass("Password: "), getpass("One-time code (empty: none): ").strip()
    except EOFError:
        raise ConfigError("No password was typed.") from None


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
