"""What a consent leaves out stays hidden from the organization that serves, on every page, paper and representation
(PIPL arts 23, 29; design section 7)."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader

from factories.api import make_app, make_caller
from factories.cases import make_case, make_need
from factories.databases import UnitOfWork
from factories.forms import hidden_in
from factories.pages import SETTINGS, Visitor, open_link
from factories.projects import make_project
from factories.residents import make_consent, make_resident
from tuoju.accounts.fields import ConsentData
from tuoju.accounts.models import Role
from tuoju.cases.inputs import Constraint
from tuoju.referrals import links, messages, service
from tuoju.referrals.models import Referral
from tuoju.referrals.status import ReferralState
from tuoju.web.app import create_app

SIGNS: Mapping[ConsentData, tuple[str, ...]] = {
    ConsentData.health: ("糖尿病", "轮椅", "高血压", "partly_unable", "wheelchair", "部分失能", "部分不能自理"),
    ConsentData.contact: ("13800001234", "13700004321", "村东头3号", "李秀英"),
}
"""What says something of each kind: in the file, in the text of the need, in the note and in a message."""
SERVICE = ("请来做早饭",)
PURPOSE = {"purpose": "serve"}


@dataclass
class Sent:
    """A referral in progress, and who reads it."""

    unit_of_work: UnitOfWork
    referral_id: int
    link: str
    charity: Visitor
    officer: Visitor


def sent(unit_of_work: UnitOfWork, data: tuple[ConsentData, ...]) -> Sent:
    officer = Visitor(unit_of_work)
    with unit_of_work.write() as session:
        worker = officer.actor
        project = make_project(session)
        person = make_resident(
            session, worker, vulnerabilities=["SN"], guardian_name="李秀英", guardian_phone="13700004321"
        )
        need = make_need(session, worker, make_case(session, worker, person))
        need.text, need.constraints = "有糖尿病，电话13800001234，请来做早饭", [Constraint.wheelchair]
        make_consent(session, worker, person, project.organization_id, data)
        referral = service.send(session, worker, need, project, note="高血压，家住村东头3号")
        messages.write(session, worker, referral, "她的电话是13800001234，有高血压")
        link = links.find_current_link(session, referral)
        assert link is not None
        referral.state = ReferralState.in_progress
        token, referral_id, organization_id = links.token_of(link), referral.pk, project.organization_id
    charity = Visitor(unit_of_work, Role.charity_staff, organization_id=organization_id)
    return Sent(unit_of_work, referral_id, token, charity, officer)


def pdf_words(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    return "".join("".join(page.extract_text() for page in pages).split())


def on_page(sent: Sent) -> str:
    at = f"/referrals/{sent.referral_id}"
    revealed = sent.charity.post(f"{at}/reveal", PURPOSE)
    assert revealed.status_code == 200
    return sent.charity.get(at).text + revealed.text + sent.charity.get("/referrals").text


def in_api(sent: Sent) -> str:
    with sent.unit_of_work.read() as session:
        organization_id = session.get_one(Referral, sent.referral_id).organization_id
    caller = make_caller(make_app(sent.unit_of_work), Role.charity_staff, organization_id=organization_id)
    answers = [
        caller.get(f"/referrals/{sent.referral_id}"),
        caller.post(f"/referrals/{sent.referral_id}/reveal", json=PURPOSE),
        caller.get("/referrals"),
    ]
    assert [answer.status_code for answer in answers] == [200] * 3
    return "".join(answer.text for answer in answers)


def by_link(sent: Sent) -> str:
    client = TestClient(create_app(sent.unit_of_work, SETTINGS))
    opened = open_link(client, f"/a/{sent.link}")
    revealed = client.post(f"{opened.url.path}/reveal", data={**hidden_in(opened.text), **PURPOSE})
    assert revealed.status_code == 200
    return opened.text + revealed.text


def on_slip(visitor: Visitor, sent: Sent) -> str:
    slip = visitor.post(f"/referrals/{sent.referral_id}/slip.pdf", PURPOSE)
    assert slip.status_code == 200
    return pdf_words(slip.content)


def on_charitys_slip(sent: Sent) -> str:
    return on_slip(sent.charity, sent)


def on_officers_slip(sent: Sent) -> str:
    """The officer prints it, the charity receives it."""
    return on_slip(sent.officer, sent)


def on_service_record(sent: Sent) -> str:
    record = sent.charity.post(f"/referrals/{sent.referral_id}/services.pdf", PURPOSE)
    assert record.status_code == 200
    return pdf_words(record.content)


FORMATS = (on_page, in_api, by_link, on_charitys_slip, on_officers_slip)


@pytest.mark.parametrize("shown", [*FORMATS, on_service_record], ids=lambda shown: shown.__name__)
@pytest.mark.parametrize("left_out", [ConsentData.health, ConsentData.contact])
def test_what_the_consent_leaves_out_is_shown_nowhere(
    unit_of_work: UnitOfWork, left_out: ConsentData, shown: Callable[[Sent], str]
) -> None:
    text = shown(sent(unit_of_work, tuple(kind for kind in ConsentData if kind is not left_out)))
    assert [sign for sign in SIGNS[left_out] if sign in text] == []


@pytest.mark.parametrize("shown", FORMATS, ids=lambda shown: shown.__name__)
@pytest.mark.parametrize("named", [ConsentData.health, ConsentData.contact])
def test_what_the_consent_names_is_shown(
    unit_of_work: UnitOfWork, named: ConsentData, shown: Callable[[Sent], str]
) -> None:
    """Otherwise the test above would prove nothing."""
    text = shown(sent(unit_of_work, (ConsentData.service, named)))
    assert [sign for sign in SIGNS[named] if sign in text] != []
    assert [sign for sign in SERVICE if sign in text] == list(SERVICE)
