"""Delivering: taken by compare-and-swap, sent with no transaction open, settled under the same lease."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog
from sqlalchemy import ColumnElement, and_, exists, or_, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from tuoju_notifications.channels.base import Accepted, Envelope, Failed, Outcome, Provider, Refused
from tuoju_notifications.circuits import choose, heed
from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Notice, PausedChannel, now
from tuoju_notifications.rendering import Render
from tuoju_notifications.status import WAITING, NoticeState
from tuoju_notifications.transitions import step

Transaction = Callable[[], AbstractContextManager[Session]]

LEASE = timedelta(seconds=60)
"""A sender that has not come back by then was lost. Longer than any provider call may take."""
MOST_ATTEMPTS = 12
LONGEST_WAIT = timedelta(minutes=30)
GIVEN_UP_AFTER = timedelta(days=1)

log = structlog.get_logger()


@dataclass(frozen=True)
class Office:
    """What delivery stands on: transactions, the providers of each channel in order of preference, the words."""

    write: Transaction
    providers: Mapping[Channel, Sequence[Provider]]
    render: Render
    lease: timedelta = LEASE


@dataclass(frozen=True)
class _Claim:
    notice_id: int
    attempts: int
    lease: str
    provider: Provider
    envelope: Envelope
    troubled: bool


def deliver(office: Office, notice_id: int) -> bool:
    """Deliver one notice if it is due and nobody else has it; whether this call did it.

    A provider in certain trouble is passed over for the next one at once.
    """
    tried: list[str] = []
    while True:
        with office.write() as session:
            claim = _claim(session, office, notice_id, tried)
        if claim is None:
            return False
        outcome = _send(claim)
        tried.append(claim.provider.name)
        _settle_surely(office, claim, outcome, tried)
        if not isinstance(outcome, Failed):
            return isinstance(outcome, Accepted)


def _claim(session: Session, office: Office, notice_id: int, tried: Sequence[str]) -> _Claim | None:
    moment = now()
    notice = session.exec(
        select(Notice).where(
            Notice.id == notice_id,
            col(Notice.state).in_(WAITING),
            is_due(moment),
            ~exists().where(col(PausedChannel.channel) == col(Notice.channel)),
        )
    ).first()
    if notice is None:
        return None
    uncertain = notice.provider != ""
    providers = [
        each
        for each in office.providers.get(notice.channel, ())
        if each.serves(notice.address) and (each.name == notice.provider or not uncertain)
    ]
    if not providers:
        step(session, notice_id, NoticeState.technical_failure, code="no_provider", last_error="no_provider")
        return None
    provider, again, troubled = choose(session, providers, moment, tried)
    if provider is None:
        _wait(session, notice, again, moment)
        return None
    try:
        message = office.render(session, notice)
    except DBAPIError:
        raise
    except Exception as error:  # Whatever is wrong with the words of one notice, an administrator is to see it.
        log.error("notice_not_rendered", notice=notice_id, kind=notice.kind.value, error=type(error).__name__)
        step(session, notice_id, NoticeState.technical_failure, code="template", last_error="template")
        return None
    lease = uuid4().hex
    taken = step(
        session,
        notice_id,
        NoticeState.sending,
        is_due(moment),
        lease=lease,
        lease_until=moment + office.lease,
        attempts=col(Notice.attempts) + 1,
        provider=provider.name,
    )
    envelope = Envelope(notice.message_id, notice.address, message, notice.created_at, uncertain)
    return _Claim(notice_id, notice.attempts + 1, lease, provider, envelope, troubled) if taken else None


def is_due(moment: datetime) -> ColumnElement[bool]:
    """Whether a notice may be tried now. One that lies further ahead than it ever could, outside quiet hours, was
    written before the clock was set back."""
    astray = or_(col(Notice.created_at) > moment, col(Notice.next_attempt_at) > moment + LONGEST_WAIT)
    return or_(col(Notice.next_attempt_at) <= moment, and_(col(Notice.not_before).is_(None), astray))


def _wait(session: Session, notice: Notice, until: datetime, moment: datetime) -> None:
    """Put a notice off without counting an attempt, for a day at most: no provider is up."""
    if moment - (notice.not_before or notice.created_at) > GIVEN_UP_AFTER:
        step(session, notice.pk, NoticeState.technical_failure, code="given_up", last_error="given_up")
        return
    statement = (
        update(Notice)
        .where(col(Notice.id) == notice.pk, col(Notice.state).in_(WAITING))
        .values(next_attempt_at=until, hand_over_at=until, handovers=0)
        .execution_options(synchronize_session=False)
    )
    session.execute(statement)


def _send(claim: _Claim) -> Outcome:
    try:
        return claim.provider.send(claim.envelope)
    except Exception as error:  # A defect of one provider must not take the worker down.
        log.error("provider_raised", provider=claim.provider.name, error=type(error).__name__, notice=claim.notice_id)
        return Failed("raised", uncertain=True)


def _settle_surely(office: Office, claim: _Claim, outcome: Outcome, tried: Sequence[str]) -> None:
    """Settle, waiting out a database that is being restarted for as long as the lease lasts: an answer forgotten
    is a message sent twice where the provider can not tell."""
    give_up_at, pause = time.monotonic() + office.lease.total_seconds() / 2, 0.05
    while True:
        try:
            with office.write() as session:
                if claim.troubled or isinstance(outcome, Failed):
                    heed(session, claim.provider.name, outcome, now())
                _settle(session, office, claim, outcome, tried)
            return
        except DBAPIError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(pause)
            pause = min(pause * 2, 1.0)


def _settle(session: Session, office: Office, claim: _Claim, outcome: Outcome, tried: Sequence[str]) -> None:
    moment, held = now(), col(Notice.lease) == claim.lease
    if isinstance(outcome, Accepted):
        state = NoticeState.delivered if outcome.delivered else NoticeState.sent
        times: dict[str, Any] = {"sent_at": moment, "delivered_at": moment if outcome.delivered else None}
        reference = outcome.reference or claim.envelope.message_id
        step(session, claim.notice_id, state, held, provider_reference=reference, lease="", last_error="", **times)
    elif isinstance(outcome, Refused):
        step(
            session,
            claim.notice_id,
            NoticeState.permanent_failure,
            held,
            code=outcome.code,
            last_error=outcome.code,
            lease="",
        )
    else:
        _settle_failure(session, office, claim, outcome, moment, tried)


def _settle_failure(
    session: Session, office: Office, claim: _Claim, outcome: Failed, moment: datetime, tried: Sequence[str]
) -> None:
    held = col(Notice.lease) == claim.lease
    values: dict[str, Any] = {"last_error": outcome.code, "lease": "", "handovers": 0}
    if claim.attempts >= MOST_ATTEMPTS:
        step(session, claim.notice_id, NoticeState.technical_failure, held, code=outcome.code, **values)
        return
    notice = session.get_one(Notice, claim.notice_id)
    others = [each for each in office.providers.get(notice.channel, ()) if each.name not in tried]
    again = moment if others and not outcome.uncertain else moment + wait_after(claim.attempts, outcome.retry_after)
    step(
        session,
        claim.notice_id,
        NoticeState.temporary_failure,
        held,
        code=outcome.code,
        next_attempt_at=again,
        hand_over_at=again,
        **values,
    )
    if not outcome.uncertain:  # The history keeps who failed; the next attempt is free to choose.
        session.execute(
            update(Notice)
            .where(col(Notice.id) == claim.notice_id, col(Notice.state) == NoticeState.temporary_failure)
            .values(provider="")
            .execution_options(synchronize_session=False)
        )


def wait_after(attempts: int, asked: timedelta | None = None) -> timedelta:
    """How long to wait after so many attempts: three times longer each, spread by half, up to half an hour; never
    shorter than the provider asked for."""
    longest = min(timedelta(seconds=2 * 3.0 ** min(attempts - 1, 8)), LONGEST_WAIT)
    return max(longest * random.uniform(0.5, 1), asked or timedelta(0))


def recover(session: Session, moment: datetime, *, limit: int = 500) -> int:
    """Free the notices whose sender was lost, as uncertain: the same provider is asked again; how many."""
    ids = session.exec(
        select(Notice.id)
        .where(Notice.state == NoticeState.sending, col(Notice.lease_until) < moment)
        .order_by(col(Notice.id))
        .limit(limit)
    ).all()
    return sum(
        step(
            session,
            notice_id,
            NoticeState.temporary_failure,
            col(Notice.state) == NoticeState.sending,
            col(Notice.lease_until) < moment,
            code="sender_lost",
            last_error="sender_lost",
            next_attempt_at=moment,
            hand_over_at=moment,
            handovers=0,
        )
        for notice_id in ids
        if notice_id is not None
    )
