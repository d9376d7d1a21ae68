"""What the commands of backups share: who may open them, the keys of the installation, and progress."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import typer
from rich.progress import DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine

from tuoju.accounts import audit
from tuoju.backups.envelope import Opener, Recipient, read_identity, read_recipient
from tuoju.backups.errors import BadKey
from tuoju.backups.making import Installation
from tuoju.backups.secret_keys import SecretKeys
from tuoju.database.engine import make_engine
from tuoju.database.installation import Environment, mark
from tuoju.database.scopes import SYSTEM
from tuoju.database.sealed_files import file_store
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.commands.console import console
from tuoju.launch.migrations import migrate
from tuoju.launch.settings import DataSettings, Settings
from tuoju.words.languages import N_


def recipient_of(settings: DataSettings, recipient: str) -> Recipient:
    """Who may open a backup: the recipient named, that of the settings, or whoever knows the passphrase; asked for at
    the terminal. Raises BadKey."""
    public = recipient or settings.backup_recipient
    if public:
        return read_recipient(public)
    passphrase = settings.backup_passphrase.get_secret_value()
    if not passphrase and sys.stdin.isatty():
        passphrase = typer.prompt("Passphrase of the backup", hide_input=True, confirmation_prompt=True)
    if not passphrase:
        raise BadKey(
            N_(
                "Say who may restore the backup: `tuoju keys backup FILE` prints a recipient for "
                "TUOJU_BACKUP_RECIPIENT, or set TUOJU_BACKUP_PASSPHRASE."
            )
        )
    return Recipient(passphrase=passphrase)


def opener_of(settings: DataSettings, identity: Path | None) -> Opener:
    """What opens a backup: an identity, or the passphrase; asked for at the terminal. Raises BadKey."""
    if identity is not None:
        return read_identity(identity.read_text(encoding="utf-8"))
    passphrase = settings.backup_passphrase.get_secret_value()
    if not passphrase and sys.stdin.isatty():
        passphrase = typer.prompt("Passphrase of the backup", hide_input=True)
    return Opener(passphrase=passphrase)


def installation_of(settings: Settings) -> Installation:
    """What a backup of this installation takes in. The process was bootstrapped."""
    url = settings.backup_database_url or settings.migration_database_url or settings.database_url
    return Installation(
        engine=make_engine(url),
        files=file_store(),
        keys=secret_keys_of(settings),
        anchor_file=settings.anchor_file,
        environment=settings.named_environment.value,
        version=version("tuoju"),
    )


def secret_keys_of(settings: Settings) -> SecretKeys:
    """The keys of this installation."""
    return SecretKeys(
        secret_key=settings.secret_key.get_secret_value(),
        encryption_keys={name: key.get_secret_value() for name, key in settings.encryption_keys.items()},
        encryption_key_in_use=settings.encryption_key_in_use,
        crypto=settings.crypto,
        audit_key=settings.audit_key.get_secret_value(),
        retired_audit_keys=[key.get_secret_value() for key in settings.retired_audit_keys],
    )


def bring_up_to_date(engine: Engine, *, environment: str) -> None:
    """Update the tables of a restored database, seal the audit that release 0.1.0 left unsealed, and mark the database
    as one of the environment that was backed up."""
    migrate(engine)
    with UnitOfWork(engine).write(SYSTEM) as session:
        audit.seal_history(session)
        mark(session, Environment(environment))


@contextmanager
def progress_of(total: int | None = None) -> Iterator[Callable[[str, int], None]]:
    """A function that shows what is being done and how many bytes of it."""
    columns = (TextColumn("{task.description}"), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        tasks = {}

        def tell(words: str, done: int) -> None:
            if words not in tasks:
                tasks[words] = progress.add_task(words, total=total)
            progress.advance(tasks[words], done)

        yield tell
