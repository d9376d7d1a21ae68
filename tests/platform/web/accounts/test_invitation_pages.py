"""Inviting and being invited, as on the pages (design.md section 7): the link is shown once, and opening it is free."""

import re
from io import BytesIO

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader
from sqlmodel import select

from factories.accounts import COUNTY, VILLAGE, make_user
from factories.pages import SETTINGS, Visitor
from factories.projects import make_organization
from tuoju.accounts.models import Invitation, Role, User
from tuoju.accounts.service import create_user, sign_in
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.web.app import create_app

NEW = {
    "username": "newcomer",
    "display_name": "测试新人",
    "role": "social_worker",
    "region_code": VILLAGE,
    "organization_id": "",
    "email": "",
    "mobile": "",
}
CHOSEN = "my own long sentence"


@pytest.fixture
def county(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work, Role.administrator, region_code=COUNTY)


def link_in(page: str) -> str:
    link = re.search(r"http://testserver(/invitation/[\w-]+)", page)
    assert link is not None
    return link[1]


class Stranger:
    """Somebody who is not signed in."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self.client = TestClient(create_app(unit_of_work, SETTINGS))

    def post(self, path: str, **data: str) -> str:
        form = re.search(r'name="form_token" value="([0-9a-f]+)"', self.client.get("/sign-in").text)
        assert form is not None
        return self.client.post(path, data={"form_token": form[1], **data}).text


class TestInviting:
    def test_the_link_is_shown_once_and_the_person_chooses_the_password(
        self, unit_of_work: UnitOfWork, county: Visitor
    ) -> None:
        path = link_in(county.post("/accounts", NEW).text)
        token = path.rsplit("/", 1)[1]
        assert token not in county.get("/accounts").text
        stranger = Stranger(unit_of_work)
        opened = stranger.client.get(path)
        assert "newcomer" not in opened.text, "opening the link tells nothing of the account"
        assert opened.headers["referrer-policy"] == "no-referrer"
        stranger.client.get(path)
        assert "newcomer" in stranger.post("/invitation/open", token=token)
        stranger.post("/invitation", token=token, password=CHOSEN, again=CHOSEN)
        with unit_of_work.write() as session:
            assert sign_in(session, "newcomer", CHOSEN)
        assert "此邀请已失效" in stranger.post("/invitation/open", token=token)

    def test_errors_stand_at_the_field_and_use_nothing_up(self, unit_of_work: UnitOfWork, county: Visitor) -> None:
        token = link_in(county.post("/accounts", NEW).text).rsplit("/", 1)[1]
        stranger = Stranger(unit_of_work)
        assert "两次输入的密码不一致" in stranger.post("/invitation", token=token, password=CHOSEN, again="other")
        assert "至少10个字符" in stranger.post("/invitation", token=token, password="short", again="short")
        assert "newcomer" in stranger.post("/invitation/open", token=token)

    def test_a_pasted_link_is_understood(self, unit_of_work: UnitOfWork, county: Visitor) -> None:
        path = link_in(county.post("/accounts", NEW).text)
        assert "newcomer" in Stranger(unit_of_work).post("/invitation/open", token=f"http://testserver{path} ")

    def test_the_form_has_no_password(self, county: Visitor) -> None:
        assert 'type="password"' not in county.get("/accounts/new").text

    def test_a_region_is_found_by_its_name_and_nothing_typed_is_lost(self, county: Visitor) -> None:
        page = county.post("/accounts", NEW | {"region_code": "", "region_text": "马厂镇黄庵", "find": "region"}).text
        assert f'value="{VILLAGE}"' in page
        assert 'value="newcomer"' in page

    def test_only_regions_of_the_role_are_offered(self, county: Visitor) -> None:
        page = county.post("/accounts", NEW | {"role": "program_manager", "find": "region"}).text
        assert f'value="{COUNTY}"' in page
        assert 'value="341124105000"' not in page

    def test_a_missing_region_is_an_error_at_its_field(self, county: Visitor) -> None:
        answer = county.post("/accounts", NEW | {"region_code": ""})
        assert answer.status_code == 422
        assert "请选择其工作的区划" in answer.text

    def test_a_name_that_is_taken_keeps_what_was_typed(self, county: Visitor) -> None:
        county.post("/accounts", NEW)
        answer = county.post("/accounts", NEW | {"display_name": "测试另一人"})
        assert answer.status_code == 409
        assert "测试另一人" in answer.text


class TestTwoAdministrators:
    def test_the_second_one_confirms_on_the_page(self, unit_of_work: UnitOfWork, county: Visitor) -> None:
        page = county.post("/accounts", NEW | {"role": "administrator", "region_code": COUNTY}).text
        assert "等待第二位管理员确认" in page
        confirm = re.search(r"/accounts/proposals/\d+/confirm", page)
        assert confirm is None, "the proposer is not offered to confirm"
        second = Visitor(unit_of_work, Role.administrator)
        path = re.search(r"/accounts/proposals/\d+/confirm", second.get("/accounts").text)
        assert path is not None
        assert county.post(path[0]).status_code == 403
        assert link_in(second.post(path[0]).text)
        assert second.post(path[0]).status_code == 409


class TestCharity:
    def test_a_leader_invites_and_a_colleague_only_looks(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            organization_id = make_organization(session).id
        leader = Visitor(unit_of_work, Role.charity_staff, organization_id=organization_id, is_leader=True)
        colleague = Visitor(unit_of_work, Role.charity_staff, organization_id=organization_id)
        form = {"username": "newcomer", "display_name": "测试新人", "email": "", "mobile": ""}
        assert colleague.post("/accounts", form).status_code == 403
        assert leader.actor.display_name in colleague.get("/accounts").text
        assert link_in(leader.post("/accounts", form).text)
        with unit_of_work.read() as session:
            user = session.exec(select(User).where(User.username == "newcomer")).one()
            assert (user.role, user.organization_id) == (Role.charity_staff, organization_id)


class TestCards:
    def test_each_account_gets_a_card_and_the_next_print_replaces_it(
        self, unit_of_work: UnitOfWork, county: Visitor
    ) -> None:
        with unit_of_work.write() as session:
            for name in ("one", "two"):
                create_user(session, username=name, display_name="测试", role=Role.social_worker, region_code=VILLAGE)
            make_user(session)
        pdf = PdfReader(BytesIO(county.post("/accounts/cards").content))
        text = "".join(page.extract_text() for page in pdf.pages)
        assert ("one" in text, "two" in text) == (True, True)
        assert "没有等待邀请的账号" in county.post("/accounts/cards").text
        assert county.post("/accounts/cards", {"again": "1"}).headers["content-type"] == "application/pdf"
        with unit_of_work.read() as session:
            invitations = session.exec(select(Invitation).order_by(Invitation.id)).all()  # type: ignore[arg-type]
            assert [bool(invitation.replaced_at) for invitation in invitations] == [True, True, False, False]
