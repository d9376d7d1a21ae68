"""Checks the audit of Tuoju. This one file needs nothing but Python 3.11: copy it to another machine and run it.

    python audit_verifier.py FILE... [--key-file KEYS]

A FILE is an export (`tuoju audit export`), a SQLite database, a CSV of the table audit_entry or audit_chain, or a file
of anchors; which of them it is, its content says. KEYS holds audit keys of 64 hexadecimal digits, one a line. Without
keys hashes, links and anchors are checked, but not who wrote the entries. Exit code: 0 intact, 1 something was found,
2 a file cannot be read. The format is described in docs/audit.md.
"""

import argparse
import csv
import hashlib
import hmac
import json
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

REGISTRY = "audit"
"""The scope of the chain in which the beginning of every other chain, and every anchor, is recorded."""
BEGIN_CHAIN = "begin_chain"
SEAL_HISTORY = "seal_history"
ANCHOR = "anchor"

_PLAIN_FIELDS = (
    "scope",
    "sequence",
    "actor_id",
    "action",
    "subject_type",
    "subject_id",
    "purpose",
    "detail",
    "previous_hash",
)
"""What the hash of an entry of release 0.1.0 covers, beside its time."""
_KEYED_FIELDS = (*_PLAIN_FIELDS, "key_id", "session_id", "address", "request_id")
_SQLITE_MAGIC = b"SQLite format 3\0"
_MOST_FINDINGS = 200
"""More are counted, but not listed."""

Row = Mapping[Any, Any]


class AuditKey:
    """A secret key of 32 bytes, from which one key for each use is derived (HKDF with SHA-256, RFC 5869)."""

    def __init__(self, secret: bytes) -> None:
        self._extracted = hmac.digest(bytes(32), secret, "sha256")
        self._derived: dict[str, bytes] = {}
        self.id = self._derive("id").hex()[:12]
        """Names the key in entries, without telling anything of it."""

    def _derive(self, use: str) -> bytes:
        if use not in self._derived:
            self._derived[use] = hmac.digest(self._extracted, f"tuoju audit {use}".encode() + b"\1", "sha256")
        return self._derived[use]

    def mac(self, use: str, *parts: str | int) -> str:
        """HMAC-SHA-256 over the parts, hex; `use` is "entry", "head" or "anchor"."""
        return hmac.digest(self._derive(use), canonical(parts), "sha256").hex()


