"""The rules of a call: what ships as default, within which bounds a region may set it, and how a call keeps its own.

No rule is national law: 慈善法 art. 95 only encourages 公益创投. Every number is a local rule, so each comes with its
source, and a published call keeps a copy: a later rule does not reach a running call.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from tuoju_projects.settlement import Grade


class RuleUnit(StrEnum):
    """What the number of a rule counts."""

    days = "days"
    working_days = "working_days"
    months = "months"
    years = "years"
    percent = "percent"
    points = "points"
    persons = "persons"
    awards = "awards"
    fen = "fen"
    switch = "switch"
    """1 for on, 0 for off."""


class CallRuleName(StrEnum):
    """The rules of a call that have a number; R1 to R27 of their source, those with two numbers twice."""

    open_days = "open_days"
    open_days_at_least = "open_days_at_least"
    abnormal_list_bars = "abnormal_list_bars"
    serious_breach_bars = "serious_breach_bars"
    major_violation_bars = "major_violation_bars"
    experience_required = "experience_required"
    applications_per_organization = "applications_per_organization"
    awards_per_organization = "awards_per_organization"
    largest_award = "largest_award"
    award_of_budget = "award_of_budget"
    period = "period"
    last_intake_before_end = "last_intake_before_end"
    management_share = "management_share"
    lottery_mark = "lottery_mark"
    reviews_at_least = "reviews_at_least"
    reviews_at_least_small = "reviews_at_least_small"
    small_award = "small_award"
    panel_at_least = "panel_at_least"
    least_score = "least_score"
    criterion_at_least = "criterion_at_least"
    notice = "notice"
    objection_answered = "objection_answered"
    signing = "signing"
    first_payment = "first_payment"
    first_tranche = "first_tranche"
    second_tranche = "second_tranche"
    spent_before_second = "spent_before_second"
    rectification = "rectification"
    free_move = "free_move"
    final_report = "final_report"
    grade_a = "grade_a"
    grade_b = "grade_b"
    return_within = "return_within"
    breach_bars = "breach_bars"
    separate_ledger = "separate_ledger"


@dataclass(frozen=True, slots=True)
class RuleDefinition:
    """One rule.

    Attributes
    ----------
    number
        R1 to R27 of the specification of the funding cycle.
    default
        What ships.
    lowest, highest
        Within these bounds a region may set it.
    source
        Where the default was seen; "own proposal" where it was not.
    """

    number: str
    unit: RuleUnit
    default: int
    lowest: int
    highest: int
    source: str


_OURS = "own proposal"
_PRACTICE = "common practice, without a source that was read"
_U, _N = RuleUnit, CallRuleName

DEFINITIONS: Mapping[CallRuleName, RuleDefinition] = MappingProxyType(
    {
        _N.open_days: RuleDefinition("R1", _U.days, 20, 1, 365, "广州市2023年公益创投：12月1日至20日"),
        _N.open_days_at_least: RuleDefinition("R1", _U.days, 15, 1, 365, _OURS),
        _N.abnormal_list_bars: RuleDefinition("R3", _U.years, 1, 0, 10, "广州市第十一届公益创投"),
        _N.serious_breach_bars: RuleDefinition("R3", _U.years, 2, 0, 10, "广州市第十一届公益创投"),
        _N.major_violation_bars: RuleDefinition("R3", _U.years, 3, 0, 10, "广州市第十一届公益创投"),
        _N.experience_required: RuleDefinition("R4", _U.switch, 0, 0, 1, "中央财政支持社会组织2025年：可选"),
        _N.applications_per_organization: RuleDefinition("R5", _U.awards, 2, 1, 20, _OURS),
        _N.awards_per_organization: RuleDefinition("R5", _U.awards, 1, 1, 20, "一家组织一个项目（瓯海）"),
        _N.largest_award: RuleDefinition("R7", _U.fen, 10_000_000, 1, 10**10, "芜湖、瓯海：10万元"),
        _N.award_of_budget: RuleDefinition("R8", _U.percent, 100, 1, 100, "穗社管规字〔2019〕1号：60%；默认不要求配套"),
        _N.period: RuleDefinition("R9", _U.months, 10, 1, 36, "芜湖：10个月"),
        _N.last_intake_before_end: RuleDefinition("R9", _U.days, 30, 0, 365, _OURS),
        _N.management_share: RuleDefinition("R10", _U.percent, 10, 0, 100, _PRACTICE),
        _N.lottery_mark: RuleDefinition("R12", _U.switch, 1, 0, 1, "彩票管理条例实施细则第六十条"),
        _N.reviews_at_least: RuleDefinition("R13", _U.persons, 5, 1, 50, _OURS),
        _N.reviews_at_least_small: RuleDefinition("R13", _U.persons, 3, 1, 50, _OURS),
        _N.small_award: RuleDefinition("R13", _U.fen, 2_000_000, 0, 10**10, _OURS),
        _N.panel_at_least: RuleDefinition("R13", _U.persons, 5, 1, 50, _OURS),
        _N.least_score: RuleDefinition("R14", _U.points, 60, 0, 100, "苏州市2012年中期评估：60分合格"),
        _N.criterion_at_least: RuleDefinition("R14", _U.percent, 40, 0, 100, _OURS),
        _N.notice: RuleDefinition("R15", _U.working_days, 5, 1, 60, "深圳市福田区2021年"),
        _N.objection_answered: RuleDefinition("R16", _U.working_days, 15, 1, 60, _OURS),
        _N.signing: RuleDefinition("R17", _U.working_days, 15, 1, 120, "博爱100：约15个工作日"),
        _N.first_payment: RuleDefinition("R17", _U.working_days, 15, 1, 120, "博爱100：约15个工作日"),
        _N.first_tranche: RuleDefinition("R18", _U.percent, 50, 0, 100, _PRACTICE),
        _N.second_tranche: RuleDefinition("R18", _U.percent, 30, 0, 100, _PRACTICE),
        _N.spent_before_second: RuleDefinition("R18", _U.percent, 70, 0, 100, _OURS),
        _N.rectification: RuleDefinition("R20", _U.working_days, 20, 1, 120, _OURS),
        _N.free_move: RuleDefinition("R21", _U.percent, 10, 0, 100, _OURS),
        _N.final_report: RuleDefinition("R22", _U.days, 30, 1, 365, "广州市社会组织公益创投资金办法：一个月内"),
        _N.grade_a: RuleDefinition("R23", _U.points, 85, 1, 100, "宁波市海曙区：A 85分以上"),
        _N.grade_b: RuleDefinition("R23", _U.points, 60, 0, 99, "宁波市海曙区：B 60分以上"),
        _N.return_within: RuleDefinition("R24", _U.days, 30, 1, 365, _OURS),
        _N.breach_bars: RuleDefinition("R25", _U.years, 3, 0, 10, "博爱100：三年"),
        _N.separate_ledger: RuleDefinition("R26", _U.switch, 1, 0, 1, "专账核算、专款专用（广州）"),
    }
)


@dataclass(frozen=True, slots=True)
class LocalRule:
    """What a region has set, with the decision that says so."""

    value: int
    source: str


class RulesNotUsable(ValueError):
    """A rule is out of its bounds, or contradicts another.

    Attributes
    ----------
    names
        The rules, the one to change first.
    """

    def __init__(self, *names: CallRuleName) -> None:
        super().__init__(f"the rules cannot be used: {', '.join(names)}")
        self.names = names


@dataclass(frozen=True)
class CallRules:
    """The rules of one call: what its region has set, the default for the rest."""

    local: Mapping[CallRuleName, LocalRule]

    def __post_init__(self) -> None:
        for name, rule in self.local.items():
            definition = DEFINITIONS[name]
            if not definition.lowest <= rule.value <= definition.highest or not rule.source.strip():
                raise RulesNotUsable(name)
        for low, high in _ORDERED:
            if self[low] > self[high]:
                raise RulesNotUsable(high, low)
        if self[_N.first_tranche] + self[_N.second_tranche] > 100:
            raise RulesNotUsable(_N.second_tranche, _N.first_tranche)

    def __getitem__(self, name: CallRuleName) -> int:
        return self.local[name].value if name in self.local else DEFINITIONS[name].default

    def source(self, name: CallRuleName) -> str:
        return self.local[name].source if name in self.local else DEFINITIONS[name].source

    @property
    def tranche_percents(self) -> tuple[int, int, int]:
        """For `settlement.split_into_tranches`."""
        first, second = self[_N.first_tranche], self[_N.second_tranche]
        return first, second, 100 - first - second

    def reviews_needed(self, award: int) -> int:
        """Fewest reviews of an application that asks for `award` fen (rule R13)."""
        small = award <= self[_N.small_award]
        return self[_N.reviews_at_least_small] if small else self[_N.reviews_at_least]

    def award_is_within(self, award: int, matching: int) -> bool:
        """Whether an award in fen keeps the largest award and its share of the budget (rules R7 and R8)."""
        share = self[_N.award_of_budget]
        return award <= self[_N.largest_award] and 100 * award <= share * (award + matching)

    def grade(self, points: float, *, veto: bool = False) -> Grade:
        """The grade of a final evaluation; a veto (false receipts or attendance, harm hidden) is C (rule R23)."""
        if veto or points < self[_N.grade_b]:
            return Grade.c
        return Grade.a if points >= self[_N.grade_a] else Grade.b

    def frozen(self) -> dict[str, dict[str, int | str]]:
        """Every rule with value and source, as a published call keeps it: independent of later defaults."""
        return {name.value: {"value": self[name], "source": self.source(name)} for name in CallRuleName}

    @classmethod
    def thawed(cls, stored: Mapping[str, Mapping[str, int | str]]) -> "CallRules":
        """The rules of a published call. Raises ValueError for a rule that is not known."""
        local = {
            CallRuleName(name): LocalRule(int(entry["value"]), str(entry["source"])) for name, entry in stored.items()
        }
        return cls(local)


_ORDERED = (
    (_N.open_days_at_least, _N.open_days),
    (_N.awards_per_organization, _N.applications_per_organization),
    (_N.reviews_at_least_small, _N.reviews_at_least),
    (_N.grade_b, _N.grade_a),
)
"""The first is at most the second."""


def definitions_as_markdown() -> str:
    """The table of docs/funding.md; a test compares them."""
    rows = [
        f"| {definition.number} | `{name}` | {definition.default} | {str(definition.unit).replace('_', ' ')} |"
        f" {definition.lowest} to {definition.highest} | {definition.source} |"
        for name, definition in DEFINITIONS.items()
    ]
    heading = "| | rule | default | unit | bounds | source of the default |\n|---|---|---:|---|---|---|\n"
    return heading + "\n".join(rows) + "\n"
