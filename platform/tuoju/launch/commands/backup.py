"""`tuoju backup`."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from tuoju.launch.commands.console import fail, say
from tuoju.launch.commands.lazy import backup_cleaning, backups, heartbeats, making, records, scopes, setup
from tuoju.launch.language import gettext

app = typer.Typer(add_completion=False)


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="Each backup is a new folder in it.")],
    keys: Annotated[
        Path | None, typer.Option(help="Where the keys go, apart from the rest. Default: keys in FOLDER.")
    ] = None,
    recipient: Annotated[
        str, typer.Option(help="Public key of who may restore. Default: TUOJU_BACKUP_RECIPIENT.")
    ] = "",
    keep_days: Annotated[
        int | None,
        typer.Option(min=1, max=3650, help="Then remove backups in FOLDER that are older, with their keys."),
    ] = None,
) -> None:
    """Back up database, files and keys while everything runs. All three are sealed for whoever may restore them."""
    parts, keys_folder = setup.make_parts(), keys or folder / "keys"
    reader, installation = backups.recipient_of(parts.settings, recipient), backups.installation_of(parts.settings)
    try:
        with backups.progress_of() as tell:
            made, manifest = making.make_backup(installation, folder, keys_folder, reader, tell=tell)
    except OSError as error:
        problem = gettext("The backup cannot be written: %(problem)s. Nothing was left behind.")
        raise fail(problem % {"problem": error.strerror}) from error
    with parts.unit_of_work.write(scopes.SYSTEM) as session:
        heartbeats.record_heartbeat(session, heartbeats.BACKUP)
        setup.record_command(session, "backup", backup=manifest.id, files=manifest.files)
    rows = sum(manifest.counts.values())
    sentence = gettext("%(rows)s rows and %(files)s files are backed up to %(folder)s.")
    say(sentence, rows=rows, files=manifest.files, folder=made)
    keys_file = making.keys_file_of(keys_folder, manifest.id)
    say(gettext("The keys are in %(keys)s: move them to another place."), keys=keys_file)
    if keep_days is not None:
        _remove_older(folder, keys_folder, timedelta(days=keep_days))


def _remove_older(folder: Path, keys_folder: Path, than: timedelta) -> None:
    try:
        removed = backup_cleaning.remove_older(folder, keys_folder, than, moment=records.now())
    except OSError as error:
        problem = gettext("The backup is made, but older ones cannot be removed: %(problem)s")
        raise fail(problem % {"problem": error.strerror}) from error
    say(gettext("%(count)s older backups are removed."), count=len(removed))
