"""The audit: administrators filter and export it, everybody sees what they looked at themselves."""

import dataclasses
import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import Field
from sqlmodel import Session, select

from tuoju.accounts import audit
from tuoju.accounts.audit_anchors import AnchorState, anchor_state
from tuoju.accounts.audit_export import selected_export
from tuoju.accounts.audit_queries import AuditFilter, find_entries, find_own_entries, scopes_in
from tuoju.accounts.models import AuditEntry, User
from tuoju.accounts.permissions import Action, Actor
from tuoju.accounts.queries import names_of
from tuoju.accounts.request_limits import Expense
from tuoju.reports.exports import to_xlsx
from tuoju.residents.inputs import Optional
from tuoju.web.audit.views import AuditPage, OwnEntriesPage, chain_words, entry_rows
from tuoju.web.kit.bounds import Id, OptionalQueryId
from tuoju.web.kit.dependencies import BareForm, CurrentActor, ReadSession, WriteSession, settings_of
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.gates import needs
from tuoju.web.kit.once import READS, repeatable
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.formats import china_time
from tuoju.words.labels import options
from tuoju.words.languages import gettext as _
from tuoju_text.inputs import Input

router = APIRouter(prefix="/audit")
PAGE = 50
MOST_EXPORTED = 20_000
"""Entries in one export; who needs more narrows the period, or takes the whole audit at the command line."""
CODE = r"^[A-Za-z_]{0,60}$"
SCOPE = r"^[a-z]{0,20}:?[0-9]{0,12}$"
MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl; charset=utf-8",
}
Day = Annotated[Annotated[date, Field(ge=date(2000, 1, 1), le=date(2200, 1, 1))] | None, Optional]


class FilterInput(Input):
    """A filter as it is typed, and as it stands in an address."""

    action: str = Field(default="", pattern=CODE)
    subject_type: str = Field(default="", pattern=CODE)
    subject_id: str = Field(default="", max_length=64)
    scope: str = Field(default="", pattern=SCOPE)
    first_day: Day = None
    last_day: Day = None
    with_purpose: bool = False


class TypedFilter(FilterInput):
    """The user name is looked up, so that only the number of the account comes into the address."""

    username: str = Field(default="", max_length=64)


class AddressedFilter(FilterInput):
    """The filter of a page, and the last entry of the page before it."""

    actor_id: Id | None = None
    before_id: Id | None = None


@router.get("", dependencies=[needs(Action.read_audit)])
def index(
    request: Request, session: ReadSession, actor: CurrentActor, chosen: Annotated[AddressedFilter, Query()]
) -> Response:
    """Entries in the administrator's region, latest first."""
    username = _username_of(session, chosen.actor_id)
    form = BlankForm({**chosen.model_dump(mode="json"), "username": username})
    filters = AuditFilter(**chosen.model_dump(exclude={"before_id"}))
    return _page(request, session, actor, filters, form, before_id=chosen.before_id)


def _username_of(session: Session, user_id: int | None) -> str:
    user = session.get(User, user_id) if user_id else None
    return user.username if user else ""


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    filters: AuditFilter,
    form: BlankForm | SubmittedForm[TypedFilter],
    *,
    before_id: int | None = None,
    status: int = 200,
) -> Response:
    entries = find_entries(session, actor, filters, before_id=before_id, limit=PAGE + 1)
    shown = entries[:PAGE]
    anchors = anchor_state(session, timedelta(minutes=settings_of(request).audit_anchor_minutes))
    page = AuditPage(
        form=form,
        actions=sorted(options("audit_action"), key=lambda option: option[1]),
        subject_types=options("audit_subject"),
        scopes=[(scope, name or chain_words(scope)) for scope, name in scopes_in(session, actor)],
        rows=entry_rows(shown, names_of(session, {entry.actor_id for entry in shown})),
        older_url=address_of(filters, shown[-1].pk) if len(entries) > PAGE else "",
        anchors=anchors,
        anchor_alarm=_alarm_words(anchors) if actor.covers_city else "",
    )
    return render(request, page, status)


