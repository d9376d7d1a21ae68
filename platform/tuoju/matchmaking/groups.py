"""The groups between which fairness is checked, in learning and in plans."""

from datetime import date

from tuoju.residents.identity import age_on

AGE_GROUPS = ((17, "child"), (59, "adult"), (79, "older"), (200, "oldest"))
"""Upper ages, included: children, working age, older people, 80 and above (高龄)."""

GROUPINGS = ("county", "sex", "age", "hardship")
"""By what learning groups people."""


def age_group(age: int | None) -> str:
    """child, adult, older, oldest or unknown."""
    if age is None:
        return "unknown"
    return next(band for limit, band in AGE_GROUPS if age <= limit)


def groups_on(day: date, path: str, sex: str, born_on: date | None, relief_category: str) -> dict[str, str]:
    """A resident's group under each of GROUPINGS on a day; `path` as Region.path."""
    codes = path.rstrip("/").split("/")
    return {
        "county": codes[min(1, len(codes) - 1)],
        "sex": str(sex),
        "age": age_group(age_on(born_on, day) if born_on else None),
        "hardship": relief_category,
    }
