"""The panels that the signed-in page of a referral and the page behind a link share."""

from collections.abc import Sequence

from sqlmodel import Session

from tuoju.accounts.permissions import Action, may
from tuoju.database.records import now
from tuoju.referrals.models import Referral
from tuoju.referrals.status import LIVE, ReferralState, ReferralVerb, Side
from tuoju.referrals.views import ReferralReader, ReferralSeen, StepSeen, messages_seen, steps_seen
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import full_name
from tuoju.residents.service import Revealed
from tuoju.residents.views import ResidentSeen
from tuoju.visits.views import visits_seen
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
    ReferralVerb.reopen: "go",
}
"""The steps that take one tap, with the look of their button."""

_WITH_REASON = (ReferralVerb.fail, ReferralVerb.cancel)
"""The steps that need a reason in words."""

_VISITABLE = (ReferralState.accepted, ReferralState.in_progress)
"""The states in which the charity records visits."""


def sex_and_age(person: ResidentSeen) -> str:
    """The sex and the age, or the band of ten years; what is hidden or unknown is left out."""
    years = ""
    if person.age is not None:
        years = _("%(age)s years") % {"age": person.age}
    elif person.age_band:
        years = _("%(band)s years") % {"band": person.age_band}
    return " · ".join(filter(None, (label("sex_word", person.sex) if person.sex else "", years)))


def deadline_of(referral: Referral) -> str:
    """By when the charity has to answer; empty once it did."""
    if referral.state is not ReferralState.requested:
        return ""
    return _("Answer by %(day)s.") % {"day": due_day(referral.answer_due_at)}


def who_and_what(
    session: Session, seen: ReferralSeen, *, revealed: Revealed | None, person_url: str = ""
) -> WhoAndWhat:
    """Who is to be served and what is wanted, as the reader sees it."""
    return WhoAndWhat(
        need_text=seen.need.text,
        name=revealed.name if revealed and not person_url else seen.person.name,
        person_url=person_url,
        sex_and_age=sex_and_age(seen.person),
        place=full_name(session, seen.region_code),
        contact=_contact_of(revealed) if revealed else None,
        wished_times=" ".join(label("wished_time", code) for code in seen.need.wished_times),
        constraints=" ".join(label("constraint", code) for code in seen.need.constraints),
        self_care=label("self_care_word", seen.person.self_care) if seen.person.self_care else "",
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
    session: Session, reader: ReferralReader, referral: Referral, organization: Organization
) -> ThreadPanel | None:
    """Questions and answers as the reader sees them; None if there are none and none can be written."""
    actor = reader.actor
    may_write = referral.state in LIVE and (may(actor, Action.answer_referrals) or may(actor, Action.send_referrals))
    side = Side.sender if actor.organization_id is None else Side.receiver
    thread = messages_seen(session, reader, referral)
    if not thread and not may_write:
        return None
    return ThreadPanel(
        messages=[
            MessageEntry(
                author=organization.name if message.side is Side.receiver else _("Social worker"),
                holder_name=message.holder_name,
                text=message.text,
                at=message.at,
            )
            for message in thread
        ],
        may_write=may_write,
        is_open=bool(thread) and thread[-1].side is not side,
    )


def visits_panel(session: Session, reader: ReferralReader, referral: Referral) -> VisitsPanel:
    """The visits with their counts, and masked names."""
    visits = visits_seen(session, reader, referral)
    counted = [visit for visit in visits if visit.in_error_at is None]
    actor = reader.actor
    return VisitsPanel(
        person_times=sum(len(visit.served) for visit in counted),
        counted_visits=len(counted),
        visits=[
            VisitEntry(
                visit_id=visit.id,
                served_on=visit.served_on,
                minutes=visit.minutes,
                mode=visit.mode,
                names=" ".join(visit.names),
                content=visit.content,
                problems=visit.problems,
                in_error=visit.in_error_at is not None,
                in_error_reason=visit.in_error_reason,
            )
            for visit in visits
        ],
        may_mark_in_error=actor.organization_id is not None and may(actor, Action.record_visits),
    )


def timeline_of(session: Session, reader: ReferralReader, referral: Referral) -> list[TimelineEntry]:
    """The steps of a referral in words, first to last."""
    return [
        TimelineEntry(
            title=label("referral_verb", step.verb) if step.verb else _("Sent"),
            at=step.at,
            by_link=_by_link(step),
            note=step.note,
        )
        for step in steps_seen(session, reader, referral)
    ]


def _by_link(step: StepSeen) -> str:
    if not step.is_by_link:
        return ""
    return _("through the link") + (f" · {step.holder_name}" if step.holder_name else "")
