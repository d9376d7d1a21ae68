"""Measure which services a sentence is understood to ask for.

python -m benchmarks.services [--file FILE] [--json] [--errors]

FILE has a JSON object a line: `text`, `services` in order of importance (codes or names of the code list), and `relief`
for money, goods or shelter. Without it, benchmarks/data/services_held_out.jsonl is used. The suggestions are those of a
new installation, which has learned from no need and no project yet.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from tuoju.cases.suggestions import RELIEF, shipped_texts
from tuoju.regions.code_lists import code_lists
from tuoju_matching.categories import CategorySuggester
from tuoju_matching.needs_as_said import suggest_needs

HELD_OUT = Path(__file__).parent / "data" / "services_held_out.jsonl"
OTHER_NAMES = {
    "陪诊": "A03",
    "喘息服务": "A04",
    "居室改善": "B07",
    "适老化改造": "B07",
    "监护支持": "C07",
    "法律援助": "C08",
}
"""Names by which people call a service, beside those of the code list."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and the codes that it asks for, RELIEF last."""

    text: str
    codes: tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path, default=HELD_OUT)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--errors", action="store_true", help="print the texts that were understood differently")
    arguments = parser.parse_args()
    try:
        texts = list(_read(arguments.file))
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"{arguments.file}: {error}")
    with threadpool_limits(1):
        suggested, milliseconds = _suggest_all(texts)
    asking = [(labelled, codes) for labelled, codes in zip(texts, suggested, strict=True) if labelled.codes]
    figures = {
        "texts": len(texts),
        "first_right": round(statistics.mean(codes[:1] == list(text.codes[:1]) for text, codes in asking), 4),
        "set_f1": round(statistics.mean(_f1(set(codes), set(text.codes)) for text, codes in asking), 4),
        "median_cpu_ms": round(statistics.median(milliseconds), 3),
    }
    if arguments.errors:
        for labelled, codes in asking:
            if codes != list(labelled.codes):
                print(labelled.text, *labelled.codes, "->", *codes)
    print(json.dumps(figures) if arguments.json else "\n".join(f"{key:14} {value}" for key, value in figures.items()))


def _read(path: Path) -> Iterator[Labelled]:
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        if line.strip():
            row: dict[str, Any] = json.loads(line)
            codes = [_code(service) for service in row["services"]]
            yield Labelled(row["text"], (*codes, RELIEF) if row.get("relief") else tuple(codes))


def _code(service: str) -> str:
    """The code of a service named by its code, a name of the code list or a part of one. Raises ValueError."""
    names = code_lists()["service_type"]
    if service in names:
        return RELIEF if service.startswith(RELIEF) else service
    parts = {part: code for code, (chinese, *_others) in names.items() for part in (chinese, *_parts(chinese))}
    code = OTHER_NAMES.get(service) or parts.get(service)
    if code is None:
        raise ValueError(f"unknown service {service!r}")
    return code


def _parts(name: str) -> list[str]:
    """看护照料 and 上门照料 of 看护照料（上门照料）, 课业辅导 and 托管 of 课业辅导/托管."""
    return name.replace("（", "/").replace("(", "/").replace("）", "").replace(")", "").split("/")


def _suggest_all(texts: Sequence[Labelled]) -> tuple[list[list[str]], list[float]]:
    pairs = list(shipped_texts())
    suggester = CategorySuggester().fit([text for text, _code in pairs], [code for _text, code in pairs])
    suggested, milliseconds = [], []
    for labelled in texts:
        start = time.process_time()
        suggested.append([suggestion.category for suggestion in suggest_needs(suggester, labelled.text)])
        milliseconds.append((time.process_time() - start) * 1000)
    return suggested, milliseconds


def _f1(suggested: set[str], right: set[str]) -> float:
    return 2 * len(suggested & right) / (len(suggested) + len(right))


if __name__ == "__main__":
    main()
