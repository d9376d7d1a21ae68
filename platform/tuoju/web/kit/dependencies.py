"""What routes ask for: sessions that commit before the response, the actor, and checked forms."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.accounts.kept_answers import (
    VISITOR,
    KeyedRequest,
    claim,
    keep,
    kept_answer,
    let_go,
    owner_of_account,
)
from tuoju.accounts.permissions import Actor
from tuoju.accounts.row_scope import row_scope_of
from tuoju.accounts.sessions import find_signed_in
from tuoju.database.replicas import ReportReads
from tuoju.database.scopes import ENTRANCE, scope_in_force
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.referrals.errors import LinkClosed
from tuoju.web.kit.bounds import require_keepable
from tuoju.web.kit.device_keys import link_page_of
from tuoju.web.kit.form_keys import check_form_key, new_form_key
from tuoju.web.kit.security import form_token
from tuoju.web.kit.settings import WebSettings
from tuoju_text.cleaning import cleaned

SESSION_COOKIE = "session"
VISITOR_COOKIE = "visitor"
LINK_COOKIE = "link"
AGAIN_COOKIE = "link_again"
OWN_PAGE_COOKIE = "own_page"
LINK_COOKIE_AGE = 2 * 3600
"""Seconds for which a browser may use a link before it has to be opened again."""
LONGEST_LINK_TOKEN = 200
MAX_FILES = 4
"""Of one form."""


class NotSignedIn(Exception):
    """The page needs someone signed in."""


class OwnPageNotOpened(Exception):
    """This browser has not opened the resident's page of this address from its link, or too long ago."""


class FormTokenWrong(Exception):
    """The form was not made for this session, or its session has ended."""


def settings_of(request: Request) -> WebSettings:
    settings: WebSettings = request.app.state.settings
    return settings


def unit_of_work_of(request: Request) -> UnitOfWork:
    unit_of_work: UnitOfWork = request.app.state.unit_of_work
    return unit_of_work


def report_reads_of(request: Request) -> ReportReads:
    reads: ReportReads = request.app.state.report_reads
    return reads


@contextmanager
def report_session_beside(request: Request, session: Session) -> Iterator[Session]:
    """A session to read a report with, whose issue `session` writes."""
    with report_reads_of(request).read_beside(session, row_scope_of(find_actor(request))) as reading:
        yield reading


def site_address(request: Request) -> str:
    """What a link to one of our pages begins with when it leaves this site, as on paper; without a slash at its end."""
    return (settings_of(request).public_address or str(request.base_url)).rstrip("/")


@contextmanager
def _shared(request: Request, session: Session) -> Iterator[None]:
    """Let what frames the page use the session of the route: one database connection a request."""
    request.state.session = session
    try:
        yield
    finally:
        request.state.session = None


@contextmanager
def session_of_frame(request: Request, actor: Actor) -> Iterator[Session]:
    """The session of the route if it still works under the scope of the actor, else one of its own."""
    session: Session | None = getattr(request.state, "session", None)
    if session is not None and session.is_active and scope_in_force(session) == row_scope_of(actor):
        yield session
        return
    with unit_of_work_of(request).read(row_scope_of(actor)) as own:
        yield own


def _read_session(request: Request) -> Iterator[Session]:
    with unit_of_work_of(request).read(row_scope_of(find_actor(request))) as session, _shared(request, session):
        yield session


def _report_session(request: Request) -> Iterator[Session]:
    scope = row_scope_of(find_actor(request))
    with report_reads_of(request).read(scope) as session, _shared(request, session):
        yield session


def _write_session(request: Request) -> Iterator[Session]:
    with unit_of_work_of(request).write(row_scope_of(find_actor(request))) as session, _shared(request, session):
        yield session


# With the default scope FastAPI would commit after the response had left: a failed commit would be a 200.
ReadSession = Annotated[Session, Depends(_read_session, scope="function")]
WriteSession = Annotated[Session, Depends(_write_session, scope="function")]
ReportSession = Annotated[Session, Depends(_report_session, scope="function")]
"""Of pages that only count: it may be some seconds behind, on a read replica."""


