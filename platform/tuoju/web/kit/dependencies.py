"""What routes ask for: sessions that commit before the response, the actor, and checked forms."""

import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.accounts.permissions import Actor
from tuoju.accounts.service import actor_of_token
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.referrals.errors import LinkClosed
from tuoju.web.kit.bounds import require_keepable
from tuoju.web.kit.security import form_token
from tuoju.web.kit.settings import WebSettings

SESSION_COOKIE = "session"
VISITOR_COOKIE = "visitor"
LINK_COOKIE = "link"
AGAIN_COOKIE = "link_again"
LINK_COOKIE_AGE = 2 * 3600
"""Seconds for which a browser may use a link before it has to be opened again."""


class NotSignedIn(Exception):
    """The page needs someone signed in."""


class FormTokenWrong(Exception):
    """The form was not made for this session, or its session has ended."""


def settings_of(request: Request) -> WebSettings:
    settings: WebSettings = request.app.state.settings
    return settings


def unit_of_work_of(request: Request) -> UnitOfWork:
    unit_of_work: UnitOfWork = request.app.state.unit_of_work
    return unit_of_work


def _read_session(request: Request) -> Iterator[Session]:
    with unit_of_work_of(request).read() as session:
        yield session


def _write_session(request: Request) -> Iterator[Session]:
    with unit_of_work_of(request).write() as session:
        yield session


# With the default scope FastAPI would commit after the response had left: a failed commit would be a 200.
ReadSession = Annotated[Session, Depends(_read_session, scope="function")]
WriteSession = Annotated[Session, Depends(_write_session, scope="function")]


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
            with unit_of_work_of(request).read() as session:
                request.state.actor = actor_of_token(session, token)
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
    """The posted form, after its token and its text were checked. Raises FormTokenWrong, UnkeepableText."""
    form = await request.form(max_files=4, max_fields=500)
    token = form.get("form_token") or request.headers.get("x-form-token") or ""
    if not isinstance(token, str) or not hmac.compare_digest(token, token_for_forms(request)):
        raise FormTokenWrong
    for name, value in form.multi_items():
        require_keepable(name)
        if isinstance(value, str):
            require_keepable(value)
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
    return URLSafeTimedSerializer(settings_of(request).secret_key, salt="link-cookie")


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

Form = Annotated[FormData, Depends(checked_form)]
