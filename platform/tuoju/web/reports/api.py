"""Figures: what waits, what works, what was served; every number opens its rows."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from tuoju.accounts.permissions import Action
from tuoju.cases.status import NeedState
from tuoju.referrals.confirmations import HelpState
from tuoju.referrals.status import Outcome, ReferralState
from tuoju.reports.facts import AttendanceFact, Fact, NeedFact, ReferralFact, Slice
from tuoju.reports.figures import Dimension, Figure, FigureCounts, median_of
from tuoju.web.kit.bounds import GREATEST
from tuoju.web.kit.dependencies import CurrentActor, ReportSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.pagination import Page, PageOf
from tuoju.web.kit.problems import api_router
from tuoju.web.kit.representations.regions import Representation

router = api_router("/figures", "Figures")


def _part(
    county: Annotated[str, Query(pattern=r"^(\d{12})?$", description="Only this county.")] = "",
    project: Annotated[int | None, Query(ge=1, le=GREATEST, description="Only this project.")] = None,
    month: Annotated[
        str, Query(pattern=r"^(\d{4}-\d{2})?$", description="Only this month, in China time.", examples=["2026-11"])
    ] = "",
) -> Slice:
    return Slice(county, str(project) if project else "", month)


Part = Annotated[Slice, Depends(_part)]


class RateShown(Representation):
    """A share, with what it is a share of."""

    part: int
    total: int
    share: float | None = Field(description="Null if the total is 0.")


class FiguresShown(BaseModel):
    """The figures of one part of your region."""

    values: dict[Figure, int] = Field(
        description="Person-times count every attendance. Persons count each resident once, so the persons "
        "of the parts do not add up to the total."
    )
    closed_loop_rate: RateShown = Field(description="The share of sent referrals whose result the sender knows.")
    got_help_rate: RateShown = Field(description="The share of sent referrals that met the need or part of it.")
    help_confirmed_rate: RateShown = Field(
        description="Of the referrals that helped, the share that the resident's word, a call-back or a spot check "
        "confirms."
    )
    median_answer_days: float | None = Field(description="In working days. Null if nothing was answered.")
    referrals_by_state: dict[ReferralState, int]


class FigureLine(Representation):
    """The figures of one county, project or month."""

    key: str = Field(description="The code of a county, the id of a project, or a month.", examples=["110101000000"])
    values: dict[Figure, int]


class NeedCounted(Representation):
    """A need behind a figure."""

    id: int
    county: str
    category: str
    month: str
    opened_on: date
    state: NeedState


class ReferralCounted(Representation):
    """A referral behind a figure."""

    id: int
    county: str
    project_id: int
    month: str
    state: ReferralState
    answer_days: int | None
    outcome: Outcome | None
    help: HelpState | None


class AttendanceCounted(Representation):
    """One person served at one visit, behind a figure."""

    id: int
    visit_id: int
    referral_id: int
    resident_id: int
    county: str
    project_id: int
    month: str


class Counted(BaseModel):
    """One row behind a figure: exactly one of the three."""

    need: NeedCounted | None = None
    referral: ReferralCounted | None = None
    attendance: AttendanceCounted | None = None

    @classmethod
    def of(cls, fact: Fact) -> "Counted":
        match fact:
            case NeedFact():
                return cls(need=NeedCounted.model_validate(fact))
            case ReferralFact():
                return cls(referral=ReferralCounted.model_validate(fact))
            case AttendanceFact():
                return cls(attendance=AttendanceCounted.model_validate(fact))


@router.get("", summary="Get the figures", dependencies=[needs(Action.read_figures)])
def show_figures(session: ReportSession, actor: CurrentActor, part: Part) -> FiguresShown:
    """The figures of your whole region, or of one county, project or month."""
    counts = FigureCounts(session, actor, part)
    return FiguresShown(
        values=counts.values(),
        closed_loop_rate=RateShown.model_validate(counts.closed_loop_rate()),
        got_help_rate=RateShown.model_validate(counts.got_help_rate()),
        help_confirmed_rate=RateShown.model_validate(counts.help_confirmed_rate()),
        median_answer_days=median_of(counts.answer_days()),
        referrals_by_state=counts.by_state(),
    )


@router.get("/table", summary="Get the figures by county, project or month", dependencies=[needs(Action.read_figures)])
def show_table(
    session: ReportSession, actor: CurrentActor, part: Part, by: Dimension = Dimension.county
) -> list[FigureLine]:
    """One line for each county, project or month that has rows."""
    lines = FigureCounts(session, actor, part).table(by)
    return [FigureLine(key=line.key, values=dict(line.values)) for line in lines]


@router.get("/rows", summary="List the rows behind a figure", dependencies=[needs(Action.read_figures)])
def list_figure_rows(
    session: ReportSession, actor: CurrentActor, paging: PageOf, figure: Figure, part: Part
) -> Page[Counted]:
    """The rows that a figure is counted from, so that you can count it again. No person is named. Persons and
    household-times are counted from attendances: each `resident_id` and each `visit_id` once."""
    counts = FigureCounts(session, actor, part)
    rows = counts.rows(figure, limit=paging.fetch, after_id=paging.after_id or 0)
    shown, following = paging.take(rows, lambda fact: (fact.id,))
    return Page(items=[Counted.of(fact) for fact in shown], next=following)
