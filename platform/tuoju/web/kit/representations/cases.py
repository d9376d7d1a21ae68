"""Cases and needs."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from pydantic import Field

from tuoju.accounts.fields import GatedText
from tuoju.accounts.permissions import Actor
from tuoju.cases.models import Case, Need, OpenedBy, Urgency
from tuoju.cases.status import CaseState, NeedState
from tuoju.cases.views import case_seen, need_seen
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.residents.models import Resident
from tuoju.web.kit.representations.actions import case_actions, need_actions
from tuoju.web.kit.representations.regions import Names, RegionName, Representation
from tuoju.web.kit.representations.residents import Person


class NeedListed(Representation):
    """A need in a list, without its text."""

    id: int
    case_id: int
    category: str = Field(description="Code list `service_type`.", examples=["A01"])
    urgency: Urgency
    wished_times: list[str]
    constraints: list[str]
    state: NeedState
    opened_at: datetime
    ended_at: datetime | None
    waiting_days: int = Field(
        description="Days since the need was opened. The count continues when a referral does not work out."
    )
    version: int
    actions: list[str] = Field(description="The actions you can take now.", examples=[["refer", "withdraw"]])


class WaitingNeed(NeedListed):
    """A need with its resident, masked, and the region."""

    case_number: str
    region: RegionName
    resident: Person


class NeedShown(NeedListed):
    """A need with its text."""

    text: GatedText | None = Field(description="Null for roles that only see figures.")


class GapReported(Representation):
    """Whether a need counts as a gap."""

    need_id: int
    reported: bool = Field(description="False if a project can still take the need.")


def _need(need: Need, actor: Actor) -> dict[str, object]:
    seen = need_seen(actor, need)
    waited_until = need.ended_at or now()
    return {
        **asdict(seen),
        "text": seen.text or None,
        "waiting_days": (china_day(waited_until) - china_day(need.opened_at)).days,
        "version": need.version,
        "actions": need_actions(actor, need),
    }


def need_shown(need: Need, actor: Actor) -> NeedShown:
    return NeedShown.model_validate(_need(need, actor))


def waiting_need(row: tuple[Need, Case, Resident], actor: Actor, names: Names) -> WaitingNeed:
    need, case, resident = row
    return WaitingNeed.model_validate(
        {
            **_need(need, actor),
            "case_number": case.number,
            "region": RegionName.of(case.region_code, names),
            "resident": Person.of(resident, actor),
        }
    )


class CaseListed(Representation):
    """A case in a list."""

    id: int
    number: str = Field(description="Village code, year and sequence number.", examples=["110101001001-2026-0001"])
    resident_id: int
    region: RegionName
    opened_by: OpenedBy
    discovery_channel: str = Field(description="Code list `discovery_channel`.")
    hardship_cause: str = Field(description="Code list `hardship_cause`.")
    state: CaseState
    accepted_at: datetime
    closed_at: datetime | None
    version: int
    actions: list[str] = Field(description="The actions you can take now.", examples=[["close", "withdraw"]])


class CaseShown(CaseListed):
    """A case with its summary and its needs."""

    summary: GatedText = Field(description="Empty for roles that steer by figures.")
    needs: list[NeedShown]


def _case(case: Case, actor: Actor, names: Names) -> dict[str, object]:
    place = RegionName.of(case.region_code, names)
    return {**case.model_dump(), "region": place, "actions": case_actions(actor, case)}


def case_listed(case: Case, actor: Actor, names: Names) -> CaseListed:
    return CaseListed.model_validate(_case(case, actor, names))


def case_shown(case: Case, needs: Sequence[Need], actor: Actor, names: Names) -> CaseShown:
    shown = [need_shown(need, actor) for need in needs]
    return CaseShown.model_validate(
        {**_case(case, actor, names), "summary": case_seen(actor, case).summary, "needs": shown}
    )
