"""For each route that writes and that no form of a page leads to as it stands: a request that is accepted, after the
rows that it needs are there.

`LAWFUL` holds, by route, a function that adds these rows and says what is sent. All rows belong to the first county of
the scene of `factories.canaries`, or to its charity.
"""

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pyotp
from PIL import Image
from sqlmodel import Session, col, select

from factories.accounts import PASSWORD, make_actor, make_user
from factories.api import PROJECT
from factories.applications import make_application, part_values
from factories.authenticators import Authenticator
from factories.calls import call_values, days_ahead, make_call, make_gap, publish
from factories.canaries import COUNTIES, Scene, add_referral
from factories.cases import make_case, make_need
from factories.checks import PASSED, close, make_member, pass_check, submit_one
from factories.learning import make_ranking
from factories.projects import make_project
from factories.residents import id_number, make_consent, make_resident, resident_input
from factories.reviews import NO_INTEREST, reviews_by, write_review
from factories.write_requests import PDF, TODAY
from tuoju.accounts import invitations, passkeys, second_factors
from tuoju.accounts.address_confirmations import path_to_send
from tuoju.accounts.fields import ConsentData
from tuoju.accounts.models import ContactPreferences, GrantKind, GrantProposal, Passkey, Role, User
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import actor_of
from tuoju.cases import procedure
from tuoju.cases.attachments import clean_upload
from tuoju.cases.consent_papers import add_consent_paper
from tuoju.cases.inputs import DecisionInput, InvestigationInput, OpinionInput
from tuoju.cases.models import Alert, AlertSource, AlertState, Case, Need, Opinion
from tuoju.cases.policies import Policy, Scheme
from tuoju.cases.status import CaseState, NeedState
from tuoju.database.records import now
from tuoju.database.sealed_files import put_file
from tuoju.documents.sheets.importing import RowContent
from tuoju.documents.sheets.residents import RESIDENTS
from tuoju.funding import applications, calls, checks, members, review_assignment, reviews
from tuoju.funding.application_inputs import Part
from tuoju.funding.application_models import Application
from tuoju.funding.check_inputs import CompletionRequestInput, RulingInput
from tuoju.funding.check_models import IneligibleReason
from tuoju.funding.inputs import QuestionInput
from tuoju.funding.models import Call
from tuoju.funding.review_models import Review
from tuoju.funding.review_queries import reviews_of
from tuoju.holdings.models import Erasure
from tuoju.holdings.status import Erasable, ErasureGround, ErasureState
from tuoju.jobs.models import BackgroundJob, ImportRow
from tuoju.jobs.status import JobKind, JobProblem, JobState, RowOutcome
from tuoju.matchmaking.status import RankerState
from tuoju.plans.models import Plan
from tuoju.plans.status import PlanState
from tuoju.referrals import contacts, links, resident_updates
from tuoju.referrals.complaints import open_complaint
from tuoju.referrals.models import ComplaintCause, ContactChange, Referral, ReferralLink
from tuoju.referrals.service import step
from tuoju.referrals.spot_checks import month_to_draw
from tuoju.referrals.status import Outcome, ReferralState, ReferralVerb
from tuoju.relief.inputs import PaymentInput
from tuoju.relief.models import Objection, Payment, PaymentWay, PublicNotice
from tuoju.relief.queries import earmarked_accounts_of, find_fund
from tuoju.relief.service import prepare_payment
from tuoju.reports.models import MonthlySummary, SummaryState
from tuoju.reports.summaries import last_month, prepare
from tuoju.residents.consents import consents_to_manage
from tuoju.residents.data_policies import DataKind
from tuoju.residents.models import Consent, Resident
from tuoju.visits.models import ServiceVisit
from tuoju.web.funding.pages import gaps_of
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import Notification, RecipientType
from tuoju_notifications.routing import Recipient
from tuoju_notifications.status import NotificationState
from tuoju_projects.funding_status import CallVerb, Hat
from tuoju_projects.models import Organization, Project
from tuoju_projects.status import ProjectState

VILLAGE, TOWNSHIP, COUNTY = COUNTIES[0]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
File = tuple[str, bytes, str]
"""Name, content and media type."""


@dataclass(frozen=True)
class Lawful:
    """What is sent once the rows are there."""

    body: Mapping[str, Any] = field(default_factory=dict)
    ids: Mapping[str, object] = field(default_factory=dict)
    """Values of the parameters of the address."""
    files: Mapping[str, File] = field(default_factory=dict)
    is_json: bool = False
    """A page that takes JSON with the token of its form in a header."""
    query: str = ""
    """What follows the address, with its question mark."""
    link: str = ""
    """The path of the link by which it is sent, for routes of whoever holds one."""


@dataclass(frozen=True)
class Rows:
    """What the functions start from."""

    scene: Scene
    actors: Mapping[Role, Actor]
    """Who sends the requests: one of each role in the first county, and staff of its charity."""
    plan_id: int
    """A computed plan of the first county."""
    planned_need_id: int

    @property
    def worker(self) -> Actor:
        """An officer of the village who sends no requests, so that whoever does is a second person."""
        return self.scene.workers[0]

    @property
    def project(self) -> Project:
        return self.scene.projects[0]


Make = Callable[[Session, Rows], Lawful]
LAWFUL: dict[str, Make] = {}


def _of(*routes: str) -> Callable[[Make], Make]:
    def register(make: Make) -> Make:
        LAWFUL.update(dict.fromkeys(routes, make))
        return make

    return register


def _resident(session: Session, rows: Rows, **values: Any) -> Resident:
    return make_resident(session, rows.worker, region_code=VILLAGE, another_person=True, **values)


def _typed_resident(**values: Any) -> dict[str, Any]:
    typed = resident_input(region_code=VILLAGE, another_person=True, **values)
    return typed.model_dump(mode="json", exclude_none=True)


def _photo() -> File:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 180, 160)).save(file, "PNG")
    return "photo.png", file.getvalue(), "image/png"


# Residents, consents and duplicates


@_of("POST /residents")
def _new_resident(_session: Session, _rows: Rows) -> Lawful:
    return Lawful(_typed_resident())


