"""What a resident without an account is told about a referral.

A resident learns that the referral was sent, that it was accepted, on which day the first visit is, and that it was
closed: by SMS, with consent, to a mobile of their own; otherwise an officer tells them.
"""

from collections.abc import Sequence, Set
from datetime import timedelta
from hashlib import sha256

from itsdangerous import BadSignature, Signer
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require
from tuoju.cases.errors import NoPolicy
from tuoju.cases.models import Case, Need
from tuoju.cases.policies import Scheme, policy_for
from tuoju.database.keys import Purpose, keys
from tuoju.database.records import now
from tuoju.database.scopes import Escape, RowScope, set_scope, system_scope
from tuoju.referrals.errors import UpdatePageClosed
from tuoju.referrals.models import Referral, ResidentUpdate
from tuoju.referrals.status import TO_TELL_IN_PERSON, ReferralState, UpdateKind, UpdateState
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import county_of
from tuoju.residents.alarms import silences
from tuoju.residents.consents import has_agreed
from tuoju.residents.inputs import ResidentInput
from tuoju.residents.models import ConsentPurpose, ProtectionReport, Resident
from tuoju.residents.queries import Reading, readings_of
from tuoju.residents.service import update
from tuoju.residents.telephone import lock_resident, own_mobile
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import RecipientType
from tuoju_notifications.outbox import post, post_new, states_of
from tuoju_notifications.routing import Destination, Recipient
from tuoju_notifications.status import DEAD, OPEN, WAITING, NotificationState
from tuoju_projects.queries import get_organization

NOTIFICATION_OF = {
    UpdateKind.referred: NotificationKind.resident_referred,
    UpdateKind.accepted: NotificationKind.resident_accepted,
    UpdateKind.visit: NotificationKind.resident_visit,
    UpdateKind.closed: NotificationKind.resident_closed,
}
"""The SMS of each kind of update."""

OPEN_AFTER = timedelta(days=60)
"""How long the resident's page stays open after the end of the referral, so that the resident can rate it."""


def inform_resident(
    session: Session, referral: Referral, kind: UpdateKind, *, day: str = "", is_first: bool = False
) -> ResidentUpdate:
    """Record an update for the resident and send it by SMS if that is allowed.

    The same kind and day again changes nothing. Where no SMS may be sent, the referral's page asks an officer to tell
    the resident. `day` (YYYY-MM-DD) is the day of a visit. With `is_first` no earlier update is looked
    for. The caller has written the audit entry, because the audit chain is locked before the resident.
    """
    query = select(ResidentUpdate).where(
        ResidentUpdate.referral_id == referral.pk, ResidentUpdate.kind == kind, ResidentUpdate.day == day
    )
    with system_scope(session, Escape.residents_telephone):
        known = None if is_first else session.exec(query).first()
        if known is not None:
            return known
        lock_resident(session, _case_of(session, referral).resident_id)
        update_row = ResidentUpdate(referral_id=referral.pk, kind=kind, day=day)
        session.add(update_row)
        session.flush()
        _send_sms(session, referral, update_row, is_new=True)
    return update_row


def _send_sms(session: Session, referral: Referral, update_row: ResidentUpdate, *, is_new: bool = False) -> None:
    """Post the SMS, except where the resident needs care: someone else may read their telephone."""
    resident_id = _case_of(session, referral).resident_id
    if needs_care(session, resident_id):
        return
    kind, recipient = NOTIFICATION_OF[update_row.kind], _recipient(resident_id)
    values = {
        "key": _key(update_row),
        "link": f"/my/{referral.pk}",
        "number": referral.number,
        "organization": get_organization(session, referral.organization_id).name,
        "day": update_row.day,
    }
    if is_new:
        post_new(session, kind, [recipient], **values)
    else:
        post(session, kind, recipient=recipient, **values)


def _recipient(resident_id: int) -> Recipient:
    return Recipient(RecipientType.resident, resident_id)


def _key(update_row: ResidentUpdate) -> str:
    return f"resident_update:{update_row.pk}"


def mark_told_in_person(session: Session, actor: Actor, referral: Referral) -> int:
    """Record that the officer told the resident everything that no SMS has delivered.

    Returns how many updates that were. Raises NotPermitted.
    """
    require(actor, Action.send_referrals)
    rows = [row for row, state in updates_with_states(session, referral) if state in TO_TELL_IN_PERSON]
    for row in rows:
        row.told_at, row.told_by = now(), actor.user_id
    session.flush()
    if rows:
        scope = county_of(session, referral.region_code)
        audit.record(session, actor, "tell_resident", referral, scope=scope, updates=[row.pk for row in rows])
    return len(rows)


def updates_with_states(session: Session, referral: Referral) -> list[tuple[ResidentUpdate, UpdateState]]:
    """The updates of a referral, first to last, each with whether the resident has received it."""
    rows = updates_of(session, referral)
    recipient = _recipient(_case_of(session, referral).resident_id)
    sms_states = states_of(session, recipient, [_key(row) for row in rows])
    return [(row, _state_of(row, sms_states[_key(row)])) for row in rows]


def _state_of(update_row: ResidentUpdate, sms_states: Set[NotificationState]) -> UpdateState:
    if update_row.told_at is not None:
        return UpdateState.told_in_person
    if sms_states & OPEN:
        return UpdateState.sms_queued
    if sms_states & {NotificationState.sent, NotificationState.delivered}:
        return UpdateState.sms_sent
    return UpdateState.sms_failed if sms_states & DEAD else UpdateState.tell_in_person


