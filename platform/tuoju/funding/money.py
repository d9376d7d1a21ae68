"""Amounts as people type them in forms of the funding cycle: 85000, 85,000.50, 8.5万."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

LEAST_BUDGET_YUAN = 1000
"""A budget below it was most likely typed in units of 10,000 yuan."""
MOST_YUAN = 100_000_000
_AMOUNT = re.compile(r"¥?(\d{1,12}(?:\.\d{1,6})?)(万)?元?")


def parse_yuan(typed: object) -> Decimal:
    """Yuan of what was typed, with 万 for 10,000. Raises PydanticCustomError."""
    text = re.sub(r"[\s,，]", "", str(typed))
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise PydanticCustomError("amount", "not an amount")
    amount = Decimal(match[1]) * (10_000 if match[2] else 1)
    if amount != round(amount, 2):
        raise PydanticCustomError("amount", "more than two decimals")
    if amount > MOST_YUAN:
        raise PydanticCustomError("less_than_equal", "too much", {"le": MOST_YUAN})
    return amount


def _whole_budget(amount: Decimal) -> Decimal:
    """Asks back where 8 was typed for 80,000 yuan. Raises PydanticCustomError."""
    if 0 < amount < LEAST_BUDGET_YUAN:
        raise PydanticCustomError("perhaps_ten_thousands", "perhaps in units of 10,000", {"typed": f"{amount:f}"})
    if amount <= 0:
        raise PydanticCustomError("greater_than", "not above 0", {"gt": 0})
    return amount


Yuan = Annotated[Decimal, BeforeValidator(parse_yuan)]
"""An amount of 0 or more."""
BudgetYuan = Annotated[Decimal, BeforeValidator(lambda typed: _whole_budget(parse_yuan(typed)))]
"""The sum of a budget."""


def to_fen(amount: Decimal) -> int:
    return int(amount * 100)


def from_fen(fen: int) -> str:
    """As a form is filled with it: 85000 or 85000.50."""
    text = f"{Decimal(fen) / 100:.2f}"
    return text.removesuffix(".00")
