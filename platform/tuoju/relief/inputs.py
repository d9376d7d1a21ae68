"""Input models of funds, payments, public notices and objections."""

from datetime import date
from decimal import Decimal
from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from tuoju.cases.inputs import not_in_future
from tuoju.relief.models import FundSource, PaymentWay, Recheck
from tuoju.residents.inputs import check_phone
from tuoju_text.inputs import Input


class IncomeInput(Input):
    """Money in, in yuan; a `purpose` keeps it apart for that purpose alone (社团登记管理条例 art. 26)."""

    source: FundSource
    amount_yuan: Decimal = Field(gt=0, le=100_000_000, decimal_places=2)
    occurred_on: date
    purpose: str = Field(default="", max_length=60)
    note: str = Field(default="", max_length=200)

    @field_validator("occurred_on")
    @classmethod
    def _not_in_future(cls, value: date) -> date:
        return not_in_future(value)


class PaymentInput(Input):
    """A payment, in yuan; goods are named."""

    account_id: int = Field(ge=1, le=2**31 - 1)
    way: PaymentWay
    amount_yuan: Decimal = Field(gt=0, le=1_000_000, decimal_places=2)
    goods: str = Field(default="", max_length=120)

    @model_validator(mode="after")
    def _goods(self) -> Self:
        if self.way is PaymentWay.goods and not self.goods:
            raise PydanticCustomError("goods_missing", "Goods are named")
        return self


def fen(yuan: Decimal) -> int:
    """Yuan with at most two decimals as whole fen."""
    return int(yuan * 100)


class NoticeInput(Input):
    """The choices for a public notice: a short remark, and whether the case number replaces the name."""

    remark: str = Field(default="", max_length=60)
    by_number: bool = False


class ObjectionInput(Input):
    """An objection; `objector` may stay empty."""

    objector: str = Field(default="", max_length=60)
    content: str = Field(min_length=2, max_length=1000)


class AnswerInput(Input):
    """The written answer to an objection."""

    upheld: bool
    recheck: Recheck
    answer: str = Field(min_length=2, max_length=1000)


class SocietyInput(Input):
    """Facts of a society; None and "" where they are unknown."""

    households: int | None = Field(default=None, ge=1, le=20_000)
    telephone: str = ""

    @field_validator("households", mode="before")
    @classmethod
    def _no_count(cls, value: object) -> object:
        return value or None

    @field_validator("telephone")
    @classmethod
    def _phone(cls, value: str) -> str:
        return check_phone(value) if value else ""