def canonical(value: Any) -> bytes:
    """JSON in the one form that is hashed: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def entry_hash(entry: Row) -> str:
    """SHA-256 over an entry and the hash of the entry before it, hex."""
    fields = _KEYED_FIELDS if entry["key_id"] else _PLAIN_FIELDS
    body = {name: entry[name] for name in fields} | {"at": entry["at"].astimezone(UTC).isoformat()}
    return hashlib.sha256(canonical(body)).hexdigest()


def anchor_hash(line: Row) -> str:
    """SHA-256 over a line of anchors and the hash of the line before it, hex."""
    return hashlib.sha256(canonical({name: line[name] for name in line if name not in ("hash", "mac")})).hexdigest()


class Finding(NamedTuple):
    """Something that does not hold. `sequence` is the number of the entry, 0 for a whole chain or file."""

    kind: str
    scope: str
    sequence: int
    words: str


@dataclass
class Report:
    """What was checked and found."""

    entries: dict[str, int] = field(default_factory=dict)
    """How many entries each chain has."""
    plain: int = 0
    """Entries of release 0.1.0, which no key protects; from their sealing on they are protected."""
    macs_unchecked: int = 0
    """Entries whose key was not given."""
    anchors: int = 0
    anchored_until: str = ""
    """When the latest of the anchors was made."""
    findings: list[Finding] = field(default_factory=list)

    def find(self, kind: str, scope: str, sequence: int, words: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(kind, scope, sequence, words))


@dataclass
class _Chain:
    """A chain while its entries are read."""

    sequence: int = 0
    hash: str = ""
    sealed: bool = False


@dataclass
class Evidence:
    """Everything that is checked together. `complete` is false for a selection of entries, whose gaps mean nothing."""

    entries: Iterable[Row] = ()
    """In the order of their sequence within each scope."""
    heads: Iterable[Row] = ()
    anchors: Sequence[Sequence[Row]] = ()
    """The lines of each file of anchors, from first to last."""
    keys: Mapping[str, AuditKey] = field(default_factory=dict)
    complete: bool = True


def check(evidence: Evidence) -> Report:
    """Check entries, chains, their heads, the registry of chains, and the anchors against each other."""
    return _Check(evidence).run()


class _Check:
    def __init__(self, evidence: Evidence) -> None:
        self.evidence, self.report = evidence, Report()
        self.chains: dict[str, _Chain] = {}
        self.registered: set[str] = set()
        self.anchored: dict[str, dict[int, str]] = {}
        self.lines: dict[tuple[str, int], str] = {}
        """The hash of each line of anchors, by file and number."""
        self.recorded: dict[str, tuple[int, str]] = {}
        """The latest anchor of each file that the registry tells of."""

    def run(self) -> Report:
        for lines in self.evidence.anchors:
            self._read_anchors(lines)
        for entry in self.evidence.entries:
            self._read_entry(entry)
        if self.evidence.complete:
            self._compare_heads()
            self._compare_registry()
            self._compare_anchors()
        self.report.entries = {scope: chain.sequence for scope, chain in sorted(self.chains.items())}
        return self.report

    def _read_entry(self, entry: Row) -> None:
        scope, sequence = entry["scope"], entry["sequence"]
        chain = self.chains.setdefault(scope, _Chain())
        if self.evidence.complete or chain.sequence + 1 == sequence:
            self._check_link(chain, entry)
        self._check_seal(chain, entry)
        if entry["hash"] != entry_hash(entry):
            self.report.find("changed", scope, sequence, "the entry was changed after it was written")
        if entry["key_id"]:
            self._check_mac("entry", entry, entry["hash"])
        anchored = self.anchored.get(scope, {}).get(sequence)
        if anchored is not None and anchored != entry["hash"]:
            self.report.find("rewritten", scope, sequence, "the entry is another than the one that was anchored")
        if scope == REGISTRY:
            self._read_registry(entry)
        chain.sequence, chain.hash = sequence, entry["hash"]

    def _check_link(self, chain: _Chain, entry: Row) -> None:
        scope, sequence = entry["scope"], entry["sequence"]
        if sequence != chain.sequence + 1:
            missing = f"entries {chain.sequence + 1} to {sequence - 1} are missing"
            self.report.find("missing", scope, chain.sequence + 1, missing)
        elif entry["previous_hash"] != chain.hash:
            self.report.find("unlinked", scope, sequence, "the entry does not follow from the one before it")

    def _check_seal(self, chain: _Chain, entry: Row) -> None:
        """Entries of release 0.1.0 stand only at the beginning of a chain, before the keyed entry that seals them."""
        scope, sequence = entry["scope"], entry["sequence"]
        if not entry["key_id"]:
            self.report.plain += 1
            if chain.sealed:
                self.report.find("unkeyed", scope, sequence, "an entry without a key follows keyed ones")
            return
        if self.evidence.complete and not chain.sealed and chain.sequence:
            seal = {"entries": chain.sequence, "head": chain.hash}
            if entry["action"] != SEAL_HISTORY or entry["detail"] != seal:
                self.report.find("unkeyed", scope, sequence, "the entries before it are not sealed")
        chain.sealed = True

    def _check_mac(self, use: str, row: Row, *parts: str | int) -> None:
        key = self.evidence.keys.get(row["key_id"])
        if key is None:
            self.report.macs_unchecked += use == "entry"
            if self.evidence.keys:
                self.report.find("unknown_key", row["scope"], row["sequence"], f"key {row['key_id']} was not given")
        elif not hmac.compare_digest(row["mac"], key.mac(use, *parts)):
            what = "the entry" if use == "entry" else "the head of the chain"
            self.report.find("forged", row["scope"], row["sequence"], f"{what} was not written with the audit key")

    def _read_registry(self, entry: Row) -> None:
        if entry["action"] == BEGIN_CHAIN:
            self.registered.add(entry["subject_id"])
        elif entry["action"] == ANCHOR:
            detail = entry["detail"]
            self.recorded[detail["file"]] = (detail["number"], detail["hash"])

    def _compare_heads(self) -> None:
        heads = {head["scope"]: head for head in self.evidence.heads}
        for scope, chain in self.chains.items():
            head = heads.get(scope)
            if head is None:
                self.report.find("headless", scope, chain.sequence, "the chain has no head")
            elif (head["sequence"], head["hash"]) != (chain.sequence, chain.hash):
                cut = f"the head names entry {head['sequence']}, the last entry is {chain.sequence}"
                self.report.find("cut", scope, chain.sequence + 1, cut)
            if not chain.sealed:
                self.report.find("unsealed", scope, chain.sequence, "the entries are not sealed: run `tuoju migrate`")
        for scope, head in heads.items():
            if scope not in self.chains and head["sequence"]:
                self.report.find("lost", scope, 0, f"all {head['sequence']} entries of the chain are missing")
            if head["key_id"]:
                self._check_mac("head", head, scope, head["sequence"], head["hash"])
            elif scope in self.chains and self.chains[scope].sealed:
                self.report.find("forged", scope, head["sequence"], "the head of the chain has no key")

    def _compare_registry(self) -> None:
        keyed = {scope for scope, chain in self.chains.items() if chain.sealed}
        for scope in sorted(self.registered - self.chains.keys()):
            self.report.find("lost", scope, 0, "the chain is missing, the registry tells of its beginning")
        for scope in sorted(keyed - self.registered - {REGISTRY}):
            self.report.find("unregistered", scope, 0, "the registry does not tell of the beginning of this chain")

    def _read_anchors(self, lines: Sequence[Row]) -> None:
        number, previous = 0, ""
        for line in lines:
            if line["number"] != number + 1 or line["previous"] != previous or line["hash"] != anchor_hash(line):
                words = f"line {line['number']} does not follow from the line before it"
                self.report.find("anchor_changed", line["file"], line["number"], words)
            key = self.evidence.keys.get(line["key_id"])
            if key is not None and not hmac.compare_digest(line["mac"], key.mac("anchor", line["hash"])):
                words = f"line {line['number']} was not written with the audit key"
                self.report.find("anchor_forged", line["file"], line["number"], words)
            for scope, sequence, head in line["heads"]:
                self.anchored.setdefault(scope, {})[sequence] = head
            number, previous = line["number"], line["hash"]
            self.lines[line["file"], number] = previous
            self.report.anchors += 1
            self.report.anchored_until = max(self.report.anchored_until, line["at"])

    def _compare_anchors(self) -> None:
        for scope, heads in sorted(self.anchored.items()):
            chain, last = self.chains.get(scope), max(heads)
            if chain is None:
                self.report.find("lost", scope, 0, f"the whole chain is missing, {last} entries were anchored")
            elif chain.sequence < last:
                words = f"the last entry is {chain.sequence}, {last} entries were anchored"
                self.report.find("cut", scope, chain.sequence + 1, words)
        for file in {file for file, _ in self.lines} & self.recorded.keys():
            number, digest = self.recorded[file]
            if self.lines.get((file, number)) != digest:
                words = f"line {number} of the file of anchors is missing or another than the audit tells of"
                self.report.find("anchor_cut", file, number, words)


def read_time(text: str) -> datetime:
    """A time as exports, SQLite and PostgreSQL write it; one without an offset is UTC."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _entry_of(row: Row) -> dict[str, Any]:
    """An entry from any of the sources, with its fields in their types."""
    entry = dict(row)
    for name in ("sequence", "actor_id", "session_id"):
        entry[name] = None if entry[name] in (None, "") else int(entry[name])
    if isinstance(entry["detail"], str):
        entry["detail"] = json.loads(entry["detail"])
    entry["at"] = read_time(entry["at"])
    return entry


