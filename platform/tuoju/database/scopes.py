"""Which rows a transaction may reach: its scope, and the named reasons to step beyond it.

The unit of work opens every transaction under a scope. PostgreSQL is told it in the transaction itself (`SET LOCAL`
through set_config, so that a pooler between transactions keeps nothing) and applies the policies of `row_scopes`; on
SQLite the write guard checks the same declarations at each flush.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import SessionTransaction
from sqlmodel import Session

APP_ROLE = "tuoju_app"
"""The role of every transaction on PostgreSQL: it owns nothing, so that row-level security applies to it."""


class RowOutOfScope(Exception):
    """A row was written that the transaction's scope does not reach. For the caller it does not exist."""


class Reach(StrEnum):
    """How far a transaction reaches."""

    nothing = ""
    """Tables without personal rows only: health checks and pages that are open to everybody."""
    entrance = "entrance"
    """Accounts and sessions too: somebody signs in, or a token is looked up."""
    scope = "scope"
    """What region, organization, referral and account of the scope reach."""
    city = "city"
    """The same for whoever acts in the whole city: regions need not be compared."""
    system = "system"
    """Every row: tasks, the command line, and within `system_scope`."""


@dataclass(frozen=True)
class RowScope:
    """What a transaction may read and write. accounts.permissions.scope_of makes it of an actor."""

    reach: Reach = Reach.scope
    region_code: str | None = None
    """Rows of this region and everything in it."""
    organization_id: int | None = None
    """Rows that referrals to this organization lead to."""
    referral_id: int | None = None
    """Only what this one referral leads to: whoever holds its link."""
    user_id: int | None = None
    """Rows that belong to this account."""
    administers: bool = False
    """Accounts and their sessions within the region; deliveries too for the whole city."""


SYSTEM = RowScope(Reach.system)
"""Tasks of the worker, the command line and the simulation."""
ENTRANCE = RowScope(Reach.entrance)
"""Before it is known who asks: signing in, and looking up whom a token stands for."""
NOBODY = RowScope(Reach.nothing)
"""Pages and machines that need no account."""


class Escape(StrEnum):
    """Every reason for which a transaction of an actor reaches beyond the actor's scope. There are no others."""

    outbox = "notifications go to whoever is concerned and are called off again; they hold nothing personal"
    id_numbers = "a person has one file in the city: an ID number is looked up everywhere, and only its township told"
    past_answers = "how projects answered is counted over the whole city, without persons"
    offer_again = "a need that comes back is offered anew, beyond the organization that gave it back"
    residents_telephone = "whether and where an SMS may go rests on all cases, reports and consents of the person"
    links = "a link is found by its token, before it is known to which referral, contact or account it leads"
    repeated_relief = "the yearly cap and the check for repeated relief count what other societies gave"
    erasure = "an erasure reaches every row about the person, wherever it lies, and drafts of others about them"
    withdrawn_consent = "a consent taken back ends everything that rests on it, wherever the person has lived"
    closed_project = "a project that ends ends its referrals in every county"
    deadlines = "a change of the calendar computes every deadline again"
    board = "a public notice is open to everybody while it stands on its village's board"
    issued_files = "whoever holds an exported file may check that it is authentic"
    whole_file = "the file of a person holds what happened to them everywhere (PIPL art. 45)"
    suggestions = "which service a sentence suggests is learned from the needs of the whole city, in memory only"
    plan_prices = "prices of places come from the plan of the county or city above; they name nobody"
    last_administrator = "whether another administrator is left is asked of all regions above, and their rows locked"
    complaints = "a complaint is told to the sender, the township and the county; the resident reads its answer"
    alarms = "an alarm is told to the township of the person, whoever typed the words; who typed them reads none"
    forms_of_visitors = "the key of a form of somebody without an account is found by its own random text"
    metrics = "the counts of deliveries and of broken jobs are those of the whole platform"


STATEMENT_MILLISECONDS = "statement_milliseconds"
"""Execution option of an engine: how long a statement on PostgreSQL may run, as text; without it as
long as the server says."""
_SCOPE = "tuoju.scope"
_REACH = "tuoju.reach"
_KEPT = "tuoju.kept_rows"
KEPT_ROWS = 100
"""How many of the rows read or written last a session holds, so that `get` finds them without a query: SQLAlchemy's
own map forgets a row that no variable holds. Bounded, so that a long list does not stay in memory."""


