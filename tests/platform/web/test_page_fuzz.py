"""Whatever a form, an address, a cookie or a header holds, a page answers; what was typed is not lost.

design.md section 7: a page fuzz, 0 answers of 5xx. As each role, as the holder of a link and on the resident's page.
`TUOJU_FUZZ_EXAMPLES` draws more than the normal suite does.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from factories.accounts import CITY
from factories.canaries import COUNTIES, build_scene
from factories.databases import UnitOfWork
from factories.forms import PageForm, forms_of, pages_reached, texts_shown
from factories.pages import SETTINGS, Visitor
from tuoju.accounts.models import Role
from tuoju.database.engine import make_engine
from tuoju.web.app import create_app

EXAMPLES = int(os.environ.get("TUOJU_FUZZ_EXAMPLES", "2"))
"""Requests that are drawn for each form of each visitor, and half as many for each page."""
DRAWN = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 2,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
PAGES = 25 if EXAMPLES == 2 else 600
"""Pages reached by each visitor."""
ENDS_THE_SESSION = ("/sign-out", "/language", "/account/sessions", "/account/password", "/sign-in")

SECRETS = ("code",)
"""Used once; no page shows it again."""
FILES_ASKED_FOR = (".pdf", ".zip", ".xlsx", ".txt", ".docx")
"""Their form stays on its page, with what was typed, while the answer opens beside it."""

VILLAGE, TOWNSHIP, _ = COUNTIES[0]
ROLES: Mapping[Role, str | None] = {
    Role.social_worker: VILLAGE,
    Role.society_chair: VILLAGE,
    Role.township_officer: TOWNSHIP,
    Role.charity_staff: None,
    Role.program_manager: CITY,
    Role.administrator: CITY,
}
VISITORS = (*ROLES, "link holder", "resident", "nobody")

HOSTILE = (
    "", " ", "0", "-1", str(2**31), str(2**63), "9" * 40, "9" * 5000, "1e999", "NaN", "-0.0", "0x10", "١٢", "１２３",
    "３４１１９９１９９５０３０４００１３", "\0", "a\0b", "\ud83d", "\udc00x",
    "\N{GRINNING FACE}", "\u200b\ufeff", "\u202e",
    "\r\n", "x" * 70_000, "0000-00-00", "2026-02-30", "0001-01-01", "9999-12-31", "10000-01-01", "２０２６-０１-０１",
    "2026-13", "24:00", "99:99", '="341199195003040016"', "'341199195003040024", "`341199195003040032",
    "\u202a341199195003040016\u202c", "%00", "%ED%A0%80", "../../etc/passwd", "<script>", "{{7*7}}", "%s%n",
    "' OR 1=1 --",
    "[]", "{}", "null", "true", "A01", "341124105205", "+8613800001234",
)  # fmt: skip
"""Numbers beyond a column, text that no database keeps, armour around numbers, days that are none."""
texts = st.sampled_from(HOSTILE) | st.text(max_size=30) | st.integers().map(str) | st.dates().map(str)
FILES = (
    ("x.exe", b"MZ\0\0", "application/octet-stream"),
    ("x.xlsx", b"PK\x03\x04 cut off", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("x.jpg", b"\xff\xd8\xff\xe0 cut off", "image/jpeg"),
    ("x.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xff\xff\xff\xff\xff\xff\xff", "image/png"),
    ("x.pdf", b"%PDF-1.7", "application/pdf"),
    ("x.csv", b"\xff\xfe\0,\0\n,,,\xff", "text/csv"),
    ("x.csv", b"", "text/csv"),
    ("../x\0.csv", "姓名,身份证号\n,\0".encode(), "text/csv"),
    ("", b"x", ""),
)
HEADERS = (
    {"accept-language": "zh-\xff;q=x,,;q=9"},
    {"accept-language": "*;q=" + "9" * 400},
    {"cookie": "a,b=c; language=\xff"},
    {"cookie": "session=" + "x" * 5000},
    {"cookie": "session=\xff\xfe; link=\xff; language=../../x"},
    {"if-match": 'W/"x", *'},
    {"if-match": '"' + "9" * 400 + '"'},
    {"if-none-match": "\xff"},
    {"if-modified-since": "Thu, 99 Foo 10000 99:99:99 GMT"},
    {"idempotency-key": "\xff" * 300},
    {"range": "bytes=9-1,-0,x"},
    {"content-type": "application/json"},
    {"content-type": "multipart/form-data"},
    {"content-type": "multipart/form-data; boundary="},
    {"content-type": "multipart/form-data; boundary=" + "x" * 300},
    {"content-type": "application/x-www-form-urlencoded; charset=utf-99"},
    {"content-type": "text/\xff"},
    {"content-length": "-1"},
    {"content-length": "9" * 40},
    {"content-length": "x"},
    {"transfer-encoding": "gzip, chunked"},
    {"x-forwarded-for": "\xff, 999.1.1.1, ::::"},
    {"x-forwarded-proto": "gopher"},
    {"origin": "http://["},
    {"host": "\xff:99999999"},
    {"host": "[::1"},
    {"sec-fetch-site": "\xff"},
    {"referer": "http://["},
    {"authorization": "Bearer \xff"},
    {"authorization": "Basic \xff\xfe"},
    {"hx-request": "true", "hx-current-url": "http://[", "hx-target": "\xff"},
)


@dataclass
class Tally:
    """What was sent, and what went wrong."""

    pages: int = 0
    forms: int = 0
    requests: int = 0
    unchanged: int = 0
    """Answers of 422 that were looked at for what was typed."""
    failed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def note(self, what: str, response: Response) -> None:
        self.requests += 1
        if response.status_code >= 500:
            self.failed.append(f"{response.status_code} {what}")


class Ground:
    """A scene with a row of every kind, and whoever visits it."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self.unit_of_work = unit_of_work
        with unit_of_work.write() as session:
            scene = build_scene(session)
            self.organization_id = scene.projects[0].organization_id
            self.links = list(scene.holders)
            self.resident_paths = scene.resident_paths
        self.app = create_app(unit_of_work, SETTINGS)

    def visits(self, who: Role | str) -> Iterator[tuple[TestClient, str]]:
        """A client, and the page it starts from; of links one after another, since each opens a referral."""
        count = {"link holder": len(self.links), "resident": len(self.resident_paths)}.get(who, 1)
        return (self.visit(who, number) for number in range(count))

    def visit(self, who: Role | str, number: int) -> tuple[TestClient, str]:
        if isinstance(who, Role):
            options: dict[str, Any] = {"region_code": ROLES[who]} if ROLES[who] else {}
            if who is Role.charity_staff:
                options["organization_id"] = self.organization_id
            client, start = Visitor(self.unit_of_work, who, **options).client, "/"
        else:
            client, start = TestClient(self.app), "/sign-in"
            if who == "link holder":
                start = client.get(f"/a/{self.links[number]}").url.path
            elif who == "resident":
                start = self.resident_paths[number]
        client.follow_redirects = False
        client.headers["accept-language"] = "en"
        return client, start


