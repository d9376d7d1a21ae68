"""What the matching sees of a need and of a project."""

from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum


class Urgency(IntEnum):
    """The classes of urgency, in rising order; assignment treats them lexicographically."""

    routine = 0
    soon = 1
    urgent = 2
    life_threatening = 3


class RuleKind(StrEnum):
    """The hard conditions a project may set."""

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
    """One hard condition: `values` are alternatives; for ages and grades one whole number."""

    kind: RuleKind
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NeedProfile:
    """One kind of help wanted, without anything that names a person.

    Attributes
    ----------
    category : str
        A service_type leaf, such as "A01".
    region_path : tuple of str
        Division codes from the city down to the village.
    waiting_days : int
        Calendar days since the need was opened.
    age, disability_grade : int or None
        None where not recorded.
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


@dataclass(frozen=True, slots=True)
class ProjectProfile:
    """What is offered.

    Attributes
    ----------
    areas : tuple of str
        Codes of the divisions served, of any level.
    places_age_days : int
        Days since the charity last stated its places.
    acceptance_rate : float or None
        Share of answered referrals that were accepted, in [0, 1]; None without a record.
    response_days : float or None
        Median working days to an answer; None without a record.
    answered, ended : int
        How many referrals the two above and the next one are taken from.
    success_rate : float or None
        Share of ended services that met the need at least in part, in [0, 1]; None without a record.
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
