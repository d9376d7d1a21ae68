"""The page of one referral for whoever is signed in, from either side."""

from dataclasses import dataclass, replace

from fastapi import Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.fields import Stage, visible
from tuoju.accounts.permissions import Action, Actor, may
from tuoju.accounts.queries import names_of
from tuoju.cases.models import Case
from tuoju.cases.status import NeedState
from tuoju.database.records import now
from tuoju.plans.queries import prices_for
from tuoju.referrals import links, queries
from tuoju.referrals.complaints import complaints_of
from tuoju.referrals.models import Referral
from tuoju.referrals.queries import ReferralRow
from tuoju.referrals.reopened_needs import find_next_offer
from tuoju.referrals.resident_updates import updates_with_states
from tuoju.referrals.status import (
    LIVE,
    TO_TELL_IN_PERSON,
    AskedBy,
    Outcome,
    ReferralState,
    ReferralVerb,
    RejectionReason,
    Side,
    verbs_from,
)
from tuoju.referrals.views import ReferralSeen, reader_of, referral_seen
from tuoju.residents.consents import permission_to_share
from tuoju.residents.inputs import ConsentMethod
from tuoju.residents.models import ConsentGiver
from tuoju.residents.service import Revealed
from tuoju.web.kit.forms import BlankForm
from tuoju.web.kit.purposes import PurposeForm
from tuoju.web.kit.rendering import render
from tuoju.web.referrals.confirmation_panel import confirmation_panel
from tuoju.web.referrals.panels import (
    answer_panel,
    deadline_of,
    thread_panel,
    timeline_of,
    visits_panel,
    who_and_what,
)
from tuoju.web.referrals.resident_sentences import update_sentences
from tuoju.web.referrals.steps import RefusedStep
from tuoju.web.referrals.views import (
    ComplaintEntry,
    ComplaintForm,
    ComplaintPanel,
    NextProject,
    OfferPanel,
    OutcomeCheckForm,
    ReferralFacts,
    ReferralPage,
    SatisfactionPanel,
    UpdateEntry,
    UpdatesPanel,
)
from tuoju.words.formats import china_date, china_time, due_day
from tuoju.words.labels import label, options
from tuoju.words.languages import gettext as _
from tuoju.words.reasons import proposal_in_words
from tuoju_projects.queries import get_organization, get_project


@dataclass(frozen=True)
class RefilledForms:
    """The form of the page that came back to be corrected, filled in as it was sent."""

    purpose: PurposeForm | None = None
    complaint: ComplaintForm | None = None
    check: OutcomeCheckForm | None = None


def referral_page(
    request: Request,
    session: Session,
    actor: Actor,
    referral: Referral,
    *,
    revealed: Revealed | None = None,
    refused: RefusedStep | None = None,
    refilled: RefilledForms | None = None,
) -> Response:
    """The page of a referral in the actor's scope. `revealed` is whom to serve, in full."""
    row = queries.row_of(session, referral)
    forms = refilled or RefilledForms()
    view = replace(
        _view(session, actor, row, revealed, refused, forms.purpose or BlankForm()),
        complaints=_complaint_panel(session, actor, referral, forms.complaint or BlankForm()),
        confirmation=confirmation_panel(session, actor, referral, forms.check),
    )
    return render(request, view, refused.status if refused else 422 if refilled else 200)


def _view(
    session: Session,
    actor: Actor,
    row: ReferralRow,
    revealed: Revealed | None,
    refused: RefusedStep | None,
    purpose_form: PurposeForm,
) -> ReferralPage:
    referral = row.referral
    is_receiver = actor.organization_id is not None
    reader = reader_of(session, actor, row)
    seen = referral_seen(reader, row)
    is_minimum = is_receiver and seen.stage is Stage.before
    verbs = _verbs_of(actor, row)
    is_field = not is_receiver and may(actor, Action.send_referrals)
    opens_person = not is_receiver and may(actor, Action.read_residents)
    return ReferralPage(
        at=f"/referrals/{referral.pk}",
        number=referral.number,
        category=row.need.category,
        urgency=row.need.urgency,
        state=referral.state,
        wrong=refused.sentence if refused else "",
        deadline=_deadline_with_provisional(referral),
        who=who_and_what(
            session,
            seen,
            revealed=revealed,
            person_url=f"/residents/{row.resident.pk}" if opens_person else "",
        ),
        facts=_facts(actor, row, seen),
        awaits_acceptance=is_minimum and bool(verbs),
        reveal_form=purpose_form if is_receiver and not is_minimum and revealed is None else None,
        offer=_offer_panel(session, actor, row),
        answer=answer_panel(referral, verbs, is_receiver=is_receiver, refused=refused),
        thread=thread_panel(session, reader, referral, row.organization),
        satisfaction=_satisfaction_panel(actor, referral) if is_field else None,
        complaints=None,
        confirmation=None,
        link_state=_link_state(session, actor, referral),
        updates=_updates_panel(session, referral, row.case) if is_field else None,
        visits=visits_panel(session, reader, referral),
        timeline=timeline_of(session, reader, referral),
    )


def _facts(actor: Actor, row: ReferralRow, seen: ReferralSeen) -> ReferralFacts:
    referral, end_note = row.referral, seen.end_note
    return ReferralFacts(
        project_url=f"/projects/{row.project.pk}",
        project=row.project.name,
        organization=row.organization.name,
        note=seen.note,
        repeat_reason=visible(actor, referral, "repeat_reason"),
        rejection=_with_note("rejection_reason", referral.rejection_reason, end_note),
        outcome=_with_note("outcome", referral.outcome, end_note),
    )


