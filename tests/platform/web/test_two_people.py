"""Two people on one form: places of a project, one's own preferences (test_merging.py has the rules and the files)."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from factories.accounts import PASSWORD
from factories.databases import UnitOfWork
from factories.forms import forms_of, hidden_in
from factories.pages import Visitor
from factories.projects import make_project
from tuoju.accounts.contact_preferences import get_contact_preferences
from tuoju.accounts.models import NotificationVolume, Role, User
from tuoju_projects.models import Project


def form_at(page: str, action: str) -> dict[str, Any]:
    """What a browser sends if nobody touches the form; of nothing chosen nothing."""
    form = next(form for form in forms_of(page) if form.action == action)
    return {name: part.values for name, part in form.fields.items() if part.kind not in ("file", "button")}


class TestPlaces:
    @pytest.fixture
    def managers(self, unit_of_work: UnitOfWork) -> list[Visitor]:
        return [Visitor(unit_of_work, Role.program_manager) for _ in range(2)]

    @pytest.fixture
    def project(self, unit_of_work: UnitOfWork) -> Project:
        with unit_of_work.write() as session:
            return make_project(session, places=50)

    def stated(self, unit_of_work: UnitOfWork, project: Project) -> int:
        with unit_of_work.read() as session:
            return session.get_one(Project, project.pk).places_total

    def test_both_state_another_number_and_the_second_chooses(
        self, managers: list[Visitor], project: Project, unit_of_work: UnitOfWork
    ) -> None:
        page, action = f"/projects/{project.pk}", f"/projects/{project.pk}/places"
        first, second = (form_at(manager.get(page).text, action) for manager in managers)
        assert managers[0].client.post(action, data={**first, "places_total": "60"}).status_code == 200
        asked = managers[1].client.post(action, data={**second, "places_total": "40"})
        assert asked.status_code == 409
        assert self.stated(unit_of_work, project) == 60
        again = {**form_at(asked.text, action), "keep_places_total": "mine"}
        assert again["places_total"] == ["40"]
        assert managers[1].client.post(action, data=again).status_code == 200
        assert self.stated(unit_of_work, project) == 40

    def test_who_confirms_a_number_that_was_changed_meanwhile_is_told(
        self, managers: list[Visitor], project: Project, unit_of_work: UnitOfWork
    ) -> None:
        page, action = f"/projects/{project.pk}", f"/projects/{project.pk}/places"
        first, second = (form_at(manager.get(page).text, action) for manager in managers)
        managers[0].client.post(action, data={**first, "places_total": "60"})
        answer = managers[1].client.post(action, data=second)
        assert "60" in answer.text.split('role="status">')[1][:60]
        assert self.stated(unit_of_work, project) == 60

    def test_what_is_no_number_comes_back_with_what_was_typed(self, managers: list[Visitor], project: Project) -> None:
        action = f"/projects/{project.pk}/places"
        typed = form_at(managers[0].get(f"/projects/{project.pk}").text, action)
        answer = managers[0].client.post(action, data={**typed, "places_total": "约30"})
        assert answer.status_code == 422
        assert form_at(answer.text, action)["places_total"] == ["约30"]


class TestOneAccountOnTwoDevices:
    @pytest.fixture
    def devices(self, unit_of_work: UnitOfWork) -> list[TestClient]:
        visitor = Visitor(unit_of_work)
        with unit_of_work.read() as session:
            username = session.get_one(User, visitor.actor.user_id).username
        other = TestClient(visitor.client.app)
        data = {**hidden_in(other.get("/sign-in").text), "username": username, "password": PASSWORD}
        assert other.post("/sign-in", data=data).status_code == 200
        self.user_id = visitor.actor.user_id
        return [visitor.client, other]

    def test_preferences_are_merged(self, devices: list[TestClient], unit_of_work: UnitOfWork) -> None:
        first, second = (form_at(device.get("/reach").text, "/reach") for device in devices)
        devices[0].post("/reach", data={**first, "quiet_from": "21:00", "quiet_to": "07:00"})
        assert devices[1].post("/reach", data={**second, "by_sms": "nothing"}).status_code == 200
        with unit_of_work.read() as session:
            stored = get_contact_preferences(session, self.user_id).model_copy()
        assert stored.by_sms is NotificationVolume.nothing
        assert f"{stored.quiet_from:%H:%M}" == "21:00"

    def test_the_same_preference_is_asked(self, devices: list[TestClient], unit_of_work: UnitOfWork) -> None:
        first, second = (form_at(device.get("/reach").text, "/reach") for device in devices)
        devices[0].post("/reach", data={**first, "by_sms": "everything"})
        asked = devices[1].post("/reach", data={**second, "by_sms": "nothing"})
        assert asked.status_code == 409
        again = {**form_at(asked.text, "/reach"), "keep_by_sms": "theirs"}
        assert devices[1].post("/reach", data=again).status_code == 200
        with unit_of_work.read() as session:
            assert get_contact_preferences(session, self.user_id).by_sms is NotificationVolume.everything

    def test_addresses_are_merged_and_asked(self, devices: list[TestClient], unit_of_work: UnitOfWork) -> None:
        path = "/reach/addresses"
        first, second = (form_at(device.get(path).text, path) for device in devices)
        devices[0].post(path, data={**first, "email": "one@example.cn"})
        assert devices[1].post(path, data={**second, "mobile": "139 0000 5678"}).status_code == 200
        with unit_of_work.read() as session:
            stored = get_contact_preferences(session, self.user_id).model_copy()
        assert (stored.email, stored.mobile) == ("one@example.cn", "13900005678")
        third = {**second, **hidden_in(devices[1].get(path).text), "email": "two@example.cn"}
        assert devices[1].post(path, data=third).status_code == 409
