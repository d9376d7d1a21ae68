"""Monthly summaries: what is handed in, one month's sheet, and what each level does with it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, may, require
from tuoju.accounts.queries import names_of
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.models import RegionLevel
from tuoju.regions.queries import county_of, full_name, get_region, names
from tuoju.relief.queries import find_fund
from tuoju.reports import summaries
from tuoju.reports.exports import to_xlsx
from tuoju.reports.models import MonthlySummary, SummaryState
from tuoju.reports.persons import PersonLine, relieved_persons
from tuoju.reports.sheets import Sheet
from tuoju.reports.summaries import Handed
from tuoju.residents.errors import ResidentNotFound
from tuoju.web.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.languages import gettext as _
from tuoju.web.rendering import redirect, render
from tuoju.web.words import label

router = APIRouter()
Month = Annotated[str, Query(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]
MONEY = frozenset(name for name in Sheet.model_fields if name.endswith("_fen"))
SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "fund",
        (
            "opening_fen",
            "income_government_fen",
            "income_collective_fen",
            "income_donation_fen",
            "income_other_fen",
            "relief_fen",
            "goods_fen",
            "recovered_fen",
            "closing_fen",
        ),
    ),
    (
        "relief",
        (
            "relief_person_times",
            "relief_household_times",
            "cases_opened",
            "cases_discovered",
            "cases_refused",
            "cases_relieved",
            "cases_in_time",
        ),
    ),
    (
        "service",
        (
            "needs_reported",
            "referrals_sent",
            "referrals_accepted",
            "referrals_rejected",
            "referrals_completed",
            "service_person_times",
            "service_persons",
            "service_household_times",
            "service_minutes",
        ),
    ),
    ("notice", ("notices_posted", "notices_late", "objections")),
)


@router.get("/summaries")
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    month: Month | None = None,
    region: Annotated[str, Query(pattern=r"^\d{12}$")] = "",
    only: Annotated[SummaryState | str, Query()] = "",
) -> Response:
    """A society sees its own months; every level above sees who has handed in a month, who is missing first."""
    require(actor, Action.read_summaries)
    home = actor.region_code or ""
    latest = summaries.last_month(session, home)
    if get_region(session, home).level is RegionLevel.village:
        own = summaries.summaries_of(session, home)
        return render(
            request,
            "summaries/own.html",
            place=full_name(session, home),
            region_code=home,
            has_fund=find_fund(session, home) is not None,
            latest=latest,
            own=own,
            waits=latest not in {each.month for each in own},
        )
    shown, where = month or latest, region or home
    lines = summaries.handed_in(session, actor, shown, where)
    counts = {name: sum(_standing(line) == name for line in lines) for name in _STANDINGS}
    townships = summaries.handed_in(session, actor, shown, where, RegionLevel.township)
    return render(
        request,
        "summaries/index.html",
        month=shown,
        latest=latest,
        region=where,
        place=full_name(session, where),
        lines=sorted((line for line in lines if only in ("", _standing(line))), key=lambda line: not line.missing),
        counts=counts,
        total=len(lines),
        only=only,
        standing=_standing,
        townships=[line for line in townships if line.region_code != actor.region_code],
        own_township=home if get_region(session, home).level is RegionLevel.township else "",
        own=summaries.find_summary(session, home, shown),
        places=names(session, {line.region_code for line in [*lines, *townships]}),
    )


_STANDINGS = ("missing", "returned", "handed_in", "accepted")


def _standing(line: Handed) -> str:
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
        "summaries/show.html",
        summary=chosen,
        current=chosen.pk == summary.pk,
        editions=editions,
        sheet=sheet,
        sections=SECTIONS,
        money=MONEY,
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
        "summaries/not_yet.html",
        region_code=region_code,
        month=month,
        place=full_name(session, region_code),
        first=first,
        last=last,
        over=last < china_day(now()),
        may_hand_in=may(actor, Action.hand_in_summaries),
    )


def figure_name(name: str) -> str:
    """The words for a number of the sheet."""
    figure, _dot, code = name.partition(".")
    return label("hardship_cause", code) if code else label("sheet_figure", figure)


@router.post("/summaries/{region_code}/{month}")
def prepare(
    request: Request, session: WriteSession, actor: CurrentActor, region_code: str, month: str, form: Form
) -> Response:
    summaries.prepare(session, actor, region_code, month, reason=str(form.get("reason", "")))
    return redirect(request, f"/summaries/{region_code}/{month}", _("Counted. A second person signs it now."))


@router.post("/summaries/editions/{summary_id}/sign")
def sign(request: Request, session: WriteSession, actor: CurrentActor, summary_id: int, form: Form) -> Response:
    summary = summaries.sign(session, actor, summaries.get_summary(session, actor, summary_id))
    return _back(request, summary, _("Signed and handed in."))


@router.post("/summaries/editions/{summary_id}/accept")
def accept(request: Request, session: WriteSession, actor: CurrentActor, summary_id: int, form: Form) -> Response:
    summary = summaries.accept(session, actor, summaries.get_summary(session, actor, summary_id))
    return _back(request, summary, _("Accepted and filed."))


@router.post("/summaries/editions/{summary_id}/return")
def return_back(request: Request, session: WriteSession, actor: CurrentActor, summary_id: int, form: Form) -> Response:
    summary = summaries.get_summary(session, actor, summary_id)
    summaries.return_back(session, actor, summary, reason=str(form.get("reason", "")))
    return _back(request, summary, _("Sent back to be corrected."))


def _back(request: Request, summary: MonthlySummary, words: str) -> Response:
    return redirect(request, f"/summaries/{summary.region_code}/{summary.month}", words)


@router.get("/summaries/editions/{summary_id}/sheet.xlsx")
def export(request: Request, session: WriteSession, actor: CurrentActor, summary_id: int) -> Response:
    """The sheet and its persons, masked; who took it out is on record."""
    return _workbook(session, actor, summaries.get_summary(session, actor, summary_id), purpose="")


@router.post("/summaries/editions/{summary_id}/sheet.xlsx")
def export_in_full(
    request: Request, session: WriteSession, actor: CurrentActor, summary_id: int, form: Form
) -> Response:
    """The same with names and numbers in full, for a purpose; every file read is on record."""
    purpose = str(form.get("purpose", "")).strip() or _("monthly summary")
    return _workbook(session, actor, summaries.get_summary(session, actor, summary_id), purpose=purpose)


def _workbook(session: Session, actor: Actor, summary: MonthlySummary, *, purpose: str) -> Response:
    if purpose and not may(actor, Action.reveal_residents):
        raise ResidentNotFound
    place, sheet = full_name(session, summary.region_code), summaries.sheet_of(summary)
    scope = county_of(session, summary.region_code)
    audit.record(session, actor, "export_summary", summary, scope=scope, purpose=purpose)
    signature = _("Taken out by %(name)s on %(day)s") % {
        "name": actor.display_name,
        "day": china_day(now()),
    }
    lines: list[list[str | int | float]] = [
        [_("Monthly summary of %(place)s") % {"place": place}, summary.month],
        [_("Days"), f"{summary.first_day} – {summary.last_day}"],
        [_("Edition"), summary.edition],
        [_("State"), label("summary_state", summary.state)],
    ]
    if summary.nothing_happened:
        lines.append([_("Zero report"), _("nothing happened in this month")])
    for _section, names_in in SECTIONS:
        lines += [[figure_name(name), _shown(name, getattr(sheet, name))] for name in names_in]
    lines.append([figure_name("average_days"), round(sheet.average_days, 2) if sheet.average_days else "—"])
    lines += [[figure_name(f"by_cause.{cause}"), count] for cause, count in sheet.by_cause.items()]
    lines += [["SHA-256", summary.digest], [signature, ""]]
    persons = relieved_persons(session, actor, summary, purpose=purpose)
    book = to_xlsx({_("Summary"): lines, _("Persons"): [_heading(), *(_line(each) for each in persons), [signature]]})
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    name = f"summary-{summary.region_code}-{summary.month}-{summary.edition}.xlsx"
    return Response(book, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


def _shown(name: str, value: int) -> int | float:
    """Amounts in yuan."""
    return value / 100 if name in MONEY else value


def _heading() -> list[str | int | float]:
    return [
        _("No."),
        _("Name"),
        _("ID number"),
        _("Age"),
        _("Sex"),
        _("Household members"),
        _("Address"),
        _("Relief category"),
        _("Telephone"),
        _("Amount (yuan)"),
        _("Decided on"),
        _("Cause of hardship"),
        _("Case"),
    ]


def _line(person: PersonLine) -> list[str | int | float]:
    return [
        person.number,
        person.name,
        person.id_number,
        "" if person.age is None else person.age,
        label("sex_word", person.sex),
        person.household_members,
        person.address,
        label("relief_category", person.relief_category),
        person.phone,
        person.amount_fen / 100,
        person.decided_on.isoformat() if person.decided_on else "",
        label("hardship_cause", person.cause),
        person.case_number,
    ]
