"""A scene in two counties in which every personal column of every row holds a text that stands nowhere else.

Each such text is a `Canary`. Where it turns up in an answer, the one table of accounts.fields says whether the reader
may see it: `is_allowed`.
"""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlmodel import Session, SQLModel, select

from factories.accounts import make_actor
from factories.projects import make_project
from factories.residents import id_number, make_consent, make_resident
from tuoju.accounts.fields import CONTACTS, PERSON, READERS, ConsentData, Form, Stage, form_of
from tuoju.accounts.models import ContactPreferences, Subscription, User
from tuoju.accounts.permissions import Actor, LinkHolder, Principal, may
from tuoju.cases.attachments import add_attachment, clean_upload
from tuoju.cases.inputs import CaseInput, NeedInput
from tuoju.cases.models import (
    Alert,
    AlertSource,
    AlertState,
    Attachment,
    AttachmentKind,
    Case,
    CaseConflict,
    CasePause,
    CaseStep,
    DismissalReason,
    Draft,
    Investigation,
    Need,
)
from tuoju.cases.policies import Scheme
from tuoju.cases.service import add_need, open_case
from tuoju.cases.status import CaseState, CaseVerb, NeedState
from tuoju.database.records import now
from tuoju.database.sealing import EncryptedText
from tuoju.holdings.service import request_erasure
from tuoju.launch.tables import METADATA
from tuoju.readings.models import Budget, BudgetGrant
from tuoju.readings.purposes import PurposeInput, ReadingPurpose, state_purpose
from tuoju.referrals import links, messages, resident_updates
from tuoju.referrals.models import OrganizationContact, Referral, ReferralEvent
from tuoju.referrals.queries import MINIMUM_ONLY
from tuoju.referrals.service import send
from tuoju.referrals.status import ReferralState
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import is_within
from tuoju.relief.inputs import IncomeInput
from tuoju.relief.models import Fund, FundSource, Objection, Payment, PaymentState, PaymentWay, PublicNotice, Recheck
from tuoju.relief.queries import earmarked_accounts_of
from tuoju.relief.service import open_fund, receive
from tuoju.reports.models import SummaryState
from tuoju.reports.summaries import last_month, prepare
from tuoju.residents.consents import receivers_of
from tuoju.residents.identity import index_of
from tuoju.residents.masking import mask_id_number, mask_name, mask_phone
from tuoju.residents.models import EmergencyOverride, ProtectionReport, ReportedTo, Resident
from tuoju.residents.service import reveal
from tuoju.simulation.demo_people import KINDS, findings
from tuoju.visits.models import ServiceVisit, VisitAttendance, VisitMode
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import Notification, RecipientType
from tuoju_notifications.sealing import SealedText
from tuoju_projects.models import Project

COUNTIES = (("341124105205", "341124105000", "341124000000"), ("341102010003", "341102010000", "341102000000"))
"""Village, township and county of each half of the scene."""

SIGNS = "蕙琛昶颢芊熠琰珩瑄翊芮祎璟钰韬峻岚霖旭皓晗婕妍媛姝颖萱菡莹蔚薇馨嫣娅琪瑶珊珂玥璇瑾璐骁骏骥鸿鹤鹏鸾麒麟黛弈彤"
"""Characters of given names that no page shows otherwise."""


SURNAMES = "仝佘宓逄璩"


class Part(StrEnum):
    """What a canary is a part of."""

    words = "words"
    """The part of a free text that says what help is wanted."""
    secret = "secret"
    """The part of a free text that identifies the person: a telephone number."""
    full = "full"
    masked = "masked"


@dataclass(frozen=True)
class Place:
    """Where a row belongs."""

    region_code: str = ""
    referrals: tuple[Referral, ...] = ()
    organization_id: int | None = None
    user_id: int | None = None


@dataclass(frozen=True)
class Canary:
    """A text that stands in one place of the database only."""

    text: str
    column: str
    part: Part
    row_id: int
    place: Place = field(compare=False, hash=False)


