"""Traces of OpenTelemetry: nothing is sent, and no part of its SDK imported, unless TUOJU_TELEMETRY_ENDPOINT is set."""

from importlib import import_module
from typing import Any

from opentelemetry import trace

_EXTRA = "Install tuoju[telemetry], or requirements/production.txt."


class TelemetryMissing(Exception):
    """Traces are asked for, and the libraries that send them are not installed."""

    def __init__(self) -> None:
        super().__init__(f"TUOJU_TELEMETRY_ENDPOINT is set, but the OpenTelemetry SDK is not installed. {_EXTRA}")


def begin_tracing(endpoint: str, service: str) -> None:
    """Send the spans of this process to `endpoint` by OTLP over HTTP. Raises TelemetryMissing."""
    if not endpoint:
        return
    try:
        sdk, export = import_module("opentelemetry.sdk.trace"), import_module("opentelemetry.sdk.trace.export")
        resources = import_module("opentelemetry.sdk.resources")
        otlp = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    except ModuleNotFoundError as error:
        raise TelemetryMissing from error
    provider: Any = sdk.TracerProvider(resource=resources.Resource.create({"service.name": service}))
    provider.add_span_processor(
        export.BatchSpanProcessor(otlp.OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces"))
    )
    trace.set_tracer_provider(provider)
