"""The learned rankers: reading them, and what a person may do with them."""

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require
from tuoju.database.records import now
from tuoju.matchmaking.errors import IllegalRankerStep, RankerNotFound
from tuoju.matchmaking.models import RankerVersion
from tuoju.matchmaking.ranking import find_in_use
from tuoju.matchmaking.status import RANKER_STEPS, RankerState, RankerVerb

AUDIT_SCOPE = "ranker"
"""The scope of audit entries about rankers, which serve every county."""


def adopt(session: Session, actor: Actor, version: RankerVersion) -> RankerVersion:
    """Put a ranker into use that passed its back-test. Raises NotPermitted, IllegalRankerStep."""
    require(actor, Action.manage_ranker)
    put_into_use(session, version, actor)
    audit.record(session, actor, "adopt_ranker", version, scope=AUDIT_SCOPE)
    return version


def put_out_of_use(session: Session, actor: Actor, version: RankerVersion) -> RankerVersion:
    """Rank by the rules again, until a person decides otherwise. Raises NotPermitted, IllegalRankerStep."""
    require(actor, Action.manage_ranker)
    move(session, version, RankerVerb.put_out, actor)
    audit.record(session, actor, "put_out_ranker", version, scope=AUDIT_SCOPE)
    return version


def put_into_use(session: Session, version: RankerVersion, actor: Actor | None) -> None:
    """Put a ranker into use in place of the ranker in use. Raises IllegalRankerStep."""
    in_use = find_in_use(session)
    if in_use is not None and in_use.pk != version.pk:
        move(session, in_use, RankerVerb.supersede, actor)
    move(session, version, RankerVerb.adopt, actor)


def move(session: Session, version: RankerVersion, verb: RankerVerb, actor: Actor | None = None) -> None:
    """Move a ranker along RANKER_STEPS; `actor` is None for the training task. Raises IllegalRankerStep."""
    to = RANKER_STEPS.get((version.state, verb))
    if to is None:
        raise IllegalRankerStep(version.state, verb)
    version.state, version.moved_at = to, now()
    version.moved_by = actor.user_id if actor else None
    session.flush()


def stopped_by_person(session: Session) -> bool:
    """Whether the last change of the ranker in use was that a person put it out of use."""
    # Replaced rankers say nothing: they may never have been used, and what replaced one in use is itself among these.
    states = (RankerState.drifted, RankerState.out_of_use, RankerState.in_use)
    query = select(RankerVersion.state).where(
        col(RankerVersion.state).in_(states), col(RankerVersion.moved_at).is_not(None)
    )
    latest = session.exec(query.order_by(col(RankerVersion.moved_at).desc(), col(RankerVersion.id).desc())).first()
    return latest == RankerState.out_of_use


def find_newest(session: Session) -> RankerVersion | None:
    """The last training; None before the first."""
    return session.exec(select(RankerVersion).order_by(col(RankerVersion.number).desc()).limit(1)).first()


def find_versions(session: Session, actor: Actor, *, limit: int = 20) -> list[RankerVersion]:
    """The last trainings, newest first. Raises NotPermitted."""
    require(actor, Action.read_ranker)
    return list(session.exec(select(RankerVersion).order_by(col(RankerVersion.number).desc()).limit(limit)))


def get_version(session: Session, actor: Actor, number: int) -> RankerVersion:
    """A training by its number. Raises NotPermitted, RankerNotFound."""
    require(actor, Action.read_ranker)
    version = session.exec(select(RankerVersion).where(RankerVersion.number == number)).first()
    if version is None:
        raise RankerNotFound(number)
    return version
