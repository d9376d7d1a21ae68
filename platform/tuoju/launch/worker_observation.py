"""What is seen of a worker: its log, its metrics at an address of its own, its traces."""

import logging
from typing import Any
from urllib.parse import urlsplit

from celery.signals import setup_logging, worker_init
from prometheus_client import REGISTRY, start_http_server

from tuoju.database.observation import registry_of_all_processes
from tuoju.launch.settings import Settings
from tuoju.launch.telemetry import begin_tracing
from tuoju_notifications.task_observation import observe_tasks


def observe_worker(settings: Settings) -> None:
    """Measure and trace the tasks of this process. Raises TelemetryMissing."""

    def show_metrics(**_signal: Any) -> None:
        address = urlsplit(f"//{settings.worker_metrics_address}")
        if address.port is None:
            return
        registry = REGISTRY if settings.prometheus_multiproc_dir is None else registry_of_all_processes()
        start_http_server(address.port, address.hostname or "127.0.0.1", registry)

    setup_logging.connect(_keep_handlers, weak=False)
    worker_init.connect(show_metrics, weak=False)
    observe_tasks()
    begin_tracing(settings.telemetry_endpoint, "tuoju-worker")


def _keep_handlers(loglevel: int | str = logging.WARNING, **_signal: Any) -> None:
    """Instead of Celery's own set-up: its lines go the way of all others, from the level of its command line on."""
    logging.getLogger().setLevel(loglevel)