@_of("POST /residents/{resident_id}")
def _corrected_resident(session: Session, rows: Rows) -> Lawful:
    resident = _resident(session, rows)
    typed = _typed_resident(id_number=resident.id_number, address="村西头5号")
    return Lawful(typed, {"resident_id": resident.pk})


@_of("POST /residents/{resident_id}/overrides")
def _override(session: Session, rows: Rows) -> Lawful:
    typed = {"organization_id": rows.project.organization_id, "reason": "断药，等不及签字"}
    return Lawful(typed, {"resident_id": _resident(session, rows).pk})


@_of("POST /api/v1/residents/{resident_id}/consents")
def _api_consent(session: Session, rows: Rows) -> Lawful:
    return Lawful(_consent(rows), {"resident_id": _resident(session, rows).pk})


def _consent(rows: Rows) -> dict[str, Any]:
    return {
        "purpose": "referral",
        "organization_id": rows.project.organization_id,
        "given_by": "self",
        "method": "paper",
        "data": [kind.value for kind in ConsentData],
    }


@_of("POST /residents/{resident_id}/consents")
def _consent_on_paper(session: Session, rows: Rows) -> Lawful:
    return Lawful(_consent(rows), {"resident_id": _resident(session, rows).pk}, {"files": _photo()})


@_of("POST /api/v1/residents/{resident_id}/consents/{consent_id}/withdraw", "POST /consents/{consent_id}/withdraw")
def _given_consent(session: Session, rows: Rows) -> Lawful:
    consent = _make_consent(session, rows)
    return Lawful(ids={"resident_id": consent.resident_id, "consent_id": consent.pk})


def _make_consent(session: Session, rows: Rows) -> Consent:
    return make_consent(session, rows.worker, _resident(session, rows), rows.project.organization_id)


@_of("POST /consents/{consent_id}/papers")
def _paper(session: Session, rows: Rows) -> Lawful:
    return Lawful(
        ids={"consent_id": _make_consent(session, rows).pk}, files={"files": ("x.pdf", PDF, "application/pdf")}
    )


@_of("POST /consents/papers/{paper_id}")
def _kept_paper(session: Session, rows: Rows) -> Lawful:
    paper = add_consent_paper(session, rows.worker, _make_consent(session, rows), clean_upload(PDF))
    return Lawful({"purpose": "visit"}, {"paper_id": paper.pk})


@_of("POST /duplicates/{duplicate_id}")
def _settlement(_session: Session, _rows: Rows) -> Lawful:
    return Lawful({"choice": "other_person", "reason": "两个人的号码写错"})


# Cases


@_of(
    "POST /cases/{case_id}/close",
    "POST /cases/{case_id}/withdraw",
    "POST /cases/{case_id}/mark_in_error",
    "POST /api/v1/cases/{case_id}/close",
    "POST /api/v1/cases/{case_id}/withdraw",
    "POST /api/v1/cases/{case_id}/mark_in_error",
)
def _case_without_procedure(session: Session, rows: Rows) -> Lawful:
    case = make_case(session, rows.worker, _resident(session, rows))
    return Lawful({"reason": "登记有误"}, {"case_id": case.pk})


def _case(session: Session, rows: Rows) -> Case:
    return make_case(session, rows.worker, _resident(session, rows), Scheme.society_relief)


@_of("POST /cases/{case_id}/conflicts")
def _kinship(session: Session, rows: Rows) -> Lawful:
    kin = make_user(session, region_code=VILLAGE)
    return Lawful({"user_id": kin.pk, "relation": "表亲"}, {"case_id": _case(session, rows).pk})


@_of("POST /cases")
def _new_case(session: Session, rows: Rows) -> Lawful:
    typed = {"hardship_cause": "1", "scheme": "society_relief", "category": "A01", "text": "早饭没人做"}
    return Lawful(typed, query=f"?resident={_resident(session, rows).pk}")


@_of("POST /cases/{case_id}/needs")
def _need(session: Session, rows: Rows) -> Lawful:
    return Lawful({"category": "A01", "text": "早饭没人做", "urgency": "routine"}, {"case_id": _case(session, rows).pk})


@_of("POST /cases/{case_id}/pause")
def _pause(session: Session, rows: Rows) -> Lawful:
    return Lawful({"reason": "等待材料"}, {"case_id": _case(session, rows).pk})


@_of("POST /cases/{case_id}/attachments")
def _attachment(session: Session, rows: Rows) -> Lawful:
    return Lawful({"kind": "other"}, {"case_id": _case(session, rows).pk}, {"files": _photo()})


_VISIT = {"visited_on": TODAY.isoformat(), "difficulties": "屋顶漏雨", "conclusion": ["money"]}


@_of("POST /cases/{case_id}/investigation")
def _investigation(session: Session, rows: Rows) -> Lawful:
    colleague = make_user(session, region_code=VILLAGE)
    return Lawful(_VISIT | {"companions": [colleague.pk]}, {"case_id": _case(session, rows).pk})


def _investigated(session: Session, rows: Rows) -> Case:
    case = _case(session, rows)
    procedure.record_investigation(session, rows.worker, case, InvestigationInput.model_validate(_VISIT))
    return case


@_of("POST /cases/{case_id}/opinion")
def _opinion(session: Session, rows: Rows) -> Lawful:
    return Lawful({"opinion": "relieve", "note": "情况属实"}, {"case_id": _investigated(session, rows).pk})


def _under_review(session: Session, rows: Rows) -> Case:
    case = _investigated(session, rows)
    procedure.give_opinion(session, rows.worker, case, OpinionInput(opinion=Opinion.relieve, note="情况属实"))
    return case


@_of("POST /cases/{case_id}/decision")
def _decision(session: Session, rows: Rows) -> Lawful:
    return Lawful({"approve": "true", "granted_yuan": "100"}, {"case_id": _under_review(session, rows).pk})


@_of("POST /payments/{payment_id}/confirm", "POST /payments/{payment_id}/cancel")
def _prepared_payment(session: Session, rows: Rows) -> Lawful:
    case, chair = _under_review(session, rows), rows.actors[Role.society_chair]
    procedure.decide(session, chair, case, DecisionInput.model_validate({"approve": True, "granted_yuan": 100}))
    return Lawful(ids={"payment_id": _prepare(session, rows, case).pk})


