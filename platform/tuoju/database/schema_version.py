"""Which migration a database has, and which one this version ships. Needs no Alembic, so that a web process can ask."""

import re
from functools import cache
from importlib.resources import files

from sqlalchemy import text
from sqlmodel import Session

_DOWN_REVISION = re.compile(r'^down_revision(?:: [^=]+)? = "(\w+)"', re.MULTILINE)
_VERSIONS = files("tuoju.database") / "migrations" / "versions"


@cache
def shipped_revision() -> str:
    """The end of the chain of migrations: the one that none comes after. A file is named as its revision."""
    scripts = {
        file.name[:-3]: file.read_text(encoding="utf-8") for file in _VERSIONS.iterdir() if _is_script(file.name)
    }
    earlier = {match[1] for script in scripts.values() for match in _DOWN_REVISION.finditer(script)}
    [last] = scripts.keys() - earlier
    return last


def _is_script(name: str) -> bool:
    return name[:1].isdigit() and name.endswith(".py")


def is_current(session: Session) -> bool:
    """Whether the database has exactly the migrations of this version. Raises DBAPIError where it has none."""
    return list(session.execute(text("SELECT version_num FROM alembic_version")).scalars()) == [shipped_revision()]
