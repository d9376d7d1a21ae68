"""How long consents last and records are kept: dated rows with their source, by region. None is a constant.

A policy is never edited: it ends, and another follows it. A consent keeps the policy it was given under.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum

from pydantic import Field, field_validator
from sqlalchemy import UniqueConstraint
from sqlmodel import Field as Column
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.database.records import Record, words
from tuoju.regions.models import Region
from tuoju.regions.queries import RegionNotFound, get_region
from tuoju.residents.errors import DuplicateDataPolicy, NoDataPolicy
from tuoju.residents.models import ConsentPurpose
from tuoju_text.inputs import Input


class DataKind(StrEnum):
    """What a policy of this table bounds: a consent by its purpose, or a kind of record."""

    consent_referral = "consent_referral"
    consent_publicity = "consent_publicity"
    consent_checking = "consent_checking"
    consent_notifications = "consent_notifications"
    case_file = "case_file"
    payment_voucher = "payment_voucher"
    sharing_record = "sharing_record"
    consent_record = "consent_record"
    unused_file = "unused_file"
    dismissed_alert = "dismissed_alert"
    message_address = "message_address"
    draft = "draft"
    import_report = "import_report"


class Milestone(StrEnum):
    """The event from which the months of a policy count."""

    consent_given = "consent_given"
    case_closed = "case_closed"
    payment_made = "payment_made"
    referral_ended = "referral_ended"
    consent_ended = "consent_ended"
    file_opened = "file_opened"
    alert_answered = "alert_answered"
    message_written = "message_written"
    draft_saved = "draft_saved"
    import_ended = "import_ended"


KIND_OF_PURPOSE: Mapping[ConsentPurpose, DataKind] = {
    ConsentPurpose.referral: DataKind.consent_referral,
    ConsentPurpose.publicity: DataKind.consent_publicity,
    ConsentPurpose.checking: DataKind.consent_checking,
    ConsentPurpose.notifications: DataKind.consent_notifications,
}
"""The policy that bounds the consents of a purpose."""

COUNTS_FROM: Mapping[DataKind, Milestone] = {
    **dict.fromkeys(KIND_OF_PURPOSE.values(), Milestone.consent_given),
    DataKind.case_file: Milestone.case_closed,
    DataKind.payment_voucher: Milestone.payment_made,
    DataKind.sharing_record: Milestone.referral_ended,
    DataKind.consent_record: Milestone.consent_ended,
    DataKind.unused_file: Milestone.file_opened,
    DataKind.dismissed_alert: Milestone.alert_answered,
    DataKind.message_address: Milestone.message_written,
    DataKind.draft: Milestone.draft_saved,
    DataKind.import_report: Milestone.import_ended,
}
"""From which event the months of each kind count."""


class DataPolicy(Record, table=True):
    """How long one kind of consent lasts or one kind of record is kept in one region, from one day on."""

    __tablename__ = "data_policy"
    __table_args__ = (UniqueConstraint("kind", "region_code", "valid_from"),)

    kind: DataKind = Column(sa_type=words(DataKind), index=True)
    region_code: str = Column(foreign_key="region.code")
    valid_from: date
    valid_to: date | None = None
    """The last day; None until another policy follows."""
    months: int
    """Months from the event of COUNTS_FROM."""
    remind_before: int = 0
    """Working days before the end on which the officer is reminded; of consents only."""
    citation: str
    """What the source says, with its article."""
    source: str
    """The law, regulation or decision."""

    def ends_on(self, day: date) -> date:
        """The last day of the period that begins with an event on `day`."""
        return months_after(day, self.months)


class DataPolicyInput(Input):
    """A policy as typed; the fields are those of DataPolicy."""

    kind: DataKind
    region_code: str = Field(pattern=r"^\d{12}$")
    valid_from: date
    months: int = Field(ge=0, le=1200)
    remind_before: int = Field(default=0, ge=0, le=60)
    citation: str = Field(min_length=2, max_length=300)
    source: str = Field(min_length=2, max_length=300)

    @field_validator("remind_before", mode="before")
    @classmethod
    def _none_is_zero(cls, value: object) -> object:
        return value or 0


def months_after(day: date, months: int) -> date:
    """The same day of the month so many months later, or the last day of a shorter month."""
    number = day.year * 12 + day.month - 1 + months
    year, month = min(number // 12, date.max.year), number % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def data_policy_for(session: Session, kind: DataKind, region_code: str, day: date) -> DataPolicy:
    """The policy in force on a day in a region, or in the nearest region above it. Raises NoDataPolicy,
    RegionNotFound."""
    codes = get_region(session, region_code).path.rstrip("/").split("/")
    query = select(DataPolicy).where(
        DataPolicy.kind == kind,
        col(DataPolicy.region_code).in_(codes),
        DataPolicy.valid_from <= day,
        col(DataPolicy.valid_to).is_(None) | (col(DataPolicy.valid_to) >= day),
    )
    nearest = sorted(session.exec(query), key=lambda policy: (codes.index(policy.region_code), policy.valid_from))
    if not nearest:
        raise NoDataPolicy(kind)
    return nearest[-1]


def get_data_policy(session: Session, policy_id: int) -> DataPolicy:
    """A policy by id. Raises NoDataPolicy."""
    policy = session.get(DataPolicy, policy_id)
    if policy is None:
        raise NoDataPolicy
    return policy


def find_data_policies(session: Session, region_code: str) -> list[DataPolicy]:
    """All policies of a region and those above it, past ones too, by kind, latest first. Raises RegionNotFound."""
    codes = get_region(session, region_code).path.rstrip("/").split("/")
    rows = session.exec(select(DataPolicy).where(col(DataPolicy.region_code).in_(codes)))
    order = list(DataKind)
    return sorted(rows, key=lambda policy: (order.index(policy.kind), -policy.valid_from.toordinal(), -policy.pk))


def add_data_policy(session: Session, actor: Actor, inputs: DataPolicyInput) -> DataPolicy:
    """Put a policy into force. Consents that were given keep theirs; records follow the new one.

    The policy before it in the same region ends the day before; it ends itself before one that already follows. Raises
    NotPermitted, RegionNotFound for a region out of scope, DuplicateDataPolicy for one that begins on the same day.
    """
    require(actor, Action.manage_policies)
    if session.exec(visible_regions(session, actor).where(col(Region.code) == inputs.region_code)).first() is None:
        raise RegionNotFound(inputs.region_code)
    policy = _add(session, inputs)
    scope = actor.region_code or "registry"
    audit.record(session, actor, "add_data_policy", policy, scope=scope, region=inputs.region_code)
    return policy


def _add(session: Session, inputs: DataPolicyInput) -> DataPolicy:
    get_region(session, inputs.region_code)
    same = select(DataPolicy).where(DataPolicy.kind == inputs.kind, DataPolicy.region_code == inputs.region_code)
    others = list(session.exec(same.order_by(col(DataPolicy.valid_from))))
    if any(other.valid_from == inputs.valid_from for other in others):
        raise DuplicateDataPolicy
    day_before = inputs.valid_from - timedelta(days=1)
    for other in others:
        if other.valid_from < inputs.valid_from and (other.valid_to is None or other.valid_to > day_before):
            other.valid_to = day_before
    following = next((other.valid_from for other in others if other.valid_from > inputs.valid_from), None)
    policy = DataPolicy(**inputs.model_dump(), valid_to=following - timedelta(days=1) if following else None)
    session.add(policy)
    session.flush()
    return policy


def load_data_policies(session: Session, policies: Iterable[DataPolicyInput]) -> int:
    """Add the policies that are not there yet; returns how many. One that is there, with the same kind, region and
    first day, stays as it is. Raises RegionNotFound."""
    added = 0
    for inputs in policies:
        try:
            _add(session, inputs)
            added += 1
        except DuplicateDataPolicy:
            continue
    return added
