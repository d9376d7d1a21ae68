"""`tuoju audit`."""

from pathlib import Path
from typing import Annotated

import typer

from tuoju.launch.commands.console import console, fail, say
from tuoju.launch.commands.lazy import (
    audit_anchors,
    audit_chains,
    audit_export,
    audit_verifier,
    bootstrap,
    scopes,
    setup,
)
from tuoju.launch.language import gettext

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def audit() -> None:
    """The audit: verify, anchor, export."""


@app.command()
def verify(
    anchors: Annotated[
        list[Path] | None,
        typer.Option(help="File of anchors; more than one may be given. Default: that of the settings."),
    ] = None,
) -> None:
    """Check every chain, the registry of chains and the anchors. Exit code 1 if something is found."""
    parts = setup.make_parts()
    default = bootstrap.anchor_target(parts.settings).file
    files = anchors or ([default] if default.exists() else [])
    try:
        lines = [audit_verifier.read_anchors(path.read_text(encoding="utf-8")) for path in files]
    except OSError as error:
        raise fail(gettext("The file of anchors cannot be read: %(problem)s") % {"problem": error.strerror}) from error
    with parts.unit_of_work.read(scopes.SYSTEM) as session:
        report = audit_chains.verify(session, anchors=lines)
    for line in audit_verifier.describe(report):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if report.findings:
        raise typer.Exit(1)


@app.command()
def anchor() -> None:
    """Write the heads of all chains to the file of anchors, and to the webhook if there is one."""
    parts = setup.make_parts()
    try:
        number = audit_anchors.anchor(parts.unit_of_work, bootstrap.anchor_target(parts.settings))
    except audit_anchors.AnchorFailed as error:
        raise fail(gettext("The chains could not be anchored: %(problem)s") % {"problem": error.problem}) from error
    say(gettext("Anchor %(number)s is written."), number=number)


@app.command()
def export(file: Annotated[Path, typer.Argument(help="JSON lines, for audit_verifier.py.")]) -> None:
    """Write all entries and the heads of all chains to a new file that only you can read."""
    parts = setup.make_parts()
    try:
        file.touch(mode=0o600, exist_ok=False)
    except OSError as error:
        raise fail(
            gettext("%(file)s cannot be made: %(problem)s") % {"file": file, "problem": error.strerror}
        ) from error
    with parts.unit_of_work.write(scopes.SYSTEM) as session:
        setup.record_command(session, "export_audit", complete=True)
    with parts.unit_of_work.read(scopes.SYSTEM) as session, file.open("w", encoding="utf-8") as target:
        target.writelines(f"{line}\n" for line in audit_export.whole_export(session))
    say(gettext("Exported to %(file)s."), file=file)


@app.command()
def verifier() -> None:
    """Print the one-file verifier, which needs only Python: `tuoju audit verifier > verify_audit.py`."""
    typer.echo(Path(str(audit_verifier.__file__)).read_text(encoding="utf-8"), nl=False)
