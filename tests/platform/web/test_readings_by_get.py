"""A GET unmasks nothing: every address is read with rows whose names, numbers, telephones and addresses are known
(design.md section 7). What the request tries to read in full raises, so a 500 would show it too."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date

import pytest
from fastapi.routing import APIRoute
from pypdf import PdfReader
from sqlmodel import Session, select

from factories.accounts import VILLAGE
from factories.pages import Visitor
from factories.referrals import Scene, make_scene
from factories.residents import id_number
from tuoju.accounts.models import AuditEntry, Role
from tuoju.cases.alerts import record_alert
from tuoju.cases.attachments import add_attachment, clean_upload
from tuoju.cases.inputs import AlertInput
from tuoju.cases.models import AttachmentKind, Case
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.referrals.service import step
from tuoju.referrals.status import ReferralVerb
from tuoju.residents.models import Resident
from tuoju.web.api import ROUTERS as API_ROUTERS
from tuoju.web.pages import ROUTERS as PAGE_ROUTERS

ALERTED = id_number(date(1958, 1, 2))
WORDS = {
    "name": "residents",
    "ending": "xlsx",
    "month": "2026-10",
    "figure": "needs",
    "watch": "overdue",
    "code": VILLAGE,
}


def addresses() -> Iterator[str]:
    """Every address to GET, filled in."""
    for prefix, routers in (("", PAGE_ROUTERS), ("/api/v1", API_ROUTERS)):
        for router in routers:
            for route in router.routes:
                if isinstance(route, APIRoute) and "GET" in route.methods:
                    yield prefix + re.sub(r"{(\w+)}", lambda match: WORDS.get(match[1], "1"), route.path)


def text_of(content: bytes) -> str:
    """What a reader can get out of an answer, whatever its format."""
    if content.startswith(b"%PDF"):
        return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "".join(text_of(archive.read(name)) for name in archive.namelist())
    return content.decode(errors="replace")


def read_in_full(session: Session) -> list[str]:
    query = select(AuditEntry.action).where(AuditEntry.purpose != "")
    return list(session.exec(query))


@pytest.fixture
def scene(unit_of_work: UnitOfWork) -> Scene:
    """An accepted referral, a paper in the file, an alert."""
    with unit_of_work.write() as session:
        # Not the person of the example rows of templates.
        scene = make_scene(session, name="欧阳测", phone="13800007654", address="测试路甲七号")
        referral = scene.send(session)
        step(session, scene.charity, referral, ReferralVerb.accept)
        pdf = b"%PDF-1.7\n%%EOF\n"
        case = session.exec(select(Case)).first()
        assert case is not None
        add_attachment(session, scene.worker, case, kind=AttachmentKind.consent, name="a.pdf", file=clean_upload(pdf))
        alert = {"name": "皇甫测", "id_number": ALERTED, "region_code": VILLAGE, "source": "medical_cost"}
        inputs = AlertInput.model_validate(alert | {"raised_on": "2026-09-20", "content": "自付医疗费用较高"})
        record_alert(session, scene.worker, inputs)
    return scene


@pytest.mark.parametrize("role", [Role.social_worker, Role.township_officer, Role.charity_staff])
def test_no_address_shows_a_person_in_full(unit_of_work: UnitOfWork, scene: Scene, role: Role) -> None:
    organization = scene.project.organization_id if role is Role.charity_staff else None
    visitor = Visitor(unit_of_work, role=role, organization_id=organization)
    visitor.client.follow_redirects = False
    with unit_of_work.read() as session:
        resident = session.exec(select(Resident)).first()
        assert resident is not None
        secrets = [resident.name, resident.id_number, resident.phone, resident.address, "皇甫测", ALERTED]
    shown = []
    for address in addresses():
        answer = visitor.get(address)
        assert answer.status_code != 500, address
        text = text_of(answer.content)
        shown += [address for secret in secrets if secret and secret in text]
    assert shown == []
    with unit_of_work.read() as session:
        assert read_in_full(session) == []
