"""The page of permissions: which role may do what, and how far it reaches."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuoju.accounts.permissions import Action
from tuoju.web.accounts.views import PermissionsPage
from tuoju.web.kit.dependencies import CurrentActor
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import render
from tuoju.words.permission_table import columns, rows

router = APIRouter(dependencies=[needs(Action.manage_accounts)])


@router.get("/permissions")
def show(request: Request, actor: CurrentActor) -> Response:
    """The authorization matrix in words."""
    return render(request, PermissionsPage(columns(), rows()))