def _prepare(session: Session, rows: Rows, case: Case) -> Payment:
    fund = find_fund(session, VILLAGE)
    assert fund is not None
    [account, *_more] = earmarked_accounts_of(session, fund)
    inputs = PaymentInput.model_validate({"account_id": account.pk, "way": PaymentWay.transfer, "amount_yuan": 100})
    return prepare_payment(session, rows.worker, case, inputs)


@_of("POST /referrals/{referral_id}/complaint")
def _complaint(session: Session, rows: Rows) -> Lawful:
    referral = _referral(session, rows, ReferralState.completed)
    open_complaint(session, rows.worker, referral, ComplaintCause.low_rating)
    return Lawful({"answer": "已安排重新上门", "helped": "true"}, {"referral_id": referral.pk})


@_of("POST /referrals/{referral_id}/check", "POST /api/v1/referrals/{referral_id}/checks")
def _check(session: Session, rows: Rows) -> Lawful:
    referral = _referral(session, rows, ReferralState.completed)
    referral.outcome = Outcome.met
    typed = {"helped": "true", "answered_by": "self", "asked_by": "phone"}
    return Lawful(typed, {"referral_id": referral.pk})


@_of("POST /confirmations/draws")
def _draw(session: Session, rows: Rows) -> Lawful:
    return Lawful({"month": month_to_draw()})


@_of("POST /objections/{objection_id}/answer")
def _objection(session: Session, rows: Rows) -> Lawful:
    case = _under_review(session, rows)
    case.state = CaseState.objected
    notice = PublicNotice(
        case_id=case.pk,
        region_code=VILLAGE,
        shown_name=case.number,
        cause="1",
        amount_fen=100,
        posted_on=TODAY,
        posted_by=rows.worker.user_id,
        first_day=TODAY,
        last_day=TODAY + timedelta(days=7),
    )
    session.add(notice)
    session.flush()
    objection = Objection(
        notice_id=notice.pk, received_by=rows.worker.user_id, content="x", due_at=now() + timedelta(days=3)
    )
    session.add(objection)
    session.flush()
    answer = {"upheld": "false", "recheck": "deliberation", "answer": "经核实，情况属实"}
    return Lawful(answer, {"objection_id": objection.pk})


@_of("POST /alerts/{alert_id}/verify", "POST /alerts/{alert_id}/dismiss")
def _alert(session: Session, rows: Rows) -> Lawful:
    resident = _resident(session, rows)
    alert = Alert(
        region_code=VILLAGE,
        name=resident.name,
        id_number=resident.id_number or "",
        id_number_index=resident.id_number_index or "",
        source=AlertSource.hotline,
        raised_on=TODAY,
        due_at=now() + timedelta(days=1),
        recorded_by=rows.worker.user_id,
        state=AlertState.open,
    )
    session.add(alert)
    session.flush()
    answer = {"hardship_cause": "1", "scheme": "society_relief", "reason": "no_need", "note": "已入户核实"}
    return Lawful(answer, {"alert_id": alert.pk})


# Referrals and visits


@_of("POST /api/v1/referrals")
def _referral_to_send(session: Session, rows: Rows) -> Lawful:
    return Lawful({"need_id": _consented_need(session, rows), "project_id": rows.project.pk, "note": "请尽快联系"})


@_of("POST /needs/{need_id}/referrals")
def _referral_of_need(session: Session, rows: Rows) -> Lawful:
    return Lawful({"project_id": rows.project.pk}, {"need_id": _consented_need(session, rows)})


def _consented_need(session: Session, rows: Rows) -> int:
    resident = _resident(session, rows)
    need = make_need(session, rows.worker, make_case(session, rows.worker, resident))
    make_consent(session, rows.worker, resident, rows.project.organization_id)
    return need.pk


def _referral(session: Session, rows: Rows, state: ReferralState) -> Referral:
    return add_referral(session, rows.worker, rows.project, VILLAGE, state)


@_of("POST /api/v1/referrals/{referral_id}/reject")
def _rejection(session: Session, rows: Rows) -> Lawful:
    referral = _referral(session, rows, ReferralState.requested)
    return Lawful({"reason": "no_capacity", "note": "本月已满"}, {"referral_id": referral.pk})


@_of("POST /api/v1/referrals/{referral_id}/complete", "POST /referrals/{referral_id}/complete")
def _completion(session: Session, rows: Rows) -> Lawful:
    referral = _referral(session, rows, ReferralState.in_progress)
    session.get_one(Need, referral.need_id).state = NeedState.in_service
    return Lawful({"outcome": "met", "note": "已完成"}, {"referral_id": referral.pk})


@_of("POST /api/v1/referrals/{referral_id}/reopen", "POST /referrals/{referral_id}/reopen")
def _reopening(session: Session, rows: Rows) -> Lawful:
    referral = _referral(session, rows, ReferralState.requested)
    step(session, None, referral, ReferralVerb.expire)
    return Lawful({"note": "请再看一次"}, {"referral_id": referral.pk})


@_of("POST /api/v1/referrals/{referral_id}/visits", "POST /referrals/{referral_id}/visits")
def _visit(session: Session, rows: Rows) -> Lawful:
    referral = _referral(session, rows, ReferralState.in_progress)
    need = session.get_one(Need, referral.need_id)
    visit = {
        "submission_key": "walk-0001",
        "served_on": TODAY.isoformat(),
        "minutes": 30,
        "mode": "home",
        "served": [session.get_one(Case, need.case_id).resident_id],
        "again": "true",  # a referral in progress has a visit of today
    }
    return Lawful(visit, {"referral_id": referral.pk})


# Projects and organizations


def _project_body(rows: Rows) -> dict[str, Any]:
    return {**PROJECT, "organization_id": rows.project.organization_id, "areas": [COUNTY]}


@_of("POST /api/v1/projects")
def _new_project(_session: Session, rows: Rows) -> Lawful:
    return Lawful(_project_body(rows))


