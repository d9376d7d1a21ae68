"""Asking a provider over HTTP: bounded in time and size, never redirected, and never into the house by a hook."""

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

CONNECT, READ, WHOLE = 5.0, 10.0, 25.0
"""Seconds; a call ends well within a sender's lease."""
MOST_BYTES = 65536

# The client would log every address it asks, with the telephone number or the token in it.
logging.getLogger("httpx2").setLevel(logging.WARNING)


class AddressNotAllowed(Exception):
    """The address names no host that may be asked."""


@dataclass(frozen=True)
class Answer:
    """What came back: the status, and the beginning of the body."""

    status: int
    body: bytes
    retry_after: timedelta | None = None

    @property
    def value(self) -> dict[str, Any]:
        """The body as a JSON object; empty if it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class _Guarded(httpx2.HTTPTransport):
    """Asks only public addresses: each name is looked up once, judged, and the very address judged is asked."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        host = request.url.host
        if request.url.scheme != "https":
            raise AddressNotAllowed
        address = public_address(host, request.url.port or 443)
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)  # The Host header still bears the name.
        return super().handle_request(request)


def public_address(host: str, port: int) -> str:
    """The address to call for a host. Raises AddressNotAllowed if it has none, or any that is not public."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise AddressNotAllowed from error
    judged = [_unwrapped(each) for each in sorted(found)]
    if not judged or not all(each.is_global and not each.is_multicast for each in judged):
        raise AddressNotAllowed
    return str(judged[0])


def _unwrapped(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An IPv4 address that travels inside an IPv6 one is judged as what it is."""
    parsed = ipaddress.ip_address(address.split("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        return parsed.ipv4_mapped or parsed.sixtofour or parsed
    return parsed


def make_client(*, guarded: bool = False) -> httpx2.Client:
    """A client for one provider; `guarded` where anybody may have written the address."""
    timeout = httpx2.Timeout(READ, connect=CONNECT, pool=CONNECT)
    transport = _Guarded() if guarded else None
    return httpx2.Client(timeout=timeout, transport=transport, follow_redirects=False, trust_env=False)


def post_request(
    client: httpx2.Client, url: str, *, content: bytes, headers: dict[str, str]
) -> Answer | Failed | Refused:
    """POST and hear the answer; a Failed says whether the request may have been heard."""
    end = time.monotonic() + WHOLE
    try:
        with client.stream("POST", url, content=content, headers=headers) as response:
            body = b""
            for piece in response.iter_bytes():
                body += piece
                if len(body) > MOST_BYTES or time.monotonic() > end:
                    break
            return Answer(response.status_code, body[:MOST_BYTES], _retry_after(response.headers.get("retry-after")))
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
    """What a status that is neither success nor about this one message means.

    502 and 504 come from between: whoever stands behind may have heard. Every other refusal is taken at its word.
    """
    code = f"http_{answer.status}"
    if answer.status in (429, 503) and answer.retry_after is not None:
        return Failed("throttled", retry_after=answer.retry_after)
    if answer.status == 429:
        return Failed("throttled", retry_after=timedelta(seconds=5))
    return Failed(code, uncertain=answer.status in (502, 504))