class Texts:
    """Makes texts that are used once."""

    def __init__(self) -> None:
        self._words = itertools.product("bcdghkmnp", repeat=5)
        self._phones = itertools.count(13_900_000_000 + 7_001, 37)
        self._names = iter([first + last for first in SURNAMES for last in SIGNS])
        self._middles = itertools.cycle(SIGNS)

    def words(self) -> str:
        return "zq" + "".join(next(self._words))

    def phone(self) -> str:
        return str(next(self._phones))

    def name(self) -> str:
        first, last = next(self._names)
        return first + next(self._middles) + last


@dataclass
class Scene:
    """Everything the walk needs: who acts, what stands where, and where each row belongs."""

    workers: list[Actor]
    projects: list[Project]
    canaries: dict[str, list[Canary]] = field(default_factory=dict)
    """By text. What masks leave may be the same of two people."""
    holders: dict[str, LinkHolder] = field(default_factory=dict)
    """By token."""
    resident_paths: list[str] = field(default_factory=list)


def build_scene(session: Session) -> Scene:
    """Two counties with a charity each; residents, a case in each state, a referral in each state, and one row at least
    of every table with a personal column."""
    scene = Scene([], [])
    for village, _township, county in COUNTIES:
        worker = make_actor(session, region_code=village)
        project = make_project(session, places=50, areas=[county])
        scene.workers.append(worker)
        scene.projects.append(project)
        _add_county(session, worker, project, village)
    _fill(session, scene)
    _add_links(session, scene)
    return scene


def _add_county(session: Session, worker: Actor, project: Project, village: str) -> None:
    fund = open_fund(session, worker, village)
    today = china_day(now())
    receive(
        session, worker, fund, IncomeInput(amount_yuan=1000, source=FundSource.donation, occurred_on=today, note="x")
    )
    states = list(CaseState) if village == COUNTIES[0][0] else [CaseState.recorded]
    for state in states:
        _add_case(session, worker, village, fund, state)
    referral_states = list(ReferralState) if village == COUNTIES[0][0] else [ReferralState.requested]
    for referral_state in referral_states:
        add_referral(session, worker, project, village, referral_state)
    for left_out in (ConsentData.health, ConsentData.contact):
        shared = [kind for kind in ConsentData if kind is not left_out]
        add_referral(session, worker, project, village, ReferralState.in_progress, shared)
    _add_others(session, worker, project, village)


def _person(session: Session, worker: Actor, village: str, **values: Any) -> Resident:
    return make_resident(
        session,
        worker,
        region_code=village,
        address="x",
        phone="13800001234",
        name="欧阳",
        another_person=True,
        guardian_name="欧阳",
        guardian_phone="13800001234",
        disability_type="5",
        disability_grade="2",
        **values,
    )


def _add_case(session: Session, worker: Actor, village: str, fund: Fund, state: CaseState) -> None:
    """A case with a row of everything that a procedure leaves, then set to its state."""
    resident = _person(session, worker, village)
    case = open_case(session, worker, resident, CaseInput(hardship_cause="1", scheme=Scheme.society_relief))
    add_need(session, worker, case, NeedInput(category="A01", text="xx"))
    today = china_day(now())
    sealed_findings = findings(KINDS[0], today, "money").model_dump_json()
    [account, *_more] = earmarked_accounts_of(session, fund)
    notice = PublicNotice(
        case_id=case.pk,
        region_code=village,
        shown_name=case.number,
        cause="1",
        amount_fen=100,
        posted_on=today,
        posted_by=worker.user_id,
        first_day=today,
        last_day=today + timedelta(days=7),
    )
    session.add_all(
        [
            CaseStep(case_id=case.pk, verb=CaseVerb.investigate, to_state=CaseState.investigating, by=worker.user_id),
            CasePause(case_id=case.pk, reason="x", from_day=today, paused_by=worker.user_id),
            Investigation(
                case_id=case.pk, edition=1, visited_on=today, findings=sealed_findings, recorded_by=worker.user_id
            ),
            Payment(
                case_id=case.pk,
                account_id=account.pk,
                way=PaymentWay.goods,
                amount_fen=100,
                state=PaymentState.paid,
                prepared_by=worker.user_id,
                paid_at=now(),
            ),
            notice,
        ]
    )
    session.flush()
    session.add(
        Objection(
            notice_id=notice.pk,
            received_by=worker.user_id,
            content="x",
            due_at=now() + timedelta(days=3),
            answered_at=now(),
            answered_by=worker.user_id,
            upheld=False,
            recheck=Recheck.deliberation,
        )
    )
    if state is CaseState.recorded:
        session.flush()
        _attach(session, worker, case)
    session.add(CaseConflict(case_id=case.pk, user_id=worker.user_id, relation="x", declared_by=worker.user_id))
    case.state = state
    session.flush()


