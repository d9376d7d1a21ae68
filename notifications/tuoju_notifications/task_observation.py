"""How long tasks take and how they end: metrics for Prometheus and, if it is set, spans of OpenTelemetry."""

import time
from typing import Any

from celery import Task
from celery.signals import before_task_publish, task_postrun, task_prerun
from opentelemetry import context, propagate, trace
from prometheus_client import Histogram

_SECONDS = Histogram(
    "tuoju_task_seconds",
    "How long tasks ran; plans are tuoju.compute_plan, tuoju.compute_plan_part and tuoju.send_plan",
    ["task", "state"],
    buckets=(0.05, 0.25, 1, 5, 15, 60, 180, 420, 900, 1800),
)
_tracer = trace.get_tracer("tuoju.worker")
_RUNNING = "tuoju_running"


def observe_tasks() -> None:
    """Measure every task that this process runs, and carry the trace of a request to the tasks that it starts."""
    before_task_publish.connect(_carry_trace)
    task_prerun.connect(_begin)
    task_postrun.connect(_end)


def _carry_trace(headers: dict[str, Any] | None = None, **_signal: Any) -> None:
    if headers is not None:
        propagate.inject(headers)


def _begin(task: Task[..., Any], **_signal: Any) -> None:
    # A worker finds the headers of a message among the fields of its request; a task that is applied keeps them apart.
    headers = {**vars(task.request), **(task.request.headers or {})}
    carried = {name: headers[name] for name in ("traceparent", "tracestate") if isinstance(headers.get(name), str)}
    span = _tracer.start_span(task.name, context=propagate.extract(carried), kind=trace.SpanKind.CONSUMER)
    token = context.attach(trace.set_span_in_context(span))
    setattr(task.request, _RUNNING, (time.perf_counter(), span, token))


def _end(task: Task[..., Any], state: str | None = None, **_signal: Any) -> None:
    running = getattr(task.request, _RUNNING, None)
    if running is None:
        return
    began, span, token = running
    _SECONDS.labels(task.name, (state or "unknown").lower()).observe(time.perf_counter() - began)
    if state == "FAILURE":
        span.set_status(trace.StatusCode.ERROR)
    context.detach(token)
    span.end()
