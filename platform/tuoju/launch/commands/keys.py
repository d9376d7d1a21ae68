"""`tuoju keys`."""

import secrets
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from tuoju.launch.commands.console import console, fail, say
from tuoju.launch.commands.lazy import envelope, key_rotation, keys, setup, tables
from tuoju.launch.language import gettext

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def keys_command() -> None:
    """The keys of personal data."""


@app.command()
def make() -> None:
    """Print a new key for TUOJU_ENCRYPTION_KEYS. Nothing is changed."""
    console.print(secrets.token_hex(32))


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where the private half goes; keep it where no backup is.")],
) -> None:
    """Make a key pair for backups. The identity, which opens them, goes to a new file that only you can read; the
    recipient, to which they are sealed, is printed for TUOJU_BACKUP_RECIPIENT."""
    identity, recipient = envelope.make_identity()
    try:
        file.touch(mode=0o600, exist_ok=False)
        file.write_text(f"# Opens the backups of Tuoju that are sealed to {recipient}\n{identity}\n", encoding="utf-8")
    except OSError as error:
        problem = gettext("%(file)s cannot be made: %(problem)s")
        raise fail(problem % {"file": file, "problem": error.strerror}) from error
    typer.echo(recipient)


@app.command()
def status() -> None:
    """Count the values, hashes and files that each key wrote, and say which keys are no longer needed."""
    parts = setup.make_parts()
    counts, ring = key_rotation.count_by_key(parts.unit_of_work, tables.METADATA.sorted_tables), keys.keys()
    table = Table(gettext("Key"), gettext("Suite"), gettext("Values"), "", box=None)
    current = gettext("current")
    for name in ring.masters:
        of_key = {header: count for header, count in counts.items() if header.split(":")[1:2] == [name] and count}
        for header, count in of_key.items():
            table.add_row(name, header.split(":")[0], str(count), current if header == ring.header else "")
        if not of_key:
            table.add_row(name, "", "0", current if name == ring.current else gettext("no longer needed"))
    console.print(table)
    if counts[""]:
        raise fail(
            gettext("%(count)s values were sealed by no key on this ring. Add the key that is missing.")
            % {"count": counts[""]}
        )


@app.command()
def rotate() -> None:
    """Seal everything again under the current key while the system runs. Can be stopped and started again."""
    unit_of_work, sealed = setup.make_parts().unit_of_work, tables.METADATA.sorted_tables
    with Progress(console=console) as progress:
        task = progress.add_task(gettext("Sealing again"), total=key_rotation.count_stale(unit_of_work, sealed))
        unfinished = key_rotation.seal_everything_again(unit_of_work, sealed, lambda done: progress.advance(task, done))
    if unfinished:
        raise fail(_what_is_left(unfinished))
    sentence = gettext("Everything is sealed under the key %(key)s. `tuoju keys status` counts it.")
    say(sentence, key=keys.keys().current)


def _what_is_left(unfinished: "key_rotation.Unfinished") -> str:
    sentences = []
    if unfinished.unopened:
        sentences.append(
            gettext("Not opened by any key, changed or moved: %(rows)s.") % {"rows": ", ".join(unfinished.unopened)}
        )
    if unfinished.doubled:
        sentences.append(
            gettext("The same ID number is in another row: %(rows)s.") % {"rows": ", ".join(unfinished.doubled)}
        )
    return " ".join(sentences)
