"""A change of how one signs in or is reached asks for a recent proof of who one is (OWASP ASVS 5.0, 7.5.1, 7.5.2)."""

from fastapi import Depends, Request

from tuoju.accounts.sessions import require_recent_proof
from tuoju.database.scopes import ENTRANCE
from tuoju.web.kit.dependencies import token_of, unit_of_work_of

ACCOUNT = "/account"
_PAGES = ("/reach/addresses", "/account/authenticator", ACCOUNT)
"""The pages where such changes begin."""


def page_of_change(path: str) -> str:
    """The page of one's own account on which the change at `path` begins: where to go on after the proof."""
    return next((page for page in _PAGES if path == page or path.startswith(f"{page}/")), ACCOUNT)


def _require_recent_proof(request: Request) -> None:
    """Raises SignInTooOld."""
    with unit_of_work_of(request).read(ENTRANCE) as session:
        require_recent_proof(session, token_of(request))


RECENT_PROOF = Depends(_require_recent_proof)
"""A dependency of every route of such a change; whoever signed in too long ago is asked for the password first."""
