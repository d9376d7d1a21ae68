"""The table of faults tried: what each did to what had been answered with success."""

from dataclasses import dataclass, field

from sqlalchemy import Engine

from tuoju.invariants.service import check_invariants


@dataclass
class FaultRow:
    """One kind of fault."""

    fault: str
    tried: int = 0
    """How often it was tried; of a race, how many took part."""
    answered: int = 0
    """Requests answered with success meanwhile."""
    lost: int = 0
    """Of those, how many are not in the database afterwards."""
    doubled: int = 0
    """Things that happened once for the person and are there twice."""
    violations: list[str] = field(default_factory=list)
    """Rules of `tuoju check invariants` that do not hold."""

    @property
    def survived(self) -> bool:
        return self.tried > 0 and not (self.lost or self.doubled or self.violations)

    def check(self, engine: Engine) -> None:
        """Add what does not hold in the database now."""
        self.violations += [violation.rule for violation in check_invariants(engine).violations]


ROWS: list[FaultRow] = []


def begin(fault: str) -> FaultRow:
    """A new row of the table."""
    ROWS.append(FaultRow(fault))
    return ROWS[-1]


def as_lines() -> list[str]:
    """The table in Markdown."""
    lines = ["| fault | tried | survived | answered 2xx | lost | doubled |", "|---|---:|---|---:|---:|---:|"]
    for row in ROWS:
        survived = "yes" if row.survived else f"NO {', '.join(sorted(set(row.violations)))}"
        lines.append(f"| {row.fault} | {row.tried} | {survived} | {row.answered} | {row.lost} | {row.doubled} |")
    return lines
