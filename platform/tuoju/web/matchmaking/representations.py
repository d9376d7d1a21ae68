"""Proposed projects for a need, and why other projects cannot take it."""

from typing import Self

from pydantic import Field

from tuoju.accounts.fields import GatedText
from tuoju.referrals.views import AskedFor
from tuoju.web.kit.representations.regions import Names, RegionName, Representation
from tuoju_text.inputs import Input


class PreviewInput(Input):
    """What the sender is about to write to the project."""

    note: str = Field(default="", max_length=500)


class Preview(Representation):
    """What an organization sees of the need until it accepts."""

    name: str = Field(description="The surname.", examples=["张*"])
    age_band: str = Field(examples=["70-79"])
    region: RegionName = Field(description="The township.")
    category: str = Field(description="Code list `service_type`.", examples=["A01"])
    text: GatedText = Field(description="`〔…〕` stands for what identifies the person.")
    note: GatedText
    wished_times: list[str]
    constraints: list[str]

    @classmethod
    def of(cls, asked: AskedFor, names: Names) -> Self:
        return cls(
            name=asked.person.name,
            age_band=asked.person.age_band,
            region=RegionName.of(asked.region_code, names),
            category=asked.need.category,
            text=asked.need.text,
            note=asked.note,
            wished_times=list(asked.need.wished_times),
            constraints=list(asked.need.constraints),
        )


class Contribution(Representation):
    """What one feature adds to a score."""

    feature: str = Field(
        description="`scarcity` is the price of a place of the project in the latest plan. It lowers the score.",
        examples=["nearness"],
    )
    value: float = Field(description="Between 0 and 1.")
    weight: float
    amount: float = Field(description="`value` x `weight`. The amounts of a match add up to its score.")


class MatchProposed(Representation):
    """A project that the need can be referred to. The system proposes, a person chooses."""

    rank: int
    project_id: int
    project_name: str
    organization_id: int
    organization_name: str
    places_left: int
    score: float = Field(description="The fit minus the price of a place. The list is sorted by it.")
    fit: float = Field(description="How well the project fits the need, between 0 and 1.")
    chance_accepted: float | None = Field(
        description="The chance that the project accepts. Null unless a learned ranking is in use."
    )
    chance_met: float | None = Field(
        description="The chance that the need is met once referred. Null unless a learned ranking is in use."
    )
    reasons: list[str] = Field(
        description="In the language of `Accept-Language`.", examples=[["It is meant for: disabled and unable"]]
    )
    would_rank_higher: list[str] = Field(
        description="Single changes that would rank the project higher.",
        examples=[["If it had 5 places left, not 1, it would be no. 1"]],
    )
    contributions: list[Contribution]
    may_be_told: bool = Field(
        description="Whether the resident has consented to sharing information with this organization."
    )


class Matches(Representation):
    """The projects that can take a need, best first."""

    need_id: int
    ranker: str = Field(
        description="How they were ranked: by rules, or by the learned ranking with this number.", examples=["rules-1"]
    )
    items: list[MatchProposed]


class Obstacle(Representation):
    """One eligibility rule that prevents a project from taking a need."""

    code: str = Field(examples=["outside_area"])
    wanted: list[str] = Field(description="What the project requires: an age, a date or codes.")
    actual: str = Field(description="What is recorded. Empty if nothing is.")
    detail: str = Field(description="The same in words, in the language of `Accept-Language`.")


class WhyNot(Representation):
    """Every eligibility rule that prevents a project from taking a need. Empty if it can take the need."""

    need_id: int
    project_id: int
    eligible: bool
    obstacles: list[Obstacle]
