"""Whether all parts are up, for supervisors and load balancers."""

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DBAPIError

from tuoju.web.kit.dependencies import unit_of_work_of
from tuoju_notifications.models import Heartbeat, now
from tuoju_notifications.tasks import QUEUE_PART

router = APIRouter()
HEARTBEAT_TIMEOUT = timedelta(seconds=30)
"""An older heartbeat means that the scheduler or the worker is down."""


@router.get("/healthz")
def show(request: Request) -> Response:
    """200 when web, database, and scheduler-to-worker are all up; else 503 naming what is not.

    The scheduler has the worker write a heartbeat every five seconds, so one row speaks for both.
    """
    parts = {"web": "up", "database": "down", "scheduler_and_worker": "down"}
    try:
        with unit_of_work_of(request).read() as session:
            beat = session.get(Heartbeat, QUEUE_PART)
            alive = beat is not None and now() - beat.at < HEARTBEAT_TIMEOUT
        parts["database"] = "up"
        parts["scheduler_and_worker"] = "up" if alive else "down"
    except DBAPIError:
        pass
    status = 200 if set(parts.values()) == {"up"} else 503
    return JSONResponse(parts, status)
