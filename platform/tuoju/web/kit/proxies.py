"""Where a request comes from: `X-Forwarded-For` and `X-Forwarded-Proto` are believed only from named proxies."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

Network = IPv4Network | IPv6Network


class TrustedProxies:
    """Sets `client` and `scheme` of a request to what the named proxies say of it.

    The chain is read from the right, each hop said by the one after it, up to the first that is no named proxy: that
    is the client. What stands further left the client may have written itself.
    """

    def __init__(self, app: ASGIApp, networks: Sequence[Network]) -> None:
        self.app = app
        self.networks = networks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope.get("client"):
            address, port = scope["client"]
            headers = Headers(scope=scope)
            client = self._client(address, headers.getlist("x-forwarded-for"))
            if self._is_proxy(address):
                scheme = headers.get("x-forwarded-proto", "")
                scope = {**scope, "scheme": scheme if scheme in ("http", "https") else scope["scheme"]}
                scope.setdefault("state", {})["came_by_plain_http"] = scheme == "http"
            scope = {**scope, "client": (client, port if client == address else 0)}
        await self.app(scope, receive, send)

    def _client(self, address: str, forwarded: Sequence[str]) -> str:
        hops = [hop.strip() for header in forwarded for hop in header.split(",")]
        while hops and self._is_proxy(address):
            previous = hops.pop()
            if not _is_address(previous):
                break
            address = previous
        return address

    def _is_proxy(self, address: str) -> bool:
        return _is_address(address) and any(ip_address(address) in network for network in self.networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
