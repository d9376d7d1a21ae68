"""Prices that look ahead: computed for regions with an approved plan, used by lists, shown to managers."""

from datetime import date

import pytest

from factories.accounts import COUNTY, VILLAGE
from factories.databases import UnitOfWork
from factories.plans import County
from tuoju.plans import work
from tuoju.plans.forward_pricing import HORIZON_DAYS, ForwardPrices, compute, price_places
from tuoju.plans.models import Plan
from tuoju.plans.planning import baseline_of
from tuoju.plans.queries import prices_for
from tuoju.web.plans.planning_page import Trial, planning_page
from tuoju_matching.problem import PlanOptions


@pytest.fixture
def county(unit_of_work: UnitOfWork) -> County:
    return County(unit_of_work)


def approved_with_forward_prices(county: County) -> Plan:
    plan = county.plan()
    county.approve(plan)
    work.send(county.unit_of_work, plan.pk)
    price_places(county.unit_of_work)
    return county.read(plan.pk)


class TestPricePlaces:
    def test_a_place_that_more_will_need_than_there_are_gets_a_price(self, county: County) -> None:
        project = county.project(4)
        for _ in range(3):
            county.need(project)
        plan = approved_with_forward_prices(county)
        forward = ForwardPrices.of(plan)
        assert forward is not None
        assert forward.arrivals == 3
        assert forward.expected[str(project.pk)] == round(3 * HORIZON_DAYS / 30)
        with county.unit_of_work.read() as session:
            assert prices_for(session, VILLAGE) == {project.pk: pytest.approx(forward.prices[str(project.pk)])}

    def test_nothing_is_computed_again_while_nothing_has_changed(self, county: County) -> None:
        project = county.project(2)
        county.need(project)
        plan = approved_with_forward_prices(county)
        with county.unit_of_work.write() as session:
            marked = {**(plan.forward or {}), "until": "2000-01-01"}
            session.get_one(Plan, plan.pk).forward = marked
        price_places(county.unit_of_work)
        assert county.read(plan.pk).forward == marked

    def test_a_region_without_an_approved_plan_has_no_prices(self, county: County) -> None:
        county.need(county.project(1))
        plan = county.plan()
        price_places(county.unit_of_work)
        assert county.read(plan.pk).forward is None
        with county.unit_of_work.read() as session:
            assert prices_for(session, COUNTY) == {}


class TestCompute:
    def test_without_recent_needs_the_prices_of_the_plan_stay(self, county: County) -> None:
        project = county.project(2)
        with county.unit_of_work.read() as session:
            projects = baseline_of(session, county.plan()).problem.projects
        forward = compute([], projects, date(2026, 11, 29), PlanOptions(), {project.pk: 0.25})
        assert forward.prices == {str(project.pk): 0.25}
        assert forward.expected == {str(project.pk): 0}


class TestPlanningPage:
    def test_tells_managers_what_a_place_is_worth_and_why(self, county: County) -> None:
        project = county.project(4)
        for _ in range(3):
            county.need(project)
        plan = approved_with_forward_prices(county)
        with county.unit_of_work.read() as session:
            page = planning_page(session, session.get_one(Plan, plan.pk), Trial())
        assert "9" in page.worth[0].gain
        assert page.worth[0].url == f"/projects/{project.pk}"
