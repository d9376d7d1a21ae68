"""What is to be known of a society beside its fund: households of the village, telephone for objections."""

from collections.abc import Mapping

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.policies import Scheme, limits_in_force
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.models import Region, RegionLevel
from tuoju.regions.queries import county_of
from tuoju.relief.errors import FundNotFound
from tuoju.relief.inputs import SocietyInput
from tuoju.relief.models import Society


def society_of(session: Session, region_code: str) -> Society | None:
    """What is recorded of a village's society, if anything is."""
    return session.exec(select(Society).where(Society.region_code == region_code)).first()


def record_society(session: Session, actor: Actor, region_code: str, given: SocietyInput) -> Society:
    """Record it, or change it to what is given. Raises FundNotFound for a region out of scope or above the
    villages."""
    require(actor, Action.keep_funds)
    village = select(Region.code).where(
        Region.code == region_code,
        Region.level == RegionLevel.village,
        col(Region.code).in_(visible_regions(session, actor)),
    )
    if session.exec(village).first() is None:
        raise FundNotFound
    society = society_of(session, region_code) or Society(region_code=region_code, recorded_by=actor.user_id)
    society.households, society.telephone = given.households, given.telephone
    society.recorded_by, society.recorded_at = actor.user_id, now()
    session.add(society)
    session.flush()
    audit.record(session, actor, "record_society", society, scope=county_of(session, region_code))
    return society


def low_funds(session: Session, balances: Mapping[str, int]) -> dict[str, int]:
    """Of funds, by village and balance, those that hold less than the rule in force there warns of, with that limit
    in fen: two queries."""
    limits = limits_in_force(session, Scheme.society_relief, china_day(now()))
    paths = session.exec(select(Region.code, Region.path).where(col(Region.code).in_(balances)))
    found = {}
    for code, path in paths:
        above = reversed(path.rstrip("/").split("/"))
        limit = next((limits[each] for each in above if each in limits), None)
        if limit is not None and balances[code] < limit:
            found[code] = limit
    return found
