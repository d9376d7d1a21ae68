"""What the operator's page shows of each part."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from tuoju.web.kit.views import View

Tone = Literal["calm", "wait", "stop"]
"""In order, to look at, to mend now."""


@dataclass(frozen=True)
class PartCard:
    """One part of the installation: its state in a sentence, and what to do about it where that is something."""

    name: str
    tone: Tone
    sentence: str
    remedy: str = ""
    url: str = ""
    """The page where it is mended."""


@dataclass(frozen=True)
class OperationsPage(View):
    """All parts, those to mend first."""

    template: ClassVar[str] = "operations/show.html"
    headline: str
    parts: Sequence[PartCard]
    version: str
    environment: str
    database: str
    """As "PostgreSQL"."""
