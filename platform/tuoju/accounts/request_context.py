"""What is known of the request in hand: the audit writes it into every entry.

Synchronous routes run in threads with a copy of the context, so the object in the context variable is changed and the
variable itself is set only once, around the whole request.
"""

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass
class RequestContext:
    """One request, or one run of a command."""

    request_id: str = ""
    """The number in the answer's header and in the log; empty outside of the web."""
    address: str = ""
    """The network that the request came from (`network_of`)."""
    session_id: int | None = None
    """The session of the signed-in account."""
    operator: str = ""
    """The account of the operating system that runs a command; empty in the web."""
    rows_read: set[tuple[str, int]] = field(default_factory=set)
    """Class and id of the rows whose personal text, or whose file, was shown."""
    rows_recorded: set[tuple[str, str]] = field(default_factory=set)
    """Class and id of the rows that an audit entry of this request is about."""
    refusal: dict[str, str] = field(default_factory=dict)
    """Why the request was refused; empty if it was not."""


_current: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)


def current_request() -> RequestContext:
    """The request in hand; an empty one where there is none, as in a task."""
    return _current.get() or RequestContext()


@contextmanager
def use_request(context: RequestContext) -> Iterator[RequestContext]:
    """Make `context` the request in hand within the block."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def begin_command(operator: str) -> None:
    """Say for the rest of the process that a person at the command line acts."""
    _current.set(RequestContext(operator=operator))


def note_read(row: object) -> None:
    """Remember that personal text or the file of a flushed row is shown; the end of the request writes the audit."""
    row_id = getattr(row, "id", None)
    if row_id is not None:
        current_request().rows_read.add((type(row).__name__, row_id))


def network_of(host: str) -> str:
    """The network of a client address, "192.0.2.0/24" or "2001:db8:1::/48"; empty for what is not an address.

    An officer's address is personal data too. The network tells the office from elsewhere, and not one desk or home.
    """
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))
