"""Signing in over HTTP: one answer to all who fail, two steps, cookies, the own account (design.md section 7)."""

import json
import re
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pyotp
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import select

from factories.accounts import PASSWORD, make_user
from factories.authenticators import Authenticator
from factories.databases import UnitOfWork
from factories.forms import hidden_in
from tuoju.accounts.models import Role, TotpSecret, User, UserSession
from tuoju.accounts.service import set_active
from tuoju.database.records import now
from tuoju.web.app import create_app
from tuoju.web.kit.clients import DEVICES_COOKIE, device_words, network_words
from tuoju.web.kit.settings import WebSettings

LONG = "nine lanterns over the lake"


class Person:
    """A browser of its own, and the steps of signing in."""

    def __init__(self, unit_of_work: UnitOfWork, *, https: bool = False, **settings: Any) -> None:
        self.unit_of_work = unit_of_work
        app = create_app(unit_of_work, WebSettings(secret_key="s" * 32, secure_cookies=https, **settings))
        address = "https://testserver" if https else "http://testserver"
        self.client = TestClient(app, base_url=address, headers={"accept-language": "en"})
        if not https:
            self.client.cookies.set("language", "en")

    def add_user(self, **options: Any) -> str:
        with self.unit_of_work.write() as session:
            return make_user(session, **options).username

    def token(self, path: str) -> str:
        token = re.search(r'name="form_token" value="([0-9a-f]+)"', self.client.get(path).text)
        assert token is not None, path
        return token[1]

    def post(self, path: str, page: str = "/account", **data: str) -> Response:
        return self.client.post(path, data={**hidden_in(self.client.get(page).text), **data})

    def enter(self, username: str, password: str = PASSWORD) -> Response:
        return self.post("/sign-in", "/sign-in", username=username, password=password)

    def app_of(self, username: str) -> pyotp.TOTP:
        query = select(TotpSecret.secret).where(TotpSecret.user_id == User.id, User.username == username)
        with self.unit_of_work.read() as session:
            return pyotp.TOTP(session.exec(query).one())

    def age_session(self, age: timedelta) -> None:
        """Let the latest use and proof of every session lie so far back."""
        with self.unit_of_work.write() as session:
            for row in session.exec(select(UserSession)):
                row.last_used_at = row.confirmed_at = now() - age

    def is_signed_in(self) -> bool:
        return self.client.get("/account", follow_redirects=False).status_code == 200


@pytest.fixture
def person(unit_of_work: UnitOfWork) -> Person:
    return Person(unit_of_work)


def sentence(response: Response) -> str:
    note = re.search(r'role="alert"[^>]*>(.*?)</div>', response.text, re.S)
    assert note is not None
    return note[1].strip()


class TestRefusals:
    def test_unknown_wrong_stopped_and_locked_are_answered_alike(self, person: Person) -> None:
        stopped, locked = person.add_user(), person.add_user()
        with person.unit_of_work.write() as session:
            set_active(session, session.exec(select(User).where(User.username == stopped)).one(), active=False)
        for _ in range(5):
            person.enter(locked, "wrong")
        attempts = [("nobody", PASSWORD), (person.add_user(), "wrong"), (stopped, PASSWORD), (locked, PASSWORD)]
        answers = [person.enter(username, password) for username, password in attempts]
        assert {(answer.status_code, sentence(answer)) for answer in answers} == {(401, sentence(answers[0]))}

    def test_the_api_answers_alike_too(self, person: Person) -> None:
        locked = person.add_user()
        for _ in range(5):
            person.client.post("/api/v1/tokens", json={"username": locked, "password": "wrong"})
        attempts = [("nobody", PASSWORD), (person.add_user(), "wrong"), (locked, PASSWORD)]
        answers = [
            person.client.post("/api/v1/tokens", json={"username": username, "password": password})
            for username, password in attempts
        ]
        assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}

    def test_the_owner_passes_on_a_known_device_while_a_stranger_locks_the_account(self, person: Person) -> None:
        username = person.add_user()
        person.enter(username)
        person.post("/sign-out")
        stranger = Person(person.unit_of_work)
        for _ in range(6):
            stranger.enter(username, "wrong")
        assert stranger.enter(username).status_code == 401
        person.enter(username)
        assert person.is_signed_in()

    def test_a_device_cookie_of_ones_own_making_is_not_believed(self, person: Person) -> None:
        username = person.add_user()
        for _ in range(6):
            person.enter(username, "wrong")
        with person.unit_of_work.read() as session:
            user_id = session.exec(select(User.id).where(User.username == username)).one()
        person.client.cookies.set(DEVICES_COOKIE, json.dumps([[user_id, "x"]]))
        assert person.enter(username).status_code == 401

    def test_an_address_is_limited_by_all_processes_together(self, person: Person) -> None:
        statuses = [person.enter("nobody", "wrong").status_code for _ in range(30)]
        assert set(statuses) == {401}
        another_process = Person(person.unit_of_work)
        answer = another_process.enter("nobody", "wrong")
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 60


