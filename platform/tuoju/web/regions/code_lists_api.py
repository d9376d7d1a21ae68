"""Code lists: the national and the platform's codes with their words."""

from fastapi import HTTPException

from tuoju.accounts.permissions import Action
from tuoju.web.kit.dependencies import CurrentActor
from tuoju.web.kit.gates import needs
from tuoju.web.kit.problems import api_router, problems
from tuoju.web.kit.representations.regions import Code
from tuoju.words.labels import kinds, options

router = api_router("/code-lists", "Code lists")


@router.get("", summary="List the names of all code lists", dependencies=[needs(Action.use_application)])
def list_code_lists(actor: CurrentActor) -> list[str]:
    """For example `service_type`, `relief_category`, `vulnerable_tag`, `rejection_reason`."""
    return kinds()


@router.get("/{name}", summary="Get a code list", responses=problems(404), dependencies=[needs(Action.use_application)])
def show_code_list(actor: CurrentActor, name: str) -> list[Code]:
    """Every code with its name in the language of `Accept-Language`."""
    if name not in kinds():
        raise HTTPException(404)
    return [Code(code=code, label=words) for code, words in options(name)]
