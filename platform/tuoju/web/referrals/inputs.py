"""What the forms of a referral's pages post, checked and cut to size."""

from dataclasses import dataclass
from datetime import date
from typing import Self

from starlette.datastructures import FormData

from tuoju.referrals.errors import FirstVisitImpossible
from tuoju.referrals.status import Answerer, AskedBy

MAX_NOTE_LENGTH = 500
MAX_REASON_LENGTH = 200
MAX_NAME_LENGTH = 30
_LEVELS = frozenset({"1", "2", "3", "4", "5"})


@dataclass(frozen=True)
class TypedStep:
    """What was typed with a step, as typed; empty where the form has no such field."""

    reason: str = ""
    note: str = ""
    outcome: str = ""

    @classmethod
    def of(cls, form: FormData) -> Self:
        return cls(**{name: text_of(form, name) for name in ("reason", "note", "outcome")})


@dataclass(frozen=True)
class TypedRating:
    """How content the resident is: `satisfaction` from 1 to 5, None if it was not chosen."""

    satisfaction: int | None
    solved: bool | None
    by: Answerer
    asked_by: AskedBy
    comment: str

    @classmethod
    def of(cls, form: FormData) -> Self:
        level, by, asked_by = (text_of(form, name) for name in ("satisfaction", "by", "asked_by"))
        return cls(
            satisfaction=int(level) if level in _LEVELS else None,
            solved={"yes": True, "no": False}.get(text_of(form, "solved")),
            by=Answerer(by) if by in set(Answerer) else Answerer.self,
            asked_by=AskedBy(asked_by) if asked_by in {AskedBy.in_person, AskedBy.phone} else AskedBy.in_person,
            comment=text_of(form, "said"),
        )


def text_of(form: FormData, name: str) -> str:
    """The text of a field without spaces around it; empty if the form has no such field."""
    return str(form.get(name, "")).strip()


def first_visit_of(form: FormData) -> date:
    """The day of the first visit. Raises FirstVisitImpossible for what is no date."""
    try:
        return date.fromisoformat(text_of(form, "day"))
    except ValueError:
        raise FirstVisitImpossible from None


def error_reason_of(form: FormData) -> str:
    """Why a visit is taken out of the counts; empty if nothing was typed."""
    return text_of(form, "reason")[:MAX_REASON_LENGTH]