@_of("PUT /api/v1/projects/{project_id}")
def _changed_project(session: Session, rows: Rows) -> Lawful:
    return Lawful(_project_body(rows), {"project_id": _project(session, rows).pk})


def _project(session: Session, rows: Rows, state: ProjectState = ProjectState.open) -> Project:
    organization = session.get_one(Organization, rows.project.organization_id)
    return make_project(session, organization=organization, state=state, areas=[COUNTY])


def _project_form(rows: Rows) -> dict[str, Any]:
    typed = {name: value for name, value in _project_body(rows).items() if name != "rules"}
    return typed | {"home_visits": "yes", "funding_type": "venture_philanthropy"}


@_of("POST /projects")
def _new_project_form(_session: Session, rows: Rows) -> Lawful:
    return Lawful(_project_form(rows))


@_of("POST /projects/{project_id}")
def _project_form_again(session: Session, rows: Rows) -> Lawful:
    return Lawful(_project_form(rows), {"project_id": _project(session, rows).pk})


def _in_state(state: ProjectState) -> Make:
    def make(session: Session, rows: Rows) -> Lawful:
        return Lawful(ids={"project_id": _project(session, rows, state).pk})

    return make


_of("POST /projects/{project_id}/open", "POST /api/v1/projects/{project_id}/open")(_in_state(ProjectState.draft))
_of("POST /projects/{project_id}/resume", "POST /api/v1/projects/{project_id}/resume")(
    _in_state(ProjectState.suspended)
)


@_of("POST /organizations")
def _organization(_session: Session, _rows: Rows) -> Lawful:
    return Lawful({"name": "滁州市晨光助老服务中心", "org_type": "52", "region_code": COUNTY})


@_of("POST /organizations/{organization_id}/contact/confirm", "POST /organizations/{organization_id}/contact/refuse")
def _contact_change(session: Session, rows: Rows) -> Lawful:
    organization_id = rows.project.organization_id
    proposer = make_actor(session, role=Role.program_manager, region_code=COUNTY)
    session.add(ContactChange(organization_id=organization_id, mobile="13800001234", proposed_by=proposer.user_id))
    return Lawful(ids={"organization_id": organization_id})


# Plans and the ranking


@_of("POST /api/v1/plans")
def _new_plan(_session: Session, _rows: Rows) -> Lawful:
    return Lawful({"region_code": COUNTY})


@_of("POST /plans/{plan_id}/lines/{need_id}")
def _changed_line(session: Session, rows: Rows) -> Lawful:
    version = session.get_one(Plan, rows.plan_id).version
    return Lawful({"to": "none", "version": version}, _line_ids(rows))


def _line_ids(rows: Rows) -> dict[str, object]:
    return {"plan_id": rows.plan_id, "need_id": rows.planned_need_id}


@_of("POST /api/v1/plans/{plan_id}/lines/{need_id}")
def _changed_line_of_api(_session: Session, rows: Rows) -> Lawful:
    return Lawful({"project_id": None}, _line_ids(rows))


@_of("POST /plans/{plan_id}/retry", "POST /api/v1/plans/{plan_id}/retry")
def _failed_plan(session: Session, rows: Rows) -> Lawful:
    plan = Plan(region_code=COUNTY, state=PlanState.failed, made_by=rows.worker.user_id)
    session.add(plan)
    session.flush()
    return Lawful(ids={"plan_id": plan.pk})


def _ranking(state: RankerState) -> Make:
    def make(session: Session, _rows: Rows) -> Lawful:
        ranking = make_ranking(session, success=1.0)
        ranking.state = state
        return Lawful(ids={"number": ranking.number})

    return make


_of("POST /ranking/{number}/adopt")(_ranking(RankerState.out_of_use))
_of("POST /ranking/{number}/out")(_ranking(RankerState.in_use))


# Policies, calendar, budgets, audit, summaries, erasures


def _first_day() -> str:
    """A day on which no policy begins yet."""
    return (TODAY + timedelta(days=40)).isoformat()


@_of("POST /policies/new")
def _policy(session: Session, _rows: Rows) -> Lawful:
    policy = session.exec(select(Policy).order_by(col(Policy.id)).limit(1)).one()
    typed = policy.model_dump(mode="json", exclude={"id", "valid_to"}, exclude_none=True)
    texts = {name: str(value).lower() if isinstance(value, bool) else value for name, value in typed.items()}
    return Lawful(texts | {"region_code": COUNTY, "valid_from": _first_day()})


@_of("POST /policies/data/new")
def _data_policy(_session: Session, _rows: Rows) -> Lawful:
    typed = {"kind": DataKind.case_file.value, "region_code": COUNTY, "valid_from": _first_day(), "months": "120"}
    return Lawful(typed | {"citation": "档案法", "source": "测试"})


@_of("POST /calendar")
def _calendar(_session: Session, _rows: Rows) -> Lawful:
    """With the digest of the preview: it changes one day, which becomes a day off."""
    changes = json.dumps([("2031-01-01", None, False)])
    typed = {"lines": "2031-01-01 休 元旦", "source": "国办发明电", "whole_years": "false"}
    return Lawful(typed | {"seen": hashlib.sha256(changes.encode()).hexdigest()})


@_of("POST /readings/grants")
def _more_readings(_session: Session, rows: Rows) -> Lawful:
    person = rows.actors[Role.social_worker].user_id
    return Lawful({"person": person, "budget": "reveal", "amount": 10, "reason": "入户核查月"})


@_of("POST /readings/limits")
def _reading_limit(_session: Session, _rows: Rows) -> Lawful:
    limit = {"role": "social_worker", "budget": "reveal", "per_day": 30}
    return Lawful(limit | {"valid_from": (TODAY + timedelta(days=1)).isoformat()})


@_of("POST /audit", "POST /audit/export.{ending}")
def _audit_filter(_session: Session, _rows: Rows) -> Lawful:
    return Lawful({"action": "reveal"}, {"ending": "xlsx"})


@_of("POST /summaries/{region_code}/{month}")
def _summary_to_count(session: Session, _rows: Rows) -> Lawful:
    return Lawful({"reason": "补报两笔"}, {"region_code": VILLAGE, "month": last_month(session, VILLAGE)})


