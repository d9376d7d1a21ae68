"""What the commands share: the console, errors for people, and the parts of the product."""

from pathlib import Path

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from sqlalchemy.engine import make_url

from tuoju.database.engine import UnsupportedDatabase
from tuoju.launch.bootstrap import Parts, bootstrap
from tuoju.launch.migrations import UnknownSchema, migrate
from tuoju.launch.settings import DataSettings

console = Console()


def fail(sentence: str) -> typer.Exit:
    """Print an error to stderr; the exception to raise, which ends the process with exit code 1."""
    Console(stderr=True).print(f"[bold red]{escape(sentence)}[/]", soft_wrap=True)
    return typer.Exit(1)


def make_parts() -> Parts:
    """Settings, unit of work and queue. Ends with an error if the settings are not sufficient."""
    try:
        return bootstrap()
    except ValidationError as error:
        raise fail("; ".join(problem["msg"] for problem in error.errors())) from error
    except UnsupportedDatabase as error:
        raise fail(str(error)) from error


def migrate_database(parts: Parts) -> None:
    """Update the tables of the database. Ends with an error if another version of Tuoju wrote it."""
    try:
        migrate(parts.unit_of_work.engine)
    except UnknownSchema as error:
        raise fail(_other_version(parts.settings, error.revision)) from error


def _other_version(settings: DataSettings, revision: str) -> str:
    """What to do about a database that another version of Tuoju wrote."""
    url, folder = make_url(settings.database_url), settings.data_folder.resolve()
    if url.get_backend_name() == "sqlite" and Path(url.database or "").resolve().parent == folder:
        data, way_out = f"The data in {folder}", "delete this folder, or name another one with TUOJU_DATA_FOLDER"
    else:
        data, way_out = f"The contents of {url}", "name an empty database with TUOJU_DATABASE_URL"
    return (
        f"{data} were written by another version of Tuoju (schema {revision}), and this version cannot read them. "
        f"To keep them, use the version that wrote them. To start afresh, {way_out}."
    )
