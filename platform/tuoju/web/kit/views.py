"""View objects: everything that one page hands to its template."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class View:
    """Base of all view objects, which are frozen dataclasses.

    `template` names the template, as `subject/file.html`. The fields of the view object are the names that the template
    and what it includes may use, beside the globals of `rendering`; a test compares the two.
    """

    template: ClassVar[str]


@dataclass(frozen=True)
class FilterLink:
    """A link of the filter row above a list."""

    text: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class ErrorPage(View):
    """What went wrong, and the way out."""

    template: ClassVar[str] = "error.html"
    sentence: str
    back: str
