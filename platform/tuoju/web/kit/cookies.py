"""Names of cookies over HTTPS: `__Host-` where the cookie is for the whole site, else `__Secure-` (RFC 6265bis, 4.1.3).

A browser takes such a cookie only over HTTPS and, with `__Host-`, only from this very host: neither a neighbour under
the same domain nor a page over plain HTTP can plant one. The code keeps the plain names; here they are changed at the
door.
"""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

WHOLE_SITE, ONE_PATH = "__Host-", "__Secure-"


class InsecureCookie(Exception):
    """A cookie without `Secure`, or for other hosts too: no browser takes it under a prefix."""


class PrefixedCookies:
    """Adds the prefix to every cookie that is set, and passes on only cookies that carry one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent = "; ".join(Headers(scope=scope).getlist("cookie"))
        others = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
        scope = {**scope, "headers": [*others, (b"cookie", _without_prefix(sent).encode("latin-1"))]}

        async def send_prefixed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", [])
                message = {**message, "headers": [(name, _prefixed(name, value)) for name, value in headers]}
            await send(message)

        await self.app(scope, receive, send_prefixed)


def _without_prefix(sent: str) -> str:
    """The cookies that carry a prefix, without it."""
    parts = (part.strip() for part in sent.split(";"))
    return "; ".join(
        part.removeprefix(WHOLE_SITE).removeprefix(ONE_PATH)
        for part in parts
        if part.startswith((WHOLE_SITE, ONE_PATH))
    )


def _prefixed(name: bytes, value: bytes) -> bytes:
    """A header of the answer, its cookie's name prefixed. Raises InsecureCookie."""
    if name.lower() != b"set-cookie":
        return value
    text = value.decode("latin-1")
    attributes = [part.strip().lower() for part in text.split(";")[1:]]
    if "secure" not in attributes or any(attribute.startswith("domain=") for attribute in attributes):
        raise InsecureCookie(text.partition("=")[0])
    return f"{WHOLE_SITE if 'path=/' in attributes else ONE_PATH}{text}".encode("latin-1")
