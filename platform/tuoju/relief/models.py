"""Tables of society funds, their double-entry ledger, and relief payments. Amounts are in fen."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint
from sqlmodel import Field

from tuoju.database.records import Record, VersionedRecord, now, words
from tuoju.database.sealing import EncryptedText


class FundSource(StrEnum):
    """Where a society's money comes from (社会组织救助资金来源)."""

    government = "government"
    collective = "collective"
    donation = "donation"
    other = "other"


class PaymentWay(StrEnum):
    """How relief is handed over."""

    transfer = "transfer"
    cash = "cash"
    goods = "goods"


class Society(Record, table=True):
    """Facts of a village's mutual-aid society beside its fund."""

    __tablename__ = "society"

    region_code: str = Field(foreign_key="region.code", unique=True)
    households: int | None = None
    """Households of the village, for the check of its public notices; None while unknown."""
    telephone: str = ""
    """Takes objections; printed on the board."""
    recorded_by: int = Field(foreign_key="user_account.id")
    recorded_at: datetime = Field(default_factory=now)


class Help(StrEnum):
    """A form of help, as a public notice names it."""

    money = "money"
    goods = "goods"
    services = "services"


class PublicNotice(Record, table=True):
    """What the village board says of one case (公示): only these fields, with a masked name."""

    __tablename__ = "public_notice"

    case_id: int = Field(foreign_key="assistance_case.id", index=True)
    region_code: str = Field(foreign_key="region.code", index=True)
    shown_name: str
    """Masked name, or the number of the case."""
    cause: str
    """Code of the cause of hardship."""
    amount_fen: int
    """Granted, or proposed before the decision; 0 for services alone."""
    helps: list[Help] = Field(default_factory=list, sa_type=JSON)
    remark: str = ""
    relieved_on: date | None = None
    """None for a notice before the decision."""
    due_on: date | None = None
    """The last day to post it, by the policy."""
    posted_on: date
    posted_by: int = Field(foreign_key="user_account.id")
    first_day: date
    """First day that counts for the notice period."""
    last_day: date = Field(index=True)
    """Last day on the board, included."""
    taken_down_at: datetime | None = None


class Recheck(StrEnum):
    """How an objection was rechecked (低保审核确认办法 art. 19): by a second visit or a deliberation of the council."""

    revisit = "revisit"
    deliberation = "deliberation"


class Objection(VersionedRecord, table=True):
    """An objection to a public notice (异议), how it was rechecked, and its answer."""

    __tablename__ = "objection"

    notice_id: int = Field(foreign_key="public_notice.id", index=True)
    received_at: datetime = Field(default_factory=now)
    received_by: int = Field(foreign_key="user_account.id")
    objector: str = Field(default="", sa_type=EncryptedText)
    """Name of the person who objects; "" where it was not given."""
    content: str = Field(sa_type=EncryptedText)
    due_at: datetime
    """End of the last day to answer."""
    answered_at: datetime | None = None
    answered_by: int | None = Field(default=None, foreign_key="user_account.id")
    upheld: bool | None = None
    """Whether the objection was justified; None until it is answered."""
    recheck: Recheck | None = Field(default=None, sa_type=words(Recheck))
    answer: str = Field(default="", sa_type=EncryptedText)


class PaymentState(StrEnum):
    """prepared -> paid | cancelled; paid -> recovered, by an entry back into the fund."""

    prepared = "prepared"
    paid = "paid"
    cancelled = "cancelled"
    recovered = "recovered"


class Fund(Record, table=True):
    """The fund of one village's mutual-aid society."""

    __tablename__ = "fund"

    region_code: str = Field(foreign_key="region.code", unique=True)
    opened_at: datetime = Field(default_factory=now)
    opened_by: int = Field(foreign_key="user_account.id")


class EarmarkedAccount(Record, table=True):
    """An account of a fund: the general one, or one for money that may serve a single purpose only."""

    __tablename__ = "earmarked_account"
    __table_args__ = (CheckConstraint("balance_fen >= 0", name="never_below_zero"),)

    fund_id: int = Field(foreign_key="fund.id", index=True)
    purpose: str = Field(default="", sa_type=EncryptedText)
    """Empty for the general account. One account for each purpose of a fund: `service.receive` locks the fund."""
    balance_fen: int = 0
    """Equals the sum of the account's postings."""


class FundEntry(Record, table=True):
    """One entry of the ledger. Its postings add up to 0. It never changes: a correction is a further entry."""

    __tablename__ = "fund_entry"

    fund_id: int = Field(foreign_key="fund.id", index=True)
    occurred_on: date
    payment_id: int | None = Field(default=None, foreign_key="relief_payment.id")
    note: str = Field(default="", sa_type=EncryptedText)
    recorded_at: datetime = Field(default_factory=now)
    recorded_by: int = Field(foreign_key="user_account.id")


class Posting(Record, table=True):
    """One side of an entry."""

    __tablename__ = "posting"

    entry_id: int = Field(foreign_key="fund_entry.id", index=True)
    account: str = Field(index=True)
    """One of "earmarked:ID", "source:KIND" and "relief:WAY"."""
    amount_fen: int
    """Positive into the account, negative out of it."""


class Payment(VersionedRecord, table=True):
    """Money or goods for one case (救助金（物）发放), prepared by one person and confirmed by another."""

    __tablename__ = "relief_payment"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="something_is_paid"),)

    case_id: int = Field(foreign_key="assistance_case.id", index=True)
    account_id: int = Field(foreign_key="earmarked_account.id", index=True)
    way: PaymentWay = Field(sa_type=words(PaymentWay))
    amount_fen: int
    """The value, where goods are given."""
    goods: str = Field(default="", sa_type=EncryptedText)
    """What is given, where it is goods."""
    first_help: bool = False
    """Whether it is paid before the decision (先行救助)."""
    state: PaymentState = Field(default=PaymentState.prepared, sa_type=words(PaymentState))
    prepared_at: datetime = Field(default_factory=now)
    prepared_by: int = Field(foreign_key="user_account.id")
    confirmed_by: int | None = Field(default=None, foreign_key="user_account.id")
    paid_at: datetime | None = None