def _alarm_words(anchors: AnchorState) -> str:
    if not anchors.problem:
        return ""
    if anchors.problem == "late":
        return _("The audit is not anchored. Check that the scheduler and the worker run.")
    return _("The last attempt to anchor the audit failed (%(problem)s). Check the file and the webhook.") % {
        "problem": anchors.problem
    }


def address_of(filters: AuditFilter, before_id: int | None = None) -> str:
    """The address of a page of entries."""
    values = {**dataclasses.asdict(filters), "before_id": before_id}
    return f"/audit?{urlencode({name: str(value) for name, value in values.items() if value})}"


@router.post("", dependencies=[needs(Action.read_audit), repeatable("it only filters a list"), costs(Expense.search)])
def choose(request: Request, session: ReadSession, actor: CurrentActor, form: BareForm) -> Response:
    """Limit the list. The filter comes by POST, because it may hold the user name of an officer."""
    filled = fill(form, TypedFilter)
    filters = _filters_of(session, actor, filled)
    if filters is None:
        return _page(request, session, actor, AuditFilter(), filled, status=422)
    return redirect(request, address_of(filters))


def _filters_of(session: Session, actor: Actor, filled: SubmittedForm[TypedFilter]) -> AuditFilter | None:
    """The filter that was typed; None after the form was given the error."""
    if filled.model is None:
        return None
    values = filled.model.model_dump(exclude={"username"})
    user = session.exec(select(User).where(User.username == filled.model.username)).first()
    if filled.model.username and user is None:
        filled.add("username", _("No account has this user name. Check the spelling, or leave it empty."))
        return None
    return AuditFilter(actor_id=user.pk if user else None, **values)


@router.post("/export.{ending}", dependencies=[needs(Action.read_audit), repeatable(READS), costs(Expense.export)])
def export(
    request: Request,
    session: WriteSession,
    actor: CurrentActor,
    form: BareForm,
    ending: Annotated[str, Path(pattern="^(xlsx|jsonl)$")],
) -> Response:
    """The entries of the filter as a workbook, or as lines of JSON for the verifier; the export is audited."""
    filled = fill(form, TypedFilter)
    filters = _filters_of(session, actor, filled)
    if filters is None:
        return _page(request, session, actor, AuditFilter(), filled, status=422)
    entries = find_entries(session, actor, filters, limit=MOST_EXPORTED)
    subject, chain = audit.Subject("List", "audit"), audit.chain_of(session, actor)
    limits = {name: str(value) for name, value in dataclasses.asdict(filters).items() if value}
    audit.record(session, actor, "export_audit", subject, scope=chain, rows=len(entries), limits=limits, ending=ending)
    lines = "".join(f"{line}\n" for line in selected_export(entries[::-1])) if ending == "jsonl" else ""
    content = lines.encode() or to_xlsx({_("Audit"): _sheet_lines(session, entries)})
    headers = {"content-disposition": f'attachment; filename="tuoju-audit.{ending}"', "cache-control": "no-store"}
    return Response(content, media_type=MEDIA_TYPES[ending], headers=headers)


def _sheet_lines(session: Session, entries: Sequence[AuditEntry]) -> list[list[str | int | float]]:
    heading = [_("Time"), _("By whom"), _("What"), _("About"), _("Purpose"), _("From where"), _("Details")]
    rows = entry_rows(entries, names_of(session, {entry.actor_id for entry in entries}))
    lines: list[list[str | int | float]] = [
        [china_time(row.at), row.who, row.action, row.subject, row.purpose, ", ".join(row.origin), _json(entry)]
        for row, entry in zip(rows, entries, strict=True)
    ]
    return [[*heading], *lines]


def _json(entry: AuditEntry) -> str:
    return json.dumps(entry.detail, ensure_ascii=False) if entry.detail else ""


@router.get("/own", dependencies=[needs(Action.keep_own_account)])
def own(request: Request, session: ReadSession, actor: CurrentActor, before: OptionalQueryId = None) -> Response:
    """What the account itself looked at, when and why."""
    entries = find_own_entries(session, actor, before_id=before, limit=PAGE + 1)
    shown = entries[:PAGE]
    older_url = f"/audit/own?before={shown[-1].pk}" if len(entries) > PAGE else ""
    return render(request, OwnEntriesPage(entry_rows(shown, {actor.user_id: actor.display_name}), older_url))
