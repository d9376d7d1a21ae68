"""Host names, HTTPS and redirects (design.md section 7): nothing that a request says leads away from this site."""

from urllib.parse import urljoin, urlsplit

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from factories.databases import UnitOfWork
from factories.pages import SETTINGS
from tuoju.database.engine import make_engine
from tuoju.web.app import create_app
from tuoju.web.kit.rendering import redirect
from tuoju.web.kit.settings import WebSettings

AWAY = UnitOfWork(make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
"""No database is needed to refuse a host."""
HERE = "https://tuoju.example"


def client_of(*hosts: str, secure: bool = False) -> TestClient:
    app = create_app(AWAY, WebSettings("s" * 32, secure_cookies=secure, hosts=frozenset(hosts)))
    return TestClient(app, base_url=HERE, follow_redirects=False)


class TestHosts:
    @pytest.mark.parametrize("host", ["tuoju.example", "TUOJU.example:8443", "[::1]:8000"])
    def test_a_name_of_the_site_is_answered(self, host: str) -> None:
        assert client_of("tuoju.example", "[::1]").get("/sign-in", headers={"host": host}).status_code == 200

    @pytest.mark.parametrize(
        "host", ["evil.example", "", "tuoju.example.evil", "x@tuoju.example", "tuoju.example/", "127.0.0.1:8000"]
    )
    def test_another_one_is_refused(self, host: str) -> None:
        answer = client_of("tuoju.example").get("/sign-in", headers={"host": host})
        assert answer.status_code == 400
        assert answer.headers["x-content-type-options"] == "nosniff"

    def test_health_is_asked_by_address(self) -> None:
        for probe in ("/healthz", "/livez", "/readyz"):
            assert client_of("tuoju.example").get(probe, headers={"host": "127.0.0.1:8000"}).status_code != 400

    def test_browsers_keep_to_https_where_cookies_are_secure(self) -> None:
        answer = client_of("tuoju.example", secure=True).get("/sign-in")
        assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
        assert "strict-transport-security" not in client_of("tuoju.example").get("/sign-in").headers


HOSTILE = st.sampled_from(
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "https://evil.example",
        "/%2F/evil",
        "/%5cevil.example",
        "\t//evil.example",
        "/\t/evil.example",
        "\\\\evil.example",
        "/x\r\nlocation: //evil.example",
        "javascript:alert(1)",
    ]
)
TARGETS = st.one_of(HOSTILE, st.text(alphabet="/\\:@?#.%\t\r\n evil25cF", max_size=20), st.text(max_size=20))


def stays(location: str) -> bool:
    """Whether a browser stays: it drops tabs and line ends, and takes backslashes for slashes (WHATWG URL, 4.4)."""
    seen = "".join(sign for sign in location if sign not in "\t\r\n").strip().replace("\\", "/")
    return urlsplit(urljoin(HERE + "/page", seen)).netloc == "tuoju.example" and seen == location


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app(AWAY, SETTINGS), base_url=HERE, follow_redirects=False)


class TestRedirects:
    @given(TARGETS)
    def test_every_redirect_stays_on_this_site(self, target: str) -> None:
        request = Request({"type": "http", "headers": []})
        assert stays(redirect(request, target).headers["location"])

    @given(TARGETS, st.booleans(), st.sampled_from(["", HERE, "https://tuoju.example.evil", HERE + "@evil.example"]))
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_choosing_a_language_stays(self, client: TestClient, target: str, is_referer: bool, origin: str) -> None:
        page = client.get("/sign-in").text
        token = page.split('name="form_token" value="')[1].split('"')[0]
        form, headers = {"form_token": token, "language": "en", "back": target}, {}
        if is_referer:
            headers["referer"] = "".join(sign for sign in origin + target if sign.isascii() and sign.isprintable())
        answer = client.post("/language", data=form, headers=headers)
        assert answer.status_code in (303, 422)
        assert stays(answer.headers.get("location", "/"))

    def test_a_page_named_like_a_host_leads_nowhere(self, client: TestClient) -> None:
        """The language was chosen on the page of `//evil.example`, which does not exist."""
        token = client.get("/sign-in").text.split('name="form_token" value="')[1].split('"')[0]
        headers = {"referer": f"{HERE}//evil.example/"}
        answer = client.post("/language", data={"form_token": token, "language": "en"}, headers=headers)
        assert answer.headers["location"] == "/"
