"""Past referrals with known effects, for training; and learned rankings."""

from datetime import timedelta

import numpy as np
from sqlmodel import Session

from factories.accounts import make_actor
from factories.cases import make_case
from factories.projects import make_project
from factories.residents import make_resident
from tuoju.cases.models import Need, Urgency
from tuoju.cases.status import NeedState
from tuoju.database.records import now
from tuoju.matchmaking.models import Match, RankerVersion
from tuoju.matchmaking.ranking import find_in_use
from tuoju.matchmaking.status import RankerState
from tuoju.referrals.models import Referral
from tuoju.referrals.status import Outcome, ReferralState
from tuoju_matching.features import FEATURES
from tuoju_matching.learned import Finding

SHOWN = 4
CURVE = (0.5, 0.25, 0.15, 0.1)


def make_past(
    session: Session, count: int, *, success: float = 8.0, luck: float = 0.0, youngest: int = 60, seed: int = 0
) -> None:
    """Add `count` referrals, one every six hours, the last `youngest` days ago.

    The log-odds of a met need are `luck` for every project plus `success` times its success feature above 0.5.
    """
    chance = np.random.default_rng(seed)
    worker = make_actor(session)
    projects = [make_project(session) for _ in range(SHOWN)]
    cases = [make_case(session, worker, make_resident(session, worker, sex=sex)) for sex in ("male", "female")]
    slates = chance.random((count, SHOWN, len(FEATURES))).round(6)
    chosen = chance.choice(SHOWN, size=count, p=CURVE)
    rows = []
    for number in range(count):
        case = cases[number % 2]
        shown = [
            dict(zip((feature.value for feature in FEATURES), row, strict=True)) for row in slates[number].tolist()
        ]
        features = shown[chosen[number]]
        helped = chance.random() < 1 / (1 + np.exp(-luck - success * (features["success"] - 0.5)))
        accepted = chance.random() < 0.85
        sent_at = now() - timedelta(days=youngest, hours=6 * (count - number))
        state = ReferralState.completed if accepted else ReferralState.rejected
        need = Need(
            case_id=case.pk,
            category="A01",
            text="",
            urgency=Urgency.routine,
            state=NeedState.met if accepted and helped else NeedState.open,
            opened_at=sent_at,
        )
        project = projects[chosen[number]]
        match = Match(
            need_id=0,
            project_id=project.pk,
            rank=int(chosen[number]) + 1,
            score=0.5,
            features=features,
            slate=[
                {"project_id": listed.pk, "features": values} for listed, values in zip(projects, shown, strict=True)
            ],
            ranker="rules-1",
        )
        referral = Referral(
            number=f"past-{seed}-{number}",
            need_id=0,
            project_id=project.pk,
            organization_id=project.organization_id,
            region_code=case.region_code,
            state=state,
            sent_by=worker.user_id,
            requested_at=sent_at,
            answer_due_at=sent_at,
            answered_at=sent_at,
            ended_at=sent_at,
            outcome=(Outcome.met if helped else Outcome.unmet) if accepted else None,
        )
        rows.append((need, match, referral))
    session.add_all([need for need, _, _ in rows])
    session.flush()
    for need, match, _ in rows:
        match.need_id = need.pk
    session.add_all([match for _, match, _ in rows])
    session.flush()
    for need, match, referral in rows:
        referral.need_id, referral.match_id = need.pk, match.pk
    session.add_all([referral for _, _, referral in rows])
    session.flush()


def make_ranking(session: Session, number: int = 1, **log_odds: float) -> RankerVersion:
    """A learned ranking in use with these weights; it replaces the ranking in use."""
    in_use = find_in_use(session)
    if in_use is not None:
        in_use.state = RankerState.replaced
        session.flush()
    model = {"log_odds": log_odds, "intercept": 0.0}
    version = RankerVersion(
        number=number, state=RankerState.in_use, finding=Finding.better, met=model, acceptance=model
    )
    session.add(version)
    session.flush()
    return version