class TestSecondStep:
    def test_a_role_that_needs_it_sets_it_up_while_signing_in(self, unit_of_work: UnitOfWork) -> None:
        person = Person(unit_of_work, second_factor_roles=frozenset({Role.social_worker}))
        username = person.add_user()
        assert person.enter(username).url.path == "/sign-in/set-up"
        assert not person.is_signed_in()
        app = person.app_of(username)
        wrong = person.post("/sign-in/set-up", "/sign-in/set-up", code="12345")
        assert wrong.status_code == 422
        codes = person.post("/sign-in/set-up", "/sign-in/set-up", code=app.now())
        assert len(re.findall(r"<code>\w{5}-\w{5}</code>", codes.text)) == 10
        assert not person.is_signed_in()
        person.post("/sign-in/set-up/done", "/sign-in/set-up")
        assert person.is_signed_in()

    def test_the_code_or_a_recovery_code_is_asked_for(self, person: Person) -> None:
        username = person.add_user()
        person.enter(username)
        person.client.get("/account/authenticator")
        used = person.app_of(username).now()
        codes = person.post("/account/authenticator", "/account/authenticator", code=used)
        recovery = re.findall(r"<code>(\w{5}-\w{5})</code>", codes.text)
        person.post("/sign-out")
        assert person.enter(username).url.path == "/sign-in/code"
        assert not person.is_signed_in()
        assert person.post("/sign-in/code", "/sign-in/code", code=used).status_code == 401
        person.post("/sign-in/code", "/sign-in/code", code=recovery[0])
        assert person.is_signed_in()

    def test_a_program_sends_the_code_with_the_password(self, person: Person) -> None:
        username = person.add_user()
        person.enter(username)
        person.client.get("/account/authenticator")
        codes = person.post("/account/authenticator", "/account/authenticator", code=person.app_of(username).now())
        recovery = re.findall(r"<code>(\w{5}-\w{5})</code>", codes.text)
        body = {"username": username, "password": PASSWORD}
        assert person.client.post("/api/v1/tokens", json=body).status_code == 401
        assert person.client.post("/api/v1/tokens", json={**body, "code": "00000"}).status_code == 401
        answer = person.client.post("/api/v1/tokens", json={**body, "code": recovery[0]})
        assert answer.status_code == 201
        assert "Program (API)" in person.client.get("/account").text

    def test_a_change_after_a_while_asks_for_the_password_again(self, person: Person) -> None:
        username = person.add_user()
        person.enter(username)
        person.age_session(timedelta(minutes=11))
        assert person.client.get("/account/authenticator").url.path == "/account/confirm"
        assert person.post("/account/confirm", "/account/confirm", password="wrong").status_code == 401
        person.post("/account/confirm", "/account/confirm", password=PASSWORD)
        assert person.client.get("/account/authenticator").url.path == "/account/authenticator"


class TestPasskeys:
    def options(self, person: Person, path: str, page: str) -> str:
        answer = person.client.post(path, headers={"x-form-token": person.token(page)})
        assert answer.status_code == 200
        return answer.text

    def test_one_is_added_named_used_and_removed(self, person: Person) -> None:
        person.enter(person.add_user())
        key = Authenticator()
        credential = key.create(self.options(person, "/account/passkeys/options", "/account"))
        assert "Recovery codes" in person.post("/account/passkeys", credential=credential).text
        person.post("/account/passkeys/1/name", name="办公室电脑")
        assert "办公室电脑" in person.client.get("/account").text
        person.post("/sign-out")
        credential = key.get(self.options(person, "/sign-in/passkey/options", "/sign-in"))
        person.post("/sign-in/passkey", "/sign-in", credential=credential)
        assert person.is_signed_in()
        person.post("/account/passkeys/1/removal")
        person.post("/sign-out")
        credential = key.get(self.options(person, "/sign-in/passkey/options", "/sign-in"))
        assert person.post("/sign-in/passkey", "/sign-in", credential=credential).status_code == 401

    def test_it_does_not_lead_to_another_site(self, person: Person) -> None:
        person.enter(person.add_user())
        key = Authenticator()
        person.post(
            "/account/passkeys", credential=key.create(self.options(person, "/account/passkeys/options", "/account"))
        )
        credential = key.get(self.options(person, "/sign-in/passkey/options", "/sign-in"))
        data = {"form_token": person.token("/sign-in"), "credential": credential, "next": "https://elsewhere.example/"}
        answer = person.client.post("/sign-in/passkey", data=data, follow_redirects=False)
        assert answer.headers["location"] == "/"


