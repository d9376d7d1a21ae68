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

from tuoju_notifications.channels.base import Accepted, Envelope, Failed, Outcome, Provider, Refused
from tuoju_notifications.circuits import any_trouble, choose, find_circuits, heed
from tuoju_notifications.gathering import Gathering
from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Circuit, Notice, PausedChannel, now
from tuoju_notifications.rendering import Render
from tuoju_notifications.status import WAITING, NoticeState
from tuoju_notifications.transitions import step, steps

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

    @cached_property
    def counter(self) -> "Gathering[_Wanted | _Answered, _Claim | None]":
        """Where the threads of this process take notices, and bring back what came of them, together."""
        return Gathering(partial(_serve, self))


class _Wanted(NamedTuple):
    """A notice to be taken, and the providers that have just failed it."""

    notice_id: int
    tried: Sequence[str] = ()


@dataclass(frozen=True)
class _Claim:
    notice_id: int
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


def deliver(office: Office, notice_id: int) -> bool:
    """Deliver one notice if it is due and nobody else has it; whether this call did it.

    A provider in certain trouble is passed over for the next one at once.
    """
    tried: tuple[str, ...] = ()
    while True:
        claim = office.counter.ask(_Wanted(notice_id, tried))
        if claim is None:
            return False
        outcome = _send(claim)
        tried = (*tried, claim.provider.name)
        _settle_surely(office, _Answered(claim, outcome, tried))
        if not isinstance(outcome, Failed):
            return isinstance(outcome, Accepted)


def _serve(office: Office, wishes: "Sequence[_Wanted | _Answered]") -> "list[_Claim | None]":
    """One transaction for all that came to the counter at one time."""
    with office.write() as session:
        moment = now()
        _settle(session, office, [each for each in wishes if isinstance(each, _Answered)], moment)
        wanted = {each.notice_id: each.tried for each in wishes if isinstance(each, _Wanted)}
        claims = _claim(session, office, wanted, moment) if wanted else {}
    # A notice wanted twice is taken once.
    return [claims.pop(each.notice_id, None) if isinstance(each, _Wanted) else None for each in wishes]


def _claim(
    session: Session, office: Office, wanted: Mapping[int, Sequence[str]], moment: datetime
) -> dict[int, _Claim]:
    """Take those of the notices that are due and that nobody else has. A row that is locked is waited for: whoever has
    it may be dying. Rows are locked in one order, so that two transactions never wait for each other crosswise."""
    rows = session.exec(
        select(Notice, any_trouble())
        .where(
            col(Notice.id).in_(wanted),
            col(Notice.state).in_(WAITING),
            is_due(moment),
            col(Notice.channel).not_in(select(PausedChannel.channel)),
        )
        .order_by(col(Notice.id))
        .with_for_update(of=Notice)
        .execution_options(populate_existing=True)  # A failure that was settled just now is to be seen.
    ).all()
    if not rows:
        return {}
    circuits = find_circuits(session) if rows[0][1] else {}
    sender = uuid4().hex
    claims = {
        notice.pk: claim
        for notice, _trouble in rows
        if (claim := _prepare(session, office, circuits, notice, wanted[notice.pk], moment, sender))
    }
    if not claims:
        return {}
    taken = steps(
        session,
        claims,
        NoticeState.sending,
        lease=literal(f"{sender}:").concat(cast(col(Notice.id), String)),
        lease_until=moment + office.lease,
        attempts=col(Notice.attempts) + 1,
        provider=case({each.notice_id: each.provider.name for each in claims.values()}, value=col(Notice.id)),
    )
    return {notice_id: claims[notice_id] for notice_id in taken}


