"""Plain statements of danger, found by patterns.

A pattern that matches is not counted where the clause denies it, tells of the past, or is the text of a policy or the
name of a service.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

from tuoju_matching.safety.kinds import Danger, Urgency

_FILE = files("tuoju_matching.safety") / "data" / "statements.regex"


@dataclass(frozen=True, slots=True)
class _Patterns:
    """What data/statements.regex holds: `NAME = pattern`, then under `## label` patterns, which may use {NAME}."""

    named: Mapping[str, re.Pattern[str]]
    statements: Mapping[Danger, tuple[re.Pattern[str], ...]]


def _read_patterns() -> _Patterns:
    named: dict[str, str] = {}
    statements: dict[Danger, list[re.Pattern[str]]] = {}
    danger: Danger | None = None
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            danger = Danger(line[3:])
            statements[danger] = []
        elif danger:
            if line:
                statements[danger].append(re.compile(_NAME.sub(lambda match: named[match[1]], line)))
        elif line:
            name, _equals, pattern = line.partition(" = ")
            named[name] = pattern
    compiled = {name: re.compile(pattern) for name, pattern in named.items()}
    return _Patterns(compiled, {danger: tuple(patterns) for danger, patterns in statements.items()})


_NAME = re.compile(r"\{([A-Z]+)\}")
_PATTERNS = _read_patterns()


@dataclass(frozen=True, slots=True)
class Statement:
    """A plain statement of danger in a sentence."""

    danger: Danger
    urgency: Urgency
    words: str


def find_statements(sentence: str) -> Iterator[Statement]:
    """The statements of one normalized sentence that it neither denies nor reports as past or as policy.

    >>> [statement.danger.value for statement in find_statements("家里断粮了")]
    ['hunger']
    >>> list(find_statements("家里没有断粮"))
    []
    """
    if _PATTERNS.named["POLICY"].search(sentence) or _PATTERNS.named["SOLVED"].search(sentence):
        return
    if _PATTERNS.named["PAST"].search(sentence) and not _PATTERNS.named["STILL"].search(sentence):
        return
    for danger, patterns in _PATTERNS.statements.items():
        for pattern in patterns:
            match = next((match for match in pattern.finditer(sentence) if not _denied(sentence, match)), None)
            if match:
                urgency = Urgency.soon if danger is Danger.extortion else Urgency.now
                yield Statement(danger, urgency, match[0])
                break


def _denied(sentence: str, match: re.Match[str]) -> bool:
    return bool(
        _PATTERNS.named["DENIED_BEFORE"].search(sentence[max(match.start() - 8, 0) : match.start()])
        or _PATTERNS.named["DENIED_AFTER"].search(sentence[match.end() : match.end() + 8])
    )