def _summary(session: Session, rows: Rows) -> MonthlySummary:
    return prepare(session, rows.worker, VILLAGE, last_month(session, VILLAGE), reason="补报两笔")


@_of("POST /summaries/editions/{summary_id}/sign")
def _summary_to_sign(session: Session, rows: Rows) -> Lawful:
    return Lawful(ids={"summary_id": _summary(session, rows).pk})


@_of("POST /summaries/editions/{summary_id}/accept", "POST /summaries/editions/{summary_id}/return")
def _summary_to_answer(session: Session, rows: Rows) -> Lawful:
    summary = _summary(session, rows)
    summary.state, summary.signed_by, summary.signed_at = SummaryState.handed_in, rows.worker.user_id, now()
    return Lawful({"reason": "数字不符"}, {"summary_id": summary.pk})


def _erasure(state: ErasureState) -> Make:
    def make(session: Session, rows: Rows) -> Lawful:
        erasure = Erasure(
            what=Erasable.person,
            ground=ErasureGround.request,
            region_code=VILLAGE,
            resident_id=_resident(session, rows).pk,
            state=state,
        )
        session.add(erasure)
        session.flush()
        until = (TODAY + timedelta(days=90)).isoformat()
        return Lawful({"reason": "凭证未到期", "until": until}, {"erasure_id": erasure.pk})

    return make


_of("POST /erasures/{erasure_id}/confirm", "POST /erasures/{erasure_id}/keep")(_erasure(ErasureState.proposed))
_of("POST /erasures/{erasure_id}/release")(_erasure(ErasureState.restricted))


# Accounts, and one's own account


@_of("POST /accounts/{user_id}/role")
def _other_role(session: Session, _rows: Rows) -> Lawful:
    user = make_user(session, region_code=VILLAGE)
    return Lawful({"role": "township_officer", "region_code": TOWNSHIP}, {"user_id": user.pk})


@_of("POST /accounts/{user_id}/leader")
def _other_leader(session: Session, rows: Rows) -> Lawful:
    user = make_user(session, role=Role.charity_staff, organization_id=rows.project.organization_id)
    return Lawful({"to": "leader"}, {"user_id": user.pk})


@_of("POST /accounts/proposals/{proposal_id}/confirm")
def _proposal(session: Session, _rows: Rows) -> Lawful:
    proposer = make_actor(session, role=Role.administrator, region_code=COUNTY)
    proposal = GrantProposal(
        user_id=make_user(session, region_code=VILLAGE).pk,
        kind=GrantKind.administrator,
        region_code=COUNTY,
        proposed_by=proposer.user_id,
        expires_at=now() + timedelta(days=1),
    )
    session.add(proposal)
    session.flush()
    return Lawful(ids={"proposal_id": proposal.pk})


def _own_account(session: Session, rows: Rows) -> User:
    return session.get_one(User, rows.actors[Role.social_worker].user_id)


@_of("POST /account/password")
def _other_password(_session: Session, _rows: Rows) -> Lawful:
    return Lawful({"current_password": PASSWORD, "password": f"another {PASSWORD}"})


@_of("POST /account/confirm")
def _password(_session: Session, _rows: Rows) -> Lawful:
    return Lawful({"password": PASSWORD})


@_of("POST /account/authenticator")
def _authenticator(session: Session, rows: Rows) -> Lawful:
    secret = second_factors.begin_totp(session, _own_account(session, rows))
    return Lawful({"code": pyotp.TOTP(secret.secret).now()})


@_of("POST /account/passkeys")
def _new_passkey(session: Session, rows: Rows) -> Lawful:
    site = passkeys.Site("testserver", "http://testserver")
    options = passkeys.registration_options(session, _own_account(session, rows), site)
    return Lawful({"credential": Authenticator().create(options), "name": "手机"})


@_of("POST /account/passkeys/{passkey_id}/name", "POST /account/passkeys/{passkey_id}/removal")
def _own_passkey(session: Session, rows: Rows) -> Lawful:
    user_id = rows.actors[Role.social_worker].user_id
    passkey = Passkey(user_id=user_id, credential_id="x", public_key="x", name="手机")
    session.add(passkey)
    session.flush()
    return Lawful({"name": "旧手机"}, {"passkey_id": passkey.pk})


@_of("POST /notifications/{notification_id}", "POST /api/v1/notifications/{notification_id}/read")
def _notification(session: Session, rows: Rows) -> Lawful:
    notification = Notification(
        key="walk",
        group_key="walk",
        kind=NotificationKind.referral_received,
        channel=Channel.in_app,
        recipient_type=RecipientType.user,
        recipient_id=rows.actors[Role.social_worker].user_id,
        state=NotificationState.delivered,
        link="/referrals/1",
        parameters={"number": "1"},
    )
    session.add(notification)
    session.flush()
    return Lawful(ids={"notification_id": notification.pk})


@_of("POST /notifications/read")
def _all_notifications(session: Session, rows: Rows) -> Lawful:
    return Lawful({"up_to": str(_notification(session, rows).ids["notification_id"])})


@_of("POST /search")
def _sought(_session: Session, _rows: Rows) -> Lawful:
    return Lawful({"q": "佘"})


@_of("POST /drafts/{form_name}")
def _draft(_session: Session, _rows: Rows) -> Lawful:
    return Lawful({"summary": ["x"]}, {"form_name": "resident-new-0a1b2c3d4e5f"}, is_json=True)


@_of("POST /imports/{name}")
def _sheet(session: Session, rows: Rows) -> Lawful:
    row = {"name": "张建国", "id_number": id_number(), "region_code": VILLAGE}
    content = RESIDENTS.sheet(session, rows.actors[Role.social_worker]).template(rows=[row])
    return Lawful(ids={"name": "residents"}, files={"file": ("list.xlsx", content, XLSX)})


@_of("POST /exports/{name}")
def _masked_export(_session: Session, _rows: Rows) -> Lawful:
    return Lawful(ids={"name": "residents"})


@_of("POST /exports/{name}/full")
def _full_export(_session: Session, _rows: Rows) -> Lawful:
    return Lawful({"purpose": "visit"}, {"name": "residents"})


