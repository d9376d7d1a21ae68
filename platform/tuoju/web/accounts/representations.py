"""Who is signed in, and tokens."""

from datetime import datetime
from typing import Literal, Self

from pydantic import Field

from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Action, Actor, may
from tuoju.web.kit.representations.regions import Representation


class Me(Representation):
    """Who is signed in, and what the role allows."""

    user_id: int
    display_name: str
    role: Role
    region_code: str | None = Field(description="Staff work in this region and everything in it.")
    organization_id: int | None = Field(description="Charity staff work for this organization.")
    actions: list[Action]

    @classmethod
    def of(cls, actor: Actor) -> Self:
        return cls(
            user_id=actor.user_id,
            display_name=actor.display_name,
            role=actor.role,
            region_code=actor.region_code,
            organization_id=actor.organization_id,
            actions=[action for action in Action if may(actor, action)],
        )


class Token(Representation):
    """A bearer token. It is shown only once. Only its hash is stored."""

    token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_at: datetime
