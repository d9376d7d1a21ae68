"""The form of a need suggests services, with and without JavaScript; only a person chooses."""

import re

import pytest
from sqlmodel import select

from factories.cases import make_need
from factories.databases import UnitOfWork
from factories.pages import Visitor
from factories.residents import make_resident
from tuoju.cases.models import Case, Need
from tuoju.cases.suggestions import RELEARN_AFTER, RELIEF, shipped_texts, suggest_services
from tuoju.database.records import frozen_time, now
from tuoju.regions.code_lists import has_code

TYPED = {"text": "老人没人做饭,想要送饭上门", "category": "", "summary": "独居", "urgency": "urgent"}


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


class TestShipped:
    def test_every_service_has_spoken_words(self) -> None:
        assert all(has_code("service_type", code) for _text, code in shipped_texts())
        assert len({code for _text, code in shipped_texts()} - {RELIEF}) == 21


class TestSuggest:
    @pytest.mark.parametrize(
        ("text", "category"),
        [("早饭没人做", "B01"), ("老人洗不了澡", "B02"), ("去县医院透析没人陪", "A03"), ("孙子的作业没人教", "C06")],
    )
    def test_common_words_are_known_without_any_need_on_record(
        self, unit_of_work: UnitOfWork, text: str, category: str
    ) -> None:
        with unit_of_work.read() as session:
            assert suggest_services(session, text)[0].category == category

    def test_a_need_that_was_erased_is_forgotten_after_a_day(self, worker: Visitor, unit_of_work: UnitOfWork) -> None:
        """Every process has a model of its own, and none is told of an erasure."""
        with unit_of_work.write() as session:
            need = make_need(session, worker.actor, category="C06", text="乌鲁木齐")
            learned = suggest_services(session, "乌鲁木齐")
            need.text = ""
            session.flush()
            assert suggest_services(session, "乌鲁木齐") == learned
            with frozen_time(now() + RELEARN_AFTER):
                assert suggest_services(session, "乌鲁木齐") != learned

    def test_the_form_keeps_what_was_typed_and_saves_nothing(self, worker: Visitor, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            resident = make_resident(session, worker.actor).pk
        page = worker.post(f"/cases?resident={resident}", {**TYPED, "suggest": ""})
        assert page.status_code == 200
        assert re.search(r'name="suggest"[^>]+value="B01"', page.text)
        assert "老人没人做饭" in page.text
        page = worker.post(f"/cases?resident={resident}", {**TYPED, "suggest": "B01"})
        assert '<option value="B01" selected>' in page.text
        with unit_of_work.read() as session:
            assert session.exec(select(Need)).all() == []

    def test_the_fragment_is_only_the_field(self, worker: Visitor) -> None:
        answer = worker.post("/needs/service", {"text": "上门洗澡", "suggest": ""})
        assert answer.text.strip().startswith('<div id="service">')
        assert "<html" not in answer.text

    def test_unknown_words_suggest_nothing(self, worker: Visitor) -> None:
        assert 'role="status"' in worker.post("/needs/service", {"text": "zzz", "suggest": ""}).text


# Sentences as residents and village workers say them, and the service that comes first; RELIEF for money and goods.
SPOKEN = [
    ("早饭没人做，衣服也洗不了，腿站不久", "B01"),
    ("俺家老头子瘫在床上，翻个身都要人搭把手", "A01"),
    ("娃儿放学没人管，作业也不会写，奶奶不识字", "C06"),
    ("老伴走了以后天天淌眼泪，夜里睡不着，不想活了", "C02"),
    ("工地摔断腿，工钱要不到，打官司咋弄", "C08"),
    ("一个人住，台阶高，滑倒了，厕所没扶手", "B07"),
    ("眼睛看不清，赶集买米买油没人带", "B06"),
    ("星期三去县医院透析，没人陪", "A03"),
    ("三四个月没剃头，指甲剪不动", "B05"),
    ("自闭症训练，俺也想歇两天", "A02"),
    ("家里断粮了，米缸见底", RELIEF),
    ("儿子失业，想学个手艺找活干", "C09"),
    ("身上有味，好久没洗澡", "B02"),
    ("就是想有个人来唠唠嗑", "C01"),
    ("媳妇跑了，爷爷带两个小的，打架，家里乱", "C07"),
    ("屋里漏雨", "B07"),
    ("药费太贵，一个月两千多", RELIEF),
    ("手机不会用，社保认证弄不来", "C04"),
]


class TestNeedsAsSaid:
    @pytest.mark.parametrize(("text", "category"), SPOKEN)
    def test_the_first_suggestion_is_the_one_a_worker_would_choose(
        self, unit_of_work: UnitOfWork, text: str, category: str
    ) -> None:
        with unit_of_work.read() as session:
            assert suggest_services(session, text)[0].category == category

    def test_one_sentence_becomes_several_needs(self, worker: Visitor, unit_of_work: UnitOfWork) -> None:
        text = "早饭没人做，衣服也洗不了"
        with unit_of_work.write() as session:
            resident = make_resident(session, worker.actor).pk
        page = worker.post(f"/cases?resident={resident}", {**TYPED, "text": text, "suggest": "B01"})
        assert re.search(r'name="also"\s+value="B03"', page.text)
        typed = {**TYPED, "text": text, "category": "B01", "also": "B03", "hardship_cause": "1"}
        worker.post(f"/cases?resident={resident}", typed)
        with unit_of_work.read() as session:
            assert sorted(need.category for need in session.exec(select(Need))) == ["B01", "B03"]

    def test_money_goods_and_shelter_lead_to_relief(self, worker: Visitor, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            resident = make_resident(session, worker.actor).pk
        text = "药费太贵，一个月两千多"
        page = worker.post("/needs/service", {"text": text, "suggest": ""})
        assert 'name="relief"' in page.text
        typed = {**TYPED, "text": text, "summary": "", "hardship_cause": "1", "relief": "true"}
        worker.post(f"/cases?resident={resident}", typed)
        with unit_of_work.read() as session:
            assert session.exec(select(Need)).all() == []
            assert session.exec(select(Case)).one().summary == text
