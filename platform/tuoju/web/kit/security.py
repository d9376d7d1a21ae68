"""Middlewares in plain ASGI: language, what a filter left empty, security headers, where unsafe requests come from."""

import hashlib
import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tuoju.database.keys import derive_key
from tuoju.readings.service import no_readings
from tuoju.words.languages import from_header, use_language

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'; "
    "worker-src 'self'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
}
HTTPS_ONLY = "max-age=31536000; includeSubDomains"
"""For a year a browser opens this host over HTTPS only (RFC 6797)."""
LINKED = ("/a/", "/answer/", "/my/", "/progress/", "/contact-changes/", "/addresses/", "/invitation/")
"""What is reached by a link without signing in: its address is passed on to nobody, not even to ourselves."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SpeakLanguage:
    """Sets the language of the request from its cookie, else from what the browser asks for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        name = cookie_parser(headers.get("cookie", "")).get("language") or from_header(
            headers.get("accept-language", "")
        )
        with use_language(name):
            await self.app(scope, receive, send)


class UnsetBlanks:
    """A field of a filter that was left empty is one not set: browsers send it all the same (`?state=`)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in SAFE and not str(scope["path"]).startswith("/api/"):
            fields = (part for part in scope["query_string"].split(b"&") if part.partition(b"=")[2])
            scope = {**scope, "query_string": b"&".join(fields)}
        await self.app(scope, receive, send)


class SecurityHeaders:
    """Adds the security headers; pages of persons are never stored by the browser."""

    def __init__(self, app: ASGIApp, https_only: bool) -> None:
        self.app = app
        self.headers = {**HEADERS, "strict-transport-security": HTTPS_ONLY} if https_only else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if f"{scope['path']}/".startswith(LINKED):
                    headers["referrer-policy"] = "no-referrer"
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self.app(scope, receive, send_with_headers)


class ReadNothingByGet:
    """Lets no request that changes nothing read personal data in full: an image, a prefetch or another site can cause
    one. The verbs of reading raise ReadByGet then, whichever route calls them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in SAFE:
            await self.app(scope, receive, send)
            return
        with no_readings():
            await self.app(scope, receive, send)


class SameOrigin:
    """Refuses unsafe requests that a browser says come from another site (Sec-Fetch-Site, else Origin).

    The API is stricter with cookies and needs none of it with a token: it has its own guard.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _guarded(scope) and not _same_origin(Headers(scope=scope)):
            await PlainTextResponse("This request came from another site.", 403)(scope, receive, send)
            return
        await self.app(scope, receive, send)


class RefusePlainApi:
    """Refuses requests to the API that a proxy took over plain HTTP: a program that is led on to HTTPS would go on
    sending its token in the open, and nobody would see it (OWASP ASVS 5.0, 4.1.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        came_plain = scope["type"] == "http" and scope["state"].get("came_by_plain_http", False)
        if came_plain and str(scope["path"]).startswith("/api/"):
            problem = {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": "Use https for the API."}
            await JSONResponse(problem, 403, media_type="application/problem+json")(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _guarded(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] in SAFE:
        return False
    return not str(scope["path"]).startswith("/api/")


def _same_origin(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    # Pages reached by a link have no referrer, and browsers without Sec-Fetch-Site then send the origin "null";
    # the form token, which every posted form carries, still says whether the form was ours.
    return origin in (None, "null") or urlsplit(origin).netloc == headers.get("host")


def form_token(secret_key: str, visitor: str) -> str:
    """The token every form carries: bound to the session, or to the visitor's cookie before sign-in."""
    key = derive_key(secret_key.encode(), "web/form tokens")
    return hmac.new(key, visitor.encode(), hashlib.sha256).hexdigest()
