"""Spot checks (抽查): of the referrals that report help in a month, a share is drawn and asked by somebody else.

The share is the policy's. The seed of a draw and the referrals that were drawn from are kept, so that anybody can
draw the same sample again.
"""

import hashlib
import re
import secrets
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from math import ceil

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.policies import Scheme, policy_for
from tuoju.database.records import now
from tuoju.referrals.confirmations import is_helped
from tuoju.referrals.errors import DrawTooEarly, SpotChecksDrawn
from tuoju.referrals.models import Referral, SpotCheck, SpotCheckDraw
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.queries import county_of

_SEED_BYTES = 16


def sample(seed: str, population: Collection[int], percent: int) -> list[int]:
    """The ids drawn from a population: those with the smallest SHA-256 of "seed:id", `percent` of all rounded up.

    Ascending, and the same for the same seed, population and share. Raises ValueError for a share outside 0 to 100.
    """
    if not 0 <= percent <= 100:
        raise ValueError("percent must be from 0 to 100")
    in_order = sorted(population, key=lambda pk: hashlib.sha256(f"{seed}:{pk}".encode()).digest())
    return sorted(in_order[: ceil(len(in_order) * percent / 100)])


def digest_of(population: Collection[int]) -> str:
    """SHA-256 of the ids, ascending and joined by commas, hex: what the audit keeps of a population."""
    return hashlib.sha256(",".join(map(str, sorted(population))).encode()).hexdigest()


def draw(session: Session, actor: Actor, month: str) -> SpotCheckDraw:
    """Draw the spot checks of a month that is over, from all referrals in the actor's region that report help.

    Raises NotPermitted, DrawTooEarly, SpotChecksDrawn for a month that this region has drawn, NoPolicy.
    """
    require(actor, Action.draw_spot_checks)
    first, following = _bounds(month)
    region_code = actor.region_code or ""
    if find_draw(session, region_code, month) is not None:
        raise SpotChecksDrawn
    query = select(Referral.id).where(
        is_helped(),
        col(Referral.ended_at) >= first,
        col(Referral.ended_at) < following,
        col(Referral.region_code).in_(visible_regions(session, actor)),
    )
    population = sorted(pk for pk in session.exec(query) if pk is not None)
    drawn = SpotCheckDraw(
        region_code=region_code,
        month=month,
        percent=policy_for(session, Scheme.society_relief, region_code, china_day(now())).spot_check_percent,
        seed=secrets.token_hex(_SEED_BYTES),
        population=population,
        drawn_by=actor.user_id,
    )
    session.add(drawn)
    session.flush()
    chosen = sample(drawn.seed, population, drawn.percent)
    session.add_all([SpotCheck(draw_id=drawn.pk, referral_id=pk) for pk in chosen])
    session.flush()
    audit.record(
        session,
        actor,
        "draw_spot_checks",
        drawn,
        scope=county_of(session, region_code),
        month=month,
        percent=drawn.percent,
        seed=drawn.seed,
        population=digest_of(population),
        drawn=len(chosen),
    )
    return drawn


def _bounds(month: str) -> tuple[datetime, datetime]:
    """The first instant of a month in China, and that of the next. Raises DrawTooEarly."""
    if re.fullmatch("20[0-9]{2}-(0[1-9]|1[0-2])", month) is None:
        raise DrawTooEarly
    first = date.fromisoformat(f"{month}-01")
    following = (first + timedelta(days=31)).replace(day=1)
    if following > china_day(now()):
        raise DrawTooEarly
    return datetime.combine(first, time(), tzinfo=CHINA), datetime.combine(following, time(), tzinfo=CHINA)


def month_to_draw() -> str:
    """The latest month that is over, as YYYY-MM."""
    return f"{china_day(now()).replace(day=1) - timedelta(days=1):%Y-%m}"


def find_draw(session: Session, region_code: str, month: str) -> SpotCheckDraw | None:
    """The draw of a region and month. The caller has checked that it may be read."""
    query = select(SpotCheckDraw).where(SpotCheckDraw.region_code == region_code, SpotCheckDraw.month == month)
    return session.exec(query).first()


def find_draws(session: Session, actor: Actor, *, limit: int = 12) -> list[SpotCheckDraw]:
    """The latest draws of the actor's region and what lies in it, the latest first. Raises NotPermitted."""
    require(actor, Action.confirm_outcomes)
    query = select(SpotCheckDraw).where(col(SpotCheckDraw.region_code).in_(visible_regions(session, actor)))
    return list(session.exec(query.order_by(col(SpotCheckDraw.id).desc()).limit(limit)))