def token_of(request: Request) -> str:
    """The session token of the browser's cookie, or of an API client's Authorization header."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return request.cookies.get(SESSION_COOKIE, "")


def find_actor(request: Request) -> Actor | None:
    """Who is signed in, if anyone; looked up once a request."""
    if not hasattr(request.state, "actor"):
        token = token_of(request)
        request.state.actor = None
        if token:
            with unit_of_work_of(request).read(ENTRANCE) as session:
                signed_in = find_signed_in(session, token)
            if signed_in is not None:
                request.state.actor = signed_in.actor
                request.state.session_to_touch = token if signed_in.is_touch_due else ""
    actor: Actor | None = request.state.actor
    return actor


def _current_actor(request: Request) -> Actor:
    actor = find_actor(request)
    if actor is None:
        raise NotSignedIn
    return actor


CurrentActor = Annotated[Actor, Depends(_current_actor)]


def visitor_of(request: Request) -> str:
    """What form tokens are bound to: the session, or before sign-in a cookie of the visitor's own."""
    session_token = request.cookies.get(SESSION_COOKIE)
    if session_token:
        return session_token
    if not hasattr(request.state, "visitor"):
        request.state.visitor = request.cookies.get(VISITOR_COOKIE) or secrets.token_urlsafe(16)
    visitor: str = request.state.visitor
    return visitor


def token_for_forms(request: Request) -> str:
    return form_token(settings_of(request).secret_key, visitor_of(request))


async def checked_form(request: Request) -> FormData:
    """The posted form, cleaned, after its token and its text were checked. Passwords stay as typed. Raises
    FormTokenWrong, UnkeepableText."""
    form = await request.form(max_files=MAX_FILES, max_fields=500)
    request.state.form = form
    token = form.get("form_token") or request.headers.get("x-form-token") or ""
    if not isinstance(token, str) or not hmac.compare_digest(token, token_for_forms(request)):
        raise FormTokenWrong
    typed = form.multi_items()
    for name, value in typed:
        require_keepable(name)
        if isinstance(value, str):
            require_keepable(value)
    return FormData(
        [(name, value if "password" in name or not isinstance(value, str) else cleaned(value)) for name, value in typed]
    )


def form_of(request: Request) -> FormData | None:
    """The form that the request posted, as it was sent; None if it posted none."""
    form: FormData | None = getattr(request.state, "form", None)
    return form


@dataclass(frozen=True)
class OpenedLink:
    """The link that a browser carries, and the name that whoever answers gave."""

    handle: str
    name: str = ""

    @property
    def path(self) -> str:
        """The one page it opens, and all below it; the cookie is sent nowhere else."""
        return f"/answer/{self.handle}"


def link_signer(request: Request) -> URLSafeTimedSerializer:
    return settings_of(request).timed_signer("link cookies", "link-cookie")


def _opened_link(request: Request, handle: str) -> OpenedLink:
    """The link of the address, if this browser opened it a short while ago. Raises LinkClosed."""
    try:
        kept, name = link_signer(request).loads(request.cookies.get(LINK_COOKIE, ""), max_age=LINK_COOKIE_AGE)
    except (BadSignature, ValueError, TypeError):
        raise LinkClosed from None
    if not hmac.compare_digest(str(kept), handle):
        raise LinkClosed
    return OpenedLink(handle, str(name))


OpenedLinkDep = Annotated[OpenedLink, Depends(_opened_link)]


@dataclass(frozen=True)
class OwnPage:
    """The page of a resident that a browser has opened: of which referral, and its address without the token."""

    handle: str
    referral_id: int

    @property
    def path(self) -> str:
        """The one page it opens, and all below it; the cookie is sent nowhere else."""
        return f"/progress/{self.handle}"


def own_page_signer(request: Request) -> URLSafeTimedSerializer:
    return settings_of(request).timed_signer("own page cookies", "own-page-cookie")


