"""The start page of each role and the menu: what is counted is what is listed, and names are as that role sees them."""

import re

import pytest

from factories.accounts import VILLAGE
from factories.cases import make_case, make_need
from factories.databases import UnitOfWork
from factories.pages import Visitor
from factories.projects import make_project
from factories.residents import id_number, make_consent, make_resident
from tuoju.accounts.models import Role
from tuoju.cases.alerts import record_alert
from tuoju.cases.inputs import AlertInput
from tuoju.cases.models import AlertSource
from tuoju.cases.policies import Scheme
from tuoju.database.records import now
from tuoju.referrals.service import send
from tuoju.regions.calendar import china_day
from tuoju.residents.masking import mask_name
from tuoju_projects.models import Project

ROWS = re.compile(r"\bdata-work\b")
MENU = re.compile(r'<a href="([^"]+)"(?: aria-current="page")?>([^<]+) <span class="count">(\d+)</span></a>')
PANEL = re.compile(r'<a href="(/worklists/\w+)">[^<]+</a>\s*<span class="count">(\d+)')
BELL = re.compile(r'<a class="bell" href="([^"]+)"(?:(?!</a>).)*<span class="count">(\d+)</span>', re.DOTALL)
NAME = "欧阳建国"


class Desk:
    """A village with work for everybody, and one signed-in person of each role."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            project = make_project(session, places=9)
            project_id, organization_id = project.pk, project.organization_id
        charity = {"organization_id": organization_id}
        self.visitors = {
            role: Visitor(unit_of_work, role, **(charity if role is Role.charity_staff else {})) for role in Role
        }
        worker = self.visitors[Role.social_worker].actor
        with unit_of_work.write() as session:
            for _number in range(3):
                resident = make_resident(session, worker, name=NAME, phone=None)
                make_case(session, worker, resident, Scheme.society_relief)
            make_consent(session, worker, resident, organization_id)
            for _number in range(2):
                need = make_need(session, worker, make_case(session, worker, resident))
                send(session, worker, need, session.get_one(Project, project_id))
            record_alert(session, worker, alert_input())


def alert_input() -> AlertInput:
    values = {"name": NAME, "id_number": id_number(), "region_code": VILLAGE, "source": AlertSource.hotline}
    return AlertInput.model_validate(values | {"raised_on": china_day(now())})


@pytest.fixture
def desk(unit_of_work: UnitOfWork) -> Desk:
    return Desk(unit_of_work)


def test_every_count_equals_the_rows_of_the_list_it_leads_to(desk: Desk) -> None:
    counted = set()
    for role, visitor in desk.visitors.items():
        home = visitor.get("/").text
        counts = [(url, number) for url, _words, number in MENU.findall(home)]
        counts += BELL.findall(home) + PANEL.findall(home)
        for url, number in counts:
            listed = len(ROWS.findall(visitor.get(url.replace("&amp;", "&")).text))
            assert listed == int(number), (role, url)
            counted.add(url)
    assert {"/alerts", "/referrals?state=requested", "/worklists/investigate", "/worklists/answer_referral"} <= counted


def test_names_are_masked_as_each_role_sees_them(desk: Desk) -> None:
    for visitor in desk.visitors.values():
        assert NAME not in visitor.get("/").text
    assert mask_name(NAME) in desk.visitors[Role.social_worker].get("/").text
    assert mask_name(NAME) not in desk.visitors[Role.charity_staff].get("/").text


def test_the_menu_leads_to_every_daily_list_and_lights_it(desk: Desk) -> None:
    visitor = desk.visitors[Role.township_officer]
    home = visitor.get("/").text
    for path in ("/cases", "/deadlines", "/alerts", "/summaries", "/funds"):
        assert f'href="{path}' in home
        page = visitor.get(path).text
        assert re.search(rf'<a href="{path}[^"]*" aria-current="page">', page), path


class TestNotifications:
    def test_they_say_person_service_and_day_and_go_by_matter(self, desk: Desk) -> None:
        inbox = desk.visitors[Role.charity_staff].get("/notifications").text
        assert inbox.count('<p class="title mb-1">') <= 2
        worker = desk.visitors[Role.social_worker]
        assert NAME not in worker.get("/notifications").text

    def test_all_are_marked_as_read_up_to_what_was_shown(self, desk: Desk) -> None:
        visitor = desk.visitors[Role.charity_staff]
        page = visitor.get("/notifications?only=new").text
        shown = re.search(r'name="up_to" value="(\d+)"', page)
        if shown is None:
            pytest.fail("the charity has no unread notification")
        visitor.post("/notifications/read", {"up_to": str(int(shown.group(1)) - 1)})
        assert len(ROWS.findall(visitor.get("/notifications?only=new").text)) == 1
        visitor.post("/notifications/read", {"up_to": shown.group(1)})
        assert ROWS.findall(visitor.get("/notifications?only=new").text) == []