def _job(kind: JobKind, state: JobState, **values: Any) -> Make:
    def make(session: Session, rows: Rows) -> Lawful:
        job = BackgroundJob(
            user_id=rows.actors[Role.social_worker].user_id,
            kind=kind,
            list_name="residents",
            language="zh_CN",
            fingerprint=f"walk:{state}",
            state=state,
            **values,
        )
        session.add(job)
        session.flush()
        if kind is JobKind.export_list:
            job.file_key = put_file(b"x")
        else:
            content = RowContent(fields=_typed_resident()).model_dump_json()
            session.add(ImportRow(job_id=job.pk, row=2, outcome=RowOutcome.ready, content=content))
        session.flush()
        return Lawful(ids={"job_id": job.pk})

    return make


for _verb, _kind, _at, _values in (
    ("confirm", JobKind.import_list, JobState.checked, {}),
    ("cancel", JobKind.import_list, JobState.queued, {}),
    ("retry", JobKind.import_list, JobState.failed, {"problem": JobProblem.broken}),
    ("file.xlsx", JobKind.export_list, JobState.done, {}),
    ("report.xlsx", JobKind.import_list, JobState.done, {}),
    ("bad-rows.xlsx", JobKind.import_list, JobState.checked, {}),
):
    _of(f"POST /jobs/{{job_id}}/{_verb}")(_job(_kind, _at, **_values))


# By the link of a referral, which opens that referral only


def _by_link(state: ReferralState, **body: Any) -> Make:
    def make(session: Session, rows: Rows) -> Lawful:
        referral = _referral(session, rows, state)
        if state is not ReferralState.requested:
            session.get_one(Need, referral.need_id).state = NeedState.in_service
        [link] = session.exec(select(ReferralLink).where(ReferralLink.referral_id == referral.pk)).all()
        link.expires_at = now() + timedelta(days=2)
        visits = session.exec(select(ServiceVisit.id).where(ServiceVisit.referral_id == referral.pk)).all()
        need = session.get_one(Need, referral.need_id)
        served = {"served": [session.get_one(Case, need.case_id).resident_id]} if "minutes" in body else {}
        ids = {"visit_id": visits[0]} if visits else {}
        return Lawful({"named": "值班员", **body, **served}, ids, link=f"/a/{links.token_of(link)}")

    return make


_TODAY = TODAY.isoformat()
for _verb, _state, _body in (
    ("accept", ReferralState.requested, {}),
    ("reject", ReferralState.requested, {"reason": "no_capacity"}),
    ("waitlist", ReferralState.requested, {}),
    ("messages", ReferralState.requested, {"text": "请问几点方便"}),
    ("first-visit", ReferralState.accepted, {"day": (TODAY + timedelta(days=1)).isoformat()}),
    ("start", ReferralState.accepted, {}),
    ("reveal", ReferralState.in_progress, {"purpose": "visit"}),
    ("hold", ReferralState.in_progress, {"note": "等待材料"}),
    ("resume", ReferralState.on_hold, {}),
    ("complete", ReferralState.in_progress, {"outcome": "met"}),
    ("fail", ReferralState.in_progress, {"note": "已搬走"}),
    (
        "visits",
        ReferralState.in_progress,
        {"submission_key": "walk-0001", "served_on": _TODAY, "minutes": 30, "again": "true"},
    ),
    ("visits/{visit_id}/in-error", ReferralState.in_progress, {"reason": "重复登记"}),
):
    _of(f"POST /answer/{{handle}}/{_verb}")(_by_link(_state, **_body))


@_of("POST /progress/{handle}/rating")
def _rating(session: Session, rows: Rows) -> Lawful:
    referral = _referral(session, rows, ReferralState.completed)
    referral.satisfaction = None
    return Lawful({"satisfaction": "5", "solved": "yes"}, link=resident_updates.address_for(referral.pk))


@_of("POST /progress/{handle}/consents/{consent_id}/withdraw")
def _own_consent(session: Session, rows: Rows) -> Lawful:
    referral = _referral(session, rows, ReferralState.in_progress)
    need = session.get_one(Need, referral.need_id)
    resident_id = session.get_one(Case, need.case_id).resident_id
    [consent] = consents_to_manage(session, resident_id, referral.organization_id)
    return Lawful(ids={"consent_id": consent.pk}, link=resident_updates.address_for(referral.pk))


# Calls for projects


def _call(session: Session, rows: Rows, *, is_open: bool = True, proposed: CallVerb | None = None) -> Call:
    """A call whose maker sends no requests, so that whoever does is a second person."""
    maker = make_actor(session, role=Role.program_manager, region_code=COUNTY)
    call = make_call(session, maker, region_code=COUNTY, gaps=[make_gap(townships=[TOWNSHIP])])
    if is_open:
        publish(session, call, maker)
    if proposed is not None:
        calls.propose(session, maker, call, proposed, "资金未到位")
    return call


@_of("POST /funding/calls")
def _new_call(session: Session, rows: Rows) -> Lawful:
    for _ in range(3):
        make_need(session, rows.worker, make_case(session, rows.worker, _resident(session, rows)), category="C05")
    keys = [gap.key for gap in gaps_of(session, session.get_one(Plan, rows.plan_id))]
    return Lawful({**call_values(), "topics": keys}, query=f"?plan={rows.plan_id}")


@_of("POST /funding/calls/{call_id}/edit")
def _changed_call(session: Session, rows: Rows) -> Lawful:
    return Lawful(call_values(title="改过的标题"), {"call_id": _call(session, rows, is_open=False).pk})


@_of("POST /funding/calls/{call_id}/propose-publish")
def _draft_of_call(session: Session, rows: Rows) -> Lawful:
    return Lawful(ids={"call_id": _call(session, rows, is_open=False).pk})


@_of("POST /funding/calls/{call_id}/propose-cancel", "POST /funding/calls/{call_id}/extend")
def _open_call(session: Session, rows: Rows) -> Lawful:
    body = {"reason": "资金未到位", "closes_on": days_ahead(30).isoformat()}
    return Lawful(body, {"call_id": _call(session, rows).pk})