class TestOwnAccount:
    def test_another_password_signs_out_everywhere_else(self, person: Person) -> None:
        username = person.add_user()
        elsewhere = Person(person.unit_of_work)
        elsewhere.enter(username)
        person.enter(username)
        common = person.post(
            "/account/password", "/account/password", current_password=PASSWORD, password="password123"
        )
        assert (common.status_code, "easy to guess" in common.text) == (422, True)
        wrong = person.post("/account/password", "/account/password", current_password="wrong", password=LONG)
        assert (wrong.status_code, "not your password" in wrong.text) == (401, True)
        person.post("/account/password", "/account/password", current_password=PASSWORD, password=LONG)
        assert person.is_signed_in()
        assert not elsewhere.is_signed_in()

    def test_one_device_is_signed_out_from_another(self, person: Person) -> None:
        username = person.add_user()
        elsewhere = Person(person.unit_of_work)
        elsewhere.enter(username)
        person.enter(username)
        page = person.client.get("/account").text
        (path,) = re.findall(r'action="(/account/sessions/\d+/end)"', page)
        assert page.count("This device") == 1
        person.post(path)
        assert not elsewhere.is_signed_in()
        assert person.is_signed_in()

    def test_use_is_recorded_for_the_idle_end(self, person: Person) -> None:
        person.enter(person.add_user())
        person.age_session(timedelta(minutes=90))
        assert person.is_signed_in()
        person.age_session(timedelta(minutes=90))
        assert person.is_signed_in()
        person.age_session(timedelta(minutes=121))
        assert not person.is_signed_in()


class TestCookies:
    def test_over_https_every_name_has_the_prefix_of_this_host(self, unit_of_work: UnitOfWork) -> None:
        person = Person(unit_of_work, https=True)
        username = person.add_user()
        data = {"form_token": person.token("/sign-in"), "username": username, "password": PASSWORD}
        answer = person.client.post("/sign-in", data=data, follow_redirects=False)
        cookies = answer.headers.get_list("set-cookie")
        names = {"__Host-session", "__Host-devices", "__Host-language"}
        assert {cookie.partition("=")[0] for cookie in cookies} == names
        for cookie in cookies:
            assert {"secure", "httponly", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
            assert "domain" not in cookie.lower()
            assert "samesite=strict" in cookie.lower() or not cookie.startswith("__Host-devices")
        assert person.is_signed_in()

    def test_over_https_a_plain_name_is_not_read(self, unit_of_work: UnitOfWork) -> None:
        person = Person(unit_of_work, https=True)
        person.enter(person.add_user())
        token = person.client.cookies["__Host-session"]
        person.client.cookies.clear()
        person.client.cookies.set("session", token)
        assert not person.is_signed_in()
        person.client.cookies.set("__Host-session", token)
        assert person.is_signed_in()

    def test_signing_in_anew_ends_the_session_that_the_browser_had(self, person: Person) -> None:
        username = person.add_user()
        person.enter(username)
        first = person.client.cookies["session"]
        person.enter(username)
        assert person.client.cookies["session"] != first
        person.client.cookies.clear()
        person.client.cookies.set("session", first)
        assert not person.is_signed_in()

    def test_signing_out_clears_what_the_browser_kept_but_the_known_device(self, person: Person) -> None:
        person.enter(person.add_user())
        data = hidden_in(person.client.get("/account").text)
        answer = person.client.post("/sign-out", data=data, follow_redirects=False)
        assert answer.headers["clear-site-data"] == '"cache", "storage"'
        assert "session" not in person.client.cookies
        assert DEVICES_COOKIE in person.client.cookies


class TestProxies:
    def statuses(self, unit_of_work: UnitOfWork, trusted: str, forwarded: str) -> list[str]:
        """The networks that the list of sessions shows after a sign-in with this header, the peer being 10.0.0.9."""
        networks = (ip_network(trusted),) if trusted else ()
        person = Person(unit_of_work, trusted_proxies=networks)
        person.client = TestClient(
            person.client.app,
            base_url="http://testserver",
            client=("10.0.0.9", 5000),
            headers={"x-forwarded-for": forwarded},
            cookies={"language": "en"},
        )
        person.enter(person.add_user())
        return re.findall(r"Network ([\w.:*]+)", person.client.get("/account").text)

    @pytest.mark.parametrize(
        ("trusted", "forwarded", "network"),
        [
            ("", "203.0.113.7", "10.0.0.*"),
            ("192.0.2.0/24", "203.0.113.7", "10.0.0.*"),
            ("10.0.0.0/8", "203.0.113.7", "203.0.113.*"),
            ("10.0.0.0/8", "198.51.100.1, 203.0.113.7", "203.0.113.*"),
            ("10.0.0.0/8", "203.0.113.7, 10.2.2.2", "203.0.113.*"),
            ("10.0.0.0/8", "203.0.113.7, nonsense", "10.0.0.*"),
            ("10.0.0.0/8", "2001:db8:1:2::3", "2001:db8:1:*"),
        ],
    )
    def test_the_address_is_believed_only_from_named_proxies(
        self, unit_of_work: UnitOfWork, trusted: str, forwarded: str, network: str
    ) -> None:
        assert self.statuses(unit_of_work, trusted, forwarded) == [network]


class TestWords:
    def test_browser_and_system_come_from_closed_lists(self) -> None:
        chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
        assert device_words(chrome) == "Chrome · Windows"
        assert device_words("Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0") == "WeChat · Android"
        assert device_words("<script>") == ""

    def test_the_end_of_an_address_is_hidden(self) -> None:
        assert network_words("203.0.113.7") == "203.0.113.*"
        assert network_words("unknown") == ""