def _attach(session: Session, worker: Actor, case: Case) -> None:
    """Two papers, one of them taken out of the file again. The officer has no conflict yet, which would forbid it."""
    pdf = b"%PDF-1.7\n%%EOF\n"
    add_attachment(session, worker, case, kind=AttachmentKind.consent, name="x.pdf", file=clean_upload(pdf))
    removed = add_attachment(
        session, worker, case, kind=AttachmentKind.other, name="x.pdf", file=clean_upload(pdf + b"\n")
    )
    if isinstance(removed, Attachment):
        removed.removed_by, removed.removed_at = worker.user_id, now()


def add_referral(
    session: Session,
    worker: Actor,
    project: Project,
    village: str,
    state: ReferralState,
    shared: Iterable[ConsentData] = ConsentData,
) -> Referral:
    resident = _person(session, worker, village)
    _person(session, worker, village, household_of=resident.pk)
    case = open_case(session, worker, resident, CaseInput(hardship_cause="1", scheme=Scheme.charity_referral))
    need = add_need(session, worker, case, NeedInput(category="A01", text="xx"))
    make_consent(session, worker, resident, project.organization_id, shared)
    referral = send(session, worker, need, project, note="x")
    messages.write(session, worker, referral, "x")
    link = links.find_current_link(session, referral)
    session.add(ReferralEvent(referral_id=referral.pk, state=state, link_id=link.pk if link else None, holder_name="x"))
    is_served = state is ReferralState.in_progress
    referral.state, need.state = state, NeedState.in_service if is_served else NeedState.referred
    if state not in MINIMUM_ONLY:
        referral.answered_at = now()
        visit = ServiceVisit(
            referral_id=referral.pk,
            project_id=project.pk,
            submission_key=f"visit-{referral.pk}",
            served_on=china_day(now()),
            minutes=60,
            mode=VisitMode.home,
            category="A01",
        )
        wrong = ServiceVisit(**{**visit.model_dump(exclude={"id"}), "submission_key": f"wrong-{referral.pk}"})
        wrong.in_error_at = now()
        session.add_all([visit, wrong])
        session.flush()
        session.add(VisitAttendance(visit_id=visit.pk, resident_id=resident.pk))
    if state is ReferralState.completed:
        referral.satisfaction = 5
    session.flush()
    return referral


def _add_others(session: Session, worker: Actor, project: Project, village: str) -> None:
    resident = _person(session, worker, village)
    summary = prepare(session, worker, village, last_month(session, village))
    summary.state = SummaryState.returned
    number = id_number(date(1944, 1, 2))
    session.add_all(
        [
            EmergencyOverride(
                resident_id=resident.pk, organization_id=project.organization_id, reason="x", made_by=worker.user_id
            ),
            ProtectionReport(
                region_code=village,
                resident_id=resident.pk,
                reported_to=ReportedTo.police,
                reported_at=now(),
                what="x",
                reported_by=worker.user_id,
            ),
            ProtectionReport(
                region_code=village,
                resident_id=resident.pk,
                reported_to=ReportedTo.police,
                reported_at=now(),
                what="x",
                reported_by=worker.user_id,
                followed_up_by=worker.user_id,
                followed_up_at=now(),
            ),
            Alert(
                region_code=village,
                name="欧阳",
                id_number=number,
                id_number_index=index_of(number),
                source=AlertSource.hotline,
                raised_on=china_day(now()),
                due_at=now(),
                recorded_by=worker.user_id,
                state=AlertState.dismissed,
                dismissal=DismissalReason.no_need,
                answered_by=worker.user_id,
                answered_at=now(),
            ),
            Draft(user_id=worker.user_id, form="case-new-1", content="{}"),
            ContactPreferences(user_id=worker.user_id),
            OrganizationContact(organization_id=project.organization_id),
            Subscription(
                region_code=village, name="x", channel=Channel.webhook, address="x", created_by=worker.user_id
            ),
            Notification(
                key=f"canary-{village}",
                group_key=f"canary-{village}",
                kind=NotificationKind.referral_received,
                channel=Channel.email,
                recipient_type=RecipientType.organization,
                recipient_id=project.organization_id,
                link="/referrals/1",
                parameters={"number": "1"},
            ),
        ]
    )
    session.flush()
    _add_readings(session, worker, village)


