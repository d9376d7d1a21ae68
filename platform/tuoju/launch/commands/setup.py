"""What commands do before they work: take the parts of the product, migrate, and refuse the wrong database."""

import getpass
import os
from pathlib import Path
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.engine import make_url
from sqlmodel import Session

from tuoju.accounts import audit
from tuoju.accounts.request_context import begin_command
from tuoju.database.clock_check import trust_clock
from tuoju.database.engine import make_engine
from tuoju.database.installation import Environment, mark
from tuoju.database.scopes import SYSTEM
from tuoju.launch.bootstrap import Parts, bootstrap
from tuoju.launch.commands.console import fail
from tuoju.launch.language import gettext
from tuoju.launch.migrations import UnknownSchema, migrate, require_known_schema
from tuoju.launch.settings import DataSettings
from tuoju.simulation.demo_city import holds_other_data
from tuoju.words.languages import N_

_OTHER_DATA = N_(
    "This database holds data that no demo made, so the demo leaves it alone. Nothing was changed. "
    "Name an empty database with TUOJU_DATABASE_URL, or another folder with TUOJU_DATA_FOLDER. "
    "If it is your real data, set TUOJU_ENVIRONMENT=production."
)


def make_parts() -> Parts:
    """Settings, unit of work and queue; the audit will say who runs the command. Raises ValidationError if the settings
    are not sufficient, WrongDatabase, BadFileStore, UnsupportedDatabase."""
    begin_command(operator_name())
    return bootstrap()


def operator_name() -> str:
    """The account of the operating system that runs the command; "uid N" where the system knows no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"


def record_command(session: Session, action: str, **detail: Any) -> None:
    """Say in the audit that a command changed or read something, and who ran it."""
    command = audit.Subject("Command", action)
    audit.record(session, None, action, command, scope=audit.ACCOUNTS, **detail)


def migrate_database(parts: Parts) -> None:
    """Update the tables of the database, as their owner, seal the audit of 0.1.0 and mark the database as one of this
    environment. Where the tables are new the clock is trusted: nothing in them can end too early. Ends with an error if
    another version of Tuoju wrote it, or it holds data that no demo made and this is a demo. Raises RoleMissing."""
    owners_url, environment = parts.settings.migration_database_url, parts.settings.named_environment
    engine = make_engine(owners_url) if owners_url else parts.unit_of_work.engine
    try:
        require_known_schema(engine)
        is_new = not inspect(engine).get_table_names()
        if environment is Environment.demo and holds_other_data(engine):
            raise fail(gettext(_OTHER_DATA))
        migrate(engine)
    except UnknownSchema as error:
        raise fail(_other_version(parts.settings, error.revision)) from error
    with parts.unit_of_work.write(SYSTEM) as session:
        audit.seal_history(session)
        mark(session, environment)
        if is_new:
            trust_clock(session)


def require_no_production(parts: Parts) -> None:
    """End with an error where TUOJU_ENVIRONMENT names production: invented people do not belong there."""
    if parts.settings.named_environment is Environment.production:
        raise fail(
            gettext(
                "TUOJU_ENVIRONMENT is production, where no invented people belong. Nothing was changed. To try Tuoju "
                "out, run this in another folder without TUOJU_ variables."
            )
        )


def _other_version(settings: DataSettings, revision: str) -> str:
    """What to do about a database that another version of Tuoju wrote."""
    url, folder = make_url(settings.database_url), settings.data_folder.resolve()
    facts = {"folder": folder, "database": url, "schema": revision}
    if url.get_backend_name() == "sqlite" and Path(url.database or "").resolve().parent == folder:
        sentence = gettext(
            "The data in %(folder)s were written by another version of Tuoju (schema %(schema)s), and this version "
            "cannot read them. To keep them, use the version that wrote them. To start afresh, delete this folder, or "
            "name another one with TUOJU_DATA_FOLDER."
        )
    else:
        sentence = gettext(
            "The contents of %(database)s were written by another version of Tuoju (schema %(schema)s), and this "
            "version cannot read them. To keep them, use the version that wrote them. To start afresh, name an empty "
            "database with TUOJU_DATABASE_URL."
        )
    return sentence % facts
