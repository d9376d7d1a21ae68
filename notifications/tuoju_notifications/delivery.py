"""Delivering: taken under a lease, sent with no transaction open, settled under the same lease."""

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
from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Circuit, Notification, PausedChannel, now
from tuoju_notifications.rendering import Render
from tuoju_notifications.status import WAITING, NotificationState
from tuoju_notifications.transitions import step, steps

Transaction = Callable[[], AbstractContextManager[Session]]

LEASE = timedelta(seconds=60)
"""A sender that has not come back by then was lost. Longer than any provider call may take."""
MAX_ATTEMPTS = 12
MAX_WAIT = timedelta(minutes=30)
GIVE_UP_AFTER = timedelta(days=1)

log = structlog.get_logger()


@dataclass(frozen=True)
class DeliveryContext:
    """What delivery stands on: transactions, the providers of each channel in order of preference, the words."""

    write: Transaction
    providers: Mapping[Channel, Sequence[Provider]]
    render: Render
    lease: timedelta = LEASE

    @cached_property
    def counter(self) -> "Batcher[_Wanted | _Answered, _Claim | None]":
        """Where the threads of this process take notifications, and bring back what came of them, together."""
        return Batcher(partial(_serve, self))


class _Wanted(NamedTuple):
    """A notification to be taken, and the providers that have just failed it."""

    notification_id: int
    tried: Sequence[str] = ()


@dataclass(frozen=True)
class _Claim:
    notification_id: int
    attempts: int
    lease: str
    provider: Provider
    envelope: Envelope
    troubled: bool


class _Answered(NamedTuple):
    """What came of a claim; `tried` with the provider that was asked."""

    claim: _Claim
    outcome: Outcome
    tried: Sequence[str]


def deliver(context: DeliveryContext, notification_id: int) -> bool:
    """Deliver one notification if it is due and nobody else has it; whether this call did it.

    A provider in certain trouble is passed over for the next one at once.
    """
    tried: tuple[str, ...] = ()
    while True:
        claim = context.counter.ask(_Wanted(notification_id, tried))
        if claim is None:
            return False
        outcome = _send(claim)
        tried = (*tried, claim.provider.name)
        _settle_surely(context, _Answered(claim, outcome, tried))
        if not isinstance(outcome, Failed):
            return isinstance(outcome, Accepted)


def _serve(context: DeliveryContext, wishes: "Sequence[_Wanted | _Answered]") -> "list[_Claim | None]":
    """One transaction for all that came to the counter at one time."""
    with context.write() as session:
        moment = now()
        _settle(session, context, [each for each in wishes if isinstance(each, _Answered)], moment)
        wanted = {each.notification_id: each.tried for each in wishes if isinstance(each, _Wanted)}
        claims = _claim(session, context, wanted, moment) if wanted else {}
    # A notification wanted twice is taken once.
    return [claims.pop(each.notification_id, None) if isinstance(each, _Wanted) else None for each in wishes]


def _claim(
    session: Session, context: DeliveryContext, wanted: Mapping[int, Sequence[str]], moment: datetime
) -> dict[int, _Claim]:
    """Take those of the notifications that are due and that nobody else has. A row that is locked is waited for: whoever has
    it may be dying. Rows are locked in one order, so that two transactions never wait for each other crosswise."""
    rows = session.exec(
        select(Notification, any_trouble())
        .where(
            col(Notification.id).in_(wanted),
            col(Notification.state).in_(WAITING),
            is_due(moment),
            col(Notification.channel).not_in(select(PausedChannel.channel)),
        )
        .order_by(col(Notification.id))
        .with_for_update(of=Notification)
        .execution_options(populate_existing=True)  # A failure that was settled just now is to be seen.
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
            {each.notification_id: each.provider.name for each in claims.values()}, value=col(Notification.id)
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
    """Choose who is asked and write the message; None where that cannot be done now."""
    uncertain = notification.provider != ""
    providers = [
        each
        for each in context.providers.get(notification.channel, ())
        if each.serves(notification.address) and (each.name == notification.provider or not uncertain)
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
    except Exception as error:  # Whatever is wrong with the words of one notification, an administrator is to see it.
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
    """Whether a notification may be tried now. One that lies further ahead than it ever could, outside quiet hours, was
    written before the clock was set back."""
    astray = or_(col(Notification.created_at) > moment, col(Notification.next_attempt_at) > moment + MAX_WAIT)
    return or_(col(Notification.next_attempt_at) <= moment, and_(col(Notification.not_before).is_(None), astray))


def _wait(session: Session, notification: Notification, until: datetime, moment: datetime) -> None:
    """Put a notification off without counting an attempt, for a day at most: no provider is up."""
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


def _settle_surely(context: DeliveryContext, answered: _Answered) -> None:
    """Settle, waiting out a database that is being restarted for as long as the lease lasts: an answer forgotten
    is a message sent twice where the provider can not tell."""
    give_up_at, pause = time.monotonic() + context.lease.total_seconds() / 2, 0.05
    while True:
        try:
            context.counter.ask(answered)
            return
        except DBAPIError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(pause)
            pause = min(pause * 2, 1.0)


def _settle(session: Session, context: DeliveryContext, answers: Sequence[_Answered], moment: datetime) -> None:
    """Write down what came of each claim whose lease still holds. Circuits and notifications are touched in one order, so
    that two transactions seldom wait for each other crosswise."""
    ordered = sorted(answers, key=lambda each: (each.claim.provider.name, each.claim.notification_id))
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
            step(session, claim.notification_id, NotificationState.permanent_failure, _held(claim), **refusal)
        elif isinstance(outcome, Failed):
            _settle_failure(session, context, claim, outcome, moment, tried)


def _held(claim: _Claim) -> ColumnElement[bool]:
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
            _held(claim),
            code=outcome.code,
            **values,
        )
        return
    notification = session.get_one(Notification, claim.notification_id)
    others = [each for each in context.providers.get(notification.channel, ()) if each.name not in tried]
    again = moment if others and not outcome.uncertain else moment + wait_after(claim.attempts, outcome.retry_after)
    step(
        session,
        claim.notification_id,
        NotificationState.temporary_failure,
        _held(claim),
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
    """How long to wait after so many attempts: three times longer each, spread by half, up to half an hour; never
    shorter than the provider asked for."""
    longest = min(timedelta(seconds=2 * 3.0 ** min(attempts - 1, 8)), MAX_WAIT)
    return max(longest * random.uniform(0.5, 1), asked or timedelta(0))


def recover(session: Session, moment: datetime, *, limit: int = 500) -> int:
    """Free the notifications whose sender was lost, as uncertain: the same provider is asked again; how many."""
    ids = session.exec(
        select(Notification.id)
        .where(Notification.state == NotificationState.sending, col(Notification.lease_until) < moment)
        .order_by(col(Notification.id))
        .limit(limit)
    ).all()
    if not ids:
        return 0
    freed = steps(
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
    return len(freed)