class ScopedSession(Session):
    """A session of the unit of work: each of its transactions begins by setting its scope."""

    def __init__(self, *args: object, scope: RowScope, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.info[_SCOPE] = scope
        self.info[_KEPT] = deque(maxlen=KEPT_ROWS)


def _keep_row(session: OrmSession, row: object) -> None:
    session.info[_KEPT].append(row)


event.listen(ScopedSession, "loaded_as_persistent", _keep_row)
event.listen(ScopedSession, "pending_to_persistent", _keep_row)


def scope_in_force(session: Session) -> RowScope | None:
    """The scope of the transaction; None for a session that no unit of work opened."""
    scope: RowScope | None = session.info.get(_SCOPE)
    return scope


def begin_in_scope(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    """Set role and scope as the first statement of a transaction; savepoints inherit them."""
    if not transaction.nested:
        _apply(session, connection)


def set_scope(session: Session, scope: RowScope) -> None:
    """Go on under another scope, once it is known who acts: whoever opened a link. Sessions that no unit of work
    opened have none and keep none."""
    if scope_in_force(session) is None:
        return
    session.flush()
    session.info[_SCOPE] = scope
    session.info[_KEPT].clear()
    _apply(session, session.connection())


@contextmanager
def system_scope(session: Session, _escape: Escape) -> Iterator[None]:
    """Reach every row within the block, for one of the named reasons.

    What was changed before is flushed under the old scope first, and what is changed within under the wide one.
    """
    scope = scope_in_force(session)
    if scope is None or scope.reach is Reach.system:
        yield
        return
    session.flush()
    connection = session.connection()  # begins the transaction under its own scope
    session.info[_SCOPE] = SYSTEM
    kept = session.info[_KEPT]
    session.info[_KEPT] = deque(maxlen=KEPT_ROWS)  # what only the wide scope reaches is not kept beyond it
    _set_reach(connection, Reach.system)
    try:
        yield
        session.flush()
    finally:
        session.info[_SCOPE], session.info[_KEPT] = scope, kept
        _set_reach(connection, session.info.get(_REACH, ""))


_ROLE = f"set_config('role', '{APP_ROLE}', true)"
_TIMEOUT = "set_config('statement_timeout', COALESCE(:timeout, current_setting('statement_timeout')), true)"
_JIT = "set_config('jit', 'off', true)"
"""The policies of tables make many expressions of a query: to compile them takes seconds, and nothing runs faster."""
_OWN = "(SELECT path FROM region WHERE code = :region_code)"
_WHOLE_CITY = (
    "EXISTS (SELECT 1 FROM region WHERE code = :region_code AND parent_code IS NULL)"
    " AND NOT EXISTS (SELECT 1 FROM region WHERE parent_code IS NULL AND code <> :region_code)"
)
_OPEN = text(
    f"SELECT {_ROLE}, set_config('tuoju.reach', :reach, true), set_config('tuoju.regions', '', true),"
    " set_config('tuoju.organization', :organization, true), set_config('tuoju.referral', :referral, true),"
    " set_config('tuoju.user', :user, true), set_config('tuoju.administers', :administers, true),"
    f" {_TIMEOUT}, {_JIT}"
)
_OPEN_REGION = text(
    f"SELECT {_ROLE}, set_config('tuoju.reach', CASE WHEN {_WHOLE_CITY} THEN 'city' ELSE 'scope' END, true),"
    " set_config('tuoju.regions', (SELECT string_agg(code, ',') FROM region"
    f" WHERE starts_with(path, {_OWN}) AND NOT ({_WHOLE_CITY})), true),"
    " set_config('tuoju.organization', :organization, true), set_config('tuoju.referral', :referral, true),"
    " set_config('tuoju.user', :user, true), set_config('tuoju.administers', :administers, true),"
    f" {_TIMEOUT}, {_JIT}"
)
"""The region by the codes that lie within it today, found by the paths of the tree; one statement either way."""


def _apply(session: Session, connection: Connection) -> None:
    scope = scope_in_force(session)
    if scope is None or connection.dialect.name != "postgresql":
        return
    values = {
        "organization": str(scope.organization_id or ""),
        "referral": str(scope.referral_id or ""),
        "user": str(scope.user_id or ""),
        "timeout": connection.get_execution_options().get(STATEMENT_MILLISECONDS),
        "administers": "on" if scope.administers else "",
    }
    connection.info.pop(_REACH_DUE, None)
    if scope.region_code is not None and scope.reach is Reach.scope:
        row = connection.execute(_OPEN_REGION, values | {"region_code": scope.region_code}).one()
    else:
        row = connection.execute(_OPEN, values | {"reach": scope.reach.value}).one()
    session.info[_REACH] = row[1]
    connection.info[_REACH_IN_FORCE] = connection.info[_REACH_DUE] = row[1]


_REACH_IN_FORCE = "tuoju.reach_in_force"
_REACH_DUE = "tuoju.reach_due"
"""In the info of a connection: the reach that PostgreSQL was told, None if unknown, and the one that the next
statement runs under. Telling it late saves a round trip wherever one wide block follows another."""


def _set_reach(connection: Connection, reach: str) -> None:
    """Let what runs next run under a reach; nothing on a connection that was lost."""
    if connection.dialect.name == "postgresql" and not (connection.closed or connection.invalidated):
        connection.info[_REACH_DUE] = str(reach)


def tell_reach(engine: Engine) -> None:
    """Let an engine of PostgreSQL tell the reach that is due before a statement runs."""
    event.listen(engine, "before_cursor_execute", _tell_reach)
    event.listen(engine, "rollback_savepoint", _forget_reach)
    for ending in ("begin", "commit", "rollback"):
        event.listen(engine, ending, _end_reach)


def _tell_reach(connection: Connection, _cursor: object, statement: str, *_values: Any) -> None:
    due = connection.info.get(_REACH_DUE)
    if due is None or due == connection.info.get(_REACH_IN_FORCE):
        return
    if "SAVEPOINT" not in statement[:24]:  # after an error only a rollback to the savepoint is accepted
        connection.info[_REACH_IN_FORCE] = due
        connection.execute(text("SELECT set_config('tuoju.reach', :reach, true)"), {"reach": due})


def _forget_reach(connection: Connection, *_values: Any) -> None:
    """A setting made within a savepoint is gone with it."""
    connection.info[_REACH_IN_FORCE] = None


def _end_reach(connection: Connection) -> None:
    """The settings of a transaction end with it."""
    connection.info.pop(_REACH_DUE, None)
    connection.info.pop(_REACH_IN_FORCE, None)
