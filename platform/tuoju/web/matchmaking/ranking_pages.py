"""How projects are ranked: the card of each learned ranking, and putting one into use or out of it."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.accounts.queries import names_of
from tuoju.matchmaking import rankers
from tuoju.matchmaking.models import RankerVersion
from tuoju.matchmaking.ranking import find_in_use
from tuoju.matchmaking.status import RANKER_STEPS, RankerVerb
from tuoju.regions.queries import names
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju_matching.features import FEATURES
from tuoju_matching.learned import GROUP_MARGIN, LEAST_DECISIONS, LEAST_GROUP
from tuoju_matching.ranker import WEIGHTS

router = APIRouter()


@router.get("/ranking")
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The last training."""
    versions = rankers.find_versions(session, actor)
    return _card(request, session, actor, versions, versions[0] if versions else None)


@router.get("/ranking/{number}")
def show(request: Request, session: ReadSession, actor: CurrentActor, number: int) -> Response:
    """An earlier training."""
    version = rankers.get_version(session, actor, number)
    return _card(request, session, actor, rankers.find_versions(session, actor), version)


def _card(
    request: Request, session: Session, actor: Actor, versions: list[RankerVersion], version: RankerVersion | None
) -> Response:
    return render(
        request,
        "matchmaking/ranking/show.html",
        versions=versions,
        version=version,
        in_use=find_in_use(session),
        people=names_of(session, {each.moved_by for each in versions if each.moved_by}),
        weights=_weights(version),
        groups=_groups(session, version),
        margin=round(GROUP_MARGIN * 100),
        least_decisions=LEAST_DECISIONS,
        least_group=LEAST_GROUP,
        verbs=_verbs(actor, version),
    )


def _verbs(actor: Actor, version: RankerVersion | None) -> set[RankerVerb]:
    """What this person may do with the version, by the table of steps."""
    if version is None or not may(actor, Action.manage_ranker):
        return set()
    return {verb for verb in (RankerVerb.adopt, RankerVerb.put_out) if (version.state, verb) in RANKER_STEPS}


def _weights(version: RankerVersion | None) -> list[tuple[str, float, float]]:
    """(words, share learned, share by the rules) of each feature, the weightiest first."""
    log_odds: dict[str, float] = version.met["log_odds"] if version and version.met else {}
    total = sum(log_odds.values()) or 1.0
    rows = [
        (label("feature", feature), log_odds.get(feature, 0.0) / total, WEIGHTS.get(feature, 0.0))
        for feature in FEATURES
    ]
    return sorted(rows, key=lambda row: (-row[1], -row[2]))


def _groups(session: Session, version: RankerVersion | None) -> list[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    """Each grouping in words, with (words of the group, its numbers)."""
    lines: list[dict[str, Any]] = version.report.get("groups", []) if version else []
    places = names(session, {line["group"] for line in lines if line["grouping"] == "county"})
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for line in lines:
        grouping, group = line["grouping"], line["group"]
        words = places.get(group, group) if grouping == "county" else label(_LIST_OF[grouping], group)
        found.setdefault(grouping, []).append((words, line))
    return [(label("grouping", grouping), rows) for grouping, rows in found.items()]


_LIST_OF = {"sex": "sex_word", "age": "age_band", "hardship": "relief_category"}


@router.post("/ranking/{number}/adopt")
def adopt(request: Request, session: WriteSession, actor: CurrentActor, number: int, form: Form) -> Response:
    rankers.adopt(session, actor, rankers.get_version(session, actor, number))
    return redirect(request, f"/ranking/{number}", _("In use: projects are ranked by it from now on."))


@router.post("/ranking/{number}/out")
def put_out(request: Request, session: WriteSession, actor: CurrentActor, number: int, form: Form) -> Response:
    rankers.put_out_of_use(session, actor, rankers.get_version(session, actor, number))
    return redirect(request, f"/ranking/{number}", _("Out of use: projects are ranked by the rules again."))
