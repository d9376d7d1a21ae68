"""HTTP calls to providers: bounded in time and size, without redirects, and webhooks never reach private addresses."""

import ipaddress
import json
import logging
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from tuoju_notifications.channels.base import Failed, Outcome, Refused

CONNECT, READ, TOTAL = 5.0, 10.0, 25.0
"""Seconds; a whole call ends well within the lease of a sender."""
MAX_BYTES = 65536

# The client would log every URL, with the telephone number or the token in it.
logging.getLogger("httpx2").setLevel(logging.WARNING)


class AddressNotAllowed(Exception):
    """The URL names no host that may be called."""


@dataclass(frozen=True)
class Answer:
    """An HTTP response: its status and the first MAX_BYTES of its body."""

    status: int
    body: bytes
    retry_after: timedelta | None = None

    @property
    def value(self) -> dict[str, Any]:
        """The body as a JSON object; empty if it is not one."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


class _Guarded(httpx2.HTTPTransport):
    """Calls public addresses only: a name is resolved once, checked, and the address that was checked is called."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        host = request.url.host
        if request.url.scheme != "https":
            raise AddressNotAllowed
        address = public_address(host, request.url.port or 443)
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)  # The Host header still has the name.
        return super().handle_request(request)


def public_address(host: str, port: int) -> str:
    """The address to call for a host. Raises AddressNotAllowed if it has none, or any that is not public."""
    try:
        addresses = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise AddressNotAllowed from error
    parsed = [_unwrapped(address) for address in sorted(addresses)]
    if not parsed or not all(address.is_global and not address.is_multicast for address in parsed):
        raise AddressNotAllowed
    return str(parsed[0])


def _unwrapped(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address; the IPv4 address of one that is embedded in IPv6."""
    parsed = ipaddress.ip_address(address.split("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        return parsed.ipv4_mapped or parsed.sixtofour or parsed
    return parsed


def make_client(*, guarded: bool = False) -> httpx2.Client:
    """A client for one provider; `guarded` if users can enter the URL."""
    timeout = httpx2.Timeout(READ, connect=CONNECT, pool=CONNECT)
    transport = _Guarded() if guarded else None
    return httpx2.Client(timeout=timeout, transport=transport, follow_redirects=False, trust_env=False)


def post_request(
    client: httpx2.Client, url: str, *, content: bytes, headers: dict[str, str]
) -> Answer | Failed | Refused:
    """POST and read the answer; a Failed says if the request may have been processed all the same."""
    end = time.monotonic() + TOTAL
    try:
        with client.stream("POST", url, content=content, headers=headers) as response:
            body = b""
            for piece in response.iter_bytes():
                body += piece
                if len(body) > MAX_BYTES or time.monotonic() > end:
                    break
            return Answer(response.status_code, body[:MAX_BYTES], _retry_after(response.headers.get("retry-after")))
    except (AddressNotAllowed, httpx2.InvalidURL, httpx2.UnsupportedProtocol):
        return Refused("address_not_allowed")
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout):
        return Failed("unreachable")
    except httpx2.TimeoutException:
        return Failed("timeout", uncertain=True)
    except httpx2.TransportError:
        return Failed("broken_off", uncertain=True)


def _retry_after(header: str | None) -> timedelta | None:
    if header is None:
        return None
    if header.isdecimal():
        return timedelta(seconds=min(int(header), 86400))
    try:
        wait = parsedate_to_datetime(header) - datetime.now(UTC)
    except (TypeError, ValueError):
        return None
    return max(wait, timedelta(0))


def outcome_of_status(answer: Answer) -> Outcome:
    """The outcome of a status that is neither success nor about this message.

    502 and 504 come from a proxy: the server behind it may have processed the request, so they are uncertain.
    """
    code = f"http_{answer.status}"
    if answer.status in (429, 503) and answer.retry_after is not None:
        return Failed("throttled", retry_after=answer.retry_after)
    if answer.status == 429:
        return Failed("throttled", retry_after=timedelta(seconds=5))
    return Failed(code, uncertain=answer.status in (502, 504))
