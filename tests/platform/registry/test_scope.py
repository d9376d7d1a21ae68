"""Projects and organizations belong to a region: another county changes nothing here (design.md section 7)."""

import pytest
from sqlmodel import Session

from factories.accounts import COUNTY, VILLAGE, make_actor
from factories.projects import make_organization, make_project
from tuoju.accounts.errors import OutOfScope
from tuoju.accounts.models import Role
from tuoju.registry.service import (
    add_organization,
    may_manage_project,
    may_state_places,
    require_project,
    state_places,
    step_project,
)
from tuoju_projects.inputs import OrganizationInput
from tuoju_projects.status import ProjectVerb

OTHER_COUNTY = "341122000000"


class TestScopeOfManagers:
    def test_the_county_of_all_areas_and_the_city_may_manage_a_project(self, session: Session) -> None:
        project = make_project(session, areas=[VILLAGE])
        for region_code in (COUNTY, None):
            require_project(session, make_actor(session, role=Role.program_manager, region_code=region_code), project)

    def test_another_county_may_neither_step_it_nor_state_its_places(self, session: Session) -> None:
        project = make_project(session, areas=[VILLAGE])
        stranger = make_actor(session, role=Role.program_manager, region_code=OTHER_COUNTY)
        assert not may_manage_project(session, stranger, project)
        assert not may_state_places(session, stranger, project)
        with pytest.raises(OutOfScope):
            step_project(session, stranger, project, ProjectVerb.suspend)
        with pytest.raises(OutOfScope):
            state_places(session, stranger, project, 100)

    def test_a_project_of_two_counties_is_the_citys(self, session: Session) -> None:
        project = make_project(session, areas=[VILLAGE, OTHER_COUNTY])
        county = make_actor(session, role=Role.program_manager, region_code=COUNTY)
        assert not may_manage_project(session, county, project)

    def test_a_project_without_areas_belongs_to_the_region_of_its_organization(self, session: Session) -> None:
        organization = make_organization(session, region_code=COUNTY)
        project = make_project(session, organization=organization, areas=[])
        assert may_manage_project(session, make_actor(session, role=Role.program_manager, region_code=COUNTY), project)

    def test_an_organization_is_added_within_the_own_region(self, session: Session) -> None:
        manager = make_actor(session, role=Role.program_manager, region_code=COUNTY)
        inputs = OrganizationInput(name="测试服务社", org_type="52", filing_number="1", region_code=OTHER_COUNTY)
        with pytest.raises(OutOfScope):
            add_organization(session, manager, inputs)

    def test_an_organization_of_another_city_is_added_by_the_city_only(self, session: Session) -> None:
        inputs = OrganizationInput(name="外地服务社", org_type="52", filing_number="1", region_code="110000000000")
        with pytest.raises(OutOfScope):
            add_organization(session, make_actor(session, role=Role.program_manager, region_code=COUNTY), inputs)
        assert add_organization(session, make_actor(session, role=Role.program_manager), inputs).id
