"""Measure what the safety layer hears and what it imagines.

python -m benchmarks.safety [--file FILE] [--json] [--without-meaning]

FILE has a JSON object a line: `text`, `labels` (of tuoju_matching.safety.kinds.Danger, or none) and `urgency` (now,
soon, none). Without it, benchmarks/data/safety_held_out.txt is used: sentences that the classifier was never trained
on.
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

from tuoju_matching import semantic
from tuoju_matching.safety.assessment import Assessment, assess
from tuoju_matching.safety.kinds import Danger, Level, Urgency

HELD_OUT = Path(__file__).parent / "data" / "safety_held_out.txt"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text, what it tells (empty for nothing), and how urgent that is."""

    text: str
    dangers: frozenset[Danger]
    urgency: Urgency


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--without-meaning", action="store_true", help="as if the extra `semantic` were not installed")
    parser.add_argument("--errors", action="store_true", help="print the texts that were assessed wrongly")
    arguments = parser.parse_args()
    try:
        texts = list(_read_json(arguments.file) if arguments.file else read_held_out())
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"{arguments.file or HELD_OUT}: {error}")
    by_meaning = semantic.available() and not arguments.without_meaning
    with threadpool_limits(1):
        assessments, milliseconds = _assess_all(texts, by_meaning=by_meaning)
    figures = {
        "texts": len(texts),
        "by_meaning": by_meaning,
        **figures_of(texts, assessments),
        "median_cpu_ms": round(statistics.median(milliseconds), 3),
    }
    if arguments.errors:
        _print_errors(texts, assessments)
    if arguments.json:
        print(json.dumps(figures, ensure_ascii=False, indent=2))
    else:
        _print_table(figures)


def _read_json(path: Path) -> Iterator[Labelled]:
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        if line.strip():
            row = json.loads(line)
            dangers = frozenset(Danger(label) for label in row["labels"] if label != "none")
            yield Labelled(row["text"], dangers, Urgency(row["urgency"]))


def read_held_out() -> Iterator[Labelled]:
    """Sentences under headings `## label urgency`, or `## none`; " @label" adds a label."""
    dangers: frozenset[Danger] = frozenset()
    urgency = Urgency.none
    for line in HELD_OUT.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            label, *rest = line[3:].split()
            dangers = frozenset() if label == "none" else frozenset({Danger(label)})
            urgency = Urgency(rest[0]) if rest else Urgency.none
        elif line.strip():
            text, _at, others = line.partition(" @")
            yield Labelled(text, dangers | frozenset(map(Danger, filter(None, others.split(",")))), urgency)


def _assess_all(texts: Sequence[Labelled], *, by_meaning: bool) -> tuple[list[Assessment], list[float]]:
    """The assessments, and the CPU milliseconds of each; the first text is read twice, since it loads the model."""
    assessments, milliseconds = [], []
    assess(texts[0].text, by_meaning=by_meaning)
    for labelled in texts:
        start = time.process_time()
        assessments.append(assess(labelled.text, by_meaning=by_meaning))
        milliseconds.append((time.process_time() - start) * 1000)
    return assessments, milliseconds


def figures_of(texts: Sequence[Labelled], assessments: Sequence[Assessment]) -> dict[str, Any]:
    pairs = list(zip(texts, assessments, strict=True))
    dangerous = [(text, assessment) for text, assessment in pairs if text.dangers]
    harmless = [assessment for text, assessment in pairs if not text.dangers]
    return {
        "recall": _share(assessment.level is not Level.none for _text, assessment in dangerous),
        "recall_now": _share(
            assessment.level is not Level.none for text, assessment in dangerous if text.urgency is Urgency.now
        ),
        "alarm_false_rate": _share(assessment.level is Level.alarm for assessment in harmless),
        "ask_false_rate": _share(assessment.level is Level.ask for assessment in harmless),
        "alarm_recall": _share(assessment.level is Level.alarm for _text, assessment in dangerous),
        "kind_right": _share(bool(text.dangers & set(assessment.dangers)) for text, assessment in dangerous),
        "urgency_right": _share(text.urgency is assessment.urgency for text, assessment in dangerous),
        "labels": {danger.value: _of_danger(danger, dangerous, harmless) for danger in Danger},
    }


def _of_danger(
    danger: Danger, dangerous: Sequence[tuple[Labelled, Assessment]], harmless: Sequence[Assessment]
) -> dict[str, Any]:
    own = [assessment for text, assessment in dangerous if danger in text.dangers]
    return {
        "texts": len(own),
        "recall": _share(assessment.level is not Level.none for assessment in own),
        "alarm_recall": _share(assessment.level is Level.alarm for assessment in own),
        "named": _share(danger in assessment.dangers for assessment in own),
        "false_alarms": sum(
            assessment.level is Level.alarm and danger in assessment.dangers for assessment in harmless
        ),
        "false_questions": sum(
            assessment.level is Level.ask and danger in assessment.dangers for assessment in harmless
        ),
    }


def _share(values: Iterator[bool]) -> float | None:
    """The share of True; None for no values."""
    listed = list(values)
    return round(sum(listed) / len(listed), 4) if listed else None


def _print_errors(texts: Sequence[Labelled], assessments: Sequence[Assessment]) -> None:
    for text, assessment in zip(texts, assessments, strict=True):
        if bool(text.dangers) != (assessment.level is not Level.none):
            print(
                f"{'missed' if text.dangers else assessment.level.value}\t{text.text}\t{','.join(assessment.dangers)}"
            )


def _print_table(figures: dict[str, Any]) -> None:
    for name, value in figures.items():
        if name != "labels":
            print(f"{name:20} {value}")
    columns = ("texts", "recall", "alarm_recall", "named", "false_alarms", "false_questions")
    print(f"{'label':20}", *(f"{column:>15}" for column in columns))
    for label, row in figures["labels"].items():
        print(f"{label:20}", *(f"{row[column]!s:>15}" for column in columns))


if __name__ == "__main__":
    main()
