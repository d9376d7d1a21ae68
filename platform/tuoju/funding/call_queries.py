"""Reading calls: those of a region for its managers, the published ones for everybody."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.database.records import now
from tuoju.funding.errors import CallNotFound, QuestionNotFound
from tuoju.funding.models import Call, CallMember, CallQuestion, CallTopic, FundingStep
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.queries import get_region, within
from tuoju_projects.funding_status import CallState
from tuoju_projects.models import Organization

MAX_LISTED = 100


def get_call(session: Session, actor: Actor, call_id: int) -> Call:
    """A call of the manager's region, drafts too; not one in which the manager wears another hat.

    Raises NotPermitted, CallNotFound.
    """
    call = session.exec(_managed(session, actor).where(Call.id == call_id)).first()
    if call is None:
        raise CallNotFound
    return call


def find_calls(session: Session, actor: Actor) -> list[Call]:
    """The calls of the manager's region, latest first. Raises NotPermitted."""
    return list(session.exec(_managed(session, actor).order_by(col(Call.id).desc()).limit(MAX_LISTED)))


def _managed(session: Session, actor: Actor) -> SelectOfScalar[Call]:
    require(actor, Action.manage_calls)
    regions = visible_regions(session, actor)
    return select(Call).where(col(Call.region_code).in_(regions), col(Call.id).not_in(with_other_hat(actor)))


def with_other_hat(actor: Actor) -> SelectOfScalar[int]:
    """A subquery of the calls in which an account wears, or wore, a hat: there it is no manager."""
    return select(CallMember.call_id).where(CallMember.user_id == actor.user_id)


def locked(session: Session, call_id: int) -> Call:
    """The call as it is now, locked until the commit."""
    query = select(Call).where(Call.id == call_id).with_for_update()
    return session.exec(query.execution_options(populate_existing=True)).one()


def get_published(session: Session, call_id: int) -> Call:
    """A call that everybody may read. Raises CallNotFound."""
    call = session.get(Call, call_id)
    if call is None or call.published_at is None:
        raise CallNotFound
    return call


def find_published(session: Session) -> list[Call]:
    """The calls that everybody may read, latest first."""
    query = select(Call).where(col(Call.published_at).is_not(None))
    return list(session.exec(query.order_by(col(Call.published_at).desc(), col(Call.id).desc()).limit(MAX_LISTED)))


def topics_of(session: Session, call: Call) -> list[CallTopic]:
    """The topics of a call, the one with most needs first."""
    return list(session.exec(select(CallTopic).where(CallTopic.call_id == call.pk).order_by(col(CallTopic.id))))


def questions_of(session: Session, call: Call) -> list[CallQuestion]:
    """The questions about a call, in their order."""
    query = select(CallQuestion).where(CallQuestion.call_id == call.pk)
    return list(session.exec(query.order_by(col(CallQuestion.id))))


def get_question(session: Session, actor: Actor, question_id: int) -> tuple[CallQuestion, Call]:
    """A question and its call, of the manager's region. Raises NotPermitted, QuestionNotFound."""
    require(actor, Action.manage_calls)
    question = session.get(CallQuestion, question_id)
    if question is None:
        raise QuestionNotFound
    try:
        return question, get_call(session, actor, question.call_id)
    except CallNotFound:
        raise QuestionNotFound from None


def steps_of(session: Session, call: Call) -> Sequence[FundingStep]:
    """The steps that a call itself took, in their order."""
    query = select(FundingStep).where(FundingStep.machine == "call", FundingStep.row_id == call.pk)
    return session.exec(query.order_by(col(FundingStep.id))).all()


def is_open(call: Call) -> bool:
    """Whether a call takes applications and questions at this moment."""
    return call.state is CallState.open and now() < call.closes_at


def end_of(day: date) -> datetime:
    """Midnight in China after a day."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=CHINA)


def last_day_of(call: Call) -> date:
    """The last day on which applications are taken."""
    return china_day(call.closes_at - timedelta(seconds=1))


def managers_of(session: Session, region_code: str) -> list[User]:
    """The active program managers whose region holds `region_code`."""
    codes = get_region(session, region_code).path.rstrip("/").split("/")
    query = select(User).where(col(User.region_code).in_(codes), User.role == Role.program_manager, col(User.is_active))
    return list(session.exec(query.order_by(col(User.id))))


def organizations_of(session: Session, region_code: str) -> list[Organization]:
    """The active organizations that are registered in a region."""
    query = select(Organization).where(
        col(Organization.is_active), col(Organization.region_code).in_(within(session, region_code))
    )
    return list(session.exec(query.order_by(Organization.name)))


def charities_of(session: Session, region_code: str) -> list[User]:
    """The active charity staff whose organization is registered in a region."""
    query = (
        select(User)
        .join(Organization, col(Organization.id) == User.organization_id)
        .where(
            User.role == Role.charity_staff,
            col(User.is_active),
            col(Organization.is_active),
            col(Organization.region_code).in_(within(session, region_code)),
        )
    )
    return list(session.exec(query.order_by(col(User.id))))
