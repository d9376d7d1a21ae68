"""Tokens: signing in for programs."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, SecretStr
from sqlmodel import Session

from tuoju.accounts.errors import AccountLocked, WrongCredentials
from tuoju.accounts.models import SessionKind
from tuoju.accounts.service import LIFETIME, sign_in, sign_out
from tuoju.database.records import now
from tuoju.web.accounts.representations import Token
from tuoju.web.kit.api_guard import refuse_nul
from tuoju.web.kit.conditional_requests import represent
from tuoju.web.kit.dependencies import CurrentActor, WriteSession, token_of, unit_of_work_of
from tuoju.web.kit.problems import api_router, problems
from tuoju.web.kit.rate_limits import limit_sign_ins

# Signing in needs no credentials yet, so it stands outside the guard of the other routes.
entrance = APIRouter(prefix="/tokens", tags=["Tokens"], generate_unique_id_function=lambda route: route.name)
router = api_router("/tokens", "Tokens")


class Credentials(BaseModel):
    """A user name and password."""

    username: str = Field(min_length=1, max_length=64, examples=["huangan"])
    password: SecretStr = Field(min_length=1, max_length=200)


@entrance.post(
    "",
    summary="Sign in and get a token",
    status_code=201,
    response_model=Token,
    responses=problems(401, 422, 429),
    dependencies=[Depends(limit_sign_ins), Depends(refuse_nul)],
)
def create_token(request: Request, body: Credentials) -> Response:
    """Send the token with every request as `Authorization: Bearer ...`. It lasts 30 days. Five wrong passwords lock an
    account for 15 minutes."""
    with unit_of_work_of(request).write() as session:
        # The count of wrong passwords has to be committed too, so a refusal leaves this block as a value.
        outcome = _try(session, body)
    if isinstance(outcome, Exception):
        raise outcome
    return represent(Token(token=outcome, expires_at=now() + LIFETIME[SessionKind.api]), 201)


def _try(session: Session, body: Credentials) -> str | Exception:
    try:
        return sign_in(session, body.username, body.password.get_secret_value(), kind=SessionKind.api)[0]
    except (WrongCredentials, AccountLocked) as refusal:
        return refusal


@router.delete("/current", summary="Sign out: end the token", status_code=204)
def end_token(request: Request, session: WriteSession, actor: CurrentActor) -> None:
    """End the token of this request at once."""
    sign_out(session, token_of(request))
