"""Prints the OpenAPI document: `python -m triage.sandbox.openapi > docs/openapi.json`."""

import json
import sys

from triage.sandbox.app import openapi


def text() -> str:
    """The document as it is committed."""
    return json.dumps(openapi(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
