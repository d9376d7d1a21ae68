"""View objects of society funds: the list, and one fund with its statement and its forms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from tuoju.accounts.fields import GatedText, visible
from tuoju.accounts.permissions import Actor
from tuoju.relief.inputs import IncomeInput, SocietyInput
from tuoju.relief.models import EarmarkedAccount, Fund
from tuoju.relief.queries import StatementLine
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import View
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _


@dataclass(frozen=True)
class FundRow:
    """A fund in the list, in fen. `low_limit_fen` is the limit it has fallen below; None while it has not."""

    region_code: str
    place: str
    balance_fen: int
    low_limit_fen: int | None


@dataclass(frozen=True)
class FundListPage(View):
    """Funds in scope, the lowest first: that is where money is missing."""

    template: ClassVar[str] = "relief/index.html"
    funds: Sequence[FundRow]
    total_fen: int
    region_to_open: str
    """The actor's own village while it has no fund; else ""."""


def fund_list_page(
    funds: Sequence[tuple[Fund, int]], limits: Mapping[str, int], names: Mapping[str, str], *, region_to_open: str
) -> FundListPage:
    """`funds` come with their balances in fen; `limits` are those of low funds by region code."""
    return FundListPage(
        funds=[
            FundRow(fund.region_code, names[fund.region_code], balance, limits.get(fund.region_code))
            for fund, balance in funds
        ],
        total_fen=sum(balance for _fund, balance in funds),
        region_to_open=region_to_open,
    )


@dataclass(frozen=True)
class AccountTile:
    """An account of the fund: the general one, or one for a single purpose."""

    words: str
    balance_fen: int
    is_earmarked: bool


@dataclass(frozen=True)
class StatementRow:
    """An entry of the ledger with the balance after it, in fen."""

    occurred_on: date
    other_side: str
    note: GatedText
    amount_fen: int
    balance_fen: int


@dataclass(frozen=True)
class Statement:
    """What went in and out between two days, both included, and the balances before and after, in fen."""

    first: date
    last: date
    before_fen: int
    lines: Sequence[StatementLine]
    after_fen: int


@dataclass(frozen=True)
class FundPage(View):
    """One fund: its accounts, its statement, the society, and money in."""

    template: ClassVar[str] = "relief/show.html"
    region_code: str
    place: str
    accounts: Sequence[AccountTile]
    first: date
    last: date
    before_fen: int
    rows: Sequence[StatementRow]
    after_fen: int
    income_form: BlankForm | SubmittedForm[IncomeInput]
    society_form: BlankForm | SubmittedForm[SocietyInput]


def fund_page(
    actor: Actor,
    fund: Fund,
    place: str,
    accounts: Sequence[EarmarkedAccount],
    statement: Statement,
    *,
    income_form: BlankForm | SubmittedForm[IncomeInput],
    society_form: BlankForm | SubmittedForm[SocietyInput],
) -> FundPage:
    return FundPage(
        region_code=fund.region_code,
        place=place,
        accounts=[
            AccountTile(
                visible(actor, account, "purpose") or _("General money"), account.balance_fen, bool(account.purpose)
            )
            for account in accounts
        ],
        first=statement.first,
        last=statement.last,
        before_fen=statement.before_fen,
        rows=[
            StatementRow(
                line.entry.occurred_on,
                _other_side(line.other_side),
                visible(actor, line.entry, "note"),
                line.amount_fen,
                line.balance_fen,
            )
            for line in statement.lines
        ],
        after_fen=statement.after_fen,
        income_form=income_form,
        society_form=society_form,
    )


def _other_side(account: str) -> str:
    """Where money came from or went to, in words; `account` is that of the posting, as "source:donation"."""
    kind, _colon, code = account.partition(":")
    return label("fund_source" if kind == "source" else "payment_way", code)
