"""How long tasks take is measured by task and state, and a trace goes on from the request that started them."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery
from celery.signals import before_task_publish, task_postrun, task_prerun
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY

from tuoju_notifications import task_observation


@pytest.fixture
def app() -> Iterator[Celery]:
    task_observation.observe_tasks()
    app = Celery("tests", broker="memory://", set_as_current=False)
    yield app
    for signal, receiver in (
        (before_task_publish, task_observation._carry_trace),
        (task_prerun, task_observation._begin),
        (task_postrun, task_observation._end),
    ):
        signal.disconnect(receiver)


def count(task: str, state: str) -> float:
    return REGISTRY.get_sample_value("tuoju_task_seconds_count", {"task": task, "state": state}) or 0


def test_tasks_are_counted_with_how_they_end(app: Celery) -> None:
    @app.task(name="tests.divide")
    def divide(number: int) -> float:
        return 1 / number

    divide.apply(args=[1])
    divide.apply(args=[0])
    assert (count("tests.divide", "success"), count("tests.divide", "failure")) == (1, 1)


def test_a_trace_goes_on_in_the_task(app: Celery, monkeypatch: pytest.MonkeyPatch) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("tests")
    monkeypatch.setattr(task_observation, "_tracer", tracer)

    @app.task(name="tests.greet")
    def greet(name: str) -> None:
        """Its argument is of no concern to a trace."""

    headers: dict[str, Any] = {}
    with tracer.start_as_current_span("request"):
        before_task_publish.send(sender="tests.greet", headers=headers)
    greet.apply(args=["王小明"], headers=headers)
    request, task = exporter.get_finished_spans()
    assert (task.name, task.parent and task.parent.span_id) == ("tests.greet", request.context.span_id)
    assert "王小明" not in task.to_json()
    assert trace.get_current_span() is trace.INVALID_SPAN
