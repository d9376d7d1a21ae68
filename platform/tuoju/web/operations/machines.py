"""Endpoints for machines with a token of their own: metrics for Prometheus, delivery receipts of SMS gateways."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, REGISTRY
from starlette.concurrency import run_in_threadpool

from tuoju.accounts.models import Role
from tuoju.database.scopes import SYSTEM, Escape, system_scope
from tuoju.web.kit.body_limits import takes_body
from tuoju.web.kit.dependencies import ReadSession, find_actor, settings_of, unit_of_work_of
from tuoju.web.kit.gates import Audience, open_to
from tuoju.web.kit.observation import process_metrics
from tuoju.web.kit.once import repeatable
from tuoju_notifications.metrics import metrics_text
from tuoju_notifications.receipts import record_receipts

router = APIRouter(dependencies=[open_to(Audience.machine, "a token of the settings is checked")])
MAX_BYTES = 1_000_000
"""The largest delivery report."""


def _may_read_metrics(request: Request) -> None:
    """Allow the token of the settings, and administrators. For everybody else the page does not exist."""
    if _has_bearer_token(request, settings_of(request).metrics_token):
        return
    actor = find_actor(request)
    if actor is None or actor.role is not Role.administrator:
        raise HTTPException(404)


def _has_bearer_token(request: Request, token: str) -> bool:
    scheme, _, presented = request.headers.get("authorization", "").partition(" ")
    return bool(token) and scheme.lower() == "bearer" and hmac.compare_digest(presented.encode(), token.encode())


@router.get("/metrics", dependencies=[Depends(_may_read_metrics)])
def show_metrics(request: Request, session: ReadSession) -> Response:
    """Figures of deliveries and queues from the database, then those of this machine's processes, in the Prometheus
    text format; nothing personal."""
    with system_scope(session, Escape.metrics):
        deliveries = metrics_text(session)
    processes = process_metrics(REGISTRY, of_all_processes=settings_of(request).metrics_of_all_processes)
    return Response(deliveries + processes, media_type=CONTENT_TYPE_PLAIN_0_0_4)


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post(
    "/receipts/{gateway}",
    dependencies=[takes_body(MAX_BYTES), repeatable("a report of a gateway says where a message stands")],
)
async def receive(request: Request, gateway: str, body: Annotated[bytes, Depends(_body)], token: str = "") -> Response:
    """A delivery report of a gateway. One that cannot send a header puts `token` in the address."""
    gate = settings_of(request).receipt_gates.get(gateway)
    if gate is None or not gate.token:
        raise HTTPException(404)
    if not _has_bearer_token(request, gate.token) and not hmac.compare_digest(token.encode(), gate.token.encode()):
        raise HTTPException(404)
    try:
        receipts = gate.reader.receipts(body)
    except ValueError as error:
        raise HTTPException(400) from error

    def settle() -> None:
        with unit_of_work_of(request).write(SYSTEM) as session:
            record_receipts(session, gateway, receipts)

    await run_in_threadpool(settle)
    return JSONResponse({"code": 0, "msg": "OK"})
