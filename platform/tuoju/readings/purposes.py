"""What personal data is read in full for: a purpose of the list, with a note where the list does not say enough.

社会救助法 art. 70(6) punishes whoever looks up, uses or leaks personal data of the people served beyond their task; a
purpose on every reading is how an honest reader shows the task, and how a supervisor finds the other kind.
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlmodel import Session

from tuoju.accounts.permissions import Principal
from tuoju.readings.errors import PurposeMissing
from tuoju.readings.models import ReadingNote
from tuoju_text.inputs import Input

MAX_NOTE = 100
"""Characters of a note."""

MIN_NOTE = 4
"""Characters that explain "other"."""

_NOTE_MARK = ":"


class ReadingPurpose(StrEnum):
    """What personal data is read in full for."""

    contact = "contact"
    visit = "visit"
    check = "check"
    correct = "correct"
    assess = "assess"
    serve = "serve"
    print = "print"
    report = "report"
    supervise = "supervise"
    own_copy = "own_copy"
    next_of_kin = "next_of_kin"
    lawful_request = "lawful_request"
    other = "other"


COPY_PURPOSES = (ReadingPurpose.own_copy, ReadingPurpose.next_of_kin, ReadingPurpose.lawful_request)
"""What a copy of all that is held on a person is made for (PIPL arts 45, 49)."""


class PurposeInput(Input):
    """Why personal data is read in full. The resident can see who read it, when and why. Do not write names in the
    note."""

    purpose: ReadingPurpose
    note: Annotated[str, Field(max_length=MAX_NOTE)] = ""

    @model_validator(mode="after")
    def _explained(self) -> Self:
        if self.purpose is ReadingPurpose.other and len(self.note) < MIN_NOTE:
            raise PydanticCustomError("purpose_note_missing", "The purpose is not explained")
        return self


def state_purpose(session: Session, actor: Principal, inputs: PurposeInput) -> str:
    """The purpose as the verbs of reading take it and the audit keeps it: the code, and after a colon the id of its
    sealed note if there is one."""
    if not inputs.note:
        return inputs.purpose.value
    note = ReadingNote(text=inputs.note, written_by=actor.user_id)
    session.add(note)
    session.flush()
    return f"{inputs.purpose.value}{_NOTE_MARK}{note.pk}"


def code_of(purpose: str) -> str:
    """The code of a stated purpose, without the id of its note."""
    return purpose.partition(_NOTE_MARK)[0]


def note_id_of(purpose: str) -> int | None:
    """The id of the note of a stated purpose; None if it has none."""
    number = purpose.partition(_NOTE_MARK)[2]
    return int(number) if number.isdigit() else None


def require_purpose(purpose: str) -> None:
    """Raises PurposeMissing for what is no purpose of the list."""
    if code_of(purpose) not in set(ReadingPurpose):
        raise PurposeMissing(purpose)
