"""Who is signed in."""

from tuoju.web.accounts.representations import Me
from tuoju.web.kit.dependencies import CurrentActor
from tuoju.web.kit.problems import api_router

router = api_router("/me", "Me")


@router.get("", summary="Who you are and what you may do")
def show_me(actor: CurrentActor) -> Me:
    """Your role, the division or organization you act in, and the actions your role includes."""
    return Me.of(actor)
