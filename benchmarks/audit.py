"""What the audit costs: a write with a keyed entry against the same write without.

    python -m benchmarks.audit [--database URL] [--writes 400] [--json]

Each round does one of each kind, so that both meet the same machine; the ratio is that of the medians.
"""

import argparse
import hashlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from tuoju.accounts import audit
from tuoju.accounts.audit_verifier import AuditKey, canonical
from tuoju.accounts.request_context import RequestContext, use_request
from tuoju.database.engine import make_engine
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.migrations import migrate

SCOPE = "341199000000"
SUBJECT = audit.Subject("Resident", "17")


def measure_writes(unit_of_work: UnitOfWork, writes: int) -> dict[str, float]:
    """Milliseconds of a transaction that inserts a row: alone, with a keyed entry, and with two in one chain."""

    def write(entries: int) -> None:
        with unit_of_work.write(SYSTEM) as session:
            session.execute(text("INSERT INTO audit_benchmark (name) VALUES ('x')"))
            for _ in range(entries):
                audit.record(session, None, "reveal", SUBJECT, scope=SCOPE, purpose="visit")

    return medians({"without": lambda: write(0), "with": lambda: write(1), "with_two": lambda: write(2)}, writes)


def measure_hashing(rounds: int = 2000) -> dict[str, float]:
    """Milliseconds of what is computed for an entry: its hash as in release 0.1.0, and with the two keyed ones."""
    key, body = AuditKey(bytes(32)), {f"field{number}": "x" * 20 for number in range(14)}

    def plain() -> str:
        return hashlib.sha256(canonical(body)).hexdigest()

    def keyed() -> None:
        digest = plain()
        key.mac("entry", digest)
        key.mac("head", SCOPE, 17, digest)

    return medians({"plain": plain, "keyed": keyed}, rounds)


def medians(kinds: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median of each kind in milliseconds; all kinds are run in each round."""
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, run in kinds.items():
            started = time.perf_counter()
            run()
            taken[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(values) for name, values in taken.items()}


def measure_verification(unit_of_work: UnitOfWork) -> tuple[int, float]:
    """How many entries there are, and how many a second are verified."""
    started = time.perf_counter()
    with unit_of_work.read(SYSTEM) as session:
        report = audit.verify(session)
    assert report.findings == []
    entries = sum(report.entries.values())
    return entries, entries / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="", help="URL of an empty database (default: SQLite)")
    parser.add_argument("--writes", type=int, default=400)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    audit.use_audit_key(bytes(32))
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(options.database or f"sqlite:///{Path(folder) / 'bench.db'}")
        migrate(engine)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE audit_benchmark (name VARCHAR(9))"))
        unit_of_work = UnitOfWork(engine)
        with use_request(RequestContext("0123456789ab", "192.0.2.0/24", 1)):
            writes = measure_writes(unit_of_work, options.writes)
        hashing = measure_hashing()
        entries, per_second = measure_verification(unit_of_work)
    result = {
        "python": sys.version.split()[0],
        "database": engine.dialect.name,
        "write_ms": writes,
        "write_ratio": writes["with"] / writes["without"],
        "second_entry_ratio": writes["with_two"] / writes["with"],
        "hash_ms": hashing,
        "hash_ratio": hashing["keyed"] / hashing["plain"],
        "entries": entries,
        "verified_per_second": per_second,
    }
    print(json.dumps(result, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