@pytest.fixture(scope="module")
def ground(databases: Any) -> Iterator[Ground]:
    engine = make_engine(databases.fresh())
    yield Ground(UnitOfWork(engine))
    engine.dispose()


def urlencoded(typed: Mapping[str, list[str]]) -> bytes:
    pairs = [(name, value) for name, values in typed.items() for value in values]
    return urlencode(pairs, encoding="utf-8", errors="surrogatepass").encode()


FORM_TYPE = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}


@st.composite
def postings(draw: Callable[..., Any], form: PageForm) -> dict[str, Any]:
    """How the form is sent: with wrong, missing or doubled fields, files for text, a body that is no form at all."""
    typed = {name: list(values) for name, values in form.filled().items()}
    names = sorted(typed.keys() - {"form_token"})
    for name in draw(st.lists(st.sampled_from(names), max_size=4)) if names else ():
        change = draw(st.sampled_from(["replace", "replace", "replace", "drop", "double"]))
        if change == "drop":
            typed.pop(name, None)
        else:
            typed[name] = (typed.get(name, []) if change == "double" else []) + [draw(texts)]
    way = draw(st.sampled_from(["form", "form", "form", "files", "headers"]))
    if way == "files" or any(part.kind == "file" for part in form.fields.values()):
        wanted = [part.name for part in form.fields.values() if part.kind == "file"] or names[:2]
        files = [(name, draw(st.sampled_from(FILES))) for name in wanted]
        kept = {name: values for name, values in typed.items() if name not in wanted}
        return {"data": {name: [_sendable(value) for value in values] for name, values in kept.items()}, "files": files}
    extra = draw(st.sampled_from(HEADERS)) if way == "headers" else {}
    return {"content": urlencoded(typed), "headers": _as_bytes({**FORM_TYPE, **extra})}


