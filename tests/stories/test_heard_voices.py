"""Three stories told through the pages: the beaten child, the hungry house, the unhappy resident.

社会救助法 arts 39, 50; 未成年人保护法 art. 11; domain sections 5.8 and 17(22).
"""

from fastapi.testclient import TestClient
from sqlmodel import select

from factories.databases import UnitOfWork
from factories.forms import hidden_in
from factories.pages import SETTINGS, Visitor, open_link
from factories.referrals import make_scene
from factories.residents import make_resident
from tuoju.accounts.models import Role
from tuoju.cases.models import Case, Need
from tuoju.database.records import now
from tuoju.referrals import resident_updates, service
from tuoju.referrals.models import Referral
from tuoju.referrals.status import Outcome, ReferralVerb
from tuoju.regions.calendar import china_day
from tuoju.residents.models import ProtectionReport
from tuoju.visits.inputs import VisitInput
from tuoju.visits.service import complete, record_visit
from tuoju.web.app import create_app

TYPED = {"category": "C06", "summary": "", "urgency": "routine", "hardship_cause": "1"}


def _alarm(unit_of_work: UnitOfWork) -> int:
    with unit_of_work.read() as session:
        return session.exec(select(ProtectionReport)).one().pk


def _address(unit_of_work: UnitOfWork, worker: Visitor) -> str:
    with unit_of_work.write() as session:
        return f"/cases?resident={make_resident(session, worker.actor).pk}"


def test_the_beaten_child(unit_of_work: UnitOfWork) -> None:
    """ "他爸喝酒就打小孩" becomes no tutoring: the township knows at once and handles it, no need is recorded."""
    worker, township = Visitor(unit_of_work), Visitor(unit_of_work, Role.township_officer)
    address, text = _address(unit_of_work, worker), "他爸喝酒就打小孩，娃身上青一块紫一块"
    assert worker.post(address, {**TYPED, "text": text}).status_code == 422
    alarm = _alarm(unit_of_work)
    assert text in township.get("/protection").text
    worker.post(address, {**TYPED, "text": text, "safety": "danger", "alarm": str(alarm)})
    township.post(f"/protection/{alarm}", {"words": "已报110，和妇联一起上门"})
    assert "已报110，和妇联一起上门" in township.get("/protection").text
    with unit_of_work.read() as session:
        assert session.exec(select(Need)).all() == []


def test_the_hungry_house(unit_of_work: UnitOfWork) -> None:
    """ "家里断粮了" alarms, and the case is opened for urgent relief in the same minute."""
    worker = Visitor(unit_of_work)
    address, text = _address(unit_of_work, worker), "家里断粮了，米缸见底"
    stop = worker.post(address, {**TYPED, "text": text, "relief": "1"})
    assert "Social Assistance Law" in stop.text or "社会救助法" in stop.text
    answer = {**TYPED, "text": text, "relief": "1", "safety": "danger", "alarm": str(_alarm(unit_of_work))}
    assert worker.post(address, answer).url.path.startswith("/cases/")
    with unit_of_work.read() as session:
        assert session.exec(select(Case)).one().summary == text
        assert session.exec(select(Need)).all() == []


def test_the_unhappy_resident(unit_of_work: UnitOfWork) -> None:
    """1 of 5 and "money was asked": the township hears of it, somebody answers, and the resident reads the answer."""
    township = Visitor(unit_of_work, Role.township_officer)
    with unit_of_work.write() as session:
        scene = make_scene(session)
        referral = scene.send(session)
        service.step(session, scene.charity, referral, ReferralVerb.accept)
        served = {"submission_key": "visit-0001", "served_on": china_day(now()), "minutes": 30}
        record_visit(
            session, scene.charity, referral, VisitInput.model_validate(served | {"served": [scene.resident.pk]})
        )
        referral_id = complete(session, scene.charity, referral, outcome=Outcome.met).pk
    own = TestClient(create_app(unit_of_work, SETTINGS))
    page = open_link(own, resident_updates.address_for(referral_id))
    rating = {"satisfaction": "1", "solved": "no", "said": "上门的人问我要了两百块钱才肯干活"}
    own.post(f"{page.url.path}/rating", data={**hidden_in(page.text), **rating})
    assert rating["said"] in township.get("/protection").text
    assert 'id="complaint"' in township.get(f"/referrals/{referral_id}").text
    answer = {"answer": "钱已退还，换了一家机构，下周一上门", "helped": "true"}
    township.post(f"/referrals/{referral_id}/complaint", answer)
    assert answer["answer"] in own.get(page.url.path).text
    with unit_of_work.read() as session:
        assert session.get_one(Referral, referral_id).satisfaction == 1
