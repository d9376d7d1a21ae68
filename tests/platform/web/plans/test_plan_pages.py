"""Pages of plans: made, read, changed, approved; they name nobody, and charities cannot open them."""

from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlmodel import select

from factories.accounts import CITY, COUNTY
from factories.databases import UnitOfWork
from factories.learning import make_ranking
from factories.pages import Visitor, counted
from factories.plans import County, worked
from tuoju.accounts.models import Role
from tuoju.referrals.models import Referral


@pytest.fixture
def county(unit_of_work: UnitOfWork) -> County:
    return County(worked(unit_of_work.engine))


@pytest.fixture
def manager(county: County) -> Visitor:
    return Visitor(county.unit_of_work, Role.program_manager, region_code=COUNTY)


class TestPlan:
    def test_a_plan_is_made_read_and_approved(self, county: County, manager: Visitor) -> None:
        project = county.project(1)
        county.need(project, urgency="urgent")
        county.need(project)
        page = manager.post("/plans", {"region_code": COUNTY})
        assert page.status_code == 200
        assert "全椒县统筹方案" in page.text
        assert "已证明最优" in page.text
        address = page.url.path
        lines = manager.get(f"{address}/lines?state=without").text
        assert "名额安排给了更急或更合适的需求" in lines
        assert "共1条" in lines
        page = manager.post(f"{address}/approve")
        assert "已批准" in page.text
        with county.unit_of_work.read() as session:
            assert len(session.exec(select(Referral)).all()) == 1

    def test_a_plan_names_nobody(self, county: County, manager: Visitor) -> None:
        county.need(county.project(1))
        page = manager.post("/plans", {"region_code": COUNTY})
        assert "张建国" not in page.text + manager.get(f"{page.url.path}/lines").text

    def test_a_plan_shows_its_ranking_and_is_repaired_when_another_is_in_use(
        self, county: County, manager: Visitor
    ) -> None:
        need = county.need(county.project(1))
        page = manager.post("/plans", {"region_code": COUNTY})
        assert "按规则排序" in page.text
        assert "改用另一份" not in page.text
        with county.unit_of_work.write() as session:
            make_ranking(session, 7, nearness=2.0)
        address = page.url.path
        assert "项目排序已改用另一份" in manager.get(address).text
        line = manager.get(f"{address}/lines/{need.pk}?to=none").text
        assert "请先修复方案" in line
        assert "安排到哪里" not in line
        assert "按第7号学习排序" in manager.get(f"{address}/planning").text
        repaired = manager.post(f"{address}/repair")
        assert "按第7号学习排序" in repaired.text
        assert "改用另一份" not in repaired.text
        assert "按第7号学习排序" in manager.get("/plans").text

    def test_a_line_is_changed_after_its_cost_was_shown(self, county: County, manager: Visitor) -> None:
        project = county.project(1)
        urgent, routine = county.need(project, urgency="urgent"), county.need(project)
        address = manager.post("/plans", {"region_code": COUNTY}).url.path
        page = manager.get(f"{address}/lines/{routine.pk}?to={project.pk}")
        assert "2条有变化" in page.text
        version = page.text.split('name="version" value="')[1].split('"')[0]
        typed = {"to": str(project.pk), "version": version}
        assert "手工指定" in manager.post(f"{address}/lines/{routine.pk}", typed).text
        assert "暂无去处" in manager.get(f"{address}/lines/{urgent.pk}").text
        again = manager.post(f"{address}/lines/{routine.pk}", typed)
        assert again.status_code == 409

    def test_a_stale_plan_lists_its_changes_and_is_repaired(self, county: County, manager: Visitor) -> None:
        project = county.project(2)
        county.need(project)
        address = manager.post("/plans", {"region_code": COUNTY}).url.path
        county.need(project)
        assert "新增1项需求" in manager.get(address).text
        page = manager.post(f"{address}/repair")
        assert "1条保持不变" in page.text
        assert "新增1条" in page.text
        assert "已被新方案替代" in manager.get(address).text

    def test_a_plan_with_a_possible_fairness_bound_is_proposed(self, county: County, manager: Visitor) -> None:
        county.need(county.project(1))
        county.need(category="C09", text="想学手艺")
        asked = {"region_code": COUNTY, "fair_by": "sex", "fair_within": "5"}
        assert "待批准" in manager.post("/plans", asked).text

    def test_a_line_without_consent_is_shown_to_the_social_worker(self, county: County, manager: Visitor) -> None:
        project = county.project(1)
        need = county.need()
        address = manager.post("/plans", {"region_code": COUNTY}).url.path
        manager.post(f"{address}/approve")
        worker = Visitor(county.unit_of_work)
        page = worker.get(f"/needs/{need.pk}/matches").text
        assert f"已批准的统筹方案建议{project.name}" in page

    def test_the_page_asks_for_progress_every_two_seconds(self, unit_of_work: UnitOfWork) -> None:
        manager = Visitor(unit_of_work, Role.program_manager, region_code=COUNTY)
        page = manager.post("/plans", {"region_code": COUNTY})
        assert 'hx-trigger="every 2s"' in page.text
        assert "hx-refresh" not in manager.get(f"{page.url.path}/progress").headers

    def test_the_page_reloads_once_the_plan_is_computed(self, county: County, manager: Visitor) -> None:
        page = manager.post("/plans", {"region_code": COUNTY})
        assert manager.get(f"{page.url.path}/progress").headers["hx-refresh"] == "true"

    @pytest.mark.parametrize("role", [Role.social_worker, Role.charity_staff, Role.administrator])
    def test_other_roles_cannot_open_plans(self, county: County, role: Role) -> None:
        plan = county.plan()
        organization = county.project(1).organization_id if role is Role.charity_staff else None
        other = Visitor(county.unit_of_work, role, region_code=COUNTY, organization_id=organization)
        for path in ("/plans", f"/plans/{plan.pk}", f"/plans/{plan.pk}/lines"):
            assert other.get(path).status_code == 403

    def test_the_number_of_queries_does_not_grow_with_the_lines(self, county: County, manager: Visitor) -> None:
        project = county.project(5)
        county.need(project)
        few = self._statements(county, manager)
        for _ in range(8):
            county.need(project)
        assert self._statements(county, manager) <= few + 2

    def _statements(self, county: County, manager: Visitor) -> int:
        pk = county.plan().pk
        with counted(county.unit_of_work.engine) as statements:
            manager.get(f"/plans/{pk}")
            manager.get(f"/plans/{pk}/lines")
        return len(statements)


