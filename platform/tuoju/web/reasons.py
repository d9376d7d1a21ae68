"""The matching core's sentences with the platform's words for codes and places."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from tuoju.referrals.proposals import Proposal
from tuoju.regions.queries import names
from tuoju.web.languages import short_language
from tuoju.web.words import label
from tuoju_matching.eligibility import Obstacle, ObstacleKind
from tuoju_matching.explain import Label, Language, lifts_in_words, obstacles, reasons
from tuoju_matching.profiles import NeedProfile
from tuoju_matching.ranker import Ranked


def _label_with(places: dict[str, str]) -> Label:
    def words(kind: str, code: str, _language: Language) -> str:
        return places.get(code, code) if kind == "region" else label(kind, code)

    return words


@dataclass(frozen=True)
class Said:
    """Of each proposed project, by its id: why it is proposed, and what would have ranked it higher."""

    reasons: dict[int, list[str]]
    lifts: dict[int, list[str]]


def reasons_in_words(session: Session, need: NeedProfile, ranked: Sequence[Ranked]) -> dict[int, list[str]]:
    """The reasons for each ranked project, by its id, in the language of the request."""
    return _reasons(need, ranked, _label_with(names(session, need.region_path)))


def _reasons(need: NeedProfile, ranked: Sequence[Ranked], words: Label) -> dict[int, list[str]]:
    return {each.project.id: reasons(each, need, short_language(), words) for each in ranked}


def in_words(session: Session, proposal: Proposal) -> Said:
    """All that is said of a proposal, in the language of the request."""
    words = _label_with(names(session, proposal.profile.region_path))
    lifts = {pk: lifts_in_words(found, short_language(), words) for pk, found in proposal.lifts.items()}
    return Said(_reasons(proposal.profile, proposal.ranked, words), lifts)


def obstacles_in_words(session: Session, found: Sequence[Obstacle]) -> list[str]:
    """Why a project can not take a need, in the language of the request."""
    codes = {code for each in found if each.kind is ObstacleKind.outside_area for code in (*each.wanted, each.actual)}
    return obstacles(found, short_language(), _label_with(names(session, codes)))
