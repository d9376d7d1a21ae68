"""What each request took: a line of the log, metrics for Prometheus and, if it is set, a span of OpenTelemetry.

All three name the route by its template, as "/cases/{case_id}": addresses hold ids, tokens and what was searched for.
"""

import time

import structlog
from opentelemetry import trace
from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tuoju.database.observation import registry_of_all_processes
from tuoju.web.kit.routes import route_of

log = structlog.get_logger()

_SECONDS = Histogram(
    "tuoju_http_request_seconds",
    "From the first byte of a request to the last of its answer; its count is the number of requests",
    ["method", "route", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_OPEN = Gauge("tuoju_http_requests_open", "Requests that are being answered", multiprocess_mode="livesum")
_tracer = trace.get_tracer("tuoju.web")

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
"""Other methods are counted as one: a visitor may send any word."""
QUIET = frozenset(("/healthz", "/livez", "/readyz", "/metrics", "/static"))
"""Routes that machines ask for every few seconds, and assets: counted, and logged only when they fail."""
NO_ROUTE = "none"


class NoteRoute:
    """The innermost: keeps the route in the state of the request, since middlewares around it copy the scope."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "http":
                scope["state"]["route_template"] = route_of(scope)


class ObserveRequests:
    """Stands around everything that answers, so that no answer is missed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, began = 500, time.perf_counter()

        async def send_and_see(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"] if scope["method"] in METHODS else "other"
        with _OPEN.track_inprogress(), _tracer.start_as_current_span(method, kind=trace.SpanKind.SERVER) as span:
            try:
                await self.app(scope, receive, send_and_see)
            finally:
                route, seconds = _name_of(scope), time.perf_counter() - began
                _SECONDS.labels(method, route, str(status)).observe(seconds)
                _describe(span, scope, method, route, status)
                _log(scope, method, route, status, seconds)


def _name_of(scope: Scope) -> str:
    if scope["path"].startswith("/static/"):
        return "/static"
    return str(scope["state"].get("route_template") or NO_ROUTE)


def _describe(span: trace.Span, scope: Scope, method: str, route: str, status: int) -> None:
    span.update_name(f"{method} {route}")
    span.set_attributes(
        {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
            "tuoju.request_id": scope["state"]["request_id"],
        }
    )
    if status >= 500:
        span.set_status(trace.StatusCode.ERROR)


def _log(scope: Scope, method: str, route: str, status: int, seconds: float) -> None:
    if route in QUIET and status < 500:
        return
    actor = scope["state"].get("actor")
    log.info(
        "request",
        request_id=scope["state"]["request_id"],
        method=method,
        route=route,
        status=status,
        milliseconds=round(seconds * 1000),
        user_id=actor.user_id if actor is not None else None,
    )


def process_metrics(registry: CollectorRegistry, *, of_all_processes: bool) -> bytes:
    """The metrics of this process, or of all processes that write into PROMETHEUS_MULTIPROC_DIR, as text.

    `registry` is the one in which this process registers its metrics.
    """
    return generate_latest(registry_of_all_processes() if of_all_processes else registry)
