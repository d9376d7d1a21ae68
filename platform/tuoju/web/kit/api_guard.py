"""What every request to the API passes: credentials that no other site can borrow, text that can be kept."""

import hmac
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from tuoju.web.kit.bounds import UnkeepableText
from tuoju.web.kit.dependencies import SESSION_COOKIE, token_for_forms
from tuoju.web.kit.security import SAFE

_bearer = HTTPBearer(auto_error=False, scheme_name="bearerToken", description="A token from `POST /api/v1/tokens`.")
_cookie = APIKeyCookie(
    name=SESSION_COOKIE,
    auto_error=False,
    scheme_name="sessionCookie",
    description="The cookie of a signed-in browser. Requests that change something must come from a page of "
    "this site (`Sec-Fetch-Site: same-origin`) or carry its form token (`X-Form-Token`).",
)


class CrossSite(Exception):
    """A browser's session was used from somewhere that is not known to be a page of ours."""


async def guard(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    cookie: Annotated[str | None, Security(_cookie)],
) -> None:
    """Raises CrossSite, UnkeepableText."""
    if request.method not in SAFE and bearer is None and cookie is not None and not _from_here(request):
        raise CrossSite
    await refuse_nul(request)


async def refuse_nul(request: Request) -> None:
    """Raises UnkeepableText."""
    body = await request.body()
    if b"\0" in body or b"\\u0000" in body:
        raise UnkeepableText


def _from_here(request: Request) -> bool:
    token = request.headers.get("x-form-token", "")
    return request.headers.get("sec-fetch-site") == "same-origin" or hmac.compare_digest(
        token.encode(), token_for_forms(request).encode()
    )
