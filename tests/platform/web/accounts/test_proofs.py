"""A change of how one signs in or is reached asks for a recent proof of who one is (OWASP ASVS 5.0, 7.5.1, 7.5.2)."""

from datetime import timedelta

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from sqlmodel import Session, select

from factories.accounts import PASSWORD
from factories.api import make_app
from factories.databases import UnitOfWork
from factories.pages import Visitor
from tuoju.accounts.models import ContactPreferences, UserSession
from tuoju.accounts.sessions import RECENT
from tuoju.database.records import now
from tuoju.web.kit.proofs import RECENT_PROOF, page_of_change

ITSELF_A_PROOF = {"/account/password", "/account/confirm"}
"""They ask for the present password."""
HARMLESS = {"/account/passkeys/{passkey_id}/name", "/reach", "/reach/confirmations"}


def let_proofs_age(session: Session) -> None:
    for row in session.exec(select(UserSession)):
        row.confirmed_at = now() - RECENT - timedelta(minutes=1)


def test_every_change_of_ones_own_account_asks_for_it(unit_of_work: UnitOfWork) -> None:
    routes = [(context.path, context.original_route) for context in iter_route_contexts(make_app(unit_of_work).routes)]
    changing = {
        path: any(depends.dependency is RECENT_PROOF.dependency for depends in route.dependencies)
        for path, route in routes
        if isinstance(route, APIRoute) and "POST" in route.methods and (path or "").startswith(("/account/", "/reach"))
    }
    assert {path for path, asks in changing.items() if not asks} == ITSELF_A_PROOF | HARMLESS


class TestAddresses:
    def test_a_stolen_session_cannot_have_messages_sent_elsewhere(self, unit_of_work: UnitOfWork) -> None:
        worker = Visitor(unit_of_work)
        with unit_of_work.write() as session:
            let_proofs_age(session)
        assert worker.get("/reach/addresses").url.path == "/account/confirm"
        assert worker.post("/reach/addresses", {"email": "thief@example.test"}).url.path == "/account/confirm"
        with unit_of_work.read() as session:
            assert session.exec(select(ContactPreferences)).all() == []

    def test_the_password_leads_on_to_the_change(self, unit_of_work: UnitOfWork) -> None:
        worker = Visitor(unit_of_work)
        with unit_of_work.write() as session:
            let_proofs_age(session)
        asked = worker.get("/reach/addresses")
        assert 'name="next" value="/reach/addresses"' in asked.text
        wrong = worker.post("/account/confirm", {"password": "wrong", "next": "/reach/addresses"})
        assert 'name="next" value="/reach/addresses"' in wrong.text
        went_on = worker.post("/account/confirm", {"password": PASSWORD, "next": "/reach/addresses"})
        assert went_on.url.path == "/reach/addresses"
        assert "a@example.test" in worker.post("/reach/addresses", {"email": "a@example.test"}).text


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/reach/addresses", "/reach/addresses"),
        ("/account/passkeys/7/removal", "/account"),
        ("/account/authenticator/removal", "/account/authenticator"),
        ("https://evil.example/", "/account"),
        ("//evil.example", "/account"),
        ("/reach/addresses-of-others", "/account"),
        ("", "/account"),
    ],
)
def test_the_way_on_is_a_page_of_ones_own_account(path: str, page: str) -> None:
    assert page_of_change(path) == page
