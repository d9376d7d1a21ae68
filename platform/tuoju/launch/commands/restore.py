"""`tuoju restore`."""

import json
import os
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuoju.launch.commands.console import fail, say
from tuoju.launch.commands.invariants import describe
from tuoju.launch.commands.lazy import (
    audit_chains,
    backups,
    data_folders,
    engines,
    file_store,
    file_stores,
    installation,
    key_rings,
    migrations,
    pydantic,
    request_context,
    restoring,
    sealed_files,
    settings,
    setup,
)
from tuoju.launch.language import gettext
from tuoju.words.languages import N_

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from tuoju.backups.restoring import Backup
    from tuoju.launch.settings import DataSettings

app = typer.Typer(add_completion=False)
KEYS_FILE = "restored-keys.env"


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="A backup, or the folder of several.")],
    keys: Annotated[Path | None, typer.Option(help="Where the keys are. Default: keys beside the backup.")] = None,
    identity: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="File of the identity that opens the backup.")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Only restore into a scratch database, check it, and drop it.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Move the database that is there aside, and add to its files.")
    ] = False,
) -> None:
    """Restore the latest backup of FOLDER to where TUOJU_DATABASE_URL and TUOJU_FILES say. The restored copy sends
    nothing until `tuoju live`."""
    data = settings.DataSettings()
    request_context.begin_command(setup.operator_name())
    data_folders.keep_files_private(data.data_folder)
    with backups.progress_of() as tell:
        latest = restoring.find_backup(folder)
        opener = backups.opener_of(data, identity)
        backup = restoring.open_backup(latest, keys or latest.parent / "keys", opener, tell=tell)
    _use_keys_of(backup)
    if verify:
        _verify(backup, data)
    else:
        with data_folders.lock_data_folder(data.data_folder):
            _restore(backup, data, replace=replace)


def _use_keys_of(backup: "Backup") -> None:
    revision = backup.manifest.revision
    if revision not in migrations.known_revisions():
        sentence = N_("A newer version of Tuoju made this backup (schema %(schema)s). Restore it with that version.")
        raise fail(gettext(sentence) % {"schema": revision})
    key_rings.use_key_ring(backup.keys.ring())
    audit_chains.use_audit_key(
        bytes.fromhex(backup.keys.audit_key), retired=[bytes.fromhex(key) for key in backup.keys.retired_audit_keys]
    )


def _migration_of(backup: "Backup") -> "Callable[[Engine], None]":
    return partial(backups.bring_up_to_date, environment=backup.manifest.environment)


def _verify(backup: "Backup", data: "DataSettings") -> None:
    engine = engines.make_engine(data.migration_database_url or data.database_url)
    with tempfile.TemporaryDirectory(dir=data.data_folder, prefix=".verify-") as name:
        store = file_stores.FolderStore(Path(name))
        sealed_files.use_files(store)
        with backups.progress_of() as tell:
            findings = restoring.verify(backup, engine, store, _migration_of(backup), tell=tell)
    describe(findings)
    if findings.violations:
        raise fail(gettext("The backup can be restored, but its data are not sound."))
    say(gettext("The backup of %(moment)s UTC can be restored. Nothing was changed."), moment=_moment_of(backup))


def _restore(backup: "Backup", data: "DataSettings", *, replace: bool) -> None:
    engine = engines.make_engine(data.migration_database_url or data.database_url)
    store = file_store.open_file_store(data)
    sealed_files.use_files(store)
    if not replace:
        restoring.require_empty(engine, store)
    with backups.progress_of() as tell:
        aside = restoring.restore(backup, engine, store, data.anchor_file, _migration_of(backup), tell=tell)
    say(
        gettext("The backup of %(moment)s UTC is restored: %(rows)s rows, %(files)s files."),
        moment=_moment_of(backup),
        rows=sum(backup.manifest.counts.values()),
        files=backup.manifest.files,
    )
    if aside:
        say(gettext("The database that was there is kept: %(place)s"), place=aside)
    _hand_over_keys(backup, data)
    say(gettext("It is a copy and sends nothing. Look at it, stop the original, then run: tuoju live"))


def _moment_of(backup: "Backup") -> str:
    return f"{backup.made_at:%Y-%m-%d %H:%M}"


def _hand_over_keys(backup: "Backup", data: "DataSettings") -> None:
    """Leave the keys where the processes find them: a demo's in its data folder; others in a file for the operator,
    unless they are set already."""
    environments = installation.Environment
    if backup.manifest.environment == environments.demo and data.environment is not environments.production:
        keys = backup.keys
        secrets = {
            "secret_key": keys.secret_key,
            "key": keys.encryption_keys[keys.encryption_key_in_use],
            "audit": keys.audit_key,
        }
        _write_private(data.demo_secrets, json.dumps(secrets))
        return
    try:
        if backups.secret_keys_of(settings.Settings()) == backup.keys:
            return
    except pydantic.ValidationError:
        pass  # the keys are not set, or not completely
    file = data.data_folder / KEYS_FILE
    _write_private(file, "".join(f"{name}='{value}'\n" for name, value in backup.keys.as_settings().items()))
    say(gettext("Its keys are in %(file)s: set them for every process, then delete the file."), file=file)


def _write_private(file: Path, content: str) -> None:
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as target:
        target.write(content)
