"""What is proposed for a need, and why not something else."""

from pydantic import Field

from tuoju.web.kit.representations.regions import Representation


class Contribution(Representation):
    """What one feature adds to a score."""

    feature: str = Field(
        description="`scarcity` is the price of the project's places in the newest plan: it counts against it.",
        examples=["nearness"],
    )
    value: float = Field(description="Between 0 and 1.")
    weight: float
    amount: float = Field(description="`value` x `weight`; the amounts of a match sum to its score.")


class MatchProposed(Representation):
    """A project the need may be sent to. A machine proposes; a person chooses."""

    rank: int
    project_id: int
    project_name: str
    organization_id: int
    organization_name: str
    places_left: int
    score: float = Field(description="The fit less the price of its places; the list is sorted by it.")
    fit: float = Field(description="How well it suits, between 0 and 1.")
    chance_accepted: float | None = Field(description="Where a learned ranking is in use: that the project accepts.")
    chance_met: float | None = Field(description="Where a learned ranking is in use: that the need is met once sent.")
    reasons: list[str] = Field(
        description="In the language of `Accept-Language`.", examples=[["It is meant for: disabled and unable"]]
    )
    would_rank_higher: list[str] = Field(
        description="What would have ranked it higher, one change each.",
        examples=[["If it had 5 places left, not 1, it would be no. 1"]],
    )
    contributions: list[Contribution]
    may_be_told: bool = Field(description="Whether the resident has agreed that this organization be told.")


class Matches(Representation):
    """The projects that may take a need, best first."""

    need_id: int
    ranker: str = Field(
        description="What ranked them: the rules, or a learned ranking by its number.", examples=["rules-1"]
    )
    items: list[MatchProposed]


class Obstacle(Representation):
    """One condition that keeps a project from taking a need."""

    code: str = Field(examples=["outside_area"])
    wanted: list[str] = Field(description="What the project asks for: an age, a day, or codes.")
    actual: str = Field(description="What is recorded; empty where nothing is.")
    detail: str = Field(description="The same in words, in the language of `Accept-Language`.")


class WhyNot(Representation):
    """Every condition that keeps one project from taking one need; none if it may."""

    need_id: int
    project_id: int
    eligible: bool
    obstacles: list[Obstacle]
