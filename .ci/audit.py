"""Known vulnerabilities of the pinned packages, by pip-audit; says how many it could look up, and never waits long.

`--if-reachable` (make check) passes where the service does not answer; a vulnerability that was found always fails.
"""

import json
import subprocess
import sys
from pathlib import Path

LIMIT = 60  # seconds for everything
PINS = Path(__file__).with_name("requirements.txt")
COMMAND = [
    sys.executable,
    "-m",
    "pip_audit",
    "--disable-pip",
    "--no-deps",
    "--progress-spinner",
    "off",
    "--timeout",
    "5",
]


def main() -> int:
    """Return 0 when nothing is known, 1 when something is, 2 when it cannot be told and was to be."""
    lenient = "--if-reachable" in sys.argv[1:]
    try:
        done = subprocess.run(
            [*COMMAND, "--format", "json", "-r", str(PINS)], capture_output=True, text=True, timeout=LIMIT, check=False
        )
        packages = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError):
        print("audit: the advisory service gave no answer; nothing was audited. Later: make audit", file=sys.stderr)
        return 0 if lenient else 2
    known = [one for one in packages if "vulns" in one]
    for one in known:
        for found in one["vulns"]:
            fixed = ", ".join(found["fix_versions"]) or "none yet"
            print(f"audit: {one['name']} {one['version']}: {found['id']}, fixed in {fixed}")
    print(f"audit: {len(known)} of {len(packages)} pinned packages looked up", file=sys.stderr)
    if any(one["vulns"] for one in known):
        return 1
    return 0 if lenient or len(known) == len(packages) else 2


if __name__ == "__main__":
    sys.exit(main())
