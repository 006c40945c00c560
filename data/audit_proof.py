"""What an audit trail proves and what not: the chain, its signed head, what was seen before; and that in sentences."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from data.account import Entry, Value
from data.backends.port import Head
from data.errors import UnreadableEntry
from data.receipts import ChainReport, Pin, Seen, Signed, head_problem, verify_chain


class Evidence(Value, frozen=True):
    """What a trail is held against.

    `receipts` are hashes by seq that must stand in it; `orphans` those of changes from before a person took the
    server's keys and head as they were: they are only counted. `lags`: the trail may end before `remembered`. `noted`
    is what the last pull found wrong. `own`: it lies in our own home.
    """

    signed: Signed | None = None
    keys: tuple[Pin, ...] = ()
    remembered: Seen | None = None
    receipts: Mapping[int, str] = {}
    orphans: Mapping[int, str] = {}
    lags: bool = False
    noted: str | None = None
    own: bool = True


class Proof(Value, frozen=True):
    """The outcome: the replay, and how far what was held against it reaches. `signed` only where it holds."""

    report: ChainReport
    evidence: Evidence
    last: int
    head: str
    signed: Signed | None
    key: Pin | None
    standing: int
    beyond: int
    missing: tuple[int, ...]

    @property
    def ok(self) -> bool:
        """True when nothing is wrong with it."""
        return self.report.ok


class _Reader:
    """Passes entries on and notes where they end, and which of the receipts were met."""

    def __init__(self, entries: Iterable[Entry], evidence: Evidence) -> None:
        self._entries = entries
        self._evidence = evidence
        self.last, self.head = 0, ""
        self.standing = 0
        self.missing: list[int] = []

    def __iter__(self) -> Iterator[Entry]:
        for entry in self._entries:
            yield entry
            self.last, self.head = entry.seq, entry.hash
            self.standing += entry.seq in self._evidence.receipts
            if self._evidence.orphans.get(entry.seq, entry.hash) != entry.hash:
                self.missing.append(entry.seq)


def prove(entries: Iterable[Entry], evidence: Evidence) -> Proof:
    """Replay a trail from entry 1 and hold it against the evidence; an entry that is none is the first bad one."""
    reader = _Reader(entries, evidence)
    report = _replayed(reader, evidence)
    signed = evidence.signed
    key = next((one for one in evidence.keys if signed and one.key_id == signed.key_id), None)
    wrong = signature_problem(signed, evidence.keys) if signed else None
    if report.ok:
        report = _held_against(report, reader.last, evidence, wrong)
    return Proof(
        report=report,
        evidence=evidence,
        last=reader.last,
        head=reader.head,
        signed=signed if wrong is None and signed and signed.seq <= reader.last else None,
        key=key,
        standing=reader.standing,
        beyond=sum(seq > reader.last for seq in evidence.receipts),
        missing=(*reader.missing, *(seq for seq in sorted(evidence.orphans) if seq > reader.last)),
    )


def _replayed(reader: _Reader, evidence: Evidence) -> ChainReport:
    known = dict(evidence.receipts)
    if evidence.signed is not None:
        known.setdefault(evidence.signed.seq, evidence.signed.hash)
    lagging = evidence.lags or (evidence.remembered is None and evidence.signed is None)
    try:
        return verify_chain(reader, evidence.remembered, known=known, whole=not lagging)
    except UnreadableEntry as damaged:
        return ChainReport(False, damaged.seq - 1, damaged.seq, str(damaged))


def _held_against(report: ChainReport, last: int, evidence: Evidence, wrong: str | None) -> ChainReport:
    """A chain that holds in itself: return what is wrong with it beside what was seen and signed."""
    signed = evidence.signed
    if signed is not None and wrong is not None:
        return ChainReport(False, report.entries, signed.seq, f"Entry {signed.seq}, the signed head: {wrong}")
    if signed is not None and signed.seq > last:
        why = f"It ends at entry {last}, but reached entry {signed.seq}, which is signed: its end was cut off."
        return ChainReport(False, report.entries, last + 1, why)
    for one in (evidence.remembered, signed):
        if one is not None and evidence.receipts.get(one.seq, one.hash) != one.hash:
            return ChainReport(False, one.seq - 1, one.seq, f"Entry {one.seq} was seen in two versions: it was forked.")
    if evidence.noted is not None:
        return ChainReport(False, report.entries, last + 1, evidence.noted)
    return report


def signature_problem(signed: Signed, keys: Iterable[Pin]) -> str | None:
    """Return what is wrong with the signature of a head, None when one of the keys has made it."""
    head = Head(signed.seq, signed.hash, signed.signature, signed.key_id)
    return head_problem(head, {key.key_id: key.public_key for key in keys})


def sentences(proof: Proof) -> list[str]:
    """Return what is proven and what is not, one sentence a line; the first says whether the chain holds."""
    report, evidence = proof.report, proof.evidence
    if not report.ok:
        said = [f"The chain is broken at entry {report.first_bad}: {report.why}"]
        sound = report.entries
        said.append(
            f"Proven: entries 1 to {sound:,} follow from one another." if sound else "Proven: nothing of this trail."
        )
        said.append(
            f"Do not rely on anything from entry {report.first_bad} on. Keep a copy, and ask the server's owner."
        )
        return said
    if proof.last == 0:
        return ["The trail is empty: nothing is proven, and nothing was seen that should stand in it."]
    said = [f"The chain holds: {report.entries:,} entries, 1 to {proof.last:,}, without a gap."]
    said += _signed_words(proof, evidence)
    said += _seen_words(proof, evidence)
    said += _receipt_words(proof)
    said += _open_words(proof, evidence)
    return said


def _signed_words(proof: Proof, evidence: Evidence) -> list[str]:
    signed, key = proof.signed, proof.key
    if signed is None or key is None:
        return ["Not signed: no signed head comes with it, so who wrote it is not proven."]
    since = f"believed here since {_utc(key.pinned_at)}" if evidence.own else "as it comes with the file"
    said = [f"Signed: up to entry {signed.seq:,} by key {key.key_id} ({since}), head seen {_utc(signed.seen_at)}."]
    if signed.seq < proof.last:
        said.append(f"Chained but not signed yet: entries {signed.seq + 1:,} to {proof.last:,}.")
    return said


def _seen_words(proof: Proof, evidence: Evidence) -> list[str]:
    seen = evidence.remembered
    if seen is None or seen.seq == 0:
        return []
    if seen.seq <= proof.last:
        return [
            f"Seen before: entry {seen.seq:,}{_at(seen.seen_at)} stands in it unchanged, and so does all before it."
        ]
    behind = seen.seq - proof.last
    return [
        f"Seen, not held: entries up to {seen.seq:,} were seen{_at(seen.seen_at)}, {behind:,} more than lie here. "
        "triage sync brings them."
    ]


def _receipt_words(proof: Proof) -> list[str]:
    said = []
    if proof.standing:
        said.append(f"Own changes: {proof.standing:,} with a receipt, each stands in it as its receipt says.")
    if proof.beyond:
        said.append(f"Own changes not held yet: {proof.beyond:,}, newer than entry {proof.last:,}.")
    if proof.missing:
        seqs = ", ".join(f"{seq:,}" for seq in proof.missing[:10])
        said.append(
            f"Own changes that this server no longer has: their receipts named entries {seqs}. They are older than the "
            "day on which somebody took its keys and head as they are (triage doctor --accept-keys)."
        )
    return said


def _open_words(proof: Proof, evidence: Evidence) -> list[str]:
    said = [f"Not proven: that nothing follows entry {proof.last:,}, or that what nobody has seen yet stays as it is."]
    if proof.key is not None:
        whose = "was taken on first use" if evidence.own else "comes with the file"
        said.append(
            f"Not proven: whose key it is. It {whose}; compare it with what the server's owner says: "
            f"{proof.key.public_key}"
        )
    return said


def _at(moment: datetime | None) -> str:
    return f" on {_utc(moment)}" if moment else ""


def _utc(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}" if moment else "at an unknown time"
