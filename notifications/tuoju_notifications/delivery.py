"""Delivery: a notification is claimed under a lease, sent with no transaction open, settled under the same lease."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any, NamedTuple
from uuid import uuid4

import structlog
from sqlalchemy import ColumnElement, String, and_, case, cast, literal, or_, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from tuoju_notifications.batching import Batcher
from tuoju_notifications.channels.base import Accepted, Envelope, Failed, Outcome, Provider, Refused
from tuoju_notifications.circuits import any_trouble, choose, find_circuits, record_outcome
from tuoju_notifications.copies import is_live
from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Circuit, Notification, PausedChannel, now
from tuoju_notifications.rendering import Render
from tuoju_notifications.status import WAITING, NotificationState
from tuoju_notifications.transitions import step, steps

Transaction = Callable[[], AbstractContextManager[Session]]

LEASE = timedelta(seconds=60)
"""A sender that has not settled its claim by then is lost. Longer than any call of a provider may take."""
MAX_ATTEMPTS = 12
"""After so many attempts a notification has failed for good."""
MAX_WAIT = timedelta(minutes=30)
"""The longest wait between two attempts that we choose ourselves."""
GIVE_UP_AFTER = timedelta(days=1)
"""So long a notification waits for a provider that is up."""

log = structlog.get_logger()


@dataclass(frozen=True)
class DeliveryContext:
    """What delivery needs in a process."""

    write: Transaction
    """Opens a transaction, commits it at the end of the block."""
    providers: Mapping[Channel, Sequence[Provider]]
    """By channel, in order of preference."""
    render: Render
    lease: timedelta = LEASE

    @cached_property
    def batcher(self) -> "Batcher[_ClaimRequest | _Attempt, _Claim | None]":
        """Claims and settles notifications for all threads of this process, in shared transactions."""
        return Batcher(partial(_claim_and_settle, self))


class _ClaimRequest(NamedTuple):
    """Asks to claim a notification; `tried` are the providers that have just failed it."""

    notification_id: int
    tried: Sequence[str] = ()


@dataclass(frozen=True)
class _Claim:
    """A notification that this process may send, under a lease; `troubled` if its provider failed lately."""

    notification_id: int
    attempts: int
    lease: str
    provider: Provider
    envelope: Envelope
    troubled: bool


class _Attempt(NamedTuple):
    """A claim after its provider was called, to be settled; `tried` includes that provider."""

    claim: _Claim
    outcome: Outcome
    tried: Sequence[str]


def deliver(context: DeliveryContext, notification_id: int) -> bool:
    """Deliver one notification if it is due and no other sender has it; whether this call did it.

    If a provider certainly did not take it, the next one is called immediately.
    """
    tried: tuple[str, ...] = ()
    while True:
        claim = context.batcher.submit(_ClaimRequest(notification_id, tried))
        if claim is None:
            return False
        outcome = _send(claim)
        tried = (*tried, claim.provider.name)
        _settle_with_retries(context, _Attempt(claim, outcome, tried))
        if not isinstance(outcome, Failed):
            return isinstance(outcome, Accepted)


def _claim_and_settle(
    context: DeliveryContext, requests: "Sequence[_ClaimRequest | _Attempt]"
) -> "list[_Claim | None]":
    """Process a batch in one transaction: settle first, then claim."""
    with context.write() as session:
        moment = now()
        _settle(session, context, [request for request in requests if isinstance(request, _Attempt)], moment)
        wanted = {request.notification_id: request.tried for request in requests if isinstance(request, _ClaimRequest)}
        claims = _claim(session, context, wanted, moment) if wanted else {}
    # A notification that two threads want is claimed for the first.
    return [
        claims.pop(request.notification_id, None) if isinstance(request, _ClaimRequest) else None
        for request in requests
    ]


def _claim(
    session: Session, context: DeliveryContext, wanted: Mapping[int, Sequence[str]], moment: datetime
) -> dict[int, _Claim]:
    """Claim those of the notifications that are due and that no other sender has.

    Waits for locked rows, because the process that holds the lock may be dying. Rows are locked in the order of their
    ids, so that two transactions cannot deadlock.
    """
    rows = session.exec(
        select(Notification, any_trouble())
        .where(
            col(Notification.id).in_(wanted),
            col(Notification.state).in_(WAITING),
            is_due(moment),
            col(Notification.channel).not_in(select(PausedChannel.channel)),
            is_live(),
        )
        .order_by(col(Notification.id))
        .with_for_update(of=Notification)
        .execution_options(populate_existing=True)  # Sees a failure that was settled just now.
    ).all()
    if not rows:
        return {}
    circuits = find_circuits(session) if rows[0][1] else {}
    sender = uuid4().hex
    claims = {
        notification.pk: claim
        for notification, _trouble in rows
        if (claim := _prepare(session, context, circuits, notification, wanted[notification.pk], moment, sender))
    }
    if not claims:
        return {}
    taken = steps(
        session,
        claims,
        NotificationState.sending,
        lease=literal(f"{sender}:").concat(cast(col(Notification.id), String)),
        lease_until=moment + context.lease,
        attempts=col(Notification.attempts) + 1,
        provider=case(
            {claim.notification_id: claim.provider.name for claim in claims.values()}, value=col(Notification.id)
        ),
    )
    return {notification_id: claims[notification_id] for notification_id in taken}


def _prepare(
    session: Session,
    context: DeliveryContext,
    circuits: Mapping[str, Circuit],
    notification: Notification,
    tried: Sequence[str],
    moment: datetime,
    sender: str,
) -> _Claim | None:
    """Choose the provider and render the message; None if that is not possible now."""
    uncertain = notification.provider != ""
    providers = [
        provider
        for provider in context.providers.get(notification.channel, ())
        if provider.serves(notification.address) and (provider.name == notification.provider or not uncertain)
    ]
    if not providers:
        step(
            session, notification.pk, NotificationState.technical_failure, code="no_provider", last_error="no_provider"
        )
        return None
    provider, again, troubled = choose(session, circuits, providers, moment, tried)
    if provider is None:
        _wait(session, notification, again, moment)
        return None
    try:
        message = context.render(session, notification)
    except DBAPIError:
        raise
    except Exception as error:  # Any defect of its words must show on the page of deliveries.
        log.error(
            "notification_not_rendered",
            notification=notification.pk,
            kind=notification.kind.value,
            error=type(error).__name__,
        )
        step(session, notification.pk, NotificationState.technical_failure, code="template", last_error="template")
        return None
    envelope = Envelope(notification.message_id, notification.address, message, notification.created_at, uncertain)
    return _Claim(
        notification.pk, notification.attempts + 1, f"{sender}:{notification.pk}", provider, envelope, troubled
    )


def is_due(moment: datetime) -> ColumnElement[bool]:
    """SQL condition: a notification may be tried now.

    One that is due later than MAX_WAIT allows, but not because of quiet hours, was written before the clock was set
    back: it is due.
    """
    before_clock_change = or_(
        col(Notification.created_at) > moment, col(Notification.next_attempt_at) > moment + MAX_WAIT
    )
    return or_(
        col(Notification.next_attempt_at) <= moment, and_(col(Notification.not_before).is_(None), before_clock_change)
    )


def _wait(session: Session, notification: Notification, until: datetime, moment: datetime) -> None:
    """Postpone a notification without counting an attempt, because no provider is up; for a day at most."""
    if moment - (notification.not_before or notification.created_at) > GIVE_UP_AFTER:
        step(session, notification.pk, NotificationState.technical_failure, code="given_up", last_error="given_up")
        return
    statement = (
        update(Notification)
        .where(col(Notification.id) == notification.pk, col(Notification.state).in_(WAITING))
        .values(next_attempt_at=until, hand_over_at=until, handovers=0)
        .execution_options(synchronize_session=False)
    )
    session.execute(statement)


def _send(claim: _Claim) -> Outcome:
    try:
        return claim.provider.send(claim.envelope)
    except Exception as error:  # A defect of one provider must not take the worker down.
        log.error(
            "provider_raised",
            provider=claim.provider.name,
            error=type(error).__name__,
            notification=claim.notification_id,
        )
        return Failed("raised", uncertain=True)


def _settle_with_retries(context: DeliveryContext, attempt: _Attempt) -> None:
    """Settle an attempt, and try again for half the lease if the database is being restarted.

    If the outcome is lost, the message is sent again, and arrives twice where the provider cannot recognise it.
    """
    give_up_at, pause = time.monotonic() + context.lease.total_seconds() / 2, 0.05
    while True:
        try:
            context.batcher.submit(attempt)
            return
        except DBAPIError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(pause)
            pause = min(pause * 2, 1.0)


def _settle(session: Session, context: DeliveryContext, attempts: Sequence[_Attempt], moment: datetime) -> None:
    """Record the outcome of each claim whose lease still holds.

    Circuits and notifications are updated in one order, so that two transactions seldom deadlock.
    """
    ordered = sorted(attempts, key=lambda attempt: (attempt.claim.provider.name, attempt.claim.notification_id))
    for claim, outcome, _tried in ordered:
        if claim.troubled or isinstance(outcome, Failed):
            record_outcome(session, claim.provider.name, outcome, moment)
    for state, delivered in ((NotificationState.sent, False), (NotificationState.delivered, True)):
        references = {
            claim.lease: outcome.reference or claim.envelope.message_id
            for claim, outcome, _tried in ordered
            if isinstance(outcome, Accepted) and outcome.delivered is delivered
        }
        if references:
            ids = {claim.notification_id for claim, _outcome, _tried in ordered if claim.lease in references}
            steps(
                session,
                ids,
                state,
                col(Notification.lease).in_(references),
                provider_reference=case(references, value=col(Notification.lease)),
                lease="",
                last_error="",
                sent_at=moment,
                delivered_at=moment if delivered else None,
            )
    for claim, outcome, tried in ordered:
        if isinstance(outcome, Refused):
            refusal = {"code": outcome.code, "last_error": outcome.code, "lease": ""}
            step(session, claim.notification_id, NotificationState.permanent_failure, _holds_lease(claim), **refusal)
        elif isinstance(outcome, Failed):
            _settle_failure(session, context, claim, outcome, moment, tried)


def _holds_lease(claim: _Claim) -> ColumnElement[bool]:
    return col(Notification.lease) == claim.lease


def _settle_failure(
    session: Session, context: DeliveryContext, claim: _Claim, outcome: Failed, moment: datetime, tried: Sequence[str]
) -> None:
    values: dict[str, Any] = {"last_error": outcome.code, "lease": "", "handovers": 0}
    if claim.attempts >= MAX_ATTEMPTS:
        step(
            session,
            claim.notification_id,
            NotificationState.technical_failure,
            _holds_lease(claim),
            code=outcome.code,
            **values,
        )
        return
    notification = session.get_one(Notification, claim.notification_id)
    others = [provider for provider in context.providers.get(notification.channel, ()) if provider.name not in tried]
    again = moment if others and not outcome.uncertain else moment + wait_after(claim.attempts, outcome.retry_after)
    step(
        session,
        claim.notification_id,
        NotificationState.temporary_failure,
        _holds_lease(claim),
        code=outcome.code,
        next_attempt_at=again,
        hand_over_at=again,
        **values,
    )
    if not outcome.uncertain:  # The history keeps who failed; the next attempt is free to choose.
        session.execute(
            update(Notification)
            .where(
                col(Notification.id) == claim.notification_id,
                col(Notification.state) == NotificationState.temporary_failure,
            )
            .values(provider="")
            .execution_options(synchronize_session=False)
        )


def wait_after(attempts: int, asked: timedelta | None = None) -> timedelta:
    """How long to wait after so many attempts: three times longer each time, up to MAX_WAIT, with a random spread of
    half; never shorter than the provider asked for."""
    longest = min(timedelta(seconds=2 * 3.0 ** min(attempts - 1, 8)), MAX_WAIT)
    return max(longest * random.uniform(0.5, 1), asked or timedelta(0))


def recover(session: Session, moment: datetime, *, limit: int = 500) -> int:
    """Release up to `limit` notifications whose sender is lost; how many.

    They keep their provider, so the next attempt asks the same one and tells it that the last attempt is uncertain.
    """
    ids = session.exec(
        select(Notification.id)
        .where(Notification.state == NotificationState.sending, col(Notification.lease_until) < moment)
        .order_by(col(Notification.id))
        .limit(limit)
    ).all()
    if not ids:
        return 0
    released = steps(
        session,
        [notification_id for notification_id in ids if notification_id is not None],
        NotificationState.temporary_failure,
        col(Notification.state) == NotificationState.sending,
        col(Notification.lease_until) < moment,
        code="sender_lost",
        last_error="sender_lost",
        next_attempt_at=moment,
        hand_over_at=moment,
        handovers=0,
    )
    return len(released)
