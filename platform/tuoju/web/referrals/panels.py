"""The panels that the signed-in page of a referral and the page behind a link share."""

from collections.abc import Sequence

from sqlmodel import Session

from tuoju.accounts.fields import visible
from tuoju.accounts.permissions import Action, Principal, may
from tuoju.database.records import now
from tuoju.referrals import messages, queries
from tuoju.referrals.models import Referral, ReferralEvent
from tuoju.referrals.queries import ReferralRow
from tuoju.referrals.status import LIVE, ReferralState, ReferralVerb, Side
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import full_name
from tuoju.residents.masking import MaskedResident, age_band, masked
from tuoju.residents.queries import masked_by_id
from tuoju.residents.service import Revealed
from tuoju.visits.queries import visits_of
from tuoju.web.referrals.inputs import TypedStep
from tuoju.web.referrals.steps import RefusedStep
from tuoju.web.referrals.views import (
    AnswerPanel,
    FullContact,
    MessageEntry,
    StepButton,
    ThreadPanel,
    TimelineEntry,
    VisitEntry,
    VisitsPanel,
    WhoAndWhat,
)
from tuoju.words.formats import due_day
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju_projects.models import Organization

_BUTTON_KINDS = {
    ReferralVerb.waitlist: "quiet",
    ReferralVerb.start: "quiet",
    ReferralVerb.hold: "quiet",
    ReferralVerb.resume: "go",
}
"""The steps that take one tap, with the look of their button."""

_WITH_REASON = (ReferralVerb.fail, ReferralVerb.cancel)
"""The steps that need a reason in words."""

_VISITABLE = (ReferralState.accepted, ReferralState.in_progress)
"""The states in which the charity records visits."""


def sex_and_age(person: MaskedResident, *, is_minimum: bool) -> str:
    """The sex, and if known the age; for readers who get the minimum only, the band of ten years."""
    sex = label("sex_word", person.sex)
    if person.age is None:
        return sex
    if is_minimum:
        return f"{sex} · " + _("%(band)s years") % {"band": age_band(person.age)}
    return f"{sex} · " + _("%(age)s years") % {"age": person.age}


def deadline_of(referral: Referral) -> str:
    """By when the charity has to answer; empty once it did."""
    if referral.state is not ReferralState.requested:
        return ""
    return _("Answer by %(day)s.") % {"day": due_day(referral.answer_due_at)}


def who_and_what(
    session: Session,
    actor: Principal,
    row: ReferralRow,
    *,
    is_minimum: bool,
    revealed: Revealed | None,
    person_url: str = "",
) -> WhoAndWhat:
    """Who is to be served and what is wanted. `is_minimum` leaves out what an organization learns after accepting."""
    person = masked(row.resident, china_day(now()))
    return WhoAndWhat(
        need_text=visible(actor, row.need, "text"),
        name=revealed.name if revealed and not person_url else person.name,
        person_url=person_url,
        sex_and_age=sex_and_age(person, is_minimum=is_minimum),
        place=full_name(session, row.case.region_code),
        contact=_contact_of(revealed) if revealed else None,
        wished_times=" ".join(label("wished_time", code) for code in row.need.wished_times),
        constraints=" ".join(label("constraint", code) for code in row.need.constraints),
        self_care="" if is_minimum else label("self_care_word", person.self_care),
    )


def _contact_of(revealed: Revealed) -> FullContact:
    guardian = f"{revealed.guardian_name} {revealed.guardian_phone or ''}" if revealed.guardian_name else ""
    return FullContact(revealed.phone or "", revealed.address or "", guardian)


def answer_panel(
    referral: Referral,
    verbs: Sequence[ReferralVerb],
    *,
    is_receiver: bool,
    refused: RefusedStep | None,
    asks_name: bool = False,
) -> AnswerPanel | None:
    """The forms of the steps in `verbs`; None if there are none. A refused step is shown unfolded."""
    if not verbs:
        return None
    today = china_day(now())
    may_promise = is_receiver and referral.state is ReferralState.accepted
    return AnswerPanel(
        may_accept=ReferralVerb.accept in verbs,
        may_record_visit=is_receiver and referral.state in _VISITABLE,
        buttons=[StepButton(verb, kind) for verb, kind in _BUTTON_KINDS.items() if verb in verbs],
        first_visit=(referral.first_visit_on or today) if may_promise else None,
        today=today,
        may_complete=ReferralVerb.complete in verbs,
        may_reject=ReferralVerb.reject in verbs,
        with_reason=[verb for verb in _WITH_REASON if verb in verbs],
        may_mark_in_error=ReferralVerb.mark_in_error in verbs,
        asks_name=asks_name,
        is_open=refused is not None,
        typed=refused.typed if refused else TypedStep(),
    )


def thread_panel(
    session: Session, actor: Principal, referral: Referral, organization: Organization
) -> ThreadPanel | None:
    """Questions and answers as the actor reads them; None if there are none and none can be written."""
    may_write = referral.state in LIVE and (may(actor, Action.answer_referrals) or may(actor, Action.send_referrals))
    side = Side.sender if actor.organization_id is None else Side.receiver
    thread = messages.messages_of(session, referral)
    if not thread and not may_write:
        return None
    return ThreadPanel(
        messages=[
            MessageEntry(
                author=organization.name if message.side is Side.receiver else _("Social worker"),
                holder_name=visible(actor, message, "holder_name"),
                text=visible(actor, message, "text"),
                at=message.at,
            )
            for message in thread
        ],
        may_write=may_write,
        is_open=bool(thread) and thread[-1].side is not side,
    )


def visits_panel(session: Session, actor: Principal, referral: Referral) -> VisitsPanel:
    """The visits with their counts, and masked names."""
    rows = visits_of(session, referral)
    people = masked_by_id(session, {pk for _visit, served in rows for pk in served}, china_day(now()))
    counted = [served for visit, served in rows if visit.in_error_at is None]
    return VisitsPanel(
        person_times=sum(len(served) for served in counted),
        counted_visits=len(counted),
        visits=[
            VisitEntry(
                visit_id=visit.pk,
                served_on=visit.served_on,
                minutes=visit.minutes,
                mode=visit.mode,
                names=" ".join(people[pk].name for pk in served),
                content=visible(actor, visit, "content"),
                problems=visible(actor, visit, "problems"),
                in_error=visit.in_error_at is not None,
                in_error_reason=visible(actor, visit, "in_error_reason"),
            )
            for visit, served in rows
        ],
        may_mark_in_error=actor.organization_id is not None and may(actor, Action.record_visits),
    )


def timeline_of(session: Session, actor: Principal, referral: Referral) -> list[TimelineEntry]:
    """The steps of a referral in words, first to last."""
    return [
        TimelineEntry(
            title=label("referral_verb", event.verb) if event.verb else _("Sent"),
            at=event.at,
            by_link=_by_link(actor, event),
            note=visible(actor, event, "note"),
        )
        for event in queries.timeline(session, referral)
    ]


def _by_link(actor: Principal, event: ReferralEvent) -> str:
    if event.link_id is None:
        return ""
    name = visible(actor, event, "holder_name")
    return _("through the link") + (f" · {name}" if name else "")
