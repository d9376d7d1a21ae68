"""The form of a need suggests services, with and without JavaScript; only a person chooses."""

import re

import pytest
from sqlmodel import select

from factories.pages import Visitor
from factories.residents import make_resident
from tuoju.cases.models import Need
from tuoju.cases.suggestions import shipped_texts, suggest_categories
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.regions.code_lists import has_code

TYPED = {"text": "老人没人做饭,想要送饭上门", "category": "", "summary": "独居", "urgency": "urgent"}


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


class TestShipped:
    def test_every_service_has_spoken_words(self) -> None:
        assert all(has_code("service_type", code) for _text, code in shipped_texts())
        assert len({code for _text, code in shipped_texts()}) == 21


class TestSuggest:
    @pytest.mark.parametrize(
        ("text", "category"),
        [("早饭没人做", "B01"), ("老人洗不了澡", "B02"), ("去县医院透析没人陪", "A03"), ("孙子的作业没人教", "C06")],
    )
    def test_common_words_are_known_without_any_need_on_record(
        self, unit_of_work: UnitOfWork, text: str, category: str
    ) -> None:
        with unit_of_work.read() as session:
            categories = suggest_categories(session, text)
            assert categories[0] == category
            assert len(categories) <= 3

    def test_the_form_keeps_what_was_typed_and_saves_nothing(self, worker: Visitor, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            resident = make_resident(session, worker.actor).pk
        page = worker.post(f"/cases?resident={resident}", {**TYPED, "suggest": ""})
        assert page.status_code == 200
        assert re.search(r'name="suggest"\s+value="B01"', page.text)
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
