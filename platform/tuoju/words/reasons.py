"""The matching core's sentences with the platform's words for codes and places."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session

from tuoju.cases.models import Need
from tuoju.database.records import now
from tuoju.matchmaking.models import Match
from tuoju.matchmaking.profiles import need_profile, project_profiles
from tuoju.matchmaking.proposals import Proposal
from tuoju.matchmaking.ranking import number_of
from tuoju.referrals.models import Referral
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import names
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju.words.languages import short_language
from tuoju_matching.eligibility import Obstacle, ObstacleKind
from tuoju_matching.explain import Label, lift_sentences, obstacle_sentences, reason_sentences
from tuoju_matching.features import Feature
from tuoju_matching.profiles import NeedProfile
from tuoju_matching.ranker import Contribution, Ranked
from tuoju_matching.sentences import Language
from tuoju_projects.models import Project


def _label_with(places: dict[str, str]) -> Label:
    def words(kind: str, code: str, _language: Language) -> str:
        return places.get(code, code) if kind == "region" else label(kind, code)

    return words


@dataclass(frozen=True)
class ProposalReasons:
    """Of each proposed project, by its id: why it is proposed, and what would have ranked it higher."""

    reasons: dict[int, list[str]]
    lifts: dict[int, list[str]]


def reasons_in_words(session: Session, need: NeedProfile, ranked: Sequence[Ranked]) -> dict[int, list[str]]:
    """The reasons for each ranked project, by its id, in the language of the request."""
    return _reasons(need, ranked, _label_with(names(session, need.region_path)))


def _reasons(need: NeedProfile, ranked: Sequence[Ranked], words: Label) -> dict[int, list[str]]:
    return {each.project.id: reason_sentences(each, need, short_language(), words) for each in ranked}


def proposal_in_words(session: Session, proposal: Proposal) -> ProposalReasons:
    """All that is said of a proposal, in the language of the request."""
    words = _label_with(names(session, proposal.profile.region_path))
    lifts = {pk: lift_sentences(found, short_language(), words) for pk, found in proposal.lifts.items()}
    return ProposalReasons(_reasons(proposal.profile, proposal.ranked, words), lifts)


def ranked_by(signature: str) -> str:
    """Which ranking scored something, by its signature."""
    number = number_of(signature)
    return _("ranked by rules") if number is None else _("ranked by ranking no. %(number)s") % {"number": number}


def obstacles_in_words(session: Session, found: Sequence[Obstacle]) -> list[str]:
    """Why a project can not take a need, in the language of the request."""
    codes = {code for each in found if each.kind is ObstacleKind.outside_area for code in (*each.wanted, each.actual)}
    return obstacle_sentences(found, short_language(), _label_with(names(session, codes)))


_SAID_ON_PAPER = frozenset({Feature.text, Feature.focus, Feature.nearness})
"""What still is as it was when the referral was sent, and says nothing of the person: the paper goes to the charity."""


def reasons_for_paper(session: Session, referral: Referral) -> list[str]:
    """The reasons kept with a referral that a paper may carry, in the words of the page; none where none were kept."""
    match = session.get(Match, referral.match_id) if referral.match_id else None
    if match is None:
        return []
    need, project = session.get_one(Need, referral.need_id), session.get_one(Project, referral.project_id)
    parts = tuple(
        Contribution(Feature(each["feature"]), each["value"], each["weight"])
        for each in match.reasons
        if each["feature"] in _SAID_ON_PAPER
    )
    today = china_day(now())
    ranked = Ranked(project_profiles(session, [project], today, ())[0], match.rank, parts)
    profile = need_profile(session, need)
    served = set(ranked.project.areas).intersection(profile.region_path)
    kept = parts if served else tuple(part for part in parts if part.feature is not Feature.nearness)
    return reasons_in_words(session, profile, [replace(ranked, contributions=kept)])[project.pk]
