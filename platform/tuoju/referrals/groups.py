"""The age bands by which people are looked at for fairness, in plans and in learning."""

AGE_BANDS = ((17, "child"), (59, "adult"), (79, "older"), (200, "oldest"))
"""Upper ages, included: children, working age, older people, 80 and above (高龄)."""


def age_band(age: int | None) -> str:
    """child, adult, older, oldest or unknown."""
    if age is None:
        return "unknown"
    return next(band for limit, band in AGE_BANDS if age <= limit)
