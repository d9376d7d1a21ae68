"""Builders of profiles with defaults that fit each other."""

from datetime import date, timedelta

from tuoju_matching.profiles import NeedProfile, ProjectProfile

TODAY = date(2026, 11, 23)
PATH = ("341100000000", "341124000000", "341124105000", "341124105205")
"""City, county, township and village."""


def need(**values: object) -> NeedProfile:
    """A need in the village of PATH for the service A01."""
    defaults = {"id": 1, "category": "A01", "text": "早饭没人做", "region_path": PATH, "age": 80}
    return NeedProfile(**{**defaults, **values})  # type: ignore[arg-type]


def project(**values: object) -> ProjectProfile:
    """An open project in the county of PATH that offers A01 and has three places."""
    defaults = {
        "id": 1,
        "name": "关爱老人",
        "categories": ("A01",),
        "text": "上门做饭",
        "areas": (PATH[1],),
        "starts_on": TODAY - timedelta(days=10),
        "ends_on": TODAY + timedelta(days=10),
        "places_left": 3,
    }
    return ProjectProfile(**{**defaults, **values})  # type: ignore[arg-type]


def minimal_project(**values: object) -> ProjectProfile:
    """A project without texts and areas that is open today only and has one place."""
    days = {"starts_on": TODAY, "ends_on": TODAY}
    return project(**{"name": "", "text": "", "areas": (), "places_left": 1, **days, **values})
