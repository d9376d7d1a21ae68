"""How projects are ranked: the card of each learned ranker, and putting one into use or out of use."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from tuoju.accounts.permissions import Action
from tuoju.matchmaking import rankers
from tuoju.matchmaking.ranking import find_in_use
from tuoju.web.kit.bounds import GREATEST
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.matchmaking.ranking_views import ranking_page
from tuoju.words.languages import gettext as _

router = APIRouter()

RankerNumber = Annotated[int, Path(ge=1, le=GREATEST)]


@router.get("/ranking", dependencies=[needs(Action.read_ranker)])
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The last training."""
    versions = rankers.find_versions(session, actor)
    newest = versions[0] if versions else None
    return render(request, ranking_page(session, actor, versions, newest, find_in_use(session)))


@router.get("/ranking/{number}", dependencies=[needs(Action.read_ranker)])
def show(request: Request, session: ReadSession, actor: CurrentActor, number: RankerNumber) -> Response:
    """An earlier training."""
    version = rankers.get_version(session, actor, number)
    versions = rankers.find_versions(session, actor)
    return render(request, ranking_page(session, actor, versions, version, find_in_use(session)))


@router.post("/ranking/{number}/adopt", dependencies=[needs(Action.manage_ranker)])
def adopt(request: Request, session: WriteSession, actor: CurrentActor, number: RankerNumber, form: Form) -> Response:
    """Put a ranker into use."""
    rankers.adopt(session, actor, rankers.get_version(session, actor, number))
    return redirect(request, f"/ranking/{number}", _("In use. Projects are now ranked by it."))


@router.post("/ranking/{number}/out", dependencies=[needs(Action.manage_ranker)])
def put_out(request: Request, session: WriteSession, actor: CurrentActor, number: RankerNumber, form: Form) -> Response:
    """Put the ranker in use out of use."""
    rankers.put_out_of_use(session, actor, rankers.get_version(session, actor, number))
    return redirect(request, f"/ranking/{number}", _("Out of use. Projects are ranked by rules again."))
