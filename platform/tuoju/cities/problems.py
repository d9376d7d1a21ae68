"""What is wrong in the files of a city, where, and what would be right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tuoju.words.labels import label
from tuoju.words.languages import N_
from tuoju.words.languages import gettext as _


@dataclass(frozen=True)
class Problem:
    """One mistake in a file."""

    file: str
    line: int
    """As an editor counts; 0 for the whole file."""
    column: str
    kind: str
    """A key of WORDS, or an error type of pydantic."""
    typed: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_own(self) -> bool:
        """Whether WORDS has sentences for it; all others are error types of pydantic."""
        return self.kind in WORDS

    def wrong(self) -> str:
        """What is wrong, in the language of the reader."""
        if self.is_own:
            return _(WORDS[self.kind][0]) % self._values()
        return _("“%(typed)s” cannot be read here.") % {"typed": self.typed} if self.typed else _("This is empty.")

    def right(self) -> str:
        """What would be right, for the kinds of WORDS."""
        return _(WORDS[self.kind][1]) % self._values()

    def _values(self) -> Mapping[str, object]:
        """What the sentences name; the levels of divisions in words."""
        levels = {name: label("region_level", level) for name, level in self.facts.items() if name in _LEVELS}
        return {"typed": self.typed, **self.facts, **levels}


_LEVELS = frozenset({"level", "above", "wanted_level"})
"""Facts that are levels of divisions."""


class CityFolderError(Exception):
    """The files of a city, or a file of changes, cannot be used. Nothing was loaded."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


_ONE_OF = N_("One of these: %(expected)s.")

WORDS: Mapping[str, tuple[str, str]] = {
    "file_missing": (N_("This file is missing."), N_("Add it. `tuoju city new` writes an empty one with its columns.")),
    "file_unreadable": (N_("This file cannot be read."), N_("Save it as CSV in UTF-8.")),
    "json_unreadable": (N_("This is not JSON."), N_("A GeoJSON FeatureCollection of the outlines of the counties.")),
    "columns_missing": (N_("Columns are missing: %(columns)s."), N_("The first line has the names of the columns.")),
    "file_empty": (N_("The file has no rows."), N_("At least one row below the names of the columns.")),
    "no_folder": (N_("There is no such folder."), N_("The folder of a city; `tuoju city new` makes one.")),
    "region_code": (N_("“%(typed)s” is not a division code."), N_("12 digits, like 110101001001.")),
    "enum": (N_("“%(typed)s” is not known here."), _ONE_OF),
    "literal_error": (N_("“%(typed)s” is not known here."), _ONE_OF),
    "bool_parsing": (N_("“%(typed)s” is neither yes nor no."), N_("true or false.")),
    "twice": (
        N_("“%(typed)s” is in line %(first)s already."),
        N_("One row for each; take one of the two out."),
    ),
    "no_such_region": (
        N_("“%(typed)s” is in no file of divisions."),
        N_("A code of divisions.csv or development_zones.csv."),
    ),
    "two_cities": (
        N_("“%(typed)s” lies in no other division, and line %(first)s neither."),
        N_("One topmost division in a folder; all others name the one above."),
    ),
    "wrong_level": (
        N_("A %(level)s cannot lie in a %(above)s."),
        N_("The code of a %(wanted_level)s."),
    ),
    "top_level": (N_("The topmost division is a %(level)s."), N_("A city, or a county that runs this by itself.")),
    "no_policy": (
        N_("No policy of the whole city for %(typed)s."),
        N_("A row for it whose region_code is empty. Without it no case can be opened."),
    ),
    "no_data_policy": (
        N_("No row of the whole city for %(typed)s."),
        N_("A row for it whose region_code is empty. Without it no such consent can be recorded."),
    ),
    "works_on_weekday": (
        N_("%(typed)s is a working day anyway."),
        N_("Only weekend days that are worked have is_workday 1. Compare the day with the announcement."),
    ),
    "outline_of": (N_("“%(typed)s” is no county of the divisions."), N_("The code of a county, in properties.code.")),
    "outline_shape": (
        N_("“%(typed)s” is no outline."),
        N_("A Polygon or MultiPolygon whose points are longitude and latitude."),
    ),
    "unknown_code": (N_("“%(typed)s” is not in the list %(list)s."), _ONE_OF),
    "rule": (N_("“%(typed)s” is no rule."), N_("kind=value, like min_age=60 or sex=female, with ; between rules.")),
    "not_a_village": (N_("“%(typed)s” is no village."), N_("The code of a village of the divisions.")),
    "lies_elsewhere": (
        N_("“%(typed)s” is loaded already and lies in %(known)s."),
        N_("A division moves with a day and a decision: use `tuoju city change`, and correct this file."),
    ),
    "named_otherwise": (
        N_("“%(typed)s” is loaded already and is called %(known)s."),
        N_("A division is renamed with a day and a decision: use `tuoju city change`, and correct this file."),
    ),
    "has_ended": (
        N_("“%(typed)s” ended on %(known)s."),
        N_("Take it out of this file."),
    ),
    "year_differs": (
        N_("%(typed)s is published already, with other days: %(known)s."),
        N_("Use `tuoju calendar load`, which shows the difference first, and correct this file."),
    ),
    "nothing_to_change": (
        N_("“%(typed)s” is no division that is there today."),
        N_("The code of a division that is loaded and has not ended."),
    ),
    "code_is_used": (
        N_("“%(typed)s” is the code of another division."),
        N_("A code that no division has or had. To unite two divisions, use merge."),
    ),
    "needs_new_code": (
        N_("A village that comes to another township gets a code of it."),
        N_("A new code that begins with %(wanted)s."),
    ),
    "needs_what": (
        N_("A %(typed)s needs %(wanted)s."),
        N_("Fill in: %(wanted)s."),
    ),
    "into_itself": (N_("A division cannot come to lie in itself."), N_("Another division.")),
    "future_day": (
        N_("%(typed)s is in the future."),
        N_("Run the file on that day: a change is in force from when it is confirmed."),
    ),
    "other_level": (
        N_("A %(level)s cannot be united with a %(above)s."),
        N_("A division of the same level."),
    ),
}
"""For each kind what is wrong and what would be right."""
