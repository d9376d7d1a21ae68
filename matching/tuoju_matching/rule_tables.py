"""Tables of the distinct rules and target groups, so that each is checked once a need, not once a project."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from tuoju_matching.features import EVERYONE, HARDSHIP, NAMED
from tuoju_matching.profiles import NeedProfile, Rule, RuleKind

_NUMERIC = (RuleKind.min_age, RuleKind.max_age, RuleKind.disability_grade_at_most)


class RuleTable:
    """Numbers every distinct rule; number 0 is the rule that every need passes."""

    def __init__(self) -> None:
        self._number_of: dict[Rule, int] = {}
        self._limits: dict[RuleKind, tuple[list[int], list[float]]] = {kind: ([], []) for kind in _NUMERIC}
        self._rules_naming: dict[tuple[RuleKind, str], list[int]] = {}
        self._arrays: _RuleArrays | None = None

    def number(self, rule: Rule) -> int:
        """The number of the rule, assigned at the first call. Raises ValueError if its limit is not an integer."""
        known = self._number_of.get(rule)
        if known is not None:
            return known
        limit = _limit(rule) if rule.kind in _NUMERIC else None
        number = self._number_of[rule] = len(self._number_of) + 1
        self._arrays = None
        if limit is not None:
            numbers, limits = self._limits[rule.kind]
            numbers.append(number)
            limits.append(limit)
        else:
            for value in rule.values:
                self._rules_naming.setdefault((rule.kind, value), []).append(number)
        return number

    def passed(self, need: NeedProfile) -> NDArray[np.bool_]:
        """Whether the need passes each rule, shape (n_rules + 1,), by number; agrees with `eligibility.check`."""
        if self._arrays is None:
            self._arrays = _RuleArrays(self._limits, self._rules_naming)
        passed = np.zeros(len(self._number_of) + 1, dtype=bool)
        passed[0] = True
        limits, rules_naming = self._arrays.limits, self._arrays.rules_naming
        if need.age is not None:
            numbers, lowest = limits[RuleKind.min_age]
            passed[numbers] = need.age >= lowest
            numbers, highest = limits[RuleKind.max_age]
            passed[numbers] = need.age <= highest
        if need.disability_grade is not None:
            numbers, highest = limits[RuleKind.disability_grade_at_most]
            passed[numbers] = need.disability_grade <= highest
        for fact in _coded_facts(need):
            rules = rules_naming.get(fact)
            if rules is not None:
                passed[rules] = True
        return passed


class _RuleArrays:
    """The lists of a RuleTable as arrays; built again after a new rule."""

    def __init__(
        self,
        limits: Mapping[RuleKind, tuple[list[int], list[float]]],
        rules_naming: Mapping[tuple[RuleKind, str], list[int]],
    ) -> None:
        self.limits = MappingProxyType(
            {kind: (np.array(numbers, dtype=np.intp), np.array(values)) for kind, (numbers, values) in limits.items()}
        )
        self.rules_naming = MappingProxyType(
            {fact: np.array(numbers, dtype=np.intp) for fact, numbers in rules_naming.items()}
        )


def _limit(rule: Rule) -> float:
    try:
        return float(int(rule.values[0]))
    except (ValueError, IndexError, OverflowError) as error:
        raise ValueError(f"the rule {rule.kind} requires one integer, not {rule.values}") from error


def _coded_facts(need: NeedProfile) -> list[tuple[RuleKind, str]]:
    """The recorded facts that are codes, each with the kind of the rules that ask for it."""
    facts = [(RuleKind.vulnerability, tag) for tag in need.vulnerabilities]
    facts.append((RuleKind.relief_category, need.relief_category))
    for kind, value in (
        (RuleKind.sex, need.sex),
        (RuleKind.self_care, need.self_care),
        (RuleKind.disability_type, need.disability_type),
    ):
        if value is not None:
            facts.append((kind, value))
    return facts


def facts_of(need: NeedProfile) -> tuple[object, ...]:
    """Everything that rules ask about a person: needs with equal facts pass the same rules."""
    return (
        need.age,
        need.sex,
        need.relief_category,
        need.vulnerabilities,
        need.self_care,
        need.disability_type,
        need.disability_grade,
    )


class TargetGroupTable:
    """Numbers every distinct tuple of target groups; number 0 is the empty tuple."""

    def __init__(self) -> None:
        self._number_of: dict[tuple[str, ...], int] = {(): 0}
        self._tuples_naming: dict[str, list[int]] = {}

    def number(self, groups: tuple[str, ...]) -> int:
        """The number of these groups, assigned at the first call."""
        known = self._number_of.get(groups)
        if known is not None:
            return known
        number = self._number_of[groups] = len(self._number_of)
        for group in set(groups):
            self._tuples_naming.setdefault(group, []).append(number)
        return number

    def fit(self, need: NeedProfile) -> NDArray[np.float64]:
        """`features.target_group_fit` of each tuple, shape (n_tuples,), by number."""
        fit = np.zeros(len(self._number_of))
        fit[0] = EVERYONE
        fit[self._tuples_naming.get(need.relief_category, [])] = HARDSHIP
        for tag in need.vulnerabilities:
            fit[self._tuples_naming.get(tag, [])] = NAMED
        return fit
