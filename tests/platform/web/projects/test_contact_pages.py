"""The pages by which the contact of an organization before a change confirms or refuses it, from its message."""

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from factories.accounts import make_actor
from factories.databases import UnitOfWork
from factories.forms import hidden_in
from factories.pages import SETTINGS
from factories.referrals import make_scene
from tuoju.accounts.models import Role
from tuoju.referrals import contacts
from tuoju.referrals.contacts import ContactInput
from tuoju.referrals.models import ContactChange, ContactChangeEnd, OrganizationContact
from tuoju.web.app import create_app

OLD = ContactInput(name="旧联系人", mobile="13905500000")
NEW = ContactInput(name="王建国", mobile="13905501234", email="office@nuanyang.example.cn")


@pytest.fixture
def path(unit_of_work: UnitOfWork) -> str:
    """The path in the message to the contact before the change."""
    with unit_of_work.write() as session:
        scene = make_scene(session)
        organization_id = scene.project.organization_id
        contacts.set_contact(session, scene.charity, organization_id, OLD)
        officer = make_actor(session, role=Role.program_manager)
        change = contacts.set_contact(session, officer, organization_id, NEW)
        assert change is not None
        return contacts.address_for(change.pk)


@pytest.fixture
def holder(unit_of_work: UnitOfWork) -> TestClient:
    """Whoever holds the message, without an account."""
    return TestClient(create_app(unit_of_work, SETTINGS))


def state(session: Session) -> tuple[ContactChangeEnd | None, str]:
    return session.exec(select(ContactChange)).one().end, session.exec(select(OrganizationContact)).one().mobile


class TestExchange:
    def test_the_link_tells_and_changes_nothing_until_the_button(
        self, unit_of_work: UnitOfWork, holder: TestClient, path: str
    ) -> None:
        """Messengers open links to preview them."""
        page = holder.get(path)
        assert page.status_code == 200
        assert [text for text in (NEW.name, NEW.mobile, NEW.email, "1234") if text in page.text] == []
        assert page.headers["referrer-policy"] == "no-referrer"
        with unit_of_work.read() as session:
            assert state(session) == (None, OLD.mobile)

    def test_the_button_shows_the_new_contact_masked_and_no_address_holds_the_token(
        self, unit_of_work: UnitOfWork, holder: TestClient, path: str
    ) -> None:
        hidden = hidden_in(holder.get(path).text)
        token = path.rpartition("/")[2]
        shown = holder.post("/contact-changes/open", data={**hidden, "token": token})
        assert (shown.status_code, shown.url.path) == (200, "/contact-changes/open")
        assert "139****1234" in shown.text
        assert [text for text in (NEW.name, NEW.mobile, NEW.email) if text in shown.text] == []
        with unit_of_work.read() as session:
            assert state(session) == (None, OLD.mobile)

    @pytest.mark.parametrize(
        ("words", "end", "mobile"),
        [
            ("confirm", ContactChangeEnd.confirmed_by_charity, NEW.mobile),
            ("refuse", ContactChangeEnd.refused, OLD.mobile),
        ],
    )
    def test_the_holder_confirms_or_refuses_once(
        self,
        unit_of_work: UnitOfWork,
        holder: TestClient,
        path: str,
        words: str,
        end: ContactChangeEnd,
        mobile: str,
    ) -> None:
        data = {
            **hidden_in(holder.get(path).text),
            "token": path.rpartition("/")[2],
            "answer": words,
        }
        answers = [holder.post("/contact-changes", data=data) for _ in range(2)]
        assert {(answer.status_code, answer.url.path) for answer in answers} == {(200, "/contact-changes")}
        again = {**data, **hidden_in(holder.get(path).text)}
        assert holder.post("/contact-changes", data=again).status_code == 404
        with unit_of_work.read() as session:
            assert state(session) == (end, mobile)

    def test_another_token_opens_nothing(self, holder: TestClient, path: str) -> None:
        hidden = hidden_in(holder.get(path).text)
        for token in (path.rpartition("/")[2][:-1], "1", ""):
            refused = holder.post("/contact-changes/open", data={**hidden, "token": token})
            assert refused.status_code == 404
