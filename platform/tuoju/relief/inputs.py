"""Input models of funds, payments, public notices and objections."""

from datetime import date
from decimal import Decimal
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from tuoju.cases.inputs import not_in_future
from tuoju.relief.models import FundSource, PaymentWay, Recheck
from tuoju.residents.inputs import check_phone


class IncomeInput(BaseModel):
    """Money in, in yuan; a `purpose` keeps it apart for that purpose alone (社团登记管理条例 art. 26)."""

    model_config = ConfigDict(str_strip_whitespace=True)

    source: FundSource
    amount_yuan: Decimal = Field(gt=0, le=100_000_000, decimal_places=2)
    occurred_on: date
    purpose: str = Field(default="", max_length=60)
    note: str = Field(default="", max_length=200)

    @field_validator("occurred_on")
    @classmethod
    def _not_in_future(cls, value: date) -> date:
        return not_in_future(value)


class PaymentInput(BaseModel):
    """A payment, in yuan; goods are named."""

    model_config = ConfigDict(str_strip_whitespace=True)

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


class NoticeInput(BaseModel):
    """The choices for a public notice: a short remark, and whether the case number replaces the name."""

    model_config = ConfigDict(str_strip_whitespace=True)

    remark: str = Field(default="", max_length=60)
    by_number: bool = False


class ObjectionInput(BaseModel):
    """An objection; `objector` may stay empty."""

    model_config = ConfigDict(str_strip_whitespace=True)

    objector: str = Field(default="", max_length=60)
    content: str = Field(min_length=2, max_length=1000)


class AnswerInput(BaseModel):
    """The written answer to an objection."""

    model_config = ConfigDict(str_strip_whitespace=True)

    upheld: bool
    recheck: Recheck
    answer: str = Field(min_length=2, max_length=1000)


class SocietyInput(BaseModel):
    """Facts of a society; None and "" where they are unknown."""

    model_config = ConfigDict(str_strip_whitespace=True)

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
