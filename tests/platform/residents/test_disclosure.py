"""What a text tells of a person before it goes to a charity is found and masked (PIPL art. 6; domain section 6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from factories.databases import UnitOfWork
from factories.pages import Visitor
from factories.residents import make_resident
from tuoju.accounts.models import AuditEntry
from tuoju.cases.models import Need
from tuoju.residents.disclosure import needless_kinds, offer_masked
from tuoju.residents.leaks.kinds import LeakKind
from tuoju.residents.linter import MASKED, known

PEOPLE = [known("孙小爱", "341199195003040016", "13800001234", "滁州市来安县半塔镇马厂村大王郢18号")]
SECRETS = [
    ("孙小爱", LeakKind.name_in_full),
    ("13800001234", LeakKind.phone),
    ("大王郢18号", LeakKind.address),
    ("341199195003040016", LeakKind.id_number),
    ("卡号6222020012345678901", LeakKind.bank_card),
    ("QQ123456789", LeakKind.bank_card),
    ("微信号sunxiaoai_66", LeakKind.phone),
    ("wxid_ab12cd34", LeakKind.phone),
]
HARMLESS = st.lists(
    st.sampled_from(["早饭没人做，", "想有人陪着说说话，", "衣服洗不了，", "每周三上午方便，"]), max_size=4
).map("".join)


@given(HARMLESS, st.sampled_from(SECRETS), HARMLESS)
def test_whatever_stands_around_it_is_masked_and_nothing_is_left_to_find(
    before: str, secret: tuple[str, LeakKind], after: str
) -> None:
    offer = offer_masked(f"{before}{secret[0]}，{after}", PEOPLE, "B01")
    assert offer is not None
    assert MASKED in offer.masked
    assert secret[0] not in offer.masked
    assert offer_masked(offer.masked, PEOPLE, "B01") is None


@given(HARMLESS)
def test_what_help_is_wanted_is_never_asked_about(text: str) -> None:
    assert offer_masked(text, PEOPLE, "B01") is None


@pytest.mark.parametrize(("category", "is_needless"), [("B01", True), ("C06", True), ("A02", False), ("C02", False)])
def test_illness_is_told_only_where_the_service_needs_it(category: str, is_needless: bool) -> None:
    assert (LeakKind.health_detail in needless_kinds(category)) is is_needless
    assert (offer_masked("糖尿病多年，打胰岛素", PEOPLE, category) is not None) is is_needless


TYPED = {
    "category": "B01",
    "summary": "",
    "urgency": "routine",
    "hardship_cause": "1",
    "text": "请打13900005678，早饭没人做",
}


class TestPage:
    def _post(self, unit_of_work: UnitOfWork, **typed: str) -> tuple[int, list[str]]:
        worker = Visitor(unit_of_work)
        with unit_of_work.write() as session:
            address = f"/cases?resident={make_resident(session, worker.actor).pk}"
        stop = worker.post(address, TYPED)
        assert stop.status_code == 422
        assert f"请打{MASKED}，早饭没人做" in stop.text
        answer = worker.post(address, TYPED | typed)
        with unit_of_work.read() as session:
            return answer.status_code, [need.text for need in session.exec(select(Need))]

    def test_one_tap_saves_the_masked_text(self, unit_of_work: UnitOfWork) -> None:
        masked = f"请打{MASKED}，早饭没人做"
        assert self._post(unit_of_work, text=masked) == (200, [masked])

    def test_as_written_is_the_choice_of_the_writer_and_audited(self, unit_of_work: UnitOfWork) -> None:
        assert self._post(unit_of_work, privacy="as_written") == (200, [TYPED["text"]])
        with unit_of_work.read() as session:
            assert session.exec(select(AuditEntry).where(AuditEntry.action == "pass_on_as_written")).one()
