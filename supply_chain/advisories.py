"""Looks the locked libraries up in the OSV database of advisories: `python -m supply_chain.advisories [ADDRESS]`.

ADDRESS is that of a mirror of OSV. Exit code 0: no known vulnerability; 1: some, listed; 2: nothing was audited.
"""

import subprocess
import sys

import requests

from supply_chain.sbom import LOCK

OSV = "https://api.osv.dev/v1/query"
SECONDS = 15
"""How long to wait for the first answer of the database."""


def main() -> int:
    """Audit the lock, if the database answers; the exit code."""
    address = sys.argv[1] if len(sys.argv) > 1 else OSV
    try:
        requests.post(address, json={}, timeout=SECONDS)
    except requests.RequestException as error:
        print(f"Nothing was audited: the database of advisories cannot be reached ({type(error).__name__}).")
        print("Run `make audit-dependencies` where it can be, or name a mirror: ADVISORIES=https://...")
        return 2
    audit = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "-r", str(LOCK)]
    return subprocess.run([*audit, "-s", "osv", "--osv-url", address, "--progress-spinner", "off"]).returncode


if __name__ == "__main__":
    sys.exit(main())
