"""The way back to the page of matches that a form on a resident was opened from."""

import re

from starlette.datastructures import FormData


def matches_of(form: FormData) -> str:
    """The page of matches that a form was sent from, if it was; the field `back` holds the id of the need."""
    back = str(form.get("back", ""))
    return f"/needs/{back}/matches" if re.fullmatch(r"[0-9]{1,10}", back) else ""
