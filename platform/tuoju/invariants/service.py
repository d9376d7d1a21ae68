"""Runs the rules over one snapshot of the database."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from tuoju.database.keys import EncryptionError
from tuoju.database.rules import RowIds, Rule
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.invariants.registry import RULES

MAX_LISTED = 100
"""So many violations of a rule are listed; the rest is counted."""


@dataclass(frozen=True)
class Violation:
    """Rows that break a rule."""

    rule: str
    rows: RowIds


@dataclass
class Findings:
    """What was checked and what does not hold."""

    checked: list[str] = field(default_factory=list)
    """The names of the rules."""
    violations: list[Violation] = field(default_factory=list)
    """At most MAX_LISTED of each rule."""
    unlisted: int = 0
    """How many more there are."""

    def as_json(self) -> dict[str, Any]:
        """For programs: how many rules were checked, their names, and each violation."""
        return {
            "checked": len(self.checked),
            "rules": self.checked,
            "violations": [{"rule": violation.rule, "rows": dict(violation.rows)} for violation in self.violations],
            "unlisted": self.unlisted,
        }


def check_invariants(
    engine: Engine, *, rules: Collection[str] = RULES, tell: Callable[[str], None] = lambda _rule: None
) -> Findings:
    """Check the rules, all of them unless `rules` names some, over one snapshot: what is written meanwhile is not seen.

    `tell` gets the name of each rule before it is checked. Nothing is written.
    """
    findings = Findings()
    with UnitOfWork(snapshot_of(engine)).read(SYSTEM) as session:
        for name in rules:
            tell(name)
            for number, rows in enumerate(_broken(RULES[name], session)):
                if number < MAX_LISTED:
                    findings.violations.append(Violation(name, rows))
                else:
                    findings.unlisted += 1
            findings.checked.append(name)
            session.expunge_all()
    return findings


def _broken(rule: Rule, session: Session) -> Iterator[RowIds]:
    """The rows that break a rule; a row that cannot even be read breaks it too."""
    try:
        yield from rule(session)
    except (EncryptionError, LookupError, ValueError) as error:
        yield {"unreadable": type(error).__name__}


def snapshot_of(engine: Engine) -> Engine:
    """The engine for transactions that see one state of the database, as every transaction on SQLite does."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ")
    return engine
