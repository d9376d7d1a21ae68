"""The groups between which a plan is compared for fairness, and may be required to be even."""

from enum import StrEnum

from tuoju.matchmaking.groups import age_group
from tuoju_matching.profiles import NeedProfile


class Grouping(StrEnum):
    """By what people are grouped; each grouping is a column of PlanLine."""

    county = "county"
    township = "township"
    remoteness = "remoteness"
    hardship = "hardship"
    sex = "sex"
    age = "age"


class Remoteness(StrEnum):
    """How far from a town someone lives, by the kind of division (GB/T 2260; names of the statistics bureau)."""

    subdistrict = "subdistrict"
    """In a subdistrict (街道)."""
    community = "community"
    """In a residents' community (社区居委会) elsewhere."""
    village = "village"
    """In a village (村委会)."""


def remoteness_of(township: str, village: str) -> Remoteness:
    """The remoteness by the names of the township and the village."""
    if township.endswith("街道") or "街道办事处" in township:
        return Remoteness.subdistrict
    return Remoteness.community if "社区" in village or "居委会" in village else Remoteness.village


def groups_of(need: NeedProfile, remoteness: Remoteness) -> dict[Grouping, str]:
    """The group of a need under each grouping. The need's path holds city, county, township and village."""
    path = need.region_path
    return {
        Grouping.county: path[min(1, len(path) - 1)],
        Grouping.township: path[min(2, len(path) - 1)],
        Grouping.remoteness: remoteness.value,
        Grouping.hardship: need.relief_category,
        Grouping.sex: need.sex or "unknown",
        Grouping.age: age_group(need.age),
    }
