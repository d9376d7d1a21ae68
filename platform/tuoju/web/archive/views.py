"""View objects of one person's file, and of the check of a file that was handed out."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from tuoju.reports.models import IssuedKind
from tuoju.web.kit.views import View


@dataclass(frozen=True)
class IssuedFileFacts:
    """What a person who holds a file learns of it."""

    kind: IssuedKind
    place: str
    issued_at: datetime


@dataclass(frozen=True)
class VerificationPage(View):
    """The check of a file: before it, with its result, or with what was wrong with the request."""

    template: ClassVar[str] = "archive/verify.html"
    seal: str = ""
    """SHA-256 that was looked up, in hexadecimal; "" before the check."""
    issued: IssuedFileFacts | None = None
    wrong: str = ""
