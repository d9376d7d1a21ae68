"""Referrals: the list, one referral with its timeline and lawful steps, for both sides."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, Principal, may
from tuoju.cases.models import Case, Need
from tuoju.database.records import now
from tuoju.plans.queries import prices_for
from tuoju.referrals import links, messages, queries, service
from tuoju.referrals import resident_updates as news
from tuoju.referrals.errors import FirstVisitImpossible, NothingWritten, NoVisitYet, OutcomeMissing, ReasonMissing
from tuoju.referrals.models import Referral
from tuoju.referrals.reopened_needs import find_next_offer
from tuoju.referrals.satisfaction import record_satisfaction
from tuoju.referrals.status import (
    LIVE,
    TO_TELL_IN_PERSON,
    Answerer,
    AskedBy,
    Outcome,
    ReferralState,
    ReferralVerb,
    RejectionReason,
    Side,
    verbs_from,
)
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import full_name, names
from tuoju.residents.masking import age_band, masked
from tuoju.residents.queries import masked_by_id, receivers_allowed
from tuoju.residents.service import Revealed
from tuoju.visits.queries import visits_of
from tuoju.visits.service import complete
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.errors import TABLE
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.referrals.resident_pages import update_sentences
from tuoju.words.formats import china_time
from tuoju.words.languages import gettext as _
from tuoju.words.reasons import proposal_in_words
from tuoju_projects.queries import get_organization, get_project

router = APIRouter()


@router.get("/referrals")
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    state: Annotated[ReferralState | None, Query()] = None,
) -> Response:
    today = china_day(now())
    rows = queries.find_referrals(session, actor, states=[state] if state else ())
    return render(
        request,
        "referrals/index.html",
        rows=[
            (referral, need, masked(person, today), project, organization)
            for referral, need, _case, person, project, organization in rows
        ],
        places=names(session, {row[0].region_code for row in rows}),
        counts=queries.count_referrals(session, actor),
        states=list(ReferralState),
        state=state,
        age_band=age_band,
        minimum_only=queries.MINIMUM_ONLY,
    )


@router.get("/referrals/{referral_id}")
def show(request: Request, session: ReadSession, actor: CurrentActor, referral_id: int) -> Response:
    return _page(request, session, actor, referral_id)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    referral_id: int,
    *,
    revealed: Revealed | None = None,
    wrong: str = "",
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    referral, need, case, person, project, organization = queries.get_row(session, actor, referral_id)
    visits = visits_of(session, referral)
    served = {each for _visit, people in visits for each in people}
    own = actor.organization_id is not None
    return render(
        request,
        "referrals/show.html",
        status,
        referral=referral,
        need=need,
        case=case,
        person=masked(person, china_day(now())),
        age_band=age_band,
        place=full_name(session, case.region_code),
        project=project,
        organization=organization,
        visits=visits,
        people=masked_by_id(session, served, china_day(now())),
        events=queries.timeline(session, referral),
        messages=messages.messages_of(session, referral),
        link_state=_link_state(session, actor, referral),
        today=china_day(now()),
        **_news(session, referral, case),
        **_next(session, actor, referral, need, case),
        verbs=_verbs(actor, referral),
        minimum=own and referral.state in queries.MINIMUM_ONLY,
        may_reveal=own and referral.state not in queries.MINIMUM_ONLY,
        revealed=revealed,
        wrong=wrong,
        typed=typed or {},
    )


def _news(session: Session, referral: Referral, case: Case) -> dict[str, Any]:
    """What there is to tell the resident, in words, and whether an officer still has to."""
    found = news.updates_with_states(session, referral)
    return {
        "news": list(zip(found, update_sentences(session, referral), strict=True)),
        "to_tell": any(telling in TO_TELL_IN_PERSON for _each, telling in found),
        "with_care": case.with_care,
    }


def _next(session: Session, actor: Actor, referral: Referral, need: Need, case: Case) -> dict[str, Any]:
    """The next best project for a referral that was not taken, with its reasons, for who may send it on."""
    if referral.state in LIVE or not may(actor, Action.send_referrals):
        return {"offer": None}
    offer = find_next_offer(session, need, prices=prices_for(session, case.region_code))
    if offer is None:
        return {"offer": None}
    if offer.best is None or offer.proposal is None:
        return {"offer": offer, "proposed": None}
    project = get_project(session, offer.best.project.id)
    return {
        "offer": offer,
        "proposed": project,
        "proposer": get_organization(session, project.organization_id),
        "reasons": proposal_in_words(session, offer.proposal).reasons[project.pk],
        "agreed": project.organization_id in receivers_allowed(session, case.resident_id),
    }


def _link_state(session: Session, actor: Actor, referral: Referral) -> str:
    """How the charity's link stands, for those who may hand it on; nothing once the referral has ended."""
    if referral.state not in LIVE or not (may(actor, Action.send_referrals) or may(actor, Action.answer_referrals)):
        return ""
    link = links.find_current_link(session, referral)
    if link is None or link.expires_at <= now():
        return _("No link is open for this referral.")
    if link.last_used_at is not None:
        return _("Last opened by its link on %(time)s.") % {"time": china_time(link.last_used_at)}
    return _("The link was not opened yet.")


