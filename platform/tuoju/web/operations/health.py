"""Whether all parts are up, for supervisors and load balancers."""

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tuoju.database.schema_version import is_current
from tuoju.database.scopes import NOBODY
from tuoju.web.kit.dependencies import unit_of_work_of
from tuoju.web.kit.gates import Audience, open_to
from tuoju_notifications.models import Heartbeat, now
from tuoju_notifications.tasks import QUEUE_PART

router = APIRouter()
HEARTBEAT_TIMEOUT = timedelta(seconds=30)
"""An older heartbeat means that the scheduler or the worker is down."""


_PROBE = [open_to(Audience.machine, "a load balancer asks; it tells nothing of anybody")]


@router.get("/livez", dependencies=_PROBE)
async def show_alive() -> Response:
    """200 while this process answers; a supervisor starts it again otherwise. No database, no thread, no worker."""
    return JSONResponse({"web": "up"})


@router.get("/readyz", dependencies=_PROBE)
def show_ready(request: Request) -> Response:
    """200 when this process can serve: its database answers, with the tables of this version. Else 503 naming what is
    not. Workers are not asked: without them pages work, and no host is taken out."""
    parts = {"web": "up", "database": "down", "migrations": "unknown"}
    try:
        with unit_of_work_of(request).read(NOBODY) as session:
            session.execute(text("SELECT 1"))
            parts |= {"database": "up", "migrations": "missing"}
            parts["migrations"] = "current" if is_current(session) else "other"
    except (DBAPIError, PoolTimeout):
        pass
    is_ready = parts["migrations"] == "current"
    return JSONResponse(parts, 200 if is_ready else 503, headers=None if is_ready else {"Retry-After": "5"})


@router.get("/healthz", dependencies=_PROBE)
def show(request: Request) -> Response:
    """200 when web, database, and scheduler-to-worker are all up; else 503 naming what is not.

    The scheduler has the worker write a heartbeat every five seconds, so one row speaks for both.
    """
    parts = {"web": "up", "database": "down", "scheduler_and_worker": "down"}
    try:
        with unit_of_work_of(request).read(NOBODY) as session:
            beat = session.get(Heartbeat, QUEUE_PART)
            alive = beat is not None and now() - beat.at < HEARTBEAT_TIMEOUT
        parts["database"] = "up"
        parts["scheduler_and_worker"] = "up" if alive else "down"
    except (DBAPIError, PoolTimeout):
        pass
    status = 200 if set(parts.values()) == {"up"} else 503
    return JSONResponse(parts, status)
