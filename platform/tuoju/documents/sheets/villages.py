"""Which village a cell names: a code, or a name that only one village of the actor's area has."""

import re
from collections import defaultdict
from typing import Any

from sqlmodel import Session, col, select

from tuoju.accounts.permissions import Actor, visible_regions
from tuoju.accounts.queries import villages_of
from tuoju.regions.models import Region, RegionLevel
from tuoju.regions.queries import is_current
from tuoju_projects.sheets import Reader

ID_HEADINGS = ("身份证号码", "公民身份号码", "证件号码", "身份证")
PHONE_HEADINGS = ("电话", "手机", "手机号", "手机号码", "联系方式")
VILLAGE_HEADINGS = ("村", "所在村", "村居", "村社区名称", "村名", "社区")
TOWNSHIP_HEADINGS = ("乡镇", "镇", "所在镇", "所在乡镇", "乡镇街道", "镇街道", "镇街", "Township")
"""Other headings that offices use for these columns."""
_COMMITTEES = ("社区居民委员会", "社区居委会", "居民委员会", "居委会", "村民委员会", "村委会", "委会")
_ENDINGS = (*_COMMITTEES, "社区", "村")
_TOWN_ENDINGS = ("镇", "乡", "街道", "街道办事处")
_PROVINCE = re.compile(r"^[一-鿿]{2,6}?(?:省|自治区)")
_BETWEEN_NAMES = re.compile(r"[\s/\-－—·>]+")


def _shorter(name: str, endings: tuple[str, ...]) -> set[str]:
    """The name, and the name without the endings that are often left out."""
    return {name, *(name.removesuffix(ending) for ending in endings if len(name.removesuffix(ending)) >= 2)}


def village_reader(session: Session, actor: Actor) -> Reader:
    """Reader of a village: 110101001001, 马厂镇黄庵村, 马厂镇/黄庵村, 黄庵村委会, or all from the province down. Raises
    unknown_village, several_villages.

    75 names repeat in the city (官塘村 five times); a name that several villages of the area have is never guessed
    (domain section 17, S10).
    """
    visible = visible_regions(session, actor)
    rows = session.exec(
        select(Region).where(col(Region.code).in_(visible), Region.level == RegionLevel.village, is_current())
    ).all()
    codes = {row.code for row in rows}
    above = {row.code: row for row in session.exec(select(Region).where(Region.level != RegionLevel.village))}
    codes_by_name: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        town = above.get(row.parent_code or "")
        county = above.get(town.parent_code or "") if town else None
        towns = _shorter(town.name, _TOWN_ENDINGS) if town else {""}
        city = above.get(county.parent_code or "") if county else None
        counties = {"", county.name, f"{city.name if city else ''}{county.name}"} if county else {""}
        for short in _shorter(row.name, _ENDINGS):
            codes_by_name[short].add(row.code)
            for name in towns:
                for outer in counties:
                    codes_by_name[f"{outer}{name}{short}"].add(row.code)

    def read(_cell: Any, typed: str) -> str:
        if typed in codes:
            return typed
        name = _PROVINCE.sub("", _BETWEEN_NAMES.sub("", typed))
        spellings = (name, *sorted(_shorter(name, _COMMITTEES) - {name}, key=len, reverse=True))
        matches = next((codes_by_name[spelling] for spelling in spellings if spelling in codes_by_name), set())
        if len(matches) == 1:
            return next(iter(matches))
        raise ValueError("several_villages" if matches else "unknown_village", typed)

    return read


def village_words(session: Session, actor: Actor) -> list[str]:
    """The villages in scope with their townships, for the drop-down list of a template."""
    return [words for _code, words in villages_of(session, actor)]
