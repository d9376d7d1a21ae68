"""Input models of the pre-check."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from tuoju.funding.application_inputs import Part
from tuoju.funding.check_models import CheckItem, CheckResult, IneligibleReason
from tuoju_text.inputs import Input

ASKABLE = (Part.who, Part.how_much, Part.promises)
"""What may be completed: papers and sums. What reviewers judge stays as it was submitted."""

Answer = Annotated[CheckResult | None, BeforeValidator(lambda typed: typed or None)]
"""Empty while the item is not answered."""


class CheckInput(Input):
    """The answers to the items, as far as they are given."""

    item_registered: Answer = None
    item_charter: Answer = None
    item_not_barred: Answer = None
    item_experience: Answer = None
    item_not_funded_twice: Answer = None
    item_papers: Answer = None
    item_sums: Answer = None
    remark: str = Field(default="", max_length=500)

    @property
    def results(self) -> dict[str, str]:
        """Answers by item; those that are not given are left out."""
        answers: dict[str, CheckResult | None] = {item.value: getattr(self, f"item_{item.value}") for item in CheckItem}
        return {item: answer.value for item, answer in answers.items() if answer is not None}


class CompletionRequestInput(Input):
    """What is missing, and in which parts it may be completed."""

    asked_parts: list[Part] = Field(min_length=1, max_length=len(ASKABLE))
    request: str = Field(min_length=4, max_length=500)


class RulingInput(Input):
    """Why an application goes no further."""

    fail_reason: IneligibleReason
    ruling: str = Field(min_length=4, max_length=500)
