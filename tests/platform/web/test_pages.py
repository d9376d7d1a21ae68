"""Pages through the real application: sign-in, form tokens, commits, scope, import."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event
from sqlmodel import Session, select

from factories.accounts import PASSWORD, make_user
from factories.databases import UnitOfWork
from factories.forms import hidden_in
from factories.jobs import address_of, work_off
from factories.projects import make_organization
from factories.referrals import Scene, make_scene
from tuoju.accounts.models import Role, User
from tuoju.referrals.models import Referral
from tuoju.web.app import create_app
from tuoju.web.kit.settings import WebSettings
from tuoju_projects.excel import Lookups, project_sheet
from tuoju_projects.models import Project

SETTINGS = WebSettings(secret_key="s" * 32, secure_cookies=False)


@pytest.fixture
def client(unit_of_work: UnitOfWork) -> Iterator[TestClient]:
    with TestClient(create_app(unit_of_work, SETTINGS), raise_server_exceptions=False) as client:
        yield client


def hidden(client: TestClient, path: str = "/notifications") -> dict[str, str]:
    return hidden_in(client.get(path).text)


def enter(client: TestClient, username: str) -> None:
    token = hidden(client, "/sign-in")
    answer = client.post("/sign-in", data={**token, "username": username, "password": PASSWORD})
    assert answer.status_code == 200, answer.text


def post(client: TestClient, path: str, **data: str) -> tuple[int, str]:
    answer = client.post(path, data={**hidden(client), **data})
    return answer.status_code, answer.text


def username_of(session: Session, user_id: int) -> str:
    return session.get_one(User, user_id).username


@pytest.fixture
def scene(unit_of_work: UnitOfWork) -> Scene:
    with unit_of_work.write() as session:
        return make_scene(session)


class TestSignIn:
    def test_pages_send_strangers_to_sign_in(self, client: TestClient) -> None:
        answer = client.get("/residents", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")

    def test_a_wrong_password_is_told_and_the_name_kept(self, client: TestClient) -> None:
        token = hidden(client, "/sign-in")
        answer = client.post("/sign-in", data={**token, "username": "somebody", "password": "x"})
        assert answer.status_code == 401
        assert 'value="somebody"' in answer.text

    def test_nothing_of_persons_is_stored_by_the_browser(self, client: TestClient) -> None:
        headers = client.get("/sign-in").headers
        assert headers["cache-control"] == "no-store"
        assert "'unsafe-inline'" not in headers["content-security-policy"]


class TestFormToken:
    def test_a_form_without_it_changes_nothing(
        self, client: TestClient, scene: Scene, unit_of_work: UnitOfWork
    ) -> None:
        with unit_of_work.read() as session:
            username = username_of(session, scene.worker.user_id)
        enter(client, username)
        answer = client.post(f"/needs/{scene.need.pk}/referrals", data={"project_id": str(scene.project.pk)})
        assert answer.status_code == 403
        with unit_of_work.read() as session:
            assert session.exec(select(Referral)).all() == []

    def test_another_site_is_refused(self, client: TestClient) -> None:
        answer = client.post("/sign-in", headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403


class TestCommit:
    def test_a_failing_commit_is_no_success(
        self, client: TestClient, scene: Scene, unit_of_work: UnitOfWork, engine: Engine
    ) -> None:
        """FastAPI's default scope would commit after a 200 or a redirect had left."""
        with unit_of_work.read() as session:
            username = username_of(session, scene.worker.user_id)
        enter(client, username)
        token = hidden(client)

        def fail(_connection: object) -> None:
            raise RuntimeError("the disk is full")

        event.listen(engine, "commit", fail)
        data = {**token, "project_id": str(scene.project.pk)}
        answer = client.post(f"/needs/{scene.need.pk}/referrals", data=data, follow_redirects=False)
        event.remove(engine, "commit", fail)
        assert answer.status_code == 500
        assert "disk" not in answer.text


