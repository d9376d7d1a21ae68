"""The application factory."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from anyio.to_thread import current_default_thread_limiter
from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import Scope

from tuoju.accounts.request_limits import Blocks
from tuoju.database.replicas import ReportReads
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.residents.masking import use_erased_word
from tuoju.web.api import ROUTERS as API_ROUTERS
from tuoju.web.api import describe
from tuoju.web.api_reference import pages as reference
from tuoju.web.kit import errors
from tuoju.web.kit.audit_log import AuditRequests
from tuoju.web.kit.body_limits import BodyLimits, large_body_routes
from tuoju.web.kit.bounds import refuse_unkeepable_address
from tuoju.web.kit.cookies import PrefixedCookies
from tuoju.web.kit.device_answers import DeviceAnswers
from tuoju.web.kit.gates import check_gates
from tuoju.web.kit.hosts import AllowedHosts
from tuoju.web.kit.load_limits import LoadLimits
from tuoju.web.kit.observation import NoteRoute, ObserveRequests
from tuoju.web.kit.once import check_once
from tuoju.web.kit.proxies import TrustedProxies
from tuoju.web.kit.rendering import STATIC
from tuoju.web.kit.request_log import ReportErrors, RequestIds, answer_plainly
from tuoju.web.kit.security import (
    ReadNothingByGet,
    RefusePlainApi,
    SameOrigin,
    SecurityHeaders,
    SpeakLanguage,
    UnsetBlanks,
)
from tuoju.web.kit.session_use import SessionUse
from tuoju.web.kit.settings import WebSettings
from tuoju.web.operations import machines
from tuoju.web.pages import ROUTERS as PAGE_ROUTERS
from tuoju.words.languages import gettext

SWITCH_SECONDS = 0.0005
"""How long a thread keeps the interpreter while others wait, a tenth of Python's default: what refuses the surplus runs
beside as many computing threads as there are places."""


class KeptFiles(StaticFiles):
    """Assets are addressed by their content, so they may be kept for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Every route of the API and of the pages, checked. Raises RouteWithoutGate, RouteWithoutOnce.

    They know no application, so all of a process share them: FastAPI takes 0.7 s to analyse so many.
    """
    site = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(refuse_unkeepable_address)])
    for router in API_ROUTERS:
        site.include_router(router, prefix="/api/v1")
    for router in (reference.router, *PAGE_ROUTERS, machines.router):
        site.include_router(router, include_in_schema=False)
    check_gates(site)
    check_once(site)
    return tuple(site.routes)


def create_app(unit_of_work: UnitOfWork, settings: WebSettings, *, report_reads: ReportReads | None = None) -> FastAPI:
    """The application over one unit of work; `report_reads` opens what reports read, by default from the same database.
    Raises RouteWithoutGate if a route says not who may use it."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = settings.capacity.threads
        sys.setswitchinterval(SWITCH_SECONDS)
        yield

    app = FastAPI(
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # api_reference shows it, behind a gate
        telemetry={"tracing": False, "metrics": False, "logs": False},  # its spans hold addresses: see kit/observation
        **describe(),
    )
    app.state.unit_of_work = unit_of_work
    app.state.report_reads = report_reads or ReportReads(unit_of_work)
    app.state.settings = settings
    app.state.request_blocks = Blocks()
    use_erased_word(lambda: gettext("Erased"))
    app.router.routes.extend(_routes())
    reference.install(app)
    app.mount("/static", KeptFiles(directory=str(STATIC)), name="static")
    errors.install(app)
    app.add_middleware(NoteRoute)
    app.add_middleware(SessionUse, unit_of_work=unit_of_work)
    app.add_middleware(AuditRequests)
    app.add_middleware(ReportErrors, answer=errors.unexpected)
    app.add_middleware(LoadLimits, capacity=settings.capacity, busy=errors.busy)
    app.add_middleware(
        BodyLimits,
        routes=large_body_routes(app),
        answer=errors.answer_without_database,
        seconds=settings.body_seconds,
    )
    for middleware in (ReadNothingByGet, SameOrigin, UnsetBlanks, SpeakLanguage, DeviceAnswers):
        app.add_middleware(middleware)
    if settings.hosts is not None:
        app.add_middleware(AllowedHosts, hosts=settings.hosts)
    if settings.secure_cookies:
        app.add_middleware(RefusePlainApi)
        app.add_middleware(PrefixedCookies)
    app.add_middleware(ReportErrors, answer=answer_plainly)
    app.add_middleware(SecurityHeaders, https_only=settings.secure_cookies)
    app.add_middleware(ObserveRequests)
    app.add_middleware(RequestIds)
    app.add_middleware(TrustedProxies, networks=settings.trusted_proxies)
    return app
