"""Drafts of forms as the values that a form starts with."""

import json
from typing import Any

from sqlmodel import Session

from tuoju.accounts.permissions import Actor
from tuoju.cases.service import find_draft

MAX_DRAFT_CHARACTERS = 20_000


def draft_of(session: Session, actor: Actor, form_name: str, *, lists: frozenset[str]) -> dict[str, Any]:
    """The draft as a form's starting values; fields named in `lists` hold several."""
    draft = find_draft(session, actor, form_name)
    if draft is None:
        return {}
    typed: dict[str, list[str]] = json.loads(draft.content)
    return {name: values if name in lists else values[0] for name, values in typed.items() if values}
