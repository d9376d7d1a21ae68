"""The sentences of the matching workshop with the platform's words for codes and regions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session

from tuoju.accounts.fields import Form, form_of
from tuoju.accounts.permissions import Actor
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
from tuoju_matching.why_not import WhyNot, manager_advice, worker_advice
from tuoju_projects.models import Project


def _label_with(places: dict[str, str]) -> Label:
    def words(kind: str, code: str, _language: Language) -> str:
        return places.get(code, code) if kind == "region" else label(kind, code)

    return words


@dataclass(frozen=True)
class ProposalReasons:
    """Sentences about each proposed project, by its id."""

    reasons: dict[int, list[str]]
    """Why it is proposed."""
    lifts: dict[int, list[str]]
    """What would have ranked it higher."""


def reasons_in_words(session: Session, need: NeedProfile, ranked: Sequence[Ranked]) -> dict[int, list[str]]:
    """The reasons for each ranked project, by its id, in the language of the request."""
    return _reasons(need, ranked, _label_with(names(session, need.region_path)))


def _reasons(need: NeedProfile, ranked: Sequence[Ranked], words: Label) -> dict[int, list[str]]:
    return {row.project.id: reason_sentences(row, need, short_language(), words) for row in ranked}


def proposal_in_words(session: Session, proposal: Proposal) -> ProposalReasons:
    """The sentences about the projects of a proposal, in the language of the request."""
    words = _label_with(names(session, proposal.profile.region_path))
    lifts = {pk: lift_sentences(changes, short_language(), words) for pk, changes in proposal.lifts.items()}
    return ProposalReasons(_reasons(proposal.profile, proposal.ranked, words), lifts)


def ranked_by(signature: str) -> str:
    """The name of a ranking, by its signature."""
    number = number_of(signature)
    return _("ranked by rules") if number is None else _("ranked by learned ranking %(number)s") % {"number": number}


_FIELD_OF = {
    ObstacleKind.min_age: "resident.born_on",
    ObstacleKind.max_age: "resident.born_on",
    ObstacleKind.sex: "resident.sex",
    ObstacleKind.relief_category: "resident.relief_category",
    ObstacleKind.vulnerability: "resident.vulnerabilities",
    ObstacleKind.self_care: "resident.self_care",
    ObstacleKind.disability_type: "resident.disability_type",
    ObstacleKind.disability_grade: "resident.disability_grade",
}
"""What an obstacle says of the person."""


def obstacles_seen(actor: Actor, obstacles: Sequence[Obstacle]) -> list[Obstacle]:
    """The obstacles as this reader sees them: without what the file knows of the person where that is hidden."""
    return [replace(obstacle, actual="") if _is_hidden(actor, obstacle) else obstacle for obstacle in obstacles]


def _is_hidden(actor: Actor, obstacle: Obstacle) -> bool:
    column = _FIELD_OF.get(obstacle.kind)
    return column is not None and form_of(actor, column) is Form.hidden


def obstacles_in_words(session: Session, actor: Actor, obstacles: Sequence[Obstacle]) -> list[str]:
    """Why a project cannot take a need, in the language of the request, as this reader sees it."""
    sentences = _in_words(session, obstacles)
    return [
        label("obstacle", obstacle.kind) if _is_hidden(actor, obstacle) else sentence
        for obstacle, sentence in zip(obstacles, sentences, strict=True)
    ]


@dataclass(frozen=True)
class NoProjectReasons:
    """Why no project may take a need, in the language of the request, as this reader sees it."""

    counted: list[tuple[str, int]]
    """Each obstacle with the number of projects of the service that it keeps away, the most frequent first."""
    offering: int
    """How many projects offer the service."""
    nearest: str
    """Name of the nearest project; empty without one."""
    obstacles: list[str]
    """What keeps the nearest project away."""
    worker: list[str]
    """What a social worker can do."""
    manager: list[str]
    """What a program manager can do."""


def no_project_in_words(session: Session, actor: Actor, answer: WhyNot) -> NoProjectReasons:
    """The sentences of an answer; what is hidden from the reader counts as an obstacle only."""
    visible = tuple(obstacle for obstacle in answer.obstacles if not _is_hidden(actor, obstacle))
    shown = replace(answer, obstacles=visible)
    codes = {code for obstacle in shown.obstacles for code in (*obstacle.wanted, obstacle.actual)}
    words = _label_with(names(session, codes))
    return NoProjectReasons(
        counted=[(label("obstacle", kind), count) for kind, count in answer.counts.items()],
        offering=answer.offering,
        nearest=answer.nearest.name if answer.nearest else "",
        obstacles=obstacles_in_words(session, actor, answer.obstacles),
        worker=worker_advice(shown, short_language(), words),
        manager=manager_advice(shown, short_language(), words),
    )


def _in_words(session: Session, obstacles: Sequence[Obstacle]) -> list[str]:
    outside = [obstacle for obstacle in obstacles if obstacle.kind is ObstacleKind.outside_area]
    codes = {code for obstacle in outside for code in (*obstacle.wanted, obstacle.actual)}
    return obstacle_sentences(obstacles, short_language(), _label_with(names(session, codes)))


_PAPER_FEATURES = frozenset({Feature.text, Feature.focus, Feature.nearness})
"""Features that say nothing about the person and do not change after sending: the paper goes to the charity."""


def reasons_for_paper(session: Session, referral: Referral) -> list[str]:
    """The stored reasons of a referral that may be printed; empty if none were stored."""
    match = session.get(Match, referral.match_id) if referral.match_id else None
    if match is None:
        return []
    need, project = session.get_one(Need, referral.need_id), session.get_one(Project, referral.project_id)
    parts = tuple(
        Contribution(Feature(reason["feature"]), reason["value"], reason["weight"])
        for reason in match.reasons
        if reason["feature"] in _PAPER_FEATURES
    )
    today = china_day(now())
    ranked = Ranked(project_profiles(session, [project], today, ())[0], match.rank, parts)
    profile = need_profile(session, need)
    served = set(ranked.project.areas).intersection(profile.region_path)
    kept = parts if served else tuple(part for part in parts if part.feature is not Feature.nearness)
    return reasons_in_words(session, profile, [replace(ranked, contributions=kept)])[project.pk]
