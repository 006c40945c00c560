"""Planted bugs of what guards secrets and screens: hostile text, tokens, keyrings, exported files."""

from kit.planted.hand import Plant

CREDENTIALS = "tests/cli/test_credentials.py::"

PLANTS = (
    Plant(
        "unsanitised field",
        "data/account.py",
        """\
    \"\"\"Somebody works on this account until `until`.\"\"\"

    staff_id: Id
    name: SafeText
""",
        """\
    \"\"\"Somebody works on this account until `until`.\"\"\"

    staff_id: Id
    name: str
""",
        "A colleague's name, or a customer's, repaints the terminal or makes a click quit the app.",
        ("tests/house/test_wire_text.py::test_a_hostile_text_arrives_harmless_or_not_at_all[Account.claim.name]",),
        named=True,
    ),
    Plant(
        "plain-text keyring",
        "data/keyring_child.py",
        "    return backend if name_of(backend) in ALLOWED else None",
        "    return backend",
        "The token lies in a readable file of somebody's home while the app says 'keyring'.",
        (CREDENTIALS + "test_a_plain_text_ring_never_gets_the_token",),
        named=True,
    ),
    Plant(
        "token file open to others",
        "data/credentials.py",
        'getattr(os, "O_NOFOLLOW", 0), 0o600)',
        'getattr(os, "O_NOFOLLOW", 0), 0o644)',
        "Everybody with an account on the machine can act in this person's name.",
        (CREDENTIALS + "test_only_an_explicit_request_writes_into_the_state_directory",),
    ),
    Plant(
        "redirect followed",
        "data/backends/native_http.py",
        '        event_hooks={"request": [traced] if steps is not None else [], "response": [_stay]},\n'
        "        base_url=base_url,\n"
        "        headers=headers,\n"
        "        timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),\n"
        "        follow_redirects=False,",
        '        event_hooks={"request": [traced] if steps is not None else []},\n'
        "        base_url=base_url,\n"
        "        headers=headers,\n"
        "        timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),\n"
        "        follow_redirects=True,",
        "A captive portal or a typo in DNS leads requests, and remedies in them, to a stranger.",
        ("tests/wire/test_native.py::test_the_token_reaches_no_log_and_follows_no_redirect",),
    ),
    Plant(
        "certificates not verified",
        "data/backends/native_http.py",
        'if base_url.startswith("http:") else True,',
        'if base_url.startswith("http:") else False,',
        "Whoever sits between gets the token and every customer, and answers in the server's name.",
        ("tests/wire/test_tls.py::test_a_certificate_that_proves_nothing_gets_no_token",),
    ),
    Plant(
        "exports open to others",
        "triage/commands/audit.py",
        """\
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
""",
        """\
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.fchmod(handle, 0o644)
""",
        "Who did what for which customer, and why, can be read by everybody on the machine.",
        ("tests/cli/test_loop.py::test_audit_export_holds_the_hashed_bytes_in_a_private_file",),
    ),
    Plant(
        "formulas in CSV",
        "triage/commands/tables.py",
        """\
    return "'" + _safe(text) if text""",
        """\
    return _safe(text) if text""",
        "A customer's name runs as a formula in the spreadsheet of whoever opens the list.",
        ("tests/cli/test_reading.py::test_csv_guards_formulas_and_has_the_same_rows",),
    ),
)
