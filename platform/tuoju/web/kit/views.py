"""View objects: everything that one page hands to its template."""

from collections.abc import Sequence
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


@dataclass(frozen=True)
class KeptFormPage(View):
    """A refusal whose form stands on no page that can be opened again: it is kept here, to be sent again."""

    template: ClassVar[str] = "kept_form.html"
    sentence: str
    back: str
    action: str
    fields: Sequence[tuple[str, str]]
    typed: Sequence[str]
    """The longer texts among the fields, to be seen and copied."""
    has_files: bool


@dataclass(frozen=True)
class RefusalNotice(View):
    """At the head of a form that came back: why, and a link to the field that is wrong."""

    template: ClassVar[str] = "refusal.html"
    sentence: str
    field_id: str
    has_files: bool


@dataclass(frozen=True)
class OpenLinkPage(View):
    """Where a link in a message leads. The token is posted to `action`, so that no address holds it any more."""

    template: ClassVar[str] = "open_link.html"
    title: str
    action: str
    token: str