def _own_page(request: Request, handle: str) -> OwnPage:
    """The page of the address, if this browser opened its link a short while ago. Raises OwnPageNotOpened."""
    cookie = request.cookies.get(OWN_PAGE_COOKIE, "")
    try:
        kept, referral_id = own_page_signer(request).loads(cookie, max_age=LINK_COOKIE_AGE)
    except (BadSignature, ValueError, TypeError):
        raise OwnPageNotOpened from None
    if not hmac.compare_digest(str(kept).encode(), handle.encode()):
        raise OwnPageNotOpened
    return OwnPage(handle, int(referral_id))


OwnPageDep = Annotated[OwnPage, Depends(_own_page)]


def posted_link_token(request: Request, form: FormData) -> str:
    """The token of a link, from the body of a form. The page of a closed link may ask for a new one with it."""
    token = str(form.get("token", "")).strip()[:LONGEST_LINK_TOKEN]
    request.state.presented_token = token
    return token


BareForm = Annotated[FormData, Depends(checked_form)]
"""A form that may be sent again: its route says why by `repeatable` (kit/once.py)."""


class SentBefore(Exception):
    """The form was sent before and has had its effect: the answer is its `target` again, with its `message`."""

    def __init__(self, target: str, message: str) -> None:
        super().__init__("sent before")
        self.target, self.message = target, message


def note_target(request: Request, path: str, message: str = "") -> None:
    """Say that the form has had its effect, and which page the same form leads to when it is sent again."""
    request.state.target = (path, message)


def page_address_of(request: Request) -> str:
    """The page that the forms of this answer stand on: its own address, or of a form that comes back the one before."""
    form = form_of(request)
    if request.method == "POST" and form is not None:
        return str(form.get("page", ""))
    return address_of(request)


def address_of(request: Request) -> str:
    """Path and query of the request."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def owner_of_forms(request: Request) -> str:
    """Whose the keys in the forms of this request are: of the link behind which they stand, which the browser may open
    again after it was closed; else the account's, or of this browser if nobody is signed in."""
    if page := link_page_of(request):
        return VISITOR + hashlib.sha256(f"link {page}".encode()).hexdigest()
    actor = find_actor(request)
    if actor is not None:
        return owner_of_account(actor.user_id)
    return VISITOR + hashlib.sha256(visitor_of(request).encode()).hexdigest()


def key_for_form(request: Request) -> str:
    return new_form_key(settings_of(request), owner_of_forms(request))


def claimed_form(request: Request, session: WriteSession, form: BareForm) -> Iterator[FormData]:
    """The posted form, whose key is claimed in the transaction of its effect.

    The key stays claimed if the route leads on to another page, and is free again if the form comes back.
    Raises SentBefore, KeyReused, FormKeyMissing, FormKeyWrong, FormKeyExpired.
    """
    settings, owner = settings_of(request), owner_of_forms(request)
    key = check_form_key(settings, owner, str(form.get("once", "")))
    address = address_of(request)
    keyed = KeyedRequest(owner, key, f"{request.method} {address}", _hash_of(form, settings.key_for("idempotency")))
    row = claim(session, keyed)
    if row is None:
        _status, kept = kept_answer(session, keyed)
        raise SentBefore(kept["target"], kept["message"])
    yield form
    target: tuple[str, str] | None = getattr(request.state, "target", None)
    if target is None:
        let_go(session, row)
    else:
        keep(session, row, 303, {"target": target[0], "message": target[1]})


OF_THE_PAGE = frozenset({"form_token", "once", "page"})
"""Fields that say nothing of what was typed: they differ when the same form is opened again."""


def _hash_of(form: FormData, secret: bytes) -> str:
    """A keyed hash of what was typed and which files were sent."""
    digest = hmac.new(secret, digestmod=hashlib.sha256)
    for name, value in form.multi_items():
        if name not in OF_THE_PAGE:
            content = value.encode() if isinstance(value, str) else value.file.read()
            digest.update(b"%d:%b%d:%b" % (len(name.encode()), name.encode(), len(content), content))
        if not isinstance(value, str):
            value.file.seek(0)
    return digest.hexdigest()


Form = Annotated[FormData, Depends(claimed_form, scope="function")]
"""A form that creates or changes something: it has one effect, however often it is sent."""
