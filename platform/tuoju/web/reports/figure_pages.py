"""Figures: what waits, what works, what was served; every number opens its rows."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlmodel import Session, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, may
from tuoju.cases.status import NeedState
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import county_of, names, within
from tuoju.reports import exports, figures
from tuoju.reports.facts import Facts, NeedFact, ReferralFact, load_facts
from tuoju.reports.figures import Dimension, Figure, Slice
from tuoju.reports.relief import city_rows
from tuoju.reports.supply import balances
from tuoju.web.kit.dependencies import CurrentActor, ReadSession, WriteSession
from tuoju.web.kit.maps import HEIGHT, WIDTH, shapes
from tuoju.web.kit.rendering import render
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju_projects.models import Project

router = APIRouter()
ROWS_SHOWN = 200


def _part(
    county: Annotated[str, Query(max_length=12)] = "",
    project: Annotated[str, Query(max_length=10)] = "",
    month: Annotated[str, Query(max_length=7)] = "",
) -> Slice:
    return Slice(county, project, month)


Part = Annotated[Slice, Depends(_part)]


@router.get("/figures")
def show(request: Request, session: ReadSession, actor: CurrentActor, part: Part) -> Response:
    facts = load_facts(session, actor)
    tables = {each: figures.table(each, facts, part) for each in Dimension}
    days = figures.answer_days(facts, part)
    waiting = {line.key: line.values[Figure.waiting_needs] for line in tables[Dimension.county]}
    return render(
        request,
        "reports/figures/show.html",
        part=part,
        headline={each: figures.value_of(each, facts, part) for each in Figure},
        closed=figures.closed_loop_rate(facts, part),
        helped=figures.got_help_rate(facts, part),
        median_days=figures.median_answer_days(facts, part),
        city=city_rows(session, actor).within(_inside(session, part.county)).during(part.month).figures(),
        day_counts=[(str(day), days.count(day)) for day in range(max(days, default=0) + 1)],
        states=figures.by_state(facts, part),
        tables=tables,
        words=_words(session, facts),
        choices=_choices(facts),
        balances=balances(session, actor, facts),
        longest=_longest_waiting(facts, part),
        today=china_day(now()),
        map=shapes(),
        map_size=(WIDTH, HEIGHT),
        waiting=waiting,
        most=max(waiting.values(), default=0),
    )


def _inside(session: Session, region_code: str) -> Callable[[str], bool]:
    """Whether a village lies in a region; every village in scope, for none."""
    if not region_code:
        return lambda _village: True
    inside = set(session.exec(within(session, region_code)))
    return inside.__contains__


def _words(session: Session, facts: Facts) -> dict[Dimension, Callable[[str], str]]:
    """How to name the keys of each dimension."""
    counties = names(session, {each.county for each in facts.needs} | {shape.code for shape in shapes()})
    projects = {str(pk): name for pk, name in session.exec(select(Project.id, Project.name))}
    return {
        Dimension.county: lambda key: counties.get(key, key),
        Dimension.project: lambda key: projects.get(key, key),
        Dimension.month: lambda key: key,
    }


def _choices(facts: Facts) -> dict[str, list[str]]:
    everything: list[figures.Fact] = [*facts.needs, *facts.referrals, *facts.attendances]
    return {
        "county": sorted({each.county for each in everything}),
        "project": sorted({str(each.project_id) for each in facts.referrals}, key=int),
        "month": sorted({each.month for each in everything}, reverse=True),
    }


def _longest_waiting(facts: Facts, part: Slice) -> list[NeedFact]:
    waiting = [each for each in facts.needs if each.state is NeedState.open and part.holds(each)]
    return sorted(waiting, key=lambda each: each.opened_on)[:8]


@router.get("/figures/rows")
def rows(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    figure: Figure,
    part: Part,
    page: Annotated[int, Query(ge=1)] = 1,
) -> Response:
    """The rows behind one number, so that anyone can count them again. Masked: no person is named."""
    facts = load_facts(session, actor)
    found = figures.rows_of(figure, facts, part)
    last = max(1, -(-len(found) // ROWS_SHOWN))
    page = min(page, last)
    return render(
        request,
        "reports/figures/rows.html",
        figure=figure,
        part=part,
        value=figures.value_of(figure, facts, part),
        rows=found[(page - 1) * ROWS_SHOWN : page * ROWS_SHOWN],
        page=page,
        last=last,
        total=len(found),
        kind="need" if figure is Figure.waiting_needs else _kind(found),
        words=_words(session, facts),
        may_open=may(actor, Action.read_referrals),
    )


def _kind(found: list[figures.Fact]) -> str:
    return "referral" if found and isinstance(found[0], ReferralFact) else "attendance"


@router.get("/figures/export.{ending}")
def export(
    request: Request,
    session: WriteSession,
    actor: CurrentActor,
    ending: str,
    part: Part,
    by: Dimension = Dimension.county,
) -> Response:
    """The tables as Excel (all three) or CSV (one); who took them out is on record."""
    facts = load_facts(session, actor)
    words = _words(session, facts)
    sheets = {label("dimension", each): _lines(each, facts, part, words[each]) for each in Dimension}
    region = actor.region_code or ""
    audit.record(session, actor, "export_figures", ending, scope=county_of(session, region), by=by.value)
    if ending == "csv":
        return _file(exports.to_csv(sheets[label("dimension", by)]), "text/csv; charset=utf-8", "tuoju-figures.csv")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _file(exports.to_xlsx(sheets), kind, "tuoju-figures.xlsx")


def _lines(
    dimension: Dimension, facts: Facts, part: Slice, word: Callable[[str], str]
) -> list[list[str | int | float]]:
    heading: list[str | int | float] = [label("dimension", dimension), *(label("figure", each) for each in Figure)]
    lines: list[list[str | int | float]] = [
        [word(line.key), *(line.values[each] for each in Figure)] for line in figures.table(dimension, facts, part)
    ]
    return [heading, *lines, [_("All (persons once each)"), *(figures.value_of(each, facts, part) for each in Figure)]]


def _file(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})
