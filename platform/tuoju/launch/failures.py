"""What went wrong, for the operator of the command line: one sentence, without SQL, values or a traceback."""

from pydantic import ValidationError
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)

from tuoju.backups.errors import BackupError
from tuoju.database.engine import UnsupportedDatabase
from tuoju.database.error_facts import name_of, places_of
from tuoju.database.installation import WrongDatabase
from tuoju.database.row_security import RoleMissing
from tuoju.launch.data_folders import AlreadyRunning
from tuoju.launch.file_store import BadFileStore
from tuoju.launch.language import gettext
from tuoju.launch.migrations import BrokenForeignKeys
from tuoju.regions.queries import RegionNotFound
from tuoju.words.languages import N_

NO_TABLES = N_("The database does not have the tables of this version. Run: tuoju migrate")
NO_ANSWER = N_("The database does not answer. Check TUOJU_DATABASE_URL.")
WRONG_DATABASE = N_(
    "This database belongs to %(marked)s, but TUOJU_ENVIRONMENT is %(environment)s. Nothing was read or changed. "
    "Set TUOJU_ENVIRONMENT=%(marked)s, or name another database with TUOJU_DATABASE_URL."
)
_SENTENCES: tuple[tuple[type[Exception], str], ...] = (
    (RegionNotFound, N_("There is no such region. Load the regions first.")),
    (IntegrityError, N_("A row that is needed is missing, or is there already. Nothing was changed.")),
    (DataError, N_("The database cannot keep one of the values. Nothing was changed.")),
    (ProgrammingError, N_("The database refused this. Nothing was changed.")),
    (OperationalError, NO_ANSWER),
    (DBAPIError, N_("The database refused this. Nothing was changed.")),
    (BrokenForeignKeys, N_("Rows refer to others that are not there. The database was not changed.")),
    (NoSuchModuleError, N_("TUOJU_DATABASE_URL names a driver that is not installed.")),
    (ArgumentError, N_("TUOJU_DATABASE_URL is not the address of a database.")),
    (UnicodeError, N_("A file or an argument is not UTF-8 text.")),
    (MemoryError, N_("This machine has too little memory for this.")),
)
"""The first that fits is said."""
_SAYS_IT_ITSELF = (UnsupportedDatabase, BadFileStore, RoleMissing, AlreadyRunning)
"""Errors whose text is a sentence for the operator."""
_MISSING_TABLE = ("42P01", "42703", "3F000")
"""SQLSTATE of PostgreSQL: no such table, column, schema."""


def sentence_of(error: Exception) -> str:
    """What happened and what to do, in the language of the operator. The text of an error is told only where we or the
    operating system wrote it."""
    if isinstance(error, ValidationError):
        return "; ".join(problem["msg"] for problem in error.errors(include_input=False, include_url=False))
    if isinstance(error, BackupError):
        return gettext(error.sentence) % error.facts
    if isinstance(error, WrongDatabase):
        return gettext(WRONG_DATABASE) % {"marked": error.marked, "environment": error.environment}
    if isinstance(error, _SAYS_IT_ITSELF):
        return str(error)
    if isinstance(error, DBAPIError) and _lacks_tables(error):
        return gettext(NO_TABLES)
    if isinstance(error, ModuleNotFoundError):
        return gettext("The Python package %(name)s is not installed.") % {"name": error.name}
    for family, sentence in _SENTENCES:
        if isinstance(error, family):
            return gettext(sentence)
    if isinstance(error, OSError):
        facts = {"file": error.filename or "", "problem": error.strerror or type(error).__name__}
        return gettext("%(file)s cannot be used: %(problem)s") % facts
    place = [*places_of(error.__traceback__)][-1:]
    facts = {"error": name_of(error), "place": " ".join(place)}
    return gettext("This is a fault of Tuoju. Please report it: %(error)s at %(place)s") % facts


def _lacks_tables(error: DBAPIError) -> bool:
    sqlstate = getattr(error.orig, "sqlstate", None)
    return sqlstate in _MISSING_TABLE or "no such table" in str(error.orig) or "no such column" in str(error.orig)
