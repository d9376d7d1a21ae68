"""What `tuoju check` looks at: each part of an installation, what is wrong with it, and how to mend it."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlmodel import Session

from tuoju.database import row_security
from tuoju.database.engine import UnsupportedDatabase, make_engine
from tuoju.database.installation import Environment, WrongDatabase, keep_to
from tuoju.database.records import now
from tuoju.database.scopes import APP_ROLE, SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.language import gettext as _
from tuoju.launch.migrations import UnknownSchema, is_up_to_date
from tuoju.launch.settings import DataSettings, Settings, WrongSettings
from tuoju.regions.calendar import china_day, missing_year
from tuoju.words.languages import N_
from tuoju_notifications.broker import broker_problem
from tuoju_notifications.celery_app import is_embedded
from tuoju_notifications.heartbeats import BACKUP, BACKUP_TOLERANCE, last_seen, queue_states, scheduler_is_alive

CLOCK_TOLERANCE = timedelta(seconds=5)
"""How far the clocks of this machine and of the database may be apart."""
LEAST_FREE_BYTES = 1_000_000_000
_WRITABLE_BY_OTHERS = 0o022


@dataclass(frozen=True)
class Check:
    """One part that was looked at: it is in order, or `problem` says what is wrong and `remedy` how to mend it."""

    part: str
    """As "database" or "broker", a key of PARTS."""
    problem: str = ""
    remedy: str = ""
    is_advice: bool = False
    """Whether the installation runs all the same: advice does not make `tuoju check` fail."""

    @property
    def is_wrong(self) -> bool:
        return bool(self.problem) and not self.is_advice


PARTS = {
    "settings": N_("settings"),
    "data folder": N_("data folder"),
    "folder of the audit's anchors": N_("folder of the audit's anchors"),
    "database": N_("database"),
    "clock": N_("clock"),
    "row-level security": N_("row-level security"),
    "database role": N_("database role"),
    "calendar": N_("calendar"),
    "backup": N_("backup"),
    "processes": N_("processes"),
    "broker": N_("broker"),
}
"""All parts, in words."""


def check_installation() -> Iterator[Check]:
    """Look at every part, one after another. Nothing is changed."""
    try:
        settings: Settings | None = Settings()
    except ValidationError as error:
        settings = None
        yield from _settings_problems(error)
    else:
        yield Check("settings")
    try:
        data = settings or DataSettings()
    except ValidationError:
        return  # said above
    if settings is not None and settings.environment is Environment.production:
        yield from _check_production(settings)
    yield from _check_folders(data, settings)
    yield from _check_database(data)
    yield from _check_broker(data)


def _settings_problems(error: ValidationError) -> Iterator[Check]:
    for problem in error.errors():
        cause = problem.get("ctx", {}).get("error")
        if isinstance(cause, WrongSettings):
            for sentence, remedy in cause.problems:
                yield Check("settings", sentence, remedy)
        else:
            name = "".join(f"TUOJU_{str(place).upper()}" for place in problem["loc"][:1])
            yield Check("settings", f"{name}: {problem['msg']}.", _("docs/operations.md says what it may be."))


def _check_production(settings: Settings) -> Iterator[Check]:
    """What a production installation may not have, though it would run."""
    if not settings.secure_cookies:
        yield Check("settings", _("TUOJU_SECURE_COOKIES is false: sign-ins travel in plain text."), _("Leave it out."))
    address = urlsplit(settings.public_address)
    if address.scheme != "https" or address.hostname in ("127.0.0.1", "localhost"):
        yield Check(
            "settings",
            _("TUOJU_PUBLIC_ADDRESS is %(address)s: links in messages lead nowhere, or in plain text.")
            % {"address": settings.public_address},
            _("Set it to the https:// address that people type."),
        )
    for name, url in (("TUOJU_DATABASE_URL", settings.database_url), ("TUOJU_BROKER_URL", settings.broker_url)):
        if _has_default_password(url):
            yield Check(
                "settings",
                _("The password in %(name)s is its user name or a common word.") % {"name": name},
                _("Give the account a password of its own, for instance of `openssl rand -hex 24`."),
            )
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        yield Check(
            "settings",
            _("The database is SQLite, which serves one machine."),
            _("For more than a village desk name a PostgreSQL in TUOJU_DATABASE_URL."),
            is_advice=True,
        )
    if not settings.mail_servers and not settings.sms_gateways:
        yield Check(
            "settings",
            _("Neither e-mail nor SMS has a provider: such notifications fail with no_provider."),
            _("Set TUOJU_MAIL_SERVERS or TUOJU_SMS_GATEWAYS."),
            is_advice=True,
        )
    for name, url, remedy in (
        ("TUOJU_DATABASE_URL", settings.database_url, _("Add ?sslmode=verify-full to it.")),
        ("TUOJU_BROKER_URL", settings.broker_url, _("Begin it with rediss:// or amqps://.")),
    ):
        if not checks_certificate(url):
            yield Check(
                "settings",
                _("%(name)s leads to another machine whose certificate nobody checks.") % {"name": name},
                remedy,
                is_advice=True,
            )


def checks_certificate(url: str) -> bool:
    """Whether an address stays on this machine or has the certificate of the other one checked (OWASP ASVS 5, V12.3.2).

    redis-py and py-amqp check it for rediss:// and amqps:// unless the address says otherwise, libpq only for
    `sslmode` verify-ca and verify-full.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return True
    if parts.hostname in (None, "", "127.0.0.1", "::1", "localhost"):
        return True
    options = dict(parse_qsl(parts.query))
    if parts.scheme.startswith("postgresql"):
        return options.get("sslmode") in ("verify-ca", "verify-full")
    is_unchecked = options.get("ssl_cert_reqs", "required").lower() not in ("required", "cert_required")
    return parts.scheme in ("rediss", "amqps") and not is_unchecked