def _prepare(
    session: Session,
    office: Office,
    circuits: Mapping[str, Circuit],
    notice: Notice,
    tried: Sequence[str],
    moment: datetime,
    sender: str,
) -> _Claim | None:
    """Choose who is asked and write the message; None where that cannot be done now."""
    uncertain = notice.provider != ""
    providers = [
        each
        for each in office.providers.get(notice.channel, ())
        if each.serves(notice.address) and (each.name == notice.provider or not uncertain)
    ]
    if not providers:
        step(session, notice.pk, NoticeState.technical_failure, code="no_provider", last_error="no_provider")
        return None
    provider, again, troubled = choose(session, circuits, providers, moment, tried)
    if provider is None:
        _wait(session, notice, again, moment)
        return None
    try:
        message = office.render(session, notice)
    except DBAPIError:
        raise
    except Exception as error:  # Whatever is wrong with the words of one notice, an administrator is to see it.
        log.error("notice_not_rendered", notice=notice.pk, kind=notice.kind.value, error=type(error).__name__)
        step(session, notice.pk, NoticeState.technical_failure, code="template", last_error="template")
        return None
    envelope = Envelope(notice.message_id, notice.address, message, notice.created_at, uncertain)
    return _Claim(notice.pk, notice.attempts + 1, f"{sender}:{notice.pk}", provider, envelope, troubled)


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


def _settle_surely(office: Office, answered: _Answered) -> None:
    """Settle, waiting out a database that is being restarted for as long as the lease lasts: an answer forgotten
    is a message sent twice where the provider can not tell."""
    give_up_at, pause = time.monotonic() + office.lease.total_seconds() / 2, 0.05
    while True:
        try:
            office.counter.ask(answered)
            return
        except DBAPIError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(pause)
            pause = min(pause * 2, 1.0)


def _settle(session: Session, office: Office, answers: Sequence[_Answered], moment: datetime) -> None:
    """Write down what came of each claim whose lease still holds. Circuits and notices are touched in one order, so
    that two transactions seldom wait for each other crosswise."""
    ordered = sorted(answers, key=lambda each: (each.claim.provider.name, each.claim.notice_id))
    for claim, outcome, _tried in ordered:
        if claim.troubled or isinstance(outcome, Failed):
            heed(session, claim.provider.name, outcome, moment)
    for state, delivered in ((NoticeState.sent, False), (NoticeState.delivered, True)):
        references = {
            claim.lease: outcome.reference or claim.envelope.message_id
            for claim, outcome, _tried in ordered
            if isinstance(outcome, Accepted) and outcome.delivered is delivered
        }
        if references:
            ids = {claim.notice_id for claim, _outcome, _tried in ordered if claim.lease in references}
            steps(
                session,
                ids,
                state,
                col(Notice.lease).in_(references),
                provider_reference=case(references, value=col(Notice.lease)),
                lease="",
                last_error="",
                sent_at=moment,
                delivered_at=moment if delivered else None,
            )
    for claim, outcome, tried in ordered:
        if isinstance(outcome, Refused):
            refusal = {"code": outcome.code, "last_error": outcome.code, "lease": ""}
            step(session, claim.notice_id, NoticeState.permanent_failure, _held(claim), **refusal)
        elif isinstance(outcome, Failed):
            _settle_failure(session, office, claim, outcome, moment, tried)


def _held(claim: _Claim) -> ColumnElement[bool]:
    return col(Notice.lease) == claim.lease


def _settle_failure(
    session: Session, office: Office, claim: _Claim, outcome: Failed, moment: datetime, tried: Sequence[str]
) -> None:
    values: dict[str, Any] = {"last_error": outcome.code, "lease": "", "handovers": 0}
    if claim.attempts >= MOST_ATTEMPTS:
        step(session, claim.notice_id, NoticeState.technical_failure, _held(claim), code=outcome.code, **values)
        return
    notice = session.get_one(Notice, claim.notice_id)
    others = [each for each in office.providers.get(notice.channel, ()) if each.name not in tried]
    again = moment if others and not outcome.uncertain else moment + wait_after(claim.attempts, outcome.retry_after)
    step(
        session,
        claim.notice_id,
        NoticeState.temporary_failure,
        _held(claim),
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
    if not ids:
        return 0
    freed = steps(
        session,
        [notice_id for notice_id in ids if notice_id is not None],
        NoticeState.temporary_failure,
        col(Notice.state) == NoticeState.sending,
        col(Notice.lease_until) < moment,
        code="sender_lost",
        last_error="sender_lost",
        next_attempt_at=moment,
        hand_over_at=moment,
        handovers=0,
    )
    return len(freed)
