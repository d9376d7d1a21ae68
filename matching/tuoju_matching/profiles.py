"""Profiles: the facts about a need and a project that matching uses."""

from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum


class Urgency(IntEnum):
    """The classes of urgency in rising order; assignment places a higher class first, whatever the scores."""

    routine = 0
    soon = 1
    urgent = 2
    life_threatening = 3


class RuleKind(StrEnum):
    """The kinds of eligibility rules that a project may set."""

    min_age = "min_age"
    max_age = "max_age"
    sex = "sex"
    relief_category = "relief_category"
    vulnerability = "vulnerability"
    self_care = "self_care"
    disability_type = "disability_type"
    disability_grade_at_most = "disability_grade_at_most"


@dataclass(frozen=True, slots=True)
class Rule:
    """One eligibility rule.

    Attributes
    ----------
    values : tuple of str
        Alternatives; for ages and grades one integer.
    """

    kind: RuleKind
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NeedProfile:
    """One kind of help that a person needs, without anything that identifies the person.

    Attributes
    ----------
    category : str
        A service_type leaf, such as "A01".
    region_path : tuple of str
        Division codes from the city down to the village.
    waiting_days : int
        Calendar days since the need was opened.
    age, disability_grade : int or None
        Years; grade 1 (most severe) to 4 of GB/T 26341. None if not recorded.
    meaning : bytes
        The text's vector as `meaning.pack` gives it; b"" if it has none, and its characters alone are compared.
    """

    id: int
    category: str
    text: str
    region_path: tuple[str, ...]
    urgency: Urgency = Urgency.routine
    waiting_days: int = 0
    age: int | None = None
    sex: str | None = None
    relief_category: str = "NONE"
    vulnerabilities: frozenset[str] = frozenset()
    self_care: str | None = None
    disability_type: str | None = None
    disability_grade: int | None = None
    needs_home_visit: bool = False
    meaning: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class ProjectProfile:
    """A project and its record.

    Attributes
    ----------
    areas : tuple of str
        Codes of the divisions served, at any level.
    places_age_days : int
        Days since the charity last confirmed the number of places.
    acceptance_rate : float or None
        Share of answered referrals that were accepted, in [0, 1]; None without a record.
    response_days : float or None
        Median working days to an answer; None without a record.
    answered, ended : int
        Counts behind the rates: answered referrals, and services that ended.
    success_rate : float or None
        Share of ended services that met the need at least in part, in [0, 1]; None without a record.
    meaning : bytes
        The vector of `ranker.text_of`, as for a need.
    """

    id: int
    name: str
    categories: tuple[str, ...]
    text: str
    areas: tuple[str, ...]
    starts_on: date
    ends_on: date
    places_left: int
    target_groups: tuple[str, ...] = ()
    last_intake_on: date | None = None
    is_open: bool = True
    home_visits: bool = True
    places_age_days: int = 0
    rules: tuple[Rule, ...] = field(default=())
    acceptance_rate: float | None = None
    response_days: float | None = None
    answered: int = 0
    success_rate: float | None = None
    ended: int = 0
    meaning: bytes = field(default=b"", repr=False)
