"""Writes a software bill of materials of what runs (CycloneDX, JSON) from the lock: `python -m supply_chain.sbom FILE`.

Addresses of registries are left out: where a library is fetched from is a matter of each installation. The lock holds
the hashes of its files.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parent.parent / "requirements" / "run.txt"


def bill_of_materials() -> dict[str, Any]:
    """The bill of the locked libraries, the same for the same lock. Raises CalledProcessError."""
    tool = [sys.executable, "-m", "cyclonedx_py", "requirements", str(LOCK)]
    made = subprocess.run(
        [*tool, "--output-reproducible", "--no-validate", "--of", "JSON"], check=True, capture_output=True
    )
    bill: dict[str, Any] = json.loads(made.stdout)
    for component in bill["components"]:
        component.pop("externalReferences", None)
        component.pop("description", None)
    bill["metadata"].pop("tools", None)
    return bill


def main() -> None:
    """Write the bill to the file named on the command line."""
    path = Path(sys.argv[1])
    bill = bill_of_materials()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(bill, indent=1, sort_keys=True) + "\n")
    print(f"{path}: {len(bill['components'])} libraries")


if __name__ == "__main__":
    main()
