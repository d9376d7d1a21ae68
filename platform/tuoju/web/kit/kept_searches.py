"""What was searched for, kept sealed in a cookie of the browser: the answer has an address of its own, which one can
come back to, and nothing personal stands in it."""

import json
import secrets

from fastapi import Request
from fastapi.responses import Response

from tuoju.database.keys import EncryptionError, keys
from tuoju.web.kit.dependencies import owner_of_forms
from tuoju.web.kit.rendering import redirect, set_cookie

_COOKIE = "searches"
_MOST = 6
"""Searches that one browser can go back to."""


def lead_to_answer(request: Request, path: str, text: str) -> Response:
    """Keep the text, and lead to `path` with the name under which it is kept."""
    name = secrets.token_urlsafe(6)
    kept = json.dumps([*_kept(request), [name, text]][-_MOST:], ensure_ascii=False)
    response = redirect(request, f"{path}{name}")
    set_cookie(request, response, _COOKIE, keys().seal(kept, _binding(request)))
    return response


def kept_search(request: Request, name: str) -> str | None:
    """The text that this browser keeps under the name for whoever is signed in, or None."""
    return next((text for known, text in _kept(request) if known == name), None)


def _kept(request: Request) -> list[list[str]]:
    try:
        kept: list[list[str]] = json.loads(keys().open(request.cookies.get(_COOKIE, ""), _binding(request)))
    except (EncryptionError, ValueError):
        return []
    return kept


def _binding(request: Request) -> str:
    return f"searches of {owner_of_forms(request)}"