class TestPlanning:
    def test_the_page_says_in_words_what_one_more_place_adds(self, county: County, manager: Visitor) -> None:
        project = county.project(1)
        for _ in range(2):
            county.need(project, urgency="urgent")
        address = manager.post("/plans", {"region_code": COUNTY}).url.path
        assert "这里多一个名额，可多满足1项需求（紧急）" in manager.get(f"{address}/planning").text

    def test_the_gaps_of_a_city_have_township_names(self, county: County) -> None:
        for _ in range(3):
            county.need()
        manager = Visitor(county.unit_of_work, Role.program_manager, region_code=CITY)
        page = manager.get(manager.post("/plans", {"region_code": CITY}).url.path + "/planning").text
        headings = page.partition("缺口在哪里")[2].partition("</thead>")[0]
        assert "马厂镇" in headings
        assert "341124105000" not in headings

    def test_a_change_is_tried_out(self, county: County, manager: Visitor) -> None:
        project = county.project(1)
        for _ in range(3):
            county.need(project)
        address = manager.post("/plans", {"region_code": COUNTY}).url.path + "/planning"
        assert "+2" in manager.get(f"{address}?try=places&project={project.pk}&places=2").text
        opened = f"{address}?try=open&category=A01&area={COUNTY}&target=SN&places=1"
        assert "+1" in manager.get(opened).text
        ruled = f"{address}?try=rule&project={project.pk}&rule=min_age&value=99"
        assert "-1" in manager.get(ruled).text
        assert manager.get(f"{address}?try=rule&project={project.pk}&rule=min_age&value=x").status_code == 422

    def test_the_draft_of_the_next_call_is_edited_and_downloaded(self, county: County, manager: Visitor) -> None:
        county.project(4, categories=["B02"], areas=["341122000000"], budget_fen=800_000, target_person_times=80)
        for _ in range(4):
            county.need(category="B02", text="想洗个澡")
        address = manager.post("/plans", {"region_code": COUNTY}).url.path
        page = manager.get(f"{address}/brief").text
        assert "现有4人在等，预计80人次；参考经费8,000元左右" in page
        assert "张建国" not in page
        pdf = manager.post(f"{address}/brief.pdf", {"text": "一、征集背景\n改过的话"})
        assert pdf.content.startswith(b"%PDF")
        text = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf.content)).pages)
        assert "改过的话" in text.replace("\n", "")
        assert manager.post(f"{address}/brief.txt", {"text": "改过的话"}).text == "改过的话"
