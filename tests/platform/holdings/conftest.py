"""One resident about whom every table holds a row."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session, select

from factories.accounts import COUNTY, VILLAGE, make_actor
from factories.referrals import Scene, make_scene
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.cases.alerts import record_alert
from tuoju.cases.attachments import add_attachment, clean_upload
from tuoju.cases.consent_papers import add_consent_paper
from tuoju.cases.inputs import AlertInput
from tuoju.cases.models import AlertSource, AttachmentKind, CaseConflict, CasePause, Investigation
from tuoju.cases.service import save_draft, step_case
from tuoju.cases.status import CaseVerb
from tuoju.database.records import frozen_time, now
from tuoju.matchmaking.models import Gap
from tuoju.plans.models import Plan, PlanLine
from tuoju.plans.status import LineState
from tuoju.referrals.messages import write
from tuoju.referrals.models import Referral
from tuoju.referrals.satisfaction import record_satisfaction
from tuoju.referrals.service import step
from tuoju.referrals.status import Outcome, ReferralVerb
from tuoju.regions.calendar import china_day
from tuoju.relief.models import EarmarkedAccount, Objection, Payment, PaymentState, PaymentWay, PublicNotice
from tuoju.relief.service import open_fund
from tuoju.residents.consents import ConsentTerms, give_consent
from tuoju.residents.models import Consent, ConsentGiver, ConsentPurpose, ProtectionReport, ReportedTo, Resident
from tuoju.residents.service import override_for_emergency
from tuoju.visits.inputs import VisitInput
from tuoju.visits.service import complete, record_visit

LONG_AGO = datetime(2024, 3, 5, 1, tzinfo=UTC)
PDF = b"%PDF-1.4 the signed paper %%EOF"
SECRET = "只有本人知道的事"
"""Stands in every free text about the person."""


@dataclass
class Life:
    """A resident with everything, whose case ended in 2024."""

    scene: Scene
    referral: Referral
    consent: Consent
    township: Actor
    administrator: Actor

    @property
    def resident(self) -> Resident:
        return self.scene.resident


def make_life(session: Session, *, paid: bool = False) -> Life:
    """A row in every table that holds something about a person; with `paid` a payment of 2024 too."""
    with frozen_time(LONG_AGO):
        scene = make_scene(session, name="测试建国", guardian_name="测试监护人", guardian_phone="13900001111")
        scene.project.starts_on, scene.project.ends_on = date(2024, 1, 1), date(2099, 1, 1)
        session.flush()
        referral = scene.send(session)
        give_consent(
            session,
            scene.worker,
            scene.resident,
            purpose=ConsentPurpose.publicity,
            organization_id=None,
            given_by=ConsentGiver.self,
            method="spoken",
            terms=ConsentTerms(witness_name="测试见证人"),
        )
        consent = session.exec(select(Consent).where(Consent.purpose == ConsentPurpose.referral)).all()[-1]
        add_consent_paper(session, scene.worker, consent, clean_upload(PDF))
        _tell(session, scene)
        _serve(session, scene, referral)
        _fill(session, scene)
        if paid:
            _pay(session, scene)
        step_case(session, scene.worker, scene.case, CaseVerb.close)
    return Life(
        scene,
        referral,
        consent,
        make_actor(session, role=Role.township_officer),
        make_actor(session, role=Role.administrator, region_code=COUNTY),
    )


def _tell(session: Session, scene: Scene) -> None:
    scene.case.summary = SECRET
    add_attachment(
        session, scene.worker, scene.case, kind=AttachmentKind.identity, name=f"{SECRET}.pdf", file=clean_upload(PDF)
    )
    override_for_emergency(session, scene.worker, scene.resident, scene.project.organization_id, reason=SECRET)
    save_draft(session, scene.worker, f"need-new-{scene.case.pk}", SECRET)
    inputs = AlertInput(
        name="测试建国",
        id_number=scene.resident.id_number or "",
        region_code=VILLAGE,
        source=AlertSource.hotline,
        content=SECRET,
        raised_on=date(2024, 3, 1),
        phone="13800001234",
    )
    record_alert(session, scene.worker, inputs)


def _serve(session: Session, scene: Scene, referral: Referral) -> None:
    write(session, scene.worker, referral, SECRET)
    step(session, scene.charity, referral, ReferralVerb.accept)
    day = china_day(now())
    visit = VisitInput(
        submission_key=f"life-{referral.pk:04d}",
        served_on=day,
        minutes=40,
        served=[scene.resident.pk],
        content=SECRET,
        problems=SECRET,
    )
    record_visit(session, scene.charity, referral, visit)
    complete(session, scene.charity, referral, outcome=Outcome.met, note=SECRET)
    record_satisfaction(session, scene.worker, referral, 5, comment=SECRET)


def _fill(session: Session, scene: Scene) -> None:
    """Rows that only the full procedure would write."""
    case, worker = scene.case, scene.worker
    session.add(CasePause(case_id=case.pk, reason=SECRET, from_day=date(2024, 3, 5), paused_by=worker.user_id))
    conflicted = scene.charity.user_id
    session.add(CaseConflict(case_id=case.pk, user_id=conflicted, relation=SECRET, declared_by=worker.user_id))
    session.add(
        Investigation(
            case_id=case.pk,
            edition=1,
            visited_on=date(2024, 3, 5),
            findings=f'{{"visited_on":"2024-03-05","difficulties":"{SECRET}","conclusion":["services"]}}',
            recorded_by=worker.user_id,
        )
    )
    notice = PublicNotice(
        case_id=case.pk,
        region_code=VILLAGE,
        shown_name="测*国",
        cause="1",
        amount_fen=0,
        remark=SECRET,
        posted_on=date(2024, 3, 5),
        posted_by=worker.user_id,
        first_day=date(2024, 3, 6),
        last_day=date(2024, 3, 12),
    )
    plan = Plan(region_code=COUNTY, made_by=worker.user_id)
    session.add_all([notice, plan])
    session.flush()
    session.add(
        Objection(
            notice_id=notice.pk,
            received_by=worker.user_id,
            objector="测试异议人",
            content=SECRET,
            answer=SECRET,
            due_at=now(),
            answered_at=now(),
        )
    )
    session.add(Gap(need_id=scene.need.pk, category="A01", region_code=VILLAGE, closed_at=now()))
    groups = dict.fromkeys(("county", "township", "remoteness", "hardship", "sex", "age"), "x")
    session.add(
        PlanLine(
            plan_id=plan.pk,
            need_id=scene.need.pk,
            need_version=1,
            region_code=VILLAGE,
            category="A01",
            urgency=scene.need.urgency,
            waiting_days=1,
            state=LineState.placed,
            **groups,
        )
    )
    session.add(
        ProtectionReport(
            region_code=VILLAGE,
            resident_id=scene.resident.pk,
            reported_to=ReportedTo.police,
            reported_at=now(),
            what=SECRET,
            followed_up=SECRET,
            followed_up_at=now(),
            reported_by=worker.user_id,
        )
    )
    session.flush()


def _pay(session: Session, scene: Scene) -> None:
    fund = open_fund(session, scene.worker, VILLAGE)
    account = session.exec(select(EarmarkedAccount).where(EarmarkedAccount.fund_id == fund.pk)).one()
    session.add(
        Payment(
            case_id=scene.case.pk,
            account_id=account.pk,
            way=PaymentWay.goods,
            amount_fen=50_000,
            goods=SECRET,
            state=PaymentState.paid,
            prepared_by=scene.worker.user_id,
            paid_at=now(),
        )
    )
    session.flush()


@pytest.fixture
def life(session: Session) -> Life:
    return make_life(session)


def later(years: float) -> datetime:
    """So many years after the case ended."""
    return LONG_AGO + timedelta(days=round(365.25 * years))