_COMMON_PASSWORDS = frozenset(("postgres", "guest", "admin", "password", "tuoju", "changeme", "secret", "123456"))


def _has_default_password(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.password is not None and parts.password.lower() in (*_COMMON_PASSWORDS, (parts.username or "").lower())


def _check_folders(data: DataSettings, settings: Settings | None) -> Iterator[Check]:
    folders = {"data folder": data.data_folder}
    if settings is not None and settings.audit_anchor_file is not None:
        folders["folder of the audit's anchors"] = settings.audit_anchor_file.parent
    for part, folder in folders.items():
        yield _check_folder(part, folder)


def _check_folder(part: str, folder: Path) -> Check:
    existing = next((path for path in (folder, *folder.absolute().parents) if path.exists()), Path("/"))
    if not existing.is_dir():
        return Check(part, _("%(file)s is a file.") % {"file": existing}, _("Name a folder."))
    if not os.access(existing, os.W_OK | os.X_OK):
        facts = {"folder": folder, "user": _user_name()}
        remedy = _("Run as its owner: sudo chown -R %(user)s %(folder)s")
        return Check(part, _("%(folder)s cannot be written.") % facts, remedy % facts)
    if folder.exists() and folder.stat().st_mode & _WRITABLE_BY_OTHERS:
        problem = _("Other users of this machine may write in %(folder)s.")
        return Check(part, problem % {"folder": folder}, f"chmod 700 {folder}")
    free = shutil.disk_usage(existing).free
    if free < LEAST_FREE_BYTES:
        problem = _("%(folder)s has %(megabytes)s MB left.") % {"folder": folder, "megabytes": free // 1_000_000}
        return Check(part, problem, _("Make room, or give it a larger disk."))
    return Check(part)


def _user_name() -> str:
    return os.environ.get("USER") or "tuoju"


def _check_database(data: DataSettings) -> Iterator[Check]:
    try:
        url = make_url(data.database_url)
        if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
            yield Check("database", _("%(file)s is not there.") % {"file": url.database}, _("Run `tuoju migrate`."))
            return
        engine = make_engine(data.database_url)
    except ArgumentError:
        remedy = _("Give one like %(example)s") % {"example": "postgresql+psycopg://name:password@host/db"}
        yield Check("database", _("TUOJU_DATABASE_URL is no address."), remedy)
        return
    except ModuleNotFoundError as error:
        problem = _("The Python package %(name)s is not installed.") % {"name": error.name}
        yield Check("database", problem, _INSTALL_DRIVERS)
        return
    except UnsupportedDatabase as error:
        yield Check("database", str(error), _("Name a PostgreSQL."))
        return
    if data.environment is not None:
        keep_to(engine, data.environment)
    try:
        with engine.connect() as connection:
            checks = list(_check_tables(connection))
            yield from checks
        if not any(check.is_wrong and check.part == "database" for check in checks):
            yield from _check_contents(engine)
    except WrongDatabase as error:
        environments = {"marked": error.marked, "environment": error.environment}
        yield Check(
            "database",
            _("This database belongs to %(marked)s, but TUOJU_ENVIRONMENT is %(environment)s.") % environments,
            _("Set TUOJU_ENVIRONMENT=%(marked)s, or name another database with TUOJU_DATABASE_URL.") % environments,
        )
    except DBAPIError as error:
        facts = {"host": url.host or "localhost", "database": url.database, "problem": _first_line(error)}
        problem = _("No connection to %(host)s, database %(database)s: %(problem)s") % facts
        yield Check("database", problem, _("Is it started, and is its password right?"))
    finally:
        engine.dispose()


_INSTALL_DRIVERS = "pip install --require-hashes -r requirements/production.txt"


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]


def _check_tables(connection: Connection) -> Iterator[Check]:
    try:
        current = is_up_to_date(connection)
    except UnknownSchema as error:
        problem = _("Another version of Tuoju wrote it (schema %(schema)s).") % {"schema": error.revision}
        yield Check("database", problem, _("Install that version or a later one."))
        return
    if not current:
        problem = _("Its tables are not those of this version.")
        yield Check("database", problem, _("Stop the processes and run `tuoju migrate`."))
        return
    yield Check("database")
    yield from _check_clock(connection)
    if connection.dialect.name == "postgresql":
        yield from _check_row_security(connection)


def _check_clock(connection: Connection) -> Iterator[Check]:
    if connection.dialect.name != "postgresql":
        return  # SQLite has the clock of this machine
    before = datetime.now(UTC)
    theirs = connection.scalar(text("SELECT clock_timestamp()"))
    after = datetime.now(UTC)
    apart = max(before - theirs, theirs - after, timedelta())
    if apart > CLOCK_TOLERANCE:
        yield Check(
            "clock",
            _("This machine and the database are %(seconds)s seconds apart.")
            % {"seconds": round(apart.total_seconds())},
            _("Start chrony or systemd-timesyncd on both."),
        )
    else:
        yield Check("clock")


def _check_row_security(connection: Connection) -> Iterator[Check]:
    """Row-level security is in force, and the role that signs in could not switch it off."""
    unprotected = row_security.unprotected_tables(connection)
    if unprotected:
        problem = _("Not in force on %(tables)s.") % {"tables": ", ".join(unprotected)}
        yield Check("row-level security", problem, _("Run `tuoju migrate`."))
    superuser, bypasses = connection.execute(
        text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = session_user")
    ).one()
    owned = connection.scalar(
        text(
            "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
            " AND pg_get_userbyid(relowner) = session_user"
        )
    )
    if superuser or bypasses or owned:
        yield Check(
            "database role",
            _("The role of TUOJU_DATABASE_URL is a superuser.")
            if superuser
            else _("The role of TUOJU_DATABASE_URL may bypass row-level security.")
            if bypasses
            else _("The role of TUOJU_DATABASE_URL owns the tables."),
            _("Give the service a role of its own, and name the owner in TUOJU_MIGRATION_DATABASE_URL: %(command)s")
            % {"command": f"CREATE ROLE tuoju_service LOGIN PASSWORD '…' IN ROLE {APP_ROLE};"},
        )
    elif not unprotected:
        yield Check("row-level security")
        yield Check("database role")


def _check_contents(engine: Engine) -> Iterator[Check]:
    with UnitOfWork(engine).read(SYSTEM) as session:
        for check in (_check_calendar, _check_backup, _check_workers):
            yield check(session)


def _check_calendar(session: Session) -> Check:
    year = missing_year(session, china_day(now()))
    if year is None:
        return Check("calendar")
    return Check(
        "calendar",
        _("The holidays of %(year)s are not loaded, so due dates are provisional.") % {"year": year},
        _("Run `tuoju calendar load FILE`, or open the page /calendar."),
    )


def _check_backup(session: Session) -> Check:
    last = last_seen(session, BACKUP)
    if last is None:
        return Check("backup", _("No backup is known."), _("Run `tuoju backup` every day."), is_advice=True)
    age = now() - last
    if age > BACKUP_TOLERANCE:
        problem = _("The last backup is %(hours)s hours old.") % {"hours": round(age.total_seconds() / 3600)}
        return Check("backup", problem, _("Run `tuoju backup` every day."))
    return Check("backup")


def _check_workers(session: Session) -> Check:
    silent = [_("queue %(queue)s") % {"queue": state.queue} for state in queue_states(session) if not state.is_served]
    if not scheduler_is_alive(session):
        silent.insert(0, _("scheduler"))
    if not silent:
        return Check("processes")
    return Check(
        "processes",
        _("Nothing was heard lately of: %(parts)s.") % {"parts": ", ".join(silent)},
        _("Start the scheduler and a worker for each queue (docs/operations.md)."),
        is_advice=True,
    )


def _check_broker(data: DataSettings) -> Iterator[Check]:
    url = data.broker_url
    if is_embedded(url):
        yield Check("broker")
        return
    library = {"redis": "redis", "rediss": "redis", "amqp": "amqp", "amqps": "amqp"}.get(urlsplit(url).scheme)
    if library is None:
        remedy = _("Give one like %(example)s") % {"example": "amqp://name:password@host/tuoju"}
        yield Check("broker", _("TUOJU_BROKER_URL is no address of a broker."), remedy)
        return
    if find_spec(library) is None:
        problem = _("The Python package %(name)s is not installed.") % {"name": library}
        yield Check("broker", problem, _INSTALL_DRIVERS)
        return
    problem = broker_problem(url)
    if problem:
        facts = {"host": urlsplit(url).hostname, "problem": problem}
        remedy = _("Is it started, and are name, password and virtual host right?")
        yield Check("broker", _("No connection to %(host)s: %(problem)s") % facts, remedy)
    else:
        yield Check("broker")
