"""The triage terminal app and its command line."""

VERSION = "0.1.0"  # as in pyproject.toml; asking the installed package for it would cost every start 8 ms
