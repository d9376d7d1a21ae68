"""Which names of this site a request may use: what is built from the name of a request cannot lead elsewhere then."""

import re
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

PROBES = frozenset({"/healthz", "/livez", "/readyz"})
"""Load balancers ask for them by the address of one machine; they tell nothing of a person."""
_HOST = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.IGNORECASE)


class AllowedHosts:
    """Refuses requests whose Host, without the port, is none of `hosts` (OWASP ASVS 5.0, 4.1; CWE-644)."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES or self._is_allowed(Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        await PlainTextResponse("This site has another name.", 400)(scope, receive, send)

    def _is_allowed(self, headers: Headers) -> bool:
        named = headers.getlist("host")
        match = _HOST.fullmatch(named[0]) if len(named) == 1 else None
        return match is not None and match[1].lower() in self.hosts