def _with_note(kind: str, code: RejectionReason | Outcome | None, note: str) -> str:
    """The words of a code with the note behind them; empty without a code."""
    if code is None:
        return ""
    return label(kind, code) + (_(": ") + note if note else "")


def _verbs_of(actor: Actor, row: ReferralRow) -> tuple[ReferralVerb, ...]:
    """The steps that the actor may take now; a need that went elsewhere is no longer to be reopened here."""
    if may(actor, Action.answer_referrals):
        return verbs_from(row.referral.state, Side.receiver)
    if not may(actor, Action.send_referrals):
        return ()
    verbs = verbs_from(row.referral.state, Side.sender)
    is_open = row.need.state is NeedState.open
    return tuple(verb for verb in verbs if is_open or verb is not ReferralVerb.reopen)


def _deadline_with_provisional(referral: Referral) -> str:
    deadline = deadline_of(referral)
    if deadline and referral.answer_due_provisional:
        return f"{deadline} " + _("Provisional: next year's holidays are not published yet.")
    return deadline


def _offer_panel(session: Session, actor: Actor, row: ReferralRow) -> OfferPanel | None:
    """The next project for a need that was not taken, for those who may send it there."""
    if row.referral.state in LIVE or not may(actor, Action.send_referrals):
        return None
    offer = find_next_offer(session, row.need, prices=prices_for(session, row.case.region_code))
    if offer is None:
        return None
    if offer.best is None or offer.proposal is None:
        return OfferPanel(row.need.pk, None, offer.stuck, offer.tries)
    project = get_project(session, offer.best.project.id)
    need, resident_id = row.need, row.case.resident_id
    grant = permission_to_share(session, resident_id, project.organization_id, need_id=need.pk, category=need.category)
    next_project = NextProject(
        project_id=project.pk,
        name=project.name,
        organization=get_organization(session, project.organization_id).name,
        places_left=project.places_left,
        reasons=proposal_in_words(session, offer.proposal).reasons[project.pk],
        has_consent=grant is not None,
        consent_url=f"/residents/{resident_id}/consents/new?organization={project.organization_id}&need={need.pk}",
        givers=[(ConsentGiver.self, label("consent_giver", ConsentGiver.self))],
        methods=[(code, words) for code, words in options("consent_method") if code != ConsentMethod.spoken],
    )
    return OfferPanel(row.need.pk, next_project, offer.stuck, offer.tries)


def _satisfaction_panel(actor: Actor, referral: Referral) -> SatisfactionPanel | None:
    """What the resident says of a completed referral."""
    if referral.state is not ReferralState.completed:
        return None
    ways = [(code, words) for code, words in options("asked_by") if code != AskedBy.link]
    return SatisfactionPanel(_rating_in_words(referral), visible(actor, referral, "satisfaction_comment"), ways)


def _complaint_panel(session: Session, actor: Actor, referral: Referral, form: ComplaintForm) -> ComplaintPanel | None:
    """What the resident complained about; None for an organization, and where nobody complained."""
    if not may(actor, Action.answer_complaints):
        return None
    complaints = complaints_of(session, referral)
    people = names_of(session, {complaint.answered_by for complaint in complaints})
    entries = [
        ComplaintEntry(
            cause=complaint.cause,
            opened_at=complaint.opened_at,
            due=due_day(complaint.due_at),
            is_open=complaint.answered_at is None,
            reply=visible(actor, complaint, "answer"),
            helped=complaint.helped,
            answered_by=people.get(complaint.answered_by, "") if complaint.answered_by else "",
        )
        for complaint in complaints
    ]
    is_open = any(entry.is_open for entry in entries)
    return ComplaintPanel(entries, form if is_open else None) if entries else None


def _rating_in_words(referral: Referral) -> str:
    if not referral.satisfaction:
        return ""
    parts = [_("%(stars)s of 5") % {"stars": referral.satisfaction}]
    if referral.solved is not None:
        parts.append(_("Solved") if referral.solved else _("Not solved"))
    if referral.asked_by:
        parts.append(label("answerer", referral.satisfaction_by) + _(", ") + label("asked_by", referral.asked_by))
    return " · ".join(parts)


def _updates_panel(session: Session, referral: Referral, case: Case) -> UpdatesPanel | None:
    """What the officer tells the resident; None if there is nothing yet."""
    updates = updates_with_states(session, referral)
    if not updates:
        return None
    sentences = update_sentences(session, referral)
    return UpdatesPanel(
        entries=[
            UpdateEntry(
                words=words,
                status=_("Told on %(day)s") % {"day": china_date(row.told_at)}
                if row.told_at
                else label("update_state", state),
            )
            for (row, state), words in zip(updates, sentences, strict=True)
        ],
        has_to_be_told=any(state in TO_TELL_IN_PERSON for _row, state in updates),
        with_care=case.with_care,
    )


def _link_state(session: Session, actor: Actor, referral: Referral) -> str:
    """How the charity's link is doing, for those who may hand it on; empty once the referral has ended."""
    if referral.state not in LIVE or not (may(actor, Action.send_referrals) or may(actor, Action.answer_referrals)):
        return ""
    link = links.find_current_link(session, referral)
    if link is None or link.expires_at <= now():
        return _("This referral has no open link.")
    if link.last_used_at is not None:
        return _("Last opened through its link on %(time)s.") % {"time": china_time(link.last_used_at)}
    return _("Nobody has opened the link yet.")
