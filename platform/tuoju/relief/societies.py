"""Facts of a society beside its fund: households of the village, telephone for objections."""

from collections.abc import Mapping

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.policies import Scheme, limits_in_force
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.models import Region, RegionLevel
from tuoju.regions.queries import county_of, is_current
from tuoju.relief.errors import FundNotFound
from tuoju.relief.inputs import SocietyInput
from tuoju.relief.models import Society


def society_of(session: Session, region_code: str) -> Society | None:
    """The recorded facts of a village's society, if there are any."""
    return session.exec(select(Society).where(Society.region_code == region_code)).first()


def record_society(session: Session, actor: Actor, region_code: str, inputs: SocietyInput) -> Society:
    """Record or replace the facts of a society. Raises FundNotFound for a region out of scope or above the villages."""
    require(actor, Action.keep_funds)
    village = select(Region.code).where(
        Region.code == region_code,
        Region.level == RegionLevel.village,
        is_current(),
        col(Region.code).in_(visible_regions(session, actor)),
    )
    if session.exec(village).first() is None:
        raise FundNotFound
    society = society_of(session, region_code) or Society(region_code=region_code, recorded_by=actor.user_id)
    society.households, society.telephone = inputs.households, inputs.telephone
    society.recorded_by, society.recorded_at = actor.user_id, now()
    session.add(society)
    session.flush()
    audit.record(session, actor, "record_society", society, scope=county_of(session, region_code))
    return society


def low_funds(session: Session, balances: Mapping[str, int]) -> dict[str, int]:
    """The funds that are low, by village, with the limit in fen that the policy in force there sets. Two queries.

    `balances` are the balances of funds in fen, by village.
    """
    limits = limits_in_force(session, Scheme.society_relief, china_day(now()))
    paths = session.exec(select(Region.code, Region.path).where(col(Region.code).in_(balances)))
    low = {}
    for code, path in paths:
        above = reversed(path.rstrip("/").split("/"))
        limit = next((limits[region] for region in above if region in limits), None)
        if limit is not None and balances[code] < limit:
            low[code] = limit
    return low
