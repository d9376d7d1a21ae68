"""The application factory."""

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

from tuoju.database.unit_of_work import UnitOfWork
from tuoju.web.api import ROUTERS as API_ROUTERS
from tuoju.web.api import describe
from tuoju.web.api_reference import pages as reference
from tuoju.web.kit import errors
from tuoju.web.kit.bounds import refuse_unkeepable_address
from tuoju.web.kit.rendering import STATIC
from tuoju.web.kit.request_log import ReportErrors, RequestIds, answer_plainly
from tuoju.web.kit.security import SameOrigin, SecurityHeaders, SpeakLanguage, UnsetBlanks
from tuoju.web.kit.settings import WebSettings
from tuoju.web.operations import machines
from tuoju.web.pages import ROUTERS as PAGE_ROUTERS


class KeptFiles(StaticFiles):
    """Assets are addressed by their content, so they may be kept for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def create_app(unit_of_work: UnitOfWork, settings: WebSettings) -> FastAPI:
    """The application over one unit of work."""
    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        dependencies=[Depends(refuse_unkeepable_address)],
        **describe(),
    )
    app.state.unit_of_work = unit_of_work
    app.state.settings = settings
    for router in API_ROUTERS:
        app.include_router(router, prefix="/api/v1")
    reference.install(app)
    for router in PAGE_ROUTERS:
        app.include_router(router, include_in_schema=False)
    app.include_router(machines.router, include_in_schema=False)
    app.mount("/static", KeptFiles(directory=str(STATIC)), name="static")
    errors.install(app)
    app.add_middleware(ReportErrors, answer=errors.unexpected)
    for middleware in (SameOrigin, UnsetBlanks, SpeakLanguage, SecurityHeaders):
        app.add_middleware(middleware)
    app.add_middleware(ReportErrors, answer=answer_plainly)
    app.add_middleware(RequestIds)
    return app
