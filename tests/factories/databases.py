"""The unit of work of tests: what a test prepares and looks up itself reaches every row."""

from contextlib import AbstractContextManager

from sqlmodel import Session

from tuoju.database import unit_of_work
from tuoju.database.scopes import SYSTEM, RowScope

ONE_CONNECTION: dict[str, float] = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 2}
"""Options of an engine over which a request that needs a second connection before it gave back the first fails."""


class UnitOfWork(unit_of_work.UnitOfWork):
    """A unit of work whose transactions reach every row unless another scope is named. An application over it names
    the scope of each request, as in production."""

    def write(self, scope: RowScope = SYSTEM) -> AbstractContextManager[Session]:
        return super().write(scope)

    def read(self, scope: RowScope = SYSTEM) -> AbstractContextManager[Session]:
        return super().read(scope)