class TestRefer:
    def test_a_second_tap_is_told_who_was_first(
        self, client: TestClient, scene: Scene, unit_of_work: UnitOfWork
    ) -> None:
        with unit_of_work.read() as session:
            username = username_of(session, scene.worker.user_id)
        enter(client, username)
        path = f"/needs/{scene.need.pk}/referrals"
        assert post(client, path, project_id=str(scene.project.pk))[0] == 200
        status, page = post(client, path, project_id=str(scene.project.pk))
        assert status == 409
        assert "已经转介" in page

    def test_another_charity_does_not_find_it(self, client: TestClient, scene: Scene, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            referral_id = scene.send(session).pk
            stranger = make_user(session, role=Role.charity_staff, organization_id=make_organization(session).id)
            username = stranger.username
        enter(client, username)
        assert client.get(f"/referrals/{referral_id}").status_code == 404

    def test_before_acceptance_the_charity_sees_the_minimum(
        self, client: TestClient, scene: Scene, unit_of_work: UnitOfWork
    ) -> None:
        with unit_of_work.write() as session:
            referral_id = scene.send(session).pk
            username = username_of(session, scene.charity.user_id)
            hidden = [scene.resident.name, scene.resident.id_number, scene.resident.phone, scene.resident.address]
        enter(client, username)
        for path in ("/referrals", f"/referrals/{referral_id}"):
            page = client.get(path).text
            assert not any(str(value) in page for value in hidden)
        assert post(client, f"/referrals/{referral_id}/reveal")[1].count(str(hidden[0])) == 0


class TestImport:
    def test_a_dry_run_writes_nothing_and_a_confirmation_all_good_rows(
        self, client: TestClient, unit_of_work: UnitOfWork
    ) -> None:
        with unit_of_work.write() as session:
            manager = make_user(session, role=Role.program_manager).username
            owner = make_organization(session).name
        enter(client, manager)
        good = {
            "name": "爱心送餐",
            "organization_id": owner,
            "description": "为高龄老人送餐",
            "categories": "助餐",
            "areas": "全椒县",
            "starts_on": "2026-01-01",
            "ends_on": "2027-12-31",
            "places_total": 20,
        }
        sheet = project_sheet(Lookups(lambda _name: None, str, str, str))
        content = sheet.template(rows=[good, {**good, "name": "第二个", "areas": "某地"}])
        address = self.import_file(client, content)
        work_off(unit_of_work)
        assert "某地" in client.get(address).text
        with unit_of_work.read() as session:
            assert session.exec(select(Project)).all() == []
        assert post(client, f"{address}/confirm")[0] == 200
        work_off(unit_of_work)
        with unit_of_work.read() as session:
            project = session.exec(select(Project)).one()
            assert (project.name, project.state, project.places_left) == ("爱心送餐", "open", 20)

    def test_another_file_is_told_what_is_missing(self, client: TestClient, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            manager = make_user(session, role=Role.program_manager).username
        enter(client, manager)
        address = self.import_file(client, b"no")
        work_off(unit_of_work)
        assert "无法读取" in client.get(address).text

    @staticmethod
    def import_file(client: TestClient, content: bytes) -> str:
        """The path of the import's page."""
        data = hidden(client)
        return address_of(client.post("/imports/projects", data=data, files={"file": ("projects.xlsx", content)}))

    def test_the_field_does_not_manage_projects(self, client: TestClient, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            worker = make_user(session).username
        enter(client, worker)
        assert client.get("/imports/projects").status_code == 403


def test_the_project_form_keeps_what_was_typed(client: TestClient, unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        manager = make_user(session, role=Role.program_manager).username
    enter(client, manager)
    status, page = post(client, "/projects", name="爱心送餐", budget_yuan="一万", starts_on="2026-01-01")
    assert status == 422
    assert 'value="爱心送餐"' in page
    assert 'id="budget_yuan-wrong"' in page
