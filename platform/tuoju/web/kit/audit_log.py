"""Puts into the audit what no verb writes: personal text and files that a page showed, and requests that were refused.

Both are written when the answer begins, in a small transaction of their own, because that of the request has ended or
was rolled back. If they cannot be written, the answer is not sent.
"""

from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tuoju.accounts import audit
from tuoju.accounts.permissions import Actor
from tuoju.accounts.request_context import RequestContext, network_of, use_request
from tuoju.accounts.row_scope import row_scope_of
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.web.kit.routes import route_of

PRINCIPAL = ("Resident", "Case", "Referral", "Alert", "Need")
"""Classes that a page can be about, from the widest: the entry is about the first of which it showed just one row."""
MOST_IDS = 200
"""Ids of one class that an entry names; the rest is counted."""


class AuditRequests:
    """Makes the context of each request, and writes what was read or refused before the answer leaves."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        host = scope["client"][0] if scope.get("client") else ""
        context = RequestContext(request_id=scope["state"]["request_id"], address=network_of(host))

        async def send_recorded(message: Message) -> None:
            if message["type"] == "http.response.start" and (context.rows_read or context.refusal):
                await run_in_threadpool(_write, scope, context, message["status"])
            await send(message)

        with use_request(context):
            await self.app(scope, receive, send_recorded)


def _write(scope: Scope, context: RequestContext, status: int) -> None:
    """Write the entry of a refusal, or of what was shown; nothing for whoever is not signed in."""
    actor: Actor | None = scope["state"].get("actor")
    if actor is None:
        return
    unit_of_work: UnitOfWork = scope["app"].state.unit_of_work
    if context.refusal:
        with unit_of_work.write(row_scope_of(actor)) as session:
            _record_refusal(session, actor, scope, context)
    elif status < 400 and (rows := _unrecorded_rows(context)):
        with unit_of_work.write(row_scope_of(actor)) as session:
            _record_reading(session, actor, scope, rows)


def _record_refusal(session: Session, actor: Actor, scope: Scope, context: RequestContext) -> None:
    ids = {name: str(value) for name, value in scope.get("path_params", {}).items() if str(value).isdigit()}
    audit.record(
        session,
        actor,
        "refused",
        audit.Subject("Route", route_of(scope)),
        scope=audit.chain_of(session, actor),
        method=scope["method"],
        **context.refusal,
        ids=ids,
    )


def _unrecorded_rows(context: RequestContext) -> dict[str, list[int]]:
    """The ids of the rows that were shown, by class, without those that an entry of this request is about already."""
    rows: dict[str, list[int]] = {}
    for kind, row_id in sorted(context.rows_read):
        if (kind, str(row_id)) not in context.rows_recorded:
            rows.setdefault(kind, []).append(row_id)
    return rows


def _record_reading(session: Session, actor: Actor, scope: Scope, rows: dict[str, list[int]]) -> None:
    shown = {kind: ids[:MOST_IDS] for kind, ids in rows.items()}
    left_out = sum(len(ids) - len(shown[kind]) for kind, ids in rows.items())
    principal = next((kind for kind in PRINCIPAL if len(rows.get(kind, ())) == 1), None)
    route = route_of(scope)
    audit.record(
        session,
        actor,
        "read",
        audit.Subject(principal, str(rows[principal][0])) if principal else audit.Subject("Route", route),
        scope=audit.chain_of(session, actor),
        route=route,
        rows=shown,
        left_out=left_out,
    )
