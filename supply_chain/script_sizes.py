"""Prints the size of every served script, plain and by gzip: `python -m supply_chain.script_sizes`."""

import gzip
from pathlib import Path

STATIC = Path(__file__).parent.parent / "platform" / "tuoju" / "web" / "static"


def sizes() -> dict[str, tuple[int, int]]:
    """Bytes by name: plain, and by gzip."""
    contents = {path.relative_to(STATIC).as_posix(): path.read_bytes() for path in sorted(STATIC.rglob("*.js"))}
    return {name: (len(content), len(gzip.compress(content, 9))) for name, content in contents.items()}


def main() -> None:
    """One line a script, and the sum."""
    lines = sizes()
    lines["together"] = (sum(plain for plain, _ in lines.values()), sum(packed for _, packed in lines.values()))
    for name, (plain, packed) in lines.items():
        print(f"{name:40} {plain:8,} bytes {packed:8,} gzip")


if __name__ == "__main__":
    main()
