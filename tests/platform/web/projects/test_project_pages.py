"""The list of projects with its filters and pages, and the page of a project."""

import pytest

from factories.databases import UnitOfWork
from factories.pages import Visitor, counted
from factories.projects import make_organization, make_project
from factories.referrals import make_scene
from tuoju.accounts.models import Role
from tuoju_projects.models import Organization, Project, RuleKind
from tuoju_projects.queries import rules_of

TYPED = {
    "name": "助浴",
    "description": "上门助浴",
    "categories": "A01",
    "areas": "341124000000",
    "starts_on": "2026-01-01",
    "ends_on": "2027-12-31",
    "places_total": 5,
}


class TestList:
    def test_shows_fifty_projects_a_page_and_keeps_the_filters(self, unit_of_work: UnitOfWork) -> None:
        manager = Visitor(unit_of_work, Role.program_manager)
        with unit_of_work.write() as session:
            organization = make_organization(session)
            for number in range(55):
                make_project(session, organization=organization, name=f"助浴{number:02}")
            make_project(session, organization=organization, name="陪伴")
        first = manager.get("/projects?q=助浴&category=&state=").text
        assert "55个项目" in first
        assert "助浴49" in first
        assert "助浴50" not in first
        assert "page=2" in first
        second = manager.get("/projects?q=助浴&category=&state=&page=2").text
        assert "助浴54" in second
        assert "陪伴" not in second
        assert manager.get("/projects?q=助浴&page=99").text.count('class="title"') == 5
        with counted(unit_of_work.engine) as statements:
            manager.get("/projects")
        assert len(statements) <= 12


class TestShow:
    def test_only_the_lawful_steps_have_a_button(self, unit_of_work: UnitOfWork) -> None:
        manager = Visitor(unit_of_work, Role.program_manager)
        with unit_of_work.write() as session:
            here = f"/projects/{make_project(session).pk}"
        page = manager.get(here).text
        assert all(f'action="{here}/{verb}"' in page for verb in ("suspend", "close"))
        assert not any(f'action="{here}/{verb}"' in page for verb in ("open", "resume"))
        page = manager.post(f"{here}/suspend").text
        assert all(f'action="{here}/{verb}"' in page for verb in ("resume", "close"))
        assert manager.post(f"{here}/nothing").status_code == 404

    def test_rules_are_shown_in_words(self, unit_of_work: UnitOfWork) -> None:
        visitor = Visitor(unit_of_work)
        with unit_of_work.write() as session:
            rules = {RuleKind.min_age: ["60"], RuleKind.sex: ["female"]}
            project = make_project(session, rules=rules)
        page = visitor.get(f"/projects/{project.pk}").text
        assert "年龄不小于：60" in page
        assert "性别：女" in page


class TestChange:
    def test_rules_without_a_field_in_the_form_are_kept(self, unit_of_work: UnitOfWork) -> None:
        manager = Visitor(unit_of_work, Role.program_manager)
        with unit_of_work.write() as session:
            project = make_project(session, rules={RuleKind.self_care: ["none"], RuleKind.sex: ["female"]})
            organization_id = project.organization_id
        form = {**TYPED, "organization_id": organization_id, "min_age": "60"}
        assert manager.post(f"/projects/{project.pk}", form).status_code == 200
        with unit_of_work.read() as session:
            rules = {rule.kind: rule.values for rule in rules_of(session, [project.pk])[project.pk]}
        assert rules == {RuleKind.self_care: ["none"], RuleKind.min_age: ["60"]}

    def test_too_few_places_change_nothing_else(self, unit_of_work: UnitOfWork) -> None:
        manager = Visitor(unit_of_work, Role.program_manager)
        with unit_of_work.write() as session:
            scene = make_scene(session)
            scene.send(session)
        project = scene.project
        form = {**TYPED, "organization_id": project.organization_id, "places_total": 0}
        assert manager.post(f"/projects/{project.pk}", form).status_code == 422
        with unit_of_work.read() as session:
            assert session.get_one(Project, project.pk).name == project.name

    def test_naming_another_organization_does_not_free_a_taken_name(self, unit_of_work: UnitOfWork) -> None:
        manager = Visitor(unit_of_work, Role.program_manager)
        with unit_of_work.write() as session:
            project = make_project(session)
            organization = session.get_one(Organization, project.organization_id)
            make_project(session, organization=organization, name=TYPED["name"])
            other = make_organization(session).id
        answer = manager.post(f"/projects/{project.pk}", {**TYPED, "organization_id": other})
        assert answer.status_code == 409
        assert "这家组织已有同名项目。" in answer.text


class TestFilters:
    @pytest.mark.parametrize(
        "address",
        [
            "/projects?q=&category=&state=",
            "/cases?state=",
            "/referrals?state=",
            "/deadlines?only=",
            "/needs?state=&category=",
            "/supervision?region=",
            "/alerts?region=&page=",
            "/figures?county=&project=&month=",
        ],
    )
    def test_an_empty_filter_is_ignored(self, unit_of_work: UnitOfWork, address: str) -> None:
        officer = Visitor(unit_of_work, Role.township_officer)
        assert officer.get(address).status_code == 200
