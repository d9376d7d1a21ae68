"""How many connections of the pool are in use, how long one waits for them, and, within a trace, each statement."""

from typing import Any

from opentelemetry import trace
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import Engine, event

_IN_USE = Gauge(
    "tuoju_database_connections_in_use",
    "Connections that a request or task holds",
    multiprocess_mode="livesum",
)
_MOST = Gauge(
    "tuoju_database_connections_most",
    "Connections that the pools of all processes may open; 0 without a limit",
    multiprocess_mode="livesum",
)
_SPAN = "tuoju_span"
_tracer = trace.get_tracer("tuoju.database")


def registry_of_all_processes() -> CollectorRegistry:
    """What all processes wrote that share a folder, named by PROMETHEUS_MULTIPROC_DIR, for their metrics."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def observe(engine: Engine) -> None:
    """Count the engine's connections, and time its statements where a trace is recorded.

    A span has the verb of its statement only: no text, no values.
    """
    size, overflow = getattr(engine.pool, "size", None), getattr(engine.pool, "_max_overflow", -1)
    _MOST.inc(size() + overflow if size is not None and overflow >= 0 else 0)
    event.listen(engine, "checkout", lambda *_: _IN_USE.inc())
    event.listen(engine, "checkin", lambda *_: _IN_USE.dec())
    event.listen(engine, "before_cursor_execute", _begin)
    event.listen(engine, "after_cursor_execute", _end)
    event.listen(engine, "handle_error", lambda context: _finish(context.execution_context, failed=True))


def _begin(_connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool) -> None:
    if context is not None and trace.get_current_span().is_recording():
        verb = statement.lstrip(" (\n").partition(" ")[0].upper()[:16]
        span = _tracer.start_span(f"database {verb}", attributes={"db.operation.name": verb})
        setattr(context, _SPAN, span)


def _end(_connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool) -> None:
    _finish(context, failed=False)


def _finish(context: Any, *, failed: bool) -> None:
    span = getattr(context, _SPAN, None)
    if span is not None:
        if failed:
            span.set_status(trace.StatusCode.ERROR)
        span.end()
