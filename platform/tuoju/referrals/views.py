"""A referral as a reader sees it: the one view for pages, API, papers and sheets, on both sides and behind a link.

Officers see the person masked and the texts whole. An organization sees the minimum until it accepts: surname, age
band, township, service, and texts as residents.linter masks them (design section 7).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, SQLModel

from tuoju.accounts.fields import EVERYTHING, ConsentData, Form, GatedText, Mask, Stage, form_of, visible
from tuoju.accounts.permissions import LinkHolder, Principal
from tuoju.cases.models import Need
from tuoju.cases.views import NeedSeen, need_seen
from tuoju.database.records import now
from tuoju.referrals.messages import messages_of
from tuoju.referrals.models import Referral
from tuoju.referrals.queries import MINIMUM_ONLY, ReferralRow, timeline
from tuoju.referrals.status import ReferralState, ReferralVerb, Side
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import townships_of
from tuoju.residents.consents import receivers_of
from tuoju.residents.linter import Linter, linters_of
from tuoju.residents.models import Resident
from tuoju.residents.views import ResidentSeen, resident_seen


@dataclass(frozen=True)
class ReferralReader:
    """Who reads a referral, how far the organization has come with it, and how texts are masked until then."""

    actor: Principal
    stage: Stage
    shared: frozenset[ConsentData]
    """What the person's consent lets the organization be told today; everything for officers."""
    mask: Mask | None
    region_code: str
    """The village; for an organization that has not accepted, the township."""

    def text(self, row: SQLModel, field: str) -> GatedText:
        """A free text of the referral, or of what belongs to it, as this reader sees it."""
        return visible(self.actor, row, field, stage=self.stage, shared=self.shared, mask=self.mask)


def stage_of(referral: Referral) -> Stage:
    """How far the organization has come."""
    return Stage.before if referral.state in MINIMUM_ONLY else Stage.serving


def readers_of(session: Session, actor: Principal, rows: Sequence[ReferralRow]) -> list[ReferralReader]:
    """The reader of each referral; for an organization in five queries, for others in none."""
    if actor.organization_id is None:
        return [
            ReferralReader(actor, stage_of(row.referral), EVERYTHING, None, row.referral.region_code) for row in rows
        ]
    receivers = receivers_of(session, {row.resident.pk for row in rows})
    shared = [
        receivers.shared(row.resident.pk, row.referral.organization_id, row.need.pk, row.need.category) for row in rows
    ]
    masked = [
        row.resident
        for row, kinds in zip(rows, shared, strict=True)
        if stage_of(row.referral) is Stage.before or kinds != EVERYTHING
    ]
    linters = linters_of(session, masked)
    townships = townships_of(session, {row.referral.region_code for row in rows}) if rows else {}
    return [
        _organization_reader(actor, row, kinds, linters.get(row.resident.pk), townships[row.referral.region_code])
        for row, kinds in zip(rows, shared, strict=True)
    ]


def _organization_reader(
    actor: Principal, row: ReferralRow, shared: frozenset[ConsentData], linter: Linter | None, township: str
) -> ReferralReader:
    stage = stage_of(row.referral)
    sees_township = form_of(actor, "resident.region_code", stage, shared=shared) is Form.township
    region_code = township if sees_township else row.referral.region_code
    if linter is None:
        return ReferralReader(actor, stage, shared, None, region_code)
    mask = linter.before_acceptance if stage is Stage.before else linter.mask_for(shared)
    return ReferralReader(actor, stage, shared, mask, region_code)


def reader_of(session: Session, actor: Principal, row: ReferralRow) -> ReferralReader:
    """The reader of one referral."""
    [reader] = readers_of(session, actor, [row])
    return reader


def receiver_of(referral: Referral) -> LinkHolder:
    """The organization that a referral goes to as a reader: what is printed for it shows what it may see."""
    return LinkHolder(0, referral.pk, referral.organization_id)


@dataclass(frozen=True)
class ReferralSeen:
    """What a reader sees of a referral."""

    stage: Stage
    shared: frozenset[ConsentData]
    """What the person's consent lets the organization be told; everything for officers."""
    person: ResidentSeen
    region_code: str
    """The village; for an organization that has not accepted, the township."""
    need: NeedSeen
    note: GatedText
    """What the sender wrote."""
    end_note: GatedText


def referral_seen(reader: ReferralReader, row: ReferralRow) -> ReferralSeen:
    """The referral as this reader sees it. The caller has checked the scope."""
    return ReferralSeen(
        stage=reader.stage,
        shared=reader.shared,
        person=resident_seen(reader.actor, row.resident, china_day(now()), stage=reader.stage, shared=reader.shared),
        region_code=reader.region_code,
        need=need_seen(reader.actor, row.need, stage=reader.stage, shared=reader.shared, mask=reader.mask),
        note=reader.text(row.referral, "note"),
        end_note=reader.text(row.referral, "end_note"),
    )


def referrals_seen(session: Session, actor: Principal, rows: Sequence[ReferralRow]) -> list[ReferralSeen]:
    """The referrals of a list as this reader sees them, with at most three queries."""
    readers = readers_of(session, actor, rows)
    return [referral_seen(reader, row) for reader, row in zip(readers, rows, strict=True)]


@dataclass(frozen=True)
class StepSeen:
    """One step of a referral. The first step, sending, has no verb."""

    verb: ReferralVerb | None
    state: ReferralState
    at: datetime
    note: GatedText
    is_by_link: bool
    holder_name: GatedText
    """The name that the user of the link gave."""


def steps_seen(session: Session, reader: ReferralReader, referral: Referral) -> list[StepSeen]:
    """The steps of a referral as this reader sees them, first to last."""
    return [
        StepSeen(
            verb=event.verb,
            state=event.state,
            at=event.at,
            note=reader.text(event, "note"),
            is_by_link=event.link_id is not None,
            holder_name=reader.text(event, "holder_name"),
        )
        for event in timeline(session, referral)
    ]


@dataclass(frozen=True)
class MessageSeen:
    """A question or an answer; `holder_name` is the name that the user of a link gave, or empty."""

    side: Side
    holder_name: GatedText
    text: GatedText
    at: datetime


def messages_seen(session: Session, reader: ReferralReader, referral: Referral) -> list[MessageSeen]:
    """The messages of a referral as this reader sees them, first to last; none for a reader who may read no texts."""
    if form_of(reader.actor, "referral_message.text", reader.stage) is Form.hidden:
        return []
    return [
        MessageSeen(message.side, reader.text(message, "holder_name"), reader.text(message, "text"), message.at)
        for message in messages_of(session, referral)
    ]


@dataclass(frozen=True)
class AskedFor:
    """What an organization sees of a need before it accepts; `note` is what the sender is about to write."""

    person: ResidentSeen
    region_code: str
    need: NeedSeen
    note: GatedText


def asked_for(session: Session, need: Need, resident: Resident, region_code: str, note: str = "") -> AskedFor:
    """What an organization would see if the need were referred now, for the sender to check before."""
    mask = linters_of(session, [resident])[resident.pk].before_acceptance
    receiver = LinkHolder(0, 0, 0)
    draft = Referral(
        number="",
        need_id=need.pk,
        project_id=0,
        organization_id=0,
        region_code=region_code,
        note=note,
        sent_by=0,
        answer_due_at=now(),
    )
    return AskedFor(
        person=resident_seen(receiver, resident, china_day(now())),
        region_code=townships_of(session, [region_code])[region_code],
        need=need_seen(receiver, need, mask=mask),
        note=visible(receiver, draft, "note", mask=mask),
    )