def _head_of(row: Row) -> dict[str, Any]:
    return {**row, "sequence": int(row["sequence"])}


def read_anchors(text: str) -> list[dict[str, Any]]:
    """The lines of a file of anchors; what a crash left half written is passed over, the next line shows no gap."""
    lines = []
    for line in text.splitlines():
        try:
            parsed = json.loads(line)
        except ValueError:
            continue
        if isinstance(parsed, dict) and parsed.get("kind") == "anchor":
            lines.append(parsed)
    return lines


class _Files:
    """Reads the given files into one body of evidence."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.heads: list[dict[str, Any]] = []
        self.anchors: list[list[dict[str, Any]]] = []
        self.complete = True

    def read(self, path: Path) -> None:
        with path.open("rb") as file:
            start = file.read(len(_SQLITE_MAGIC))
        if start == _SQLITE_MAGIC:
            self._read_sqlite(path)
        elif start.lstrip().startswith(b"{"):
            self._read_lines(path)
        else:
            self._read_csv(path)

    def _read_sqlite(self, path: Path) -> None:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        connection.row_factory = sqlite3.Row
        self.entries += [_entry_of(dict(row)) for row in connection.execute("SELECT * FROM audit_entry")]
        self.heads += [_head_of(dict(row)) for row in connection.execute("SELECT * FROM audit_chain")]
        connection.close()

    def _read_lines(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        if json.loads(text.partition("\n")[0]).get("kind") == "anchor":
            self.anchors.append(read_anchors(text))
            return
        for line in text.splitlines():
            row = json.loads(line)
            kind = row.pop("kind")
            if kind == "entry":
                self.entries.append(_entry_of(row))
            elif kind == "head":
                self.heads.append(_head_of(row))
            elif not row["complete"]:
                self.complete = False

    def _read_csv(self, path: Path) -> None:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns, rows = set(reader.fieldnames or ()), list(reader)
        if "previous_hash" in columns:
            self.entries += [_entry_of(row) for row in rows]
        elif {"scope", "sequence", "mac"} <= columns:
            self.heads += [_head_of(row) for row in rows]
        else:
            raise ValueError(f"{path} has not the columns of audit_entry or audit_chain")

    def evidence(self, keys: Iterable[AuditKey]) -> Evidence:
        entries = sorted(self.entries, key=lambda entry: (entry["scope"], entry["sequence"]))
        return Evidence(entries, self.heads, self.anchors, {key.id: key for key in keys}, self.complete)


def read_keys(text: str) -> list[AuditKey]:
    """The keys of a key file. Raises ValueError for a line that is not 64 hexadecimal digits."""
    secrets = [bytes.fromhex(line.strip()) for line in text.splitlines() if line.strip()]
    if any(len(secret) != 32 for secret in secrets):
        raise ValueError("a key has 64 hexadecimal digits")
    return [AuditKey(secret) for secret in secrets]


def describe(report: Report) -> Iterator[str]:
    """The report in lines to print."""
    for scope, count in report.entries.items():
        yield f"{scope}: {count} entries"
    if report.plain:
        yield f"{report.plain} entries of release 0.1.0 have no key of their own; the entry that seals them has."
    if report.macs_unchecked:
        yield f"The key of {report.macs_unchecked} entries was not given: who wrote them is not checked."
    if report.anchors:
        yield f"{report.anchors} anchors, the latest of {report.anchored_until}."
    else:
        yield "No anchors were given: a chain cut back to an earlier, valid state would not be noticed."
    for finding in report.findings[:_MOST_FINDINGS]:
        place = f", entry {finding.sequence}" if finding.sequence else ""
        yield f"FOUND {finding.kind}: {finding.scope}{place}: {finding.words}"
    if len(report.findings) > _MOST_FINDINGS:
        yield f"... and {len(report.findings) - _MOST_FINDINGS} more."
    yield f"{len(report.findings)} findings." if report.findings else "Intact."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the check from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Check an export of Tuoju's audit.")
    parser.add_argument("files", nargs="+", type=Path, help="export, SQLite database, CSV or anchors")
    parser.add_argument("--key-file", type=Path, help="audit keys of 64 hexadecimal digits, one a line")
    options = parser.parse_args(arguments)
    files = _Files()
    try:
        keys = read_keys(options.key_file.read_text(encoding="utf-8")) if options.key_file else []
        for path in options.files:
            files.read(path)
    except (OSError, ValueError, KeyError, sqlite3.Error) as error:
        sys.stderr.write(f"This file cannot be read as an audit: {error}\n")
        return 2
    report = check(files.evidence(keys))
    sys.stdout.write("\n".join(describe(report)) + "\n")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
