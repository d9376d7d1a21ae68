"""What comes from outside about an export or an erasure."""

from datetime import date

from pydantic import Field

from tuoju_text.inputs import Input


class ErasureRequestInput(Input):
    """The request of a person as it was taken: who asked and how."""

    reason: str = Field(min_length=2, max_length=500)


class KeepInput(Input):
    """Why the data are kept, and until when."""

    reason: str = Field(min_length=2, max_length=500)
    until: date
