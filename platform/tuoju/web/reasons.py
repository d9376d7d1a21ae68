"""The matching core's sentences with the platform's words for codes and places."""

from collections.abc import Sequence

from sqlmodel import Session

from tuoju.regions.queries import names
from tuoju.web.languages import short_language
from tuoju.web.words import label
from tuoju_matching.eligibility import Obstacle, ObstacleKind
from tuoju_matching.explain import Label, Language, obstacles, reasons
from tuoju_matching.profiles import NeedProfile
from tuoju_matching.ranker import Ranked


def _label_with(places: dict[str, str]) -> Label:
    def words(kind: str, code: str, _language: Language) -> str:
        return places.get(code, code) if kind == "region" else label(kind, code)

    return words


def reasons_in_words(session: Session, need: NeedProfile, ranked: Sequence[Ranked]) -> dict[int, list[str]]:
    """The reasons for each ranked project, by its id, in the language of the request."""
    words = _label_with(names(session, need.region_path))
    return {each.project.id: reasons(each, need, short_language(), words) for each in ranked}


def obstacles_in_words(session: Session, found: Sequence[Obstacle]) -> list[str]:
    """Why a project can not take a need, in the language of the request."""
    codes = {code for each in found if each.kind is ObstacleKind.outside_area for code in (*each.wanted, each.actual)}
    return obstacles(found, short_language(), _label_with(names(session, codes)))