def _verbs(actor: Actor, referral: Referral) -> tuple[ReferralVerb, ...]:
    if may(actor, Action.answer_referrals):
        return verbs_from(referral.state, Side.receiver)
    if may(actor, Action.send_referrals):
        return verbs_from(referral.state, Side.sender)
    return ()


@router.post("/referrals/{referral_id}/reveal")
def reveal(request: Request, session: WriteSession, actor: CurrentActor, referral_id: int, form: Form) -> Response:
    """After acceptance the charity reads whom to serve, where; each reading is audited."""
    referral = queries.get_referral(session, actor, referral_id)
    return _page(request, session, actor, referral_id, revealed=service.reveal(session, actor, referral))


@router.post("/referrals/{referral_id}/messages")
def write(request: Request, session: WriteSession, actor: CurrentActor, referral_id: int, form: Form) -> Response:
    referral = queries.get_referral(session, actor, referral_id)
    try:
        messages.write(session, actor, referral, str(form.get("text", "")))
    except NothingWritten as error:
        return redirect(request, f"/referrals/{referral_id}", _(TABLE[type(error)].sentence))
    return redirect(request, f"/referrals/{referral_id}", _("Sent."))


@router.post("/referrals/{referral_id}/first-visit")
def plan_first_visit(
    request: Request, session: WriteSession, actor: CurrentActor, referral_id: int, form: Form
) -> Response:
    referral = queries.get_referral(session, actor, referral_id)
    try:
        service.plan_first_visit(session, actor, referral, date.fromisoformat(str(form.get("day", ""))))
    except (ValueError, FirstVisitImpossible):
        return redirect(request, f"/referrals/{referral_id}", _(TABLE[FirstVisitImpossible].sentence))
    return redirect(request, f"/referrals/{referral_id}", _("Noted. The worker and the resident can count on it."))


@router.post("/referrals/{referral_id}/satisfaction")
def satisfaction(
    request: Request, session: WriteSession, actor: CurrentActor, referral_id: int, form: Form
) -> Response:
    referral = queries.get_referral(session, actor, referral_id)
    given, by, asked_by = (str(form.get(name, "")) for name in ("satisfaction", "by", "asked_by"))
    if given not in {"1", "2", "3", "4", "5"}:
        return redirect(request, f"/referrals/{referral_id}", _("Please choose one of the list."))
    record_satisfaction(
        session,
        actor,
        referral,
        int(given),
        solved={"yes": True, "no": False}.get(str(form.get("solved", ""))),
        by=Answerer(by) if by in set(Answerer) else Answerer.self,
        asked_by=AskedBy(asked_by) if asked_by in {AskedBy.in_person, AskedBy.phone} else AskedBy.in_person,
        comment=str(form.get("said", "")),
    )
    return redirect(request, f"/referrals/{referral_id}", _("Thank you. It is on record."))


@router.post("/referrals/{referral_id}/{verb}")
def step(
    request: Request, session: WriteSession, actor: CurrentActor, referral_id: int, verb: ReferralVerb, form: Form
) -> Response:
    referral = queries.get_referral(session, actor, referral_id)
    typed = {name: str(form.get(name, "")).strip() for name in ("reason", "note", "outcome")}
    try:
        say(session, actor, referral, verb, typed)
    except (ReasonMissing, OutcomeMissing, NoVisitYet) as error:
        told = TABLE[type(error)]
        return _page(request, session, actor, referral_id, wrong=_(told.sentence), typed=typed, status=told.status)
    return redirect(request, f"/referrals/{referral_id}", after(verb))


def say(session: Session, actor: Principal, referral: Referral, verb: ReferralVerb, typed: dict[str, str]) -> None:
    """Say a verb with what was typed. Raises what the verb raises."""
    reason = RejectionReason(typed["reason"]) if typed["reason"] in set(RejectionReason) else None
    note = typed["note"][:500]
    if verb is not ReferralVerb.complete:
        service.step(session, actor, referral, verb, reason=reason, note=note)
        return
    if typed["outcome"] not in set(Outcome):
        raise OutcomeMissing
    complete(session, actor, referral, outcome=Outcome(typed["outcome"]), note=note)


def after(verb: ReferralVerb) -> str:
    """What is told once it is done."""
    match verb:
        case ReferralVerb.accept:
            return _("Accepted. You can now see whom to serve, and where.")
        case ReferralVerb.reject:
            return _("Returned. The social worker has been told and sees the next project.")
        case ReferralVerb.complete:
            return _("Completed. Thank you.")
        case ReferralVerb.cancel:
            return _("Taken back. The need is open again and its place is free.")
        case _:
            return _("Done.")
