"""Looks for keys, tokens and passwords in the tracked files: `python -m supply_chain.secrets`.

What is found and is no secret stands in `allowed_secrets.tsv`: its file, the beginning of its SHA-256, and why.
"""

import hashlib
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from detect_secrets import SecretsCollection
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).parent.parent
ALLOWED = Path(__file__).parent / "allowed_secrets.tsv"
PLUGINS = (
    *("PrivateKeyDetector", "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector", "GitHubTokenDetector"),
    *("GitLabTokenDetector", "JwtTokenDetector", "KeywordDetector", "NpmDetector", "PypiTokenDetector"),
    *("SlackDetector", "StripeDetector"),
)
ENTROPY = {"Base64HighEntropyString": 4.5, "HexHighEntropyString": 3.0}
FILTERS = ("is_sequential_string", "is_potential_uuid")
LOCKS = "requirements/"
"""Holds a hash for every file of every library."""
BINARY = (".gz", ".png", ".svg", ".po", ".woff2", ".xlsx", ".pdf")


@dataclass(frozen=True)
class Finding:
    """A value that looks like a secret."""

    path: str
    line: int
    kind: str
    digest: str


def digest_of(value: str) -> str:
    """What names a value without repeating it."""
    return hashlib.sha256(value.encode()).hexdigest()[:16]


def tracked_files() -> list[str]:
    """The files of the repository that are text written by people."""
    listed = subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True, cwd=ROOT).stdout
    return [path for path in listed.splitlines() if not path.startswith(LOCKS) and not path.endswith(BINARY)]


def find_secrets(root: Path, paths: Iterable[str]) -> Iterator[Finding]:
    """Everything in these files that looks like a secret."""
    plugins: list[dict[str, object]] = [{"name": name} for name in PLUGINS]
    plugins += [{"name": name, "limit": limit} for name, limit in ENTROPY.items()]
    filters = [{"path": f"detect_secrets.filters.heuristic.{name}"} for name in FILTERS]
    collection = SecretsCollection(root=str(root))
    with transient_settings({"plugins_used": plugins, "filters_used": filters}):
        for path in paths:
            collection.scan_file(path)
    for path, secret in collection:
        yield Finding(path, secret.line_number, secret.type, digest_of(secret.secret_value or ""))


def allowed() -> set[tuple[str, str]]:
    """The files and digests of what is no secret."""
    lines = ALLOWED.read_text(encoding="utf-8").splitlines()
    return {(path, digest) for path, digest, _reason in (line.split("\t") for line in lines)}


def main() -> int:
    """Name every finding that is not allowed; 1 if there is one."""
    known = allowed()
    found = [finding for finding in find_secrets(ROOT, tracked_files()) if (finding.path, finding.digest) not in known]
    for finding in found:
        print(f"{finding.path}:{finding.line}: {finding.kind} ({finding.digest})")
    print(f"{len(found)} values look like secrets." if found else "No secrets found.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