def _add_readings(session: Session, worker: Actor, village: str) -> None:
    """A reading for a purpose that was explained, more of it for today, and an erasure that was asked for."""
    resident = _person(session, worker, village)
    purpose = state_purpose(session, worker, PurposeInput(purpose=ReadingPurpose.other, note="xxxx"))
    reveal(session, worker, resident, purpose=purpose)
    request_erasure(session, worker, _person(session, worker, village), reason="xx")
    session.add(
        BudgetGrant(
            user_id=worker.user_id,
            budget=Budget.reveal,
            day=china_day(now()),
            amount=1,
            reason="x",
            granted_by=worker.user_id,
        )
    )
    session.flush()


def _add_links(session: Session, scene: Scene) -> None:
    for referral in session.exec(select(Referral)).all():
        link = links.find_current_link(session, referral)
        if link is not None:
            link.expires_at = now() + timedelta(days=2)
            scene.holders[links.token_of(link)] = LinkHolder(link.pk, referral.pk, referral.organization_id)
        scene.resident_paths.append(resident_updates.address_for(referral.pk))


MODELS = {mapper.class_.__tablename__: mapper.class_ for mapper in SQLModel._sa_registry.mappers}


def sealed_columns() -> Iterator[tuple[str, str]]:
    """(table, column) of every sealed text."""
    for table in METADATA.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, EncryptedText | SealedText):
                yield table.name, column.name


NAMES = ("resident.name", "resident.guardian_name", "alert.name")
PHONES = ("resident.phone", "resident.guardian_phone", "alert.phone")
ID_NUMBERS = ("resident.id_number", "alert.id_number")


def _fill(session: Session, scene: Scene) -> None:
    """Overwrite every sealed text of every row with a canary."""
    texts = Texts()
    for table, name in sealed_columns():
        for row in session.exec(select(MODELS[table]).order_by(MODELS[table].id)).all():
            place = place_of(session, row)
            for canary in _canaries_in(texts, row, f"{table}.{name}", place):
                scene.canaries.setdefault(canary.text, []).append(canary)
    session.flush()


def _canaries_in(texts: Texts, row: Any, column: str, place: Place) -> list[Canary]:
    name = column.partition(".")[2]
    if column in NAMES:
        value, mask = texts.name(), mask_name
    elif column in PHONES:
        value, mask = texts.phone(), mask_phone
    elif column in ID_NUMBERS:
        value, mask = id_number(date(1944, 2, 3)), mask_id_number
        row.id_number_index = index_of(value)
    else:
        return _text_canaries(texts, row, column, place)
    setattr(row, name, value)
    return [Canary(value, column, Part.full, row.id, place), Canary(mask(value), column, Part.masked, row.id, place)]


def _text_canaries(texts: Texts, row: Any, column: str, place: Place) -> list[Canary]:
    words, phone = texts.words(), texts.phone()
    made: dict[str, Callable[[], str]] = {
        "investigation.findings": lambda: json.dumps(
            {**json.loads(row.findings), "health": f"{words} {phone}", "difficulties": f"{words} {phone}"}
        ),
        "draft.content": lambda: json.dumps({"summary": [words]}),
    }
    is_free = column in READERS and column not in ("relief_payment.goods", "attachment.name")
    value = made[column]() if column in made else (f"{words}，糖尿病，{phone}" if is_free else words)
    setattr(row, column.partition(".")[2], value)
    canaries = [Canary(words, column, Part.words, row.id, place)]
    return [*canaries, Canary(phone, column, Part.secret, row.id, place)] if is_free else canaries


