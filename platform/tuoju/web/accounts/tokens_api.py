"""Tokens: signing in for programs."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, SecretStr
from sqlmodel import Session

from tuoju.accounts.attempts import Client
from tuoju.accounts.models import Role, SessionKind
from tuoju.accounts.permissions import Action
from tuoju.accounts.queries import get_user
from tuoju.accounts.second_factors import finish_without_pages
from tuoju.accounts.service import sign_in, sign_out
from tuoju.accounts.sessions import LIFETIME
from tuoju.database.records import now
from tuoju.web.accounts.committing import committed
from tuoju.web.accounts.representations import Token
from tuoju.web.kit.api_guard import refuse_nul
from tuoju.web.kit.clients import client_of
from tuoju.web.kit.conditional_requests import represent
from tuoju.web.kit.dependencies import CurrentActor, WriteSession, settings_of, token_of
from tuoju.web.kit.gates import Audience, needs, open_to
from tuoju.web.kit.problems import api_router, problems
from tuoju.web.kit.rate_limits import limit_sign_ins

# Signing in needs no credentials yet, so it stands outside the guard of the other routes.
entrance = APIRouter(prefix="/tokens", tags=["Tokens"], generate_unique_id_function=lambda route: route.name)
router = api_router("/tokens", "Tokens")


class Credentials(BaseModel):
    """A user name and password, and the code of the second step."""

    username: str = Field(min_length=1, max_length=64, examples=["huangan"])
    password: SecretStr = Field(min_length=1, max_length=200)
    code: SecretStr = Field(
        default=SecretStr(""),
        max_length=20,
        description="The code of the authenticator app, or a recovery code, if the account has a second step.",
    )


@entrance.post(
    "",
    summary="Sign in and get a token",
    status_code=201,
    response_model=Token,
    responses=problems(401, 403, 422, 429),
    dependencies=[open_to(Audience.everybody, "nobody is signed in yet"), Depends(limit_sign_ins), Depends(refuse_nul)],
)
def create_token(request: Request, body: Credentials) -> Response:
    """Send the token with every request as `Authorization: Bearer ...`. It lasts 30 days, and ends after 7 days without
    use. After 5 wrong passwords or codes within 15 minutes every further attempt is refused with the same answer."""
    client, roles = client_of(request), settings_of(request).second_factor_roles
    token = committed(request, lambda session: _sign_in(session, body, client, roles))
    return represent(Token(token=token, expires_at=now() + LIFETIME[SessionKind.api]), 201)


def _sign_in(session: Session, body: Credentials, client: Client, roles: frozenset[Role]) -> str:
    password, code = body.password.get_secret_value(), body.code.get_secret_value()
    token, row = sign_in(
        session, body.username, password, kind=SessionKind.api, client=client, second_factor_roles=roles
    )
    user = get_user(session, row.user_id)
    return finish_without_pages(session, row, user, code, client) or token


@router.delete(
    "/current", summary="Sign out: end the token", status_code=204, dependencies=[needs(Action.keep_own_account)]
)
def end_token(request: Request, session: WriteSession, actor: CurrentActor) -> None:
    """End the token of this request at once."""
    sign_out(session, token_of(request))
