"""Middlewares in plain ASGI: language, what a filter left empty, security headers, where unsafe requests come from."""

import hashlib
import hmac
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tuoju.words.languages import from_header, use_language

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
}
LINKED = ("/a/", "/answer/", "/my/")
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
        cookie = SimpleCookie(headers.get("cookie", "")).get("language")
        name = cookie.value if cookie else from_header(headers.get("accept-language", ""))
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

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"].startswith(LINKED):
                    headers["referrer-policy"] = "no-referrer"
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self.app(scope, receive, send_with_headers)


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
    return hmac.new(secret_key.encode(), f"form:{visitor}".encode(), hashlib.sha256).hexdigest()
