"""The groups between which a plan is looked at for fairness, and may be bound to be even."""

from enum import StrEnum

from tuoju.matchmaking.groups import age_group
from tuoju_matching.profiles import NeedProfile


class Grouping(StrEnum):
    """By what people are grouped; each is a column of PlanLine."""

    county = "county"
    township = "township"
    remoteness = "remoteness"
    hardship = "hardship"
    sex = "sex"
    age = "age"


class Remoteness(StrEnum):
    """How far from a town someone lives, told from the division itself (GB/T 2260; names of the statistics bureau):
    in a subdistrict (街道), in another residents' community (社区居委会), or in a village (村委会)."""

    subdistrict = "subdistrict"
    community = "community"
    village = "village"


def remoteness_of(township: str, village: str) -> Remoteness:
    """By the names of the township and the village."""
    if township.endswith("街道") or "街道办事处" in township:
        return Remoteness.subdistrict
    return Remoteness.community if "社区" in village or "居委会" in village else Remoteness.village


def groups_of(need: NeedProfile, remoteness: Remoteness) -> dict[Grouping, str]:
    """The group of a need under each grouping. Its path holds city, county, township and village."""
    path = need.region_path
    return {
        Grouping.county: path[min(1, len(path) - 1)],
        Grouping.township: path[min(2, len(path) - 1)],
        Grouping.remoteness: remoteness.value,
        Grouping.hardship: need.relief_category,
        Grouping.sex: need.sex or "unknown",
        Grouping.age: age_group(need.age),
    }