def place_of(session: Session, row: Any) -> Place:
    """The region, the referrals, the organization and the account that a row belongs to."""
    values = row.model_dump()
    if isinstance(row, Resident):
        return Place(row.region_code, tuple(_referrals_of_household(session, row.household_id)))
    if isinstance(row, Referral):
        return Place(row.region_code, (row,), row.organization_id)
    for key, model in (
        ("referral_id", Referral),
        ("notice_id", PublicNotice),
        ("case_id", Case),
        ("resident_id", Resident),
        ("fund_id", Fund),
    ):
        if values.get(key) is not None and not isinstance(row, model):
            above = place_of(session, session.get_one(model, values[key]))
            return Place(above.region_code, above.referrals, above.organization_id, values.get("user_id"))
    account = session.get(User, values.get("user_id") or values.get("written_by") or 0)
    region_code = values.get("region_code") or (account.region_code if account else "")
    return Place(region_code or "", (), _organization_of(row), values.get("user_id"))


def _organization_of(row: Any) -> int | None:
    if isinstance(row, Notification):
        return row.recipient_id
    return row.model_dump().get("organization_id")


def _referrals_of_household(session: Session, household_id: int) -> list[Referral]:
    query = (
        select(Referral)
        .join(Need, Need.id == Referral.need_id)
        .join(Case, Case.id == Need.case_id)
        .join(Resident, Resident.id == Case.resident_id)
        .where(Resident.household_id == household_id)
    )
    return list(session.exec(query))


def is_allowed(session: Session, reader: Principal | None, canary: Canary, *, audited: bool) -> bool:
    """Whether the table of accounts.fields lets this reader see the canary, in an answer that put a reading on record
    or not. A reader without an account or a link sees none."""
    if reader is None:
        return False
    place = canary.place
    if canary.column in CONTACTS:
        return _may_see_contact(reader, canary, place)
    if canary.column not in READERS and canary.column not in PERSON:
        return reader.user_id is not None and reader.user_id == place.user_id
    forms = set(_forms(session, reader, canary.column, place))
    if canary.part is Part.words:
        return bool(forms & {Form.unmasked, Form.linted}) or (audited and Form.revealed in forms)
    if canary.part is Part.masked:
        return bool(forms & {Form.masked, Form.revealed})
    return Form.unmasked in forms or (audited and Form.revealed in forms)


def _may_see_contact(reader: Principal, canary: Canary, place: Place) -> bool:
    own = reader.organization_id is not None and reader.organization_id == place.organization_id
    return own or any(may(reader, action) for action in CONTACTS[canary.column])


def _forms(session: Session, reader: Principal, column: str, place: Place) -> Iterator[Form]:
    """How the reader sees a column of the rows in their scope, for each referral that brings one there."""
    if reader.organization_id is None:
        own = reader.region_code if isinstance(reader, Actor) else None
        if own and place.region_code and is_within(session, place.region_code, own):
            yield form_of(reader, column)
        return
    for referral in place.referrals:
        if referral.organization_id != reader.organization_id:
            continue
        if isinstance(reader, LinkHolder) and reader.referral_id != referral.pk:
            continue
        stage = Stage.before if referral.state in MINIMUM_ONLY else Stage.serving
        shared = _shared(session, referral)
        form = form_of(reader, column, stage, shared=shared)
        # The secret of a text is a telephone number, which is no secret from whoever may be told the contact.
        is_told = form is Form.linted and stage is Stage.serving and ConsentData.contact in shared
        yield Form.unmasked if is_told else form


def _shared(session: Session, referral: Referral) -> frozenset[ConsentData]:
    need = session.get_one(Need, referral.need_id)
    resident_id = session.get_one(Case, need.case_id).resident_id
    return receivers_of(session, [resident_id]).shared(resident_id, referral.organization_id, need.pk, need.category)
