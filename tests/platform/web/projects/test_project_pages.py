"""The list of projects, a page at a time."""

import pytest

from factories.pages import Visitor, counted
from factories.projects import make_organization, make_project
from tuoju.accounts.models import Role
from tuoju.database.unit_of_work import UnitOfWork


class TestList:
    def test_comes_a_page_at_a_time_with_the_filters_kept(self, unit_of_work: UnitOfWork) -> None:
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
    def test_a_field_left_empty_is_not_set(self, unit_of_work: UnitOfWork, address: str) -> None:
        officer = Visitor(unit_of_work, Role.township_officer)
        assert officer.get(address).status_code == 200
