"""Who is signed in."""

from tuoju.accounts.permissions import Action
from tuoju.web.accounts.representations import Me
from tuoju.web.kit.dependencies import CurrentActor
from tuoju.web.kit.gates import needs
from tuoju.web.kit.problems import api_router

router = api_router("/me", "Me")


@router.get("", summary="Get your account and what you can do", dependencies=[needs(Action.keep_own_account)])
def show_me(actor: CurrentActor) -> Me:
    """Your role, the region or organization you work in, and the actions your role allows."""
    return Me.of(actor)
