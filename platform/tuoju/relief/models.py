"""Tables of society funds, their double-entry ledger, and relief payments. Amounts are in fen."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint
from sqlmodel import Field

from tuoju.database.records import Record, VersionedRecord, now, words
from tuoju.residents.encryption import EncryptedText


class FundSource(StrEnum):
    """Where a society's money comes from (社会组织救助资金来源)."""

    government = "government"
    collective = "collective"
    donation = "donation"
    other = "other"


class PaymentWay(StrEnum):
    transfer = "transfer"
    cash = "cash"
    goods = "goods"


class Society(Record, table=True):
    """What is to be known of a village's mutual-aid society beside its fund: how many households the village has, for
    the check of its notices, and the telephone for objections."""

    __tablename__ = "society"

    region_code: str = Field(foreign_key="region.code", unique=True)
    households: int | None = None
    telephone: str = ""
    recorded_by: int = Field(foreign_key="user_account.id")
    recorded_at: datetime = Field(default_factory=now)


class Help(StrEnum):
    """In what form someone was helped, as far as a notice says it."""

    money = "money"
    goods = "goods"
    services = "services"


class PublicNotice(Record, table=True):
    """What the village board says of one case (公示): only these fields, masked by construction. Up from
    `first_day` to `last_day`, both included. Without `relieved_on` it says what is to be decided; `due_on` was the
    last day to post it."""

    __tablename__ = "public_notice"

    case_id: int = Field(foreign_key="assistance_case.id", index=True)
    region_code: str = Field(foreign_key="region.code", index=True)
    shown_name: str
    cause: str
    amount_fen: int
    helps: list[Help] = Field(default_factory=list, sa_type=JSON)
    remark: str = ""
    relieved_on: date | None = None
    due_on: date | None = None
    posted_on: date
    posted_by: int = Field(foreign_key="user_account.id")
    first_day: date
    last_day: date = Field(index=True)
    taken_down_at: datetime | None = None


class Recheck(StrEnum):
    """How an objection was looked into (低保审核确认办法 art. 19): a second visit, or the council's deliberation."""

    revisit = "revisit"
    deliberation = "deliberation"


class Objection(VersionedRecord, table=True):
    """What someone says against a notice (异议), how it was looked into, and what was answered."""

    __tablename__ = "objection"

    notice_id: int = Field(foreign_key="public_notice.id", index=True)
    received_at: datetime = Field(default_factory=now)
    received_by: int = Field(foreign_key="user_account.id")
    objector: str = Field(default="", sa_type=EncryptedText)
    content: str = Field(sa_type=EncryptedText)
    due_at: datetime
    answered_at: datetime | None = None
    answered_by: int | None = Field(default=None, foreign_key="user_account.id")
    upheld: bool | None = None
    recheck: Recheck | None = Field(default=None, sa_type=words(Recheck))
    answer: str = Field(default="", sa_type=EncryptedText)


class PaymentState(StrEnum):
    """prepared -> paid | cancelled; paid -> recovered, by an entry back into the fund."""

    prepared = "prepared"
    paid = "paid"
    cancelled = "cancelled"
    recovered = "recovered"


class Fund(Record, table=True):
    """The money of one village's mutual-aid society; it is the village's own."""

    __tablename__ = "fund"

    region_code: str = Field(foreign_key="region.code", unique=True)
    opened_at: datetime = Field(default_factory=now)
    opened_by: int = Field(foreign_key="user_account.id")


class EarmarkedAccount(Record, table=True):
    """A part of a fund: the general one, or what was given for one purpose and may serve no other."""

    __tablename__ = "purse"
    __table_args__ = (
        UniqueConstraint("fund_id", "purpose"),
        CheckConstraint("balance_fen >= 0", name="never_below_zero"),
    )

    fund_id: int = Field(foreign_key="fund.id", index=True)
    purpose: str = ""
    balance_fen: int = 0


class FundEntry(Record, table=True):
    """One entry of the ledger; its postings add up to nothing. Never changed: a mistake is a further entry."""

    __tablename__ = "fund_entry"

    fund_id: int = Field(foreign_key="fund.id", index=True)
    occurred_on: date
    payment_id: int | None = Field(default=None, foreign_key="relief_payment.id")
    note: str = Field(default="", sa_type=EncryptedText)
    recorded_at: datetime = Field(default_factory=now)
    recorded_by: int = Field(foreign_key="user_account.id")


class Posting(Record, table=True):
    """One side of an entry: `account` is "purse:ID", "source:KIND" or "relief:WAY"; into it is positive."""

    __tablename__ = "posting"

    entry_id: int = Field(foreign_key="fund_entry.id", index=True)
    account: str = Field(index=True)
    amount_fen: int


class Payment(VersionedRecord, table=True):
    """Money or goods for one case (救助金(物)发放), prepared by one person and confirmed by another.
    `amount_fen` of goods is what they are worth."""

    __tablename__ = "relief_payment"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="something_is_paid"),)

    case_id: int = Field(foreign_key="assistance_case.id", index=True)
    purse_id: int = Field(foreign_key="purse.id", index=True)
    way: PaymentWay = Field(sa_type=words(PaymentWay))
    amount_fen: int
    goods: str = Field(default="", sa_type=EncryptedText)
    first_help: bool = False
    state: PaymentState = Field(default=PaymentState.prepared, sa_type=words(PaymentState))
    prepared_at: datetime = Field(default_factory=now)
    prepared_by: int = Field(foreign_key="user_account.id")
    confirmed_by: int | None = Field(default=None, foreign_key="user_account.id")
    paid_at: datetime | None = None
