"""`tuoju check invariants`."""

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from tuoju.launch.commands.console import console, say
from tuoju.launch.commands.lazy import invariant_registry, invariant_service, setup
from tuoju.launch.language import gettext

if TYPE_CHECKING:
    from tuoju.invariants.service import Findings


def invariants(as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False) -> None:
    """Check what always holds of the data: places, funds, histories, audit, summaries, files. Nothing is written. Exit
    code 1 if something does not hold."""
    parts = setup.make_parts()
    if as_json:
        findings = invariant_service.check_invariants(parts.unit_of_work.engine)
        typer.echo(json.dumps(findings.as_json()))
    else:
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("...", total=len(invariant_registry.RULES))

            def show(rule: str) -> None:
                progress.update(task, description=rule, advance=1)

            findings = invariant_service.check_invariants(parts.unit_of_work.engine, tell=show)
        describe(findings)
    if findings.violations:
        raise typer.Exit(1)


def describe(findings: "Findings") -> None:
    """Print what does not hold, one line for each violation, and how many rules were checked."""
    for violation in findings.violations:
        rows = ", ".join(f"{table} {row}" for table, row in violation.rows.items())
        console.print(f"{violation.rule}: {rows}", markup=False, highlight=False, soft_wrap=True)
    count = len(findings.violations) + findings.unlisted
    say(gettext("%(rules)s rules checked, %(count)s violations."), rules=len(findings.checked), count=count)
