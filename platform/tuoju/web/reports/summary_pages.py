"""Monthly summaries: what is handed in, one month's sheet, and what each level does with it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, may, require
from tuoju.accounts.queries import names_of
from tuoju.database.records import now
from tuoju.documents.sheets.summary_book import SECTIONS, SocietyLine, figure_name, summary_book
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.models import RegionLevel
from tuoju.regions.queries import county_of, full_name, get_region, names
from tuoju.relief.queries import find_fund
from tuoju.reports import summaries
from tuoju.reports.models import MonthlySummary, SummaryState
from tuoju.reports.persons import relieved_persons
from tuoju.reports.summaries import Handed
from tuoju.residents.errors import ResidentNotFound
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _

router = APIRouter()
Month = Annotated[str, Query(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]
PER_PAGE = 100


@router.get("/summaries")
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    month: Month | None = None,
    region: Annotated[str, Query(pattern=r"^\d{12}$")] = "",
    only: Annotated[SummaryState | str, Query()] = "",
    page: Annotated[int, Query(ge=1)] = 1,
) -> Response:
    """A society sees its own months; every level above sees who has handed in a month, who is missing first."""
    require(actor, Action.read_summaries)
    home = actor.region_code or ""
    latest = summaries.last_month(session, home)
    if get_region(session, home).level is RegionLevel.village:
        own = summaries.summaries_of(session, home)
        return render(
            request,
            "reports/summaries/own.html",
            place=full_name(session, home),
            region_code=home,
            has_fund=find_fund(session, home) is not None,
            latest=latest,
            own=own,
            waits=latest not in {each.month for each in own},
        )
    shown, where = month or latest, region or home
    lines = summaries.handed_in(session, actor, shown, where)
    counts = {name: sum(standing_of(line) == name for line in lines) for name in _STANDINGS}
    townships = summaries.handed_in(session, actor, shown, where, RegionLevel.township)
    chosen = sorted((line for line in lines if only in ("", standing_of(line))), key=lambda line: not line.missing)
    last = max(1, -(-len(chosen) // PER_PAGE))
    page = min(page, last)
    chosen = chosen[(page - 1) * PER_PAGE : page * PER_PAGE]
    return render(
        request,
        "reports/summaries/index.html",
        month=shown,
        latest=latest,
        region=where,
        place=full_name(session, where),
        lines=chosen,
        page=page,
        last=last,
        counts=counts,
        total=len(lines),
        only=only,
        standing=standing_of,
        townships=[line for line in townships if line.region_code != actor.region_code],
        own_township=home if get_region(session, home).level is RegionLevel.township else "",
        own=summaries.find_summary(session, home, shown),
        places=names(session, {line.region_code for line in [*chosen, *townships]}),
    )


_STANDINGS = ("missing", "returned", "handed_in", "accepted")


def standing_of(line: Handed) -> str:
    """One of `_STANDINGS`; an edition not signed yet is missing."""
    if line.summary is None or line.summary.state is SummaryState.prepared:
        return "missing"
    return line.summary.state.value


@router.get("/summaries/{region_code}/{month}")
def show(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    region_code: str,
    month: str,
    edition: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    latest = summaries.find_summary(session, region_code, month)
    if latest is None:
        return _not_yet(request, session, actor, region_code, month)
    summary = summaries.get_summary(session, actor, latest.pk)
    editions = summaries.editions_of(session, summary)
    chosen = next((each for each in editions if each.edition == edition), summary)
    before = next((each for each in editions if each.edition == chosen.edition - 1), None)
    sheet = summaries.sheet_of(chosen)
    return render(
        request,
        "reports/summaries/show.html",
        summary=chosen,
        current=chosen.pk == summary.pk,
        editions=editions,
        sheet=sheet,
        sections=SECTIONS,
        place=full_name(session, region_code),
        people=names_of(
            session, [who for each in editions for who in (each.prepared_by, each.signed_by, each.answered_by)]
        ),
        changed=summaries.differences(summaries.sheet_of(before), sheet) if before else [],
        before=before,
        tampered=summaries.digest_of(chosen) != chosen.digest or bool(summaries.recount(session, chosen)),
        later=summaries.since_counted(session, chosen),
        figure=figure_name,
        may_answer=may(actor, Action.accept_summaries) and summaries.may_answer(actor, chosen),
        may_hand_in=may(actor, Action.hand_in_summaries),
    )


def _not_yet(request: Request, session: Session, actor: Actor, region_code: str, month: str) -> Response:
    first, last = summaries.open_period(session, actor, region_code, month)
    return render(
        request,
        "reports/summaries/not_yet.html",
        region_code=region_code,
        month=month,
        place=full_name(session, region_code),
        first=first,
        last=last,
        over=last < china_day(now()),
        may_hand_in=may(actor, Action.hand_in_summaries),
    )


@router.post("/summaries/{region_code}/{month}")
def prepare(
    request: Request, session: WriteSession, actor: CurrentActor, region_code: str, month: str, form: Form
) -> Response:
    summaries.prepare(session, actor, region_code, month, reason=str(form.get("reason", "")))
    return redirect(request, f"/summaries/{region_code}/{month}", _("Counted. A second person signs it now."))


@router.post("/summaries/editions/{summary_id}/sign")
def sign(request: Request, session: WriteSession, actor: CurrentActor, summary_id: PathId, form: Form) -> Response:
    summary = summaries.sign(session, actor, summaries.get_summary(session, actor, summary_id))
    return _back(request, summary, _("Signed and handed in."))


@router.post("/summaries/editions/{summary_id}/accept")
def accept(request: Request, session: WriteSession, actor: CurrentActor, summary_id: PathId, form: Form) -> Response:
    summary = summaries.accept(session, actor, summaries.get_summary(session, actor, summary_id))
    return _back(request, summary, _("Accepted and filed."))


@router.post("/summaries/editions/{summary_id}/return")
def return_back(
    request: Request, session: WriteSession, actor: CurrentActor, summary_id: PathId, form: Form
) -> Response:
    summary = summaries.get_summary(session, actor, summary_id)
    summaries.return_back(session, actor, summary, reason=str(form.get("reason", "")))
    return _back(request, summary, _("Sent back to be corrected."))


def _back(request: Request, summary: MonthlySummary, words: str) -> Response:
    return redirect(request, f"/summaries/{summary.region_code}/{summary.month}", words)


@router.get("/summaries/editions/{summary_id}/sheet.xlsx")
def export(request: Request, session: WriteSession, actor: CurrentActor, summary_id: PathId) -> Response:
    """The sheet and its persons, masked; who took it out is on record."""
    return _workbook(session, actor, summaries.get_summary(session, actor, summary_id), purpose="")


@router.post("/summaries/editions/{summary_id}/sheet.xlsx")
def export_in_full(
    request: Request, session: WriteSession, actor: CurrentActor, summary_id: PathId, form: Form
) -> Response:
    """The same with names and numbers in full, for a purpose; every file read is on record."""
    purpose = str(form.get("purpose", "")).strip() or _("monthly summary")
    return _workbook(session, actor, summaries.get_summary(session, actor, summary_id), purpose=purpose)


def _workbook(session: Session, actor: Actor, summary: MonthlySummary, *, purpose: str) -> Response:
    if purpose and not may(actor, Action.reveal_residents):
        raise ResidentNotFound
    audit.record(
        session, actor, "export_summary", summary, scope=county_of(session, summary.region_code), purpose=purpose
    )
    foot = _("Taken out by %(name)s at %(time)s, %(how)s") % {
        "name": actor.display_name,
        "time": f"{datetime.now(CHINA):%Y-%m-%d %H:%M}",
        "how": _("in full, for: %(purpose)s") % {"purpose": purpose} if purpose else _("masked"),
    }
    title = _("Monthly summary of %(place)s") % {"place": full_name(session, summary.region_code)}
    people = names_of(session, (summary.prepared_by, summary.signed_by, summary.answered_by))
    persons = relieved_persons(session, actor, summary, purpose=purpose)
    lines, whole = _society_lines(session, actor, summary), summaries.sheet_of(summary)
    book = summary_book(title, summary, lines, whole, persons, people, foot)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    name = f"summary-{summary.region_code}-{summary.month}-{summary.edition}.xlsx"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(book, media_type=kind, headers=headers)


def _society_lines(session: Session, actor: Actor, summary: MonthlySummary) -> list[SocietyLine]:
    """The societies within the summary's region, each as it has handed in; a village's own line is what it says."""
    if get_region(session, summary.region_code).level is RegionLevel.village:
        state = label("summary_state", summary.state)
        return [SocietyLine(full_name(session, summary.region_code), state, summaries.sheet_of(summary))]
    lines = summaries.handed_in(session, actor, summary.month, summary.region_code)
    places = names(session, {line.region_code for line in lines})
    found = []
    for line in lines:
        zero = line.summary is not None and not line.missing and line.summary.nothing_happened
        state = _("Zero report") if zero else label("summary_state", standing_of(line))
        sheet = summaries.sheet_of(line.summary) if line.summary is not None and not line.missing else None
        found.append(SocietyLine(places[line.region_code], state, sheet))
    return found
