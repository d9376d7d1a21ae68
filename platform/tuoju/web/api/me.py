"""Who is signed in."""

from tuoju.web.api.problems import api_router
from tuoju.web.api.representations.accounts import Me
from tuoju.web.dependencies import CurrentActor

router = api_router("/me", "Me")


@router.get("", summary="Who you are and what you may do")
def show_me(actor: CurrentActor) -> Me:
    """Your role, the division or organization you act in, and the actions your role includes."""
    return Me.of(actor)
