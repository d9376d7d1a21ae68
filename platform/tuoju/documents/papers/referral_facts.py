"""What the papers of a referral are filled with. Blank papers are filled with nothing at all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlmodel import Session

from tuoju.accounts.fields import Stage
from tuoju.accounts.permissions import Action, Actor, require
from tuoju.accounts.queries import get_user
from tuoju.cases.clock import last_day
from tuoju.cases.views import NeedSeen
from tuoju.documents.papers.typesetting import Field
from tuoju.readings.models import Budget
from tuoju.referrals import service as referral_service
from tuoju.referrals.models import Referral
from tuoju.referrals.queries import MINIMUM_ONLY, get_row
from tuoju.referrals.status import ReferralState, RejectionReason
from tuoju.referrals.views import ReferralSeen, reader_of, receiver_of, referral_seen
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import full_name
from tuoju.residents.models import Resident
from tuoju.residents.service import reveal
from tuoju.residents.views import revealed_to
from tuoju.visits.models import ServiceVisit
from tuoju.visits.queries import visits_of
from tuoju.visits.views import VisitSeen, visits_seen
from tuoju.words.labels import label
from tuoju.words.reasons import reasons_for_paper

NOBODY = (Field("服务对象"), Field("性别、年龄"), Field("联系电话"), Field("监护人"), Field("住址", span=2))
"""The fields of the person on a blank paper."""


@dataclass(frozen=True)
class ReferralFacts:
    """The facts on the papers of one referral; each None where it is not known or the paper is blank."""

    number: str | None = None
    sent_on: date | None = None
    urgency: str | None = None
    """The words of the urgency; so are `category`, `wishes` and `why`."""
    sender: str | None = None
    """The society that sent it."""
    sender_name: str | None = None
    """The person who sent it."""
    organization: str | None = None
    project: str | None = None
    person: Sequence[Field] = NOBODY
    """Before the charity has accepted the minimum set (PIPL art. 6): surname, age band and township; afterwards
    name, telephone, guardian and address."""
    category: str | None = None
    text: str | None = None
    """The text of the need."""
    wishes: str | None = None
    """Wished times and constraints."""
    why: str | None = None
    """The reasons for which the project was proposed, without those that say something about the person."""
    note: str | None = None
    """What the sender wrote: work done and help received so far."""
    consent: str | None = None
    """The number of the consent, or that it is an emergency reviewed afterwards."""
    answer_due: date | None = None
    """The last day for the answer, as on the pages."""
    answered: str | None = None
    """accepted, rejected or waitlisted."""
    rejection: RejectionReason | None = None
    outcome: str | None = None
    """A code of the list `outcome`."""
    ended_on: date | None = None
    visits: int | None = None
    """How many visits there were; None before the first."""


def collect_referral_facts(session: Session, actor: Actor, referral_id: int, *, purpose: str) -> ReferralFacts:
    """The facts of a referral, in the language of the block.

    The paper goes to the charity, so whoever prints it, its person is in full only while it is served; then the reading
    is audited. Raises ReferralNotFound; NotPermitted for actors who may not read what people said.
    """
    require(actor, Action.read_need_texts)
    row = get_row(session, actor, referral_id)
    referral, _need, _case, resident, project, organization = row
    seen = referral_seen(reader_of(session, receiver_of(referral), row), row)
    visits = valid_visits(session, referral)
    return ReferralFacts(
        number=referral.number,
        sent_on=china_day(referral.requested_at),
        urgency=label("urgency", seen.need.urgency),
        sender=f"{full_name(session, seen.region_code)}救急难互助社",
        sender_name=get_user(session, referral.sent_by).display_name,
        organization=organization.name,
        project=project.name,
        person=_person(session, actor, referral, resident, seen, purpose),
        category=label("service_type", seen.need.category),
        text=seen.need.text,
        wishes="、".join(_wishes(seen.need)) or None,
        why="；".join(reasons_for_paper(session, referral)) or None,
        note=seen.note or None,
        consent=f"同意书编号 {referral.consent_id}" if referral.consent_id else "紧急转介，事后复核",
        answer_due=last_day(referral.answer_due_at),
        answered=_answer(referral),
        rejection=referral.rejection_reason,
        outcome=referral.outcome,
        ended_on=china_day(referral.ended_at) if referral.ended_at else None,
        visits=len(visits) or None,
    )


def valid_visits(session: Session, referral: Referral) -> list[tuple[ServiceVisit, list[int]]]:
    """The visits of a referral that were not entered in error, latest first, each with the resident ids served."""
    return [(visit, served) for visit, served in visits_of(session, referral) if visit.in_error_at is None]


def visits_for_record(session: Session, actor: Actor, referral_id: int, facts: ReferralFacts) -> list[VisitSeen]:
    """The visits of the service record as the organization sees them, oldest first.

    Names are masked, except that of the person whom the head of the paper names in full.
    """
    row = get_row(session, actor, referral_id)
    reader = reader_of(session, receiver_of(row.referral), row)
    name = facts.person[0].value or ""
    visits = [visit for visit in visits_seen(session, reader, row.referral) if visit.in_error_at is None]
    return [_named(visit, row.resident.pk, name) for visit in reversed(visits)]


def _named(visit: VisitSeen, resident_id: int, name: str) -> VisitSeen:
    names = [name if pk == resident_id else masked for pk, masked in zip(visit.served, visit.names, strict=True)]
    return replace(visit, names=names)


def _wishes(need: NeedSeen) -> list[str]:
    times = [label("wished_time", code) for code in need.wished_times]
    return [*times, *(label("constraint", code) for code in need.constraints)]


def _answer(referral: Referral) -> str | None:
    """Which answer of the receipt is ticked; None while there is none."""
    if referral.state is ReferralState.rejected:
        return "rejected"
    if referral.state is ReferralState.waitlisted:
        return "waitlisted"
    return None if referral.state in MINIMUM_ONLY else "accepted"


def _person(
    session: Session, actor: Actor, referral: Referral, resident: Resident, seen: ReferralSeen, purpose: str
) -> list[Field]:
    person, place = seen.person, full_name(session, seen.region_code)
    if seen.stage is Stage.before:
        return [Field("服务对象", person.name), Field("年龄段", person.age_band), Field("所在乡镇", place, 2)]
    if actor.organization_id is not None:
        revealed = referral_service.reveal(session, actor, referral, purpose=purpose, budget=Budget.paper)
    else:
        in_full = reveal(session, actor, resident, purpose=purpose, budget=Budget.paper)
        revealed = revealed_to(receiver_of(referral), in_full, stage=seen.stage, shared=seen.shared)
    guardian = [text for text in (revealed.guardian_name, revealed.guardian_phone) if text]
    sex = label("sex_word", person.sex) if person.sex else ""
    return [
        Field("服务对象", revealed.name or person.name),
        Field("性别、年龄", f"{sex} {person.age or ''}"),
        Field("联系电话", revealed.phone),
        Field("监护人", " ".join(guardian) or None),
        Field("住址", f"{place}{revealed.address or ''}", 2),
    ]