@_of("POST /funding/calls/{call_id}/confirm", "POST /funding/calls/{call_id}/drop-proposal")
def _proposed_call(session: Session, rows: Rows) -> Lawful:
    return Lawful({"to": "cancel"}, {"call_id": _call(session, rows, proposed=CallVerb.cancel).pk})


def _application(session: Session, rows: Rows) -> Application:
    return make_application(session, rows.actors[Role.charity_staff], _call(session, rows))


@_of("POST /calls/{call_id}/applications")
def _new_application(session: Session, rows: Rows) -> Lawful:
    return Lawful(ids={"call_id": _call(session, rows).pk})


@_of("POST /funding/calls/{call_id}/applications")
def _application_on_paper(session: Session, rows: Rows) -> Lawful:
    return Lawful({"organization_id": rows.project.organization_id}, {"call_id": _call(session, rows).pk})


@_of("POST /applications/{application_id}/{part}")
def _part(session: Session, rows: Rows) -> Lawful:
    application = _application(session, rows)
    typed = {**part_values(session, session.get_one(Call, application.call_id))[Part.what], "title": "送餐上门"}
    return Lawful(typed, {"application_id": application.pk, "part": Part.what})


@_of("POST /applications/{application_id}/steps/submit", "POST /applications/{application_id}/steps/withdraw")
def _whole_application(session: Session, rows: Rows) -> Lawful:
    return Lawful(ids={"application_id": _application(session, rows).pk})


@_of("POST /applications/{application_id}/steps/reopen")
def _submitted_application(session: Session, rows: Rows) -> Lawful:
    staff, application = rows.actors[Role.charity_staff], _application(session, rows)
    return Lawful(ids={"application_id": applications.submit(session, staff, application).pk})


def _screened(session: Session, rows: Rows) -> Application:
    """A submitted application of a closed call, with the township officer who sends requests and another screener."""
    call = _call(session, rows)
    screener = session.get_one(User, rows.actors[Role.township_officer].user_id)
    maker = actor_of(session.get_one(User, call.made_by))
    members.add_member(session, maker, call, members.MemberInput(username=screener.username, hat=Hat.screener))
    application = make_application(session, rows.actors[Role.charity_staff], call)
    applications.submit(session, rows.actors[Role.charity_staff], application, despite_clues=True)
    close(session, call)
    return application


@_of("POST /funding/calls/{call_id}/members")
def _new_member(session: Session, rows: Rows) -> Lawful:
    account = make_user(session, region_code=VILLAGE)
    return Lawful({"username": account.username, "hat": "screener"}, {"call_id": _call(session, rows).pk})


@_of("POST /funding/members/{member_id}/end")
def _member(session: Session, rows: Rows) -> Lawful:
    call = _call(session, rows)
    make_member(session, actor_of(session.get_one(User, call.made_by)), call, Hat.screener)
    return Lawful(ids={"member_id": members.members_of(session, call)[0].pk})


@_of("POST /checks/{application_id}")
def _answers(session: Session, rows: Rows) -> Lawful:
    return Lawful({"item_papers": "yes", "remark": "已核对原件"}, {"application_id": _screened(session, rows).pk})


@_of("POST /checks/{application_id}/ask", "POST /checks/{application_id}/fail")
def _incomplete(session: Session, rows: Rows) -> Lawful:
    typed = {"asked_parts": ["who"], "request": "请补社工证书", "fail_reason": "papers_missing", "ruling": "缺少证书"}
    return Lawful(typed, {"application_id": _screened(session, rows).pk})


@_of("POST /checks/{application_id}/accept")
def _checked(session: Session, rows: Rows) -> Lawful:
    application = _screened(session, rows)
    checks.record_check(session, rows.actors[Role.township_officer], application, PASSED)
    return Lawful(ids={"application_id": application.pk})


@_of("POST /checks/{application_id}/confirm-failure", "POST /checks/{application_id}/drop-failure")
def _failing(session: Session, rows: Rows) -> Lawful:
    application = _screened(session, rows)
    call = session.get_one(Call, application.call_id)
    other = make_member(session, actor_of(session.get_one(User, call.made_by)), call, Hat.screener)
    ruling = RulingInput(fail_reason=IneligibleReason.papers_missing, ruling="缺少证书")
    checks.propose_failure(session, other, application, ruling)
    return Lawful(ids={"application_id": application.pk})


@_of("POST /applications/{application_id}/steps/complete")
def _asked_to_complete(session: Session, rows: Rows) -> Lawful:
    application = _screened(session, rows)
    asked = CompletionRequestInput(asked_parts=[Part.who], request="请补社工证书")
    checks.ask_to_complete(session, rows.actors[Role.township_officer], application, asked)
    return Lawful(ids={"application_id": application.pk})


def _ready_for_review(session: Session, rows: Rows, *, with_sender: bool) -> Call:
    """A closed call whose one application passed the pre-check; the officer who sends requests may be a reviewer."""
    call = _call(session, rows)
    maker = actor_of(session.get_one(User, call.made_by))
    screener = make_member(session, maker, call, Hat.screener)
    if with_sender:
        sender = session.get_one(User, rows.actors[Role.township_officer].user_id)
        members.add_member(session, maker, call, members.MemberInput(username=sender.username, hat=Hat.reviewer))
    for _ in range(5):
        make_member(session, maker, call, Hat.reviewer)
    application = submit_one(session, call, rows.actors[Role.charity_staff])
    close(session, call)
    pass_check(session, screener, application)
    return call


def _reviewed(session: Session, rows: Rows) -> tuple[Call, Review]:
    """A call under review, and the review of the township officer who sends requests."""
    call = _ready_for_review(session, rows, with_sender=True)
    review_assignment.start_review(session, actor_of(session.get_one(User, call.made_by)), call)
    return call, reviews_by(session, rows.actors[Role.township_officer])[-1]


@_of("POST /funding/calls/{call_id}/start-review")
def _call_to_review(session: Session, rows: Rows) -> Lawful:
    return Lawful(ids={"call_id": _ready_for_review(session, rows, with_sender=False).pk})


