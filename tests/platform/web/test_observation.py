"""What a request took is in the log, the metrics and the trace, by the template of its route and nothing personal."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from factories.accounts import PASSWORD, make_user
from factories.databases import UnitOfWork
from tuoju.accounts.service import sign_in
from tuoju.database import observation as statements
from tuoju.launch.telemetry import begin_tracing
from tuoju.web.app import create_app
from tuoju.web.kit import observation
from tuoju.web.kit.settings import WebSettings
from tuoju_notifications.heartbeats import BACKUP, part_of, record_heartbeat

SETTINGS = WebSettings(secret_key="k" * 32, secure_cookies=False, metrics_token="metrics")
TOKEN = "hAnd1e_-x.s1gnature_-"


@pytest.fixture
def client(unit_of_work: UnitOfWork) -> Iterator[TestClient]:
    statements.observe(unit_of_work.engine)
    with TestClient(create_app(unit_of_work, SETTINGS)) as client:
        yield client


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What would be sent, in place of the tracers of a process that has no endpoint."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(observation, "_tracer", provider.get_tracer("tests"))
    monkeypatch.setattr(statements, "_tracer", provider.get_tracer("tests"))
    yield exporter
    provider.shutdown()


def count(method: str, route: str, status: int) -> float:
    labels = {"method": method, "route": route, "status": str(status)}
    return REGISTRY.get_sample_value("tuoju_http_request_seconds_count", labels) or 0


class TestMetrics:
    def test_requests_are_counted_by_route_template(self, client: TestClient) -> None:
        before = count("GET", "/a/{token}", 200)
        assert client.get(f"/a/{TOKEN}").status_code == 200
        assert count("GET", "/a/{token}", 200) == before + 1

    def test_unknown_addresses_and_methods_make_no_series_of_their_own(self, client: TestClient) -> None:
        before = count("GET", "none", 404)
        client.get("/nothing/13800001234")
        client.request("BREW", "/nothing/else")
        assert count("GET", "none", 404) == before + 1
        text = client.get("/metrics", headers={"authorization": "Bearer metrics"}).text
        assert "13800001234" not in text
        assert "BREW" not in text
        assert 'method="other"' in text

    def test_the_page_has_requests_connections_queues_and_the_backup(
        self, client: TestClient, unit_of_work: UnitOfWork
    ) -> None:
        with unit_of_work.write() as session:
            record_heartbeat(session, part_of("clockwork"))
            record_heartbeat(session, BACKUP)
        text = client.get("/metrics", headers={"authorization": "Bearer metrics"}).text
        for name in (
            "tuoju_http_request_seconds_bucket",
            "tuoju_database_connections_in_use",
            'tuoju_queue_beat_seconds{queue="clockwork"}',
            "tuoju_backup_age_seconds",
            "tuoju_notifications_open",
        ):
            assert name in text

    def test_connections_come_back(self, client: TestClient) -> None:
        client.get("/sign-in")
        assert REGISTRY.get_sample_value("tuoju_database_connections_in_use") == 0

    def test_the_processes_of_a_machine_are_counted_together(self, tmp_path: Path) -> None:
        code = (
            "from prometheus_client import REGISTRY\n"
            "from tuoju.web.kit.observation import _SECONDS, process_metrics\n"
            "_SECONDS.labels('GET', '/x', '200').observe(0.1)\n"
            "print(process_metrics(REGISTRY, of_all_processes=True).decode())"
        )
        environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
        for number in (1, 2):
            ended = subprocess.run(
                [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
            )
            assert (
                f'tuoju_http_request_seconds_count{{method="GET",route="/x",status="200"}} {number}.0' in ended.stdout
            )


class TestLog:
    def test_a_line_names_the_route_and_the_account(self, client: TestClient, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            user = make_user(session)
            token, _ = sign_in(session, user.username, PASSWORD)
            user_id = user.pk
        with capture_logs() as lines:
            client.get("/residents?q=13800001234", headers={"authorization": f"Bearer {token}"})
        [line] = [line for line in lines if line["event"] == "request"]
        assert (line["method"], line["route"], line["user_id"]) == ("GET", "/residents", user_id)
        assert line["request_id"]
        assert "13800001234" not in str(line)

    def test_a_page_and_the_api_beside_it_have_two_names(self, client: TestClient) -> None:
        with capture_logs() as lines:
            client.get("/residents/1", follow_redirects=False)
            client.get("/api/v1/residents/1")
        named = [line["route"] for line in lines if line["event"] == "request"]
        assert named == ["/residents/{resident_id}", "/api/v1/residents/{resident_id}"]

    def test_what_a_control_refused_has_a_line_with_its_status(self, client: TestClient) -> None:
        form_token = re.findall(r'name="form_token" value="([0-9a-f]+)"', client.get("/sign-in").text)[0]
        wrong = {"username": "nobody", "password": "wrong"}
        with capture_logs() as lines:
            client.post("/sign-in", data=wrong)
            client.post("/sign-in", data={"form_token": "0" * 64, "username": "x" * 200_000})
            client.post("/api/v1/tokens", json={})
            for _ in range(31):
                client.post("/sign-in", data={"form_token": form_token, **wrong})
        refused = {(line["route"], line["status"]) for line in lines if line["event"] == "request"}
        assert {("/sign-in", 403), ("none", 413), ("/api/v1/tokens", 422), ("/sign-in", 429)} <= refused
        assert "wrong" not in str(lines)

    def test_what_machines_ask_for_every_second_is_not_logged(self, client: TestClient) -> None:
        with capture_logs() as lines:
            client.get("/metrics", headers={"authorization": "Bearer metrics"})
            client.get("/static/app.css")
        assert [line for line in lines if line["event"] == "request"] == []


class TestTraces:
    def test_spans_hold_no_address_token_query_or_statement(
        self, client: TestClient, spans: InMemorySpanExporter
    ) -> None:
        client.get(f"/a/{TOKEN}?q=13800001234", headers={"referer": f"https://tuoju.example/my/{TOKEN}"})
        client.get("/residents?q=13800001234")
        finished = spans.get_finished_spans()
        assert {"GET /a/{token}", "GET /residents"} <= {span.name for span in finished}
        exported = "".join(span.to_json() for span in finished)
        assert TOKEN not in exported
        assert "13800001234" not in exported
        assert "?" not in exported
        assert {name for span in finished for name in span.attributes or {}} <= {
            "http.request.method",
            "http.route",
            "http.response.status_code",
            "tuoju.request_id",
            "db.operation.name",
        }

    def test_statements_are_parts_of_the_request(
        self, unit_of_work: UnitOfWork, client: TestClient, spans: InMemorySpanExporter
    ) -> None:
        client.get("/metrics", headers={"authorization": "Bearer metrics"})
        [request] = [span for span in spans.get_finished_spans() if span.name == "GET /metrics"]
        queries = [span for span in spans.get_finished_spans() if span.name == "database SELECT"]
        assert queries
        assert {span.parent.span_id for span in queries if span.parent} == {request.context.span_id}

    def test_nothing_is_traced_without_an_endpoint(self) -> None:
        before = trace.get_tracer_provider()
        begin_tracing("", "tests")
        assert trace.get_tracer_provider() is before
