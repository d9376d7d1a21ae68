"""The application of a web process, which `tuoju web` serves."""

import atexit
import os
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

from prometheus_client import multiprocess
from sqlalchemy.exc import DBAPIError

from tuoju.database.installation import Environment
from tuoju.database.replicas import ReportReads
from tuoju.database.scopes import STATEMENT_MILLISECONDS, SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.bootstrap import bootstrap
from tuoju.launch.engines import replica_of
from tuoju.launch.logs import configure_logs
from tuoju.launch.receipt_gates import receipt_gates
from tuoju.launch.telemetry import begin_tracing
from tuoju.simulation.sign_ins import DemoSignIn, demo_sign_ins
from tuoju.web.app import create_app
from tuoju.web.kit.load_limits import Capacity
from tuoju.web.kit.settings import WebSettings
from tuoju_notifications.broker import broker_problem, count_set_aside

configure_logs()
_parts = bootstrap()
_settings = _parts.settings
begin_tracing(_settings.telemetry_endpoint, "tuoju-web")
if _settings.prometheus_multiproc_dir:
    atexit.register(multiprocess.mark_process_dead, os.getpid())
_bounds = {STATEMENT_MILLISECONDS: str(int(_settings.database_statement_seconds * 1000))}
_unit_of_work = replace(_parts.unit_of_work, engine=_parts.unit_of_work.engine.execution_options(**_bounds))
_replica = replica_of(_settings)


def _sign_ins() -> tuple[DemoSignIn, ...]:
    """What a demo shows on its page for signing in; nothing while its database is away."""
    if _settings.environment is Environment.demo:
        with suppress(DBAPIError), _parts.unit_of_work.read(SYSTEM) as session:
            return demo_sign_ins(session)
    return ()


app = create_app(
    _unit_of_work,
    WebSettings(
        secret_key=_settings.secret_key.get_secret_value(),
        secure_cookies=_settings.secure_cookies,
        demo_sign_ins=_sign_ins(),
        second_factor_roles=frozenset(_settings.second_factor_roles),
        trusted_proxies=tuple(_settings.trusted_proxies),
        hosts=_settings.allowed_hosts(),
        public_address=_settings.address_on_pages(),
        environment=_settings.named_environment,
        broker_problem=partial(broker_problem, _settings.broker_url),
        damaged_messages=partial(count_set_aside, _settings.broker_url, _settings.data_folder / "queue"),
        metrics_token=_settings.metrics_token.get_secret_value(),
        metrics_of_all_processes=_settings.prometheus_multiproc_dir is not None,
        capacity=Capacity(
            requests=_settings.database_pool_size,
            uploads=_settings.uploads_at_once,
            waiting=_settings.requests_waiting,
            seconds=_settings.requests_waiting_seconds,
        ),
        body_seconds=_settings.request_body_seconds,
        request_limits=_settings.request_limits(),
        audit_anchor_minutes=_settings.audit_anchor_minutes,
        receipt_gates=receipt_gates(_settings),
    ),
    report_reads=ReportReads(
        _unit_of_work,
        UnitOfWork(_replica.execution_options(**_bounds)) if _replica is not None else None,
        timedelta(seconds=_settings.replica_lag_seconds),
    ),
)
