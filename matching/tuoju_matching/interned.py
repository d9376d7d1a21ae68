"""Rules and target groups that many projects share: each distinct one is judged once a need."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from tuoju_matching.features import EVERYONE, HARDSHIP, NAMED
from tuoju_matching.profiles import NeedProfile, Rule, RuleKind

_NUMERIC = (RuleKind.min_age, RuleKind.max_age, RuleKind.disability_grade_at_most)
_NONE = np.empty(0, dtype=np.intp)


class Rules:
    """Every distinct rule by a number; 0 is the rule that everyone passes."""

    def __init__(self) -> None:
        self._number_of: dict[Rule, int] = {}
        self._limits: dict[RuleKind, tuple[list[int], list[float]]] = {kind: ([], []) for kind in _NUMERIC}
        self._naming: dict[tuple[RuleKind, str], list[int]] = {}
        self._frozen: _Frozen | None = None

    def number(self, rule: Rule) -> int:
        """The rule's number, given to it when first seen. Raises ValueError if its limit is no whole number."""
        found = self._number_of.get(rule)
        if found is not None:
            return found
        limit = _limit(rule) if rule.kind in _NUMERIC else None
        number = self._number_of[rule] = len(self._number_of) + 1
        self._frozen = None
        if limit is not None:
            numbers, limits = self._limits[rule.kind]
            numbers.append(number)
            limits.append(limit)
        else:
            for value in rule.values:
                self._naming.setdefault((rule.kind, value), []).append(number)
        return number

    def passed(self, need: NeedProfile) -> NDArray[np.bool_]:
        """Whether the need passes each rule, shape (n_rules + 1,), by number: eligibility.check, a column at once."""
        if self._frozen is None:
            self._frozen = _Frozen(self._limits, self._naming)
        passed = np.zeros(len(self._number_of) + 1, dtype=bool)
        passed[0] = True
        limits, naming = self._frozen.limits, self._frozen.naming
        if need.age is not None:
            numbers, least = limits[RuleKind.min_age]
            passed[numbers] = need.age >= least
            numbers, most = limits[RuleKind.max_age]
            passed[numbers] = need.age <= most
        if need.disability_grade is not None:
            numbers, most = limits[RuleKind.disability_grade_at_most]
            passed[numbers] = need.disability_grade <= most
        for kind, value in _words(need):
            numbers_of = naming.get((kind, value))
            if numbers_of is not None:
                passed[numbers_of] = True
        return passed


class _Frozen:
    """The lists of Rules as arrays, made anew when a rule is seen for the first time."""

    def __init__(
        self,
        limits: Mapping[RuleKind, tuple[list[int], list[float]]],
        naming: Mapping[tuple[RuleKind, str], list[int]],
    ) -> None:
        self.limits = MappingProxyType(
            {kind: (np.array(numbers, dtype=np.intp), np.array(each)) for kind, (numbers, each) in limits.items()}
        )
        self.naming = MappingProxyType({key: np.array(each, dtype=np.intp) for key, each in naming.items()})


def _limit(rule: Rule) -> float:
    try:
        return float(int(rule.values[0]))
    except (ValueError, IndexError, OverflowError) as error:
        raise ValueError(f"the rule {rule.kind} asks for one whole number, not {rule.values}") from error


def _words(need: NeedProfile) -> list[tuple[RuleKind, str]]:
    facts = [(RuleKind.vulnerability, each) for each in need.vulnerabilities]
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
    """All that the rules ask of a person: needs of the same facts pass the same rules."""
    return (
        need.age,
        need.sex,
        need.relief_category,
        need.vulnerabilities,
        need.self_care,
        need.disability_type,
        need.disability_grade,
    )


class Groups:
    """Every distinct tuple of target groups by a number; 0 is the empty one."""

    def __init__(self) -> None:
        self._number_of: dict[tuple[str, ...], int] = {(): 0}
        self._naming: dict[str, list[int]] = {}

    def number(self, groups: tuple[str, ...]) -> int:
        """The number of these groups, given to them when first seen."""
        found = self._number_of.get(groups)
        if found is not None:
            return found
        number = self._number_of[groups] = len(self._number_of)
        for group in set(groups):
            self._naming.setdefault(group, []).append(number)
        return number

    def fit(self, need: NeedProfile) -> NDArray[np.float64]:
        """features.target_group_fit by number, shape (n_tuples,)."""
        fit = np.zeros(len(self._number_of))
        fit[0] = EVERYONE
        fit[self._naming.get(need.relief_category, [])] = HARDSHIP
        for tag in need.vulnerabilities:
            fit[self._naming.get(tag, [])] = NAMED
        return fit