@_of("POST /funding/calls/{call_id}/close-review")
def _call_with_reviews(session: Session, rows: Rows) -> Lawful:
    call, _review = _reviewed(session, rows)
    for review in reviews_of(session, call):
        write_review(session, actor_of(session.get_one(User, review.reviewer_id)), review)
    return Lawful(ids={"call_id": call.pk})


@_of("POST /funding/applications/{application_id}/assign")
def _application_to_assign(session: Session, rows: Rows) -> Lawful:
    call, review = _reviewed(session, rows)
    make_member(session, actor_of(session.get_one(User, call.made_by)), call, Hat.reviewer)
    return Lawful(ids={"application_id": review.application_id})


@_of("POST /funding/reviews/{review_id}/reopen")
def _written_review(session: Session, rows: Rows) -> Lawful:
    _its_call, review = _reviewed(session, rows)
    write_review(session, rows.actors[Role.township_officer], review)
    return Lawful({"office_reason": "评委请求修改"}, {"review_id": review.pk})


@_of("POST /funding/reviews/{review_id}/replace")
def _assigned_review(session: Session, rows: Rows) -> Lawful:
    return Lawful({"office_reason": "评委不能参加"}, {"review_id": _reviewed(session, rows)[1].pk})


@_of("POST /reviews/{review_id}/declaration")
def _undeclared_review(session: Session, rows: Rows) -> Lawful:
    return Lawful({"interest": "none"}, {"review_id": _reviewed(session, rows)[1].pk})


@_of("POST /reviews/{review_id}", "POST /reviews/{review_id}/conflict")
def _declared_review(session: Session, rows: Rows) -> Lawful:
    _its_call, review = _reviewed(session, rows)
    reviews.declare(session, rows.actors[Role.township_officer], review, NO_INTEREST)
    typed = {"points_need": "15", "reason_need": "数据扎实", "to": "save", "interest": "kin"}
    return Lawful(typed, {"review_id": review.pk})


@_of("POST /calls/{call_id}/questions")
def _question(session: Session, rows: Rows) -> Lawful:
    return Lawful({"question": "可以联合申报吗？"}, {"call_id": _call(session, rows).pk})


@_of("POST /funding/questions/{question_id}")
def _answer(session: Session, rows: Rows) -> Lawful:
    organization_id = rows.project.organization_id
    staff = make_actor(session, role=Role.charity_staff, organization_id=organization_id)
    question = calls.ask(session, staff, _call(session, rows), QuestionInput(question="可以联合申报吗？"))
    return Lawful({"answer": "可以"}, {"question_id": question.pk})


# For everybody, and for whoever holds a token that comes in the body


def _token(path: str) -> dict[str, str]:
    return {"token": path.rpartition("/")[2]}


@_of("POST /a")
def _referral_link(session: Session, rows: Rows) -> Lawful:
    return Lawful(_token(_by_link(ReferralState.requested)(session, rows).link))


@_of("POST /my")
def _resident_link(session: Session, rows: Rows) -> Lawful:
    referral = _referral(session, rows, ReferralState.in_progress)
    return Lawful(_token(resident_updates.address_for(referral.pk)))


@_of("POST /contact-changes/open", "POST /contact-changes")
def _answered_change(session: Session, rows: Rows) -> Lawful:
    change = ContactChange(
        organization_id=rows.project.organization_id, mobile="13800001234", proposed_by=rows.worker.user_id
    )
    session.add(change)
    session.flush()
    return Lawful(_token(contacts.address_for(change.pk)) | {"answer": "confirm"})


@_of("POST /addresses")
def _address(session: Session, rows: Rows) -> Lawful:
    user_id = rows.actors[Role.program_manager].user_id
    session.add(ContactPreferences(user_id=user_id, email="name@example.cn"))
    recipient = Recipient(RecipientType.user, user_id)
    return Lawful(_token(path_to_send(recipient, Channel.email, "name@example.cn")))


@_of("POST /invitation/open", "POST /invitation")
def _invitation(session: Session, _rows: Rows) -> Lawful:
    issued = invitations.issue(session, None, make_user(session, region_code=VILLAGE))
    return Lawful(_token(issued.path) | {"password": PASSWORD, "again": PASSWORD})


@_of("POST /sign-in", "POST /api/v1/tokens")
def _credentials(session: Session, _rows: Rows) -> Lawful:
    return Lawful({"username": make_user(session, region_code=VILLAGE).username, "password": PASSWORD})


@_of("POST /sign-out", "POST /sign-in/passkey/options", "POST /answer/again")
def _nothing(_session: Session, _rows: Rows) -> Lawful:
    return Lawful()


@_of("POST /language")
def _language(_session: Session, _rows: Rows) -> Lawful:
    return Lawful({"language": "en"})


@_of("POST /verify")
def _file_to_verify(_session: Session, _rows: Rows) -> Lawful:
    return Lawful(files={"file": ("x.pdf", PDF, "application/pdf")})


_IN_SIGN_IN = "needs a sign-in that waits for its second step; web/accounts/test_sign_in.py goes through it"
UNREACHABLE: Mapping[str, str] = {
    "POST /referrals/{referral_id}/expire": "only the clock lets a referral expire: no account may",
    "POST /answer/{handle}/expire": "only the clock lets a referral expire",
    "POST /answer/{handle}/cancel": "the sender cancels, not the charity",
    "POST /answer/{handle}/mark_in_error": "the sender marks a referral as entered in error, not the charity",
    "POST /answer/{handle}/reopen": "the sender asks again, not the charity",
    "POST /sign-in/code": _IN_SIGN_IN,
    "POST /sign-in/passkey": _IN_SIGN_IN,
    "POST /sign-in/set-up": _IN_SIGN_IN,
    "POST /sign-in/set-up/passkey/options": _IN_SIGN_IN,
    "POST /sign-in/set-up/passkey": _IN_SIGN_IN,
    "POST /sign-in/set-up/done": _IN_SIGN_IN,
    "POST /receipts/{gateway}": "these settings name no gateway; web/operations/test_machines.py posts its receipts",
}
"""Routes that nobody gets through in this walk, with the reason."""