def update_resident(session: Session, actor: Actor, resident: Resident, inputs: ResidentInput) -> Resident:
    """Change a resident's file, and redirect the SMS that have not left to the new number.

    If the resident now has no mobile of their own, an officer tells them instead. Raises what
    residents.service.update raises.
    """
    waiting = _waiting_updates(session, resident.pk)
    update(session, actor, resident, inputs)
    for referral, update_row in waiting:
        _send_sms(session, referral, update_row)
    return resident


def _waiting_updates(session: Session, resident_id: int) -> list[tuple[Referral, ResidentUpdate]]:
    """The updates of a resident whose SMS have not left yet."""
    query = (
        select(Referral, ResidentUpdate)
        .join(ResidentUpdate, col(ResidentUpdate.referral_id) == col(Referral.id))
        .join(Need, col(Need.id) == col(Referral.need_id))
        .join(Case, col(Case.id) == col(Need.case_id))
        .where(Case.resident_id == resident_id, col(ResidentUpdate.told_at).is_(None))
        .order_by(col(ResidentUpdate.id))
    )
    rows = session.exec(query).all()
    sms_states = states_of(session, _recipient(resident_id), [_key(update_row) for _referral, update_row in rows])
    return [(referral, update_row) for referral, update_row in rows if sms_states[_key(update_row)] & WAITING]


def updates_of(session: Session, referral: Referral) -> list[ResidentUpdate]:
    """The updates of a referral, first to last."""
    query = select(ResidentUpdate).where(ResidentUpdate.referral_id == referral.pk)
    return list(session.exec(query.order_by(col(ResidentUpdate.id))))


def destinations_of_resident(session: Session, resident_id: int) -> Sequence[Destination]:
    """The resident's own mobile, if they consented to SMS; empty otherwise.

    The SMS leaves within the hours of the policy in force where the resident lives. Without such a policy nothing is
    sent, so that no telephone rings at night.
    """
    resident = session.get_one(Resident, resident_id)
    mobile = "" if resident.restricted_at is not None else own_mobile(resident)
    if not mobile or not has_agreed(session, resident_id, ConsentPurpose.notifications):
        return ()
    moment = now()
    try:
        policy = policy_for(session, Scheme.society_relief, resident.region_code, china_day(moment))
    except NoPolicy:
        return ()
    hours = policy.news_hours
    return (Destination(Channel.sms, mobile, not_before=None if hours.hold(moment) else hours.begin(moment)),)


def _signer() -> Signer:
    return Signer(
        keys().signing_key(Purpose.resident_pages), salt="resident-update", key_derivation="hmac", digest_method=sha256
    )


def address_for(referral_id: int) -> str:
    """The path of the page on which the resident sees how the referral stands, and rates it."""
    return f"/my/{_signer().sign(str(referral_id)).decode()}"


def referral_of(session: Session, token: str) -> Referral:
    """The referral of the token of a resident's page. Raises UpdatePageClosed for an unknown token, as `open_page`."""
    try:
        referral_id = int(_signer().unsign(token).decode())
    except (BadSignature, ValueError):
        raise UpdatePageClosed from None
    return open_page(session, referral_id)


def open_page(session: Session, referral_id: int) -> Referral:
    """The referral of a resident's page, which is looked at anew each time that it is opened.

    Raises UpdatePageClosed for a resident who needs care or whose data were erased, a referral entered in error, and
    OPEN_AFTER after the end.
    """
    set_scope(session, RowScope(referral_id=referral_id))
    referral = session.get(Referral, referral_id)
    if referral is None or referral.state is ReferralState.entered_in_error:
        raise UpdatePageClosed
    expired = referral.ended_at is not None and referral.ended_at + OPEN_AFTER < now()
    resident = session.get_one(Resident, _case_of(session, referral).resident_id)
    if expired or resident.erased_at is not None or needs_care(session, resident.pk):
        raise UpdatePageClosed
    return referral


def who_opened_the_file(session: Session, referral: Referral, *, limit: int = 20) -> list[Reading]:
    """Who has opened the file or a case of the person whose page this is, latest first, wherever they have lived
    (PIPL art. 44)."""
    with system_scope(session, Escape.whole_file):
        resident = session.get_one(Resident, _case_of(session, referral).resident_id)
        case_ids = session.exec(select(Case.id).where(Case.resident_id == resident.pk)).all()
        return readings_of(session, resident, case_ids=[pk for pk in case_ids if pk is not None], limit=limit)


def needs_care(session: Session, resident_id: int) -> bool:
    """Whether nothing may be sent to this person's telephone, because someone else may read it.

    True if any of their cases is marked so (they have one telephone for all cases), or if suspected harm to them was
    reported (residents.alarms.silences).
    """
    with_care = select(Case.id).where(Case.resident_id == resident_id, col(Case.with_care)).exists()
    query = (
        select(with_care, ProtectionReport)
        .select_from(Resident)
        .join(ProtectionReport, col(ProtectionReport.resident_id) == col(Resident.id), isouter=True)
        .where(Resident.id == resident_id)
    )
    with system_scope(session, Escape.residents_telephone):
        rows = session.exec(query).all()
    return any(is_marked or (report is not None and silences(report)) for is_marked, report in rows)


def _case_of(session: Session, referral: Referral) -> Case:
    return session.get_one(Case, session.get_one(Need, referral.need_id).case_id)