def _sendable(value: str) -> str:
    """A multipart body of the client can not hold half of a surrogate pair."""
    return value.encode("utf-8", "replace").decode()


def _as_bytes(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    return {name.encode(): value.encode("latin-1") for name, value in headers.items()}


def fuzz_form(client: TestClient, form: PageForm, tally: Tally) -> None:
    """Post the form in drawn ways."""

    @DRAWN
    @given(posting=postings(form))
    def post(posting: dict[str, Any]) -> None:
        tally.note(f"POST {form.action} {str(posting)[:300]}", client.post(form.action, **posting))

    post()


def fuzz_page(client: TestClient, path: str, tally: Tally) -> None:
    """Ask for the page with drawn queries, cookies and headers."""
    names = st.sampled_from(["q", "text", "cursor", "page", "state", "limit", "month", "region", "x\0", "day", "sort"])

    @settings(DRAWN, max_examples=max(1, EXAMPLES // 2))
    @given(query=st.dictionaries(names, texts, max_size=3), headers=st.sampled_from(HEADERS))
    def ask(query: dict[str, str], headers: dict[str, str]) -> None:
        short = {name: [value[:3000]] for name, value in query.items()}
        address = path + ("&" if "?" in path else "?") + urlencoded(short).decode()
        response = client.get(address, headers=_as_bytes(headers))
        tally.note(f"GET {address[:200]} {str(headers)[:100]}", response)

    ask()


TYPED = "瓅typed 3 & <b>"
"""A text that stands on no page, with signs that HTML escapes."""


def spoil(form: PageForm) -> dict[str, list[str]]:
    """The form with every text field filled and every choice wrong, so that it must come back."""
    typed = form.filled()
    for name, part in form.fields.items():
        if part.is_text:
            typed[name] = [f"{TYPED}{name}"]
        elif part.kind in ("radio", "select", "date", "number", "month"):
            typed[name] = ["wrong"]
    return typed


def check_nothing_lost(client: TestClient, form: PageForm, tally: Tally) -> None:
    """After an answer of 422 the form holds what was typed."""
    typed = spoil(form)
    response = client.post(form.action, content=urlencoded(typed), headers=FORM_TYPE)
    tally.note(f"POST {form.action} spoiled", response)
    texts_typed = [name for name, part in form.fields.items() if part.is_text and name not in SECRETS]
    if response.status_code != 422 or not texts_typed or form.action.endswith(FILES_ASKED_FOR):
        return
    tally.unchanged += 1
    shown = texts_shown(response.text)
    missing = [name for name in texts_typed if typed[name][0] not in shown]
    if missing:
        tally.lost.append(f"{form.action}: {missing}")


def fuzz(ground: Ground, who: Role | str) -> Tally:
    """Everything that this visitor reaches."""
    tally = Tally()
    tried = set()
    for client, start in ground.visits(who):
        for headers in HEADERS:
            tally.note(f"GET {start} {headers}", client.get(start, headers=_as_bytes(headers)))
        for path, html in pages_reached(client, PAGES, start).items():
            tally.pages += 1
            fuzz_page(client, path, tally)
            for form in forms_of(html):
                if form.shape in tried or form.action.startswith(ENDS_THE_SESSION):
                    continue
                tried.add(form.shape)
                check_nothing_lost(client, form, tally)
                fuzz_form(client, form, tally)
        assert who not in ROLES or client.get("/notifications").status_code == 200, "signed out on the way"
    tally.forms = len(tried)
    return tally


@pytest.mark.parametrize("who", VISITORS)
def test_no_page_and_no_form_fails(ground: Ground, who: Role | str, record_property: Any) -> None:
    tally = fuzz(ground, who)
    for name in ("pages", "forms", "requests", "unchanged"):
        record_property(name, getattr(tally, name))
    assert tally.pages
    assert tally.failed == []
    assert tally.lost == []
