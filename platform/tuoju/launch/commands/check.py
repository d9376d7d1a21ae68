"""`tuoju check`."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from tuoju.launch.commands.console import console
from tuoju.launch.commands.invariants import invariants
from tuoju.launch.commands.lazy import installation_checks
from tuoju.launch.language import gettext

app = typer.Typer(invoke_without_command=True, add_completion=False)
app.command()(invariants)


@app.callback()
def check(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False
) -> None:
    """Say what is wrong with this installation, and how to mend it. Exit code 1 if anything is."""
    if context.invoked_subcommand is not None:
        return
    checks = list(installation_checks.check_installation())
    if as_json:
        typer.echo(json.dumps([asdict(check) for check in checks], ensure_ascii=False, indent=2))
    else:
        _print(checks)
    if any(check.is_wrong for check in checks):
        raise typer.Exit(1)


def _print(checks: "Sequence[installation_checks.Check]") -> None:
    for check in checks:
        console.print(f"{_mark(check)}  {gettext(installation_checks.PARTS[check.part])}", highlight=False)
        if check.problem:
            console.print(f"    {escape(check.problem)}\n    → {escape(check.remedy)}", highlight=False, soft_wrap=True)
    count = sum(check.is_wrong for check in checks)
    sentence = gettext("%(count)s to mend.") if count else gettext("Nothing is wrong.")
    console.print("\n" + sentence % {"count": count}, highlight=False)


def _mark(check: "installation_checks.Check") -> str:
    if not check.problem:
        style, words = "green", gettext("in order")
    elif check.is_advice:
        style, words = "yellow", gettext("advice")
    else:
        style, words = "bold red", gettext("wrong")
    return f"[{style}]{words}[/]"
