"""Idempotency keys of programs: a creation requested twice under one key happens once, with one answer."""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.kept_answers import KeyedRequest, claim, keep, kept_answer, owner_of_account
from tuoju.web.kit.dependencies import CurrentActor, settings_of

_KEPT_HEADERS = ("content-type", "location", "etag")


@dataclass(frozen=True)
class Once:
    """One creation under the key of one user; without a key every request creates."""

    request: KeyedRequest | None

    def __call__(self, session: Session, create: Callable[[], Response]) -> Response:
        """Run `create` and keep its response, or give the kept one again. Raises KeyReused."""
        if self.request is None:
            return create()
        row = claim(session, self.request)
        if row is None:
            status, kept = kept_answer(session, self.request)
            return Response(kept["body"], status, {**kept["headers"], "idempotent-replayed": "true"})
        response = create()
        headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        keep(session, row, response.status_code, {"headers": headers, "body": bytes(response.body).decode()})
        return response


async def _once(
    request: Request,
    actor: CurrentActor,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=200,
            pattern=r"^[\x21-\x7e]+$",
            description="A key that you choose for this creation. The same key and body within 30 days give "
            "the same answer and create nothing. The same key with another body is a 422.",
            examples=["6f1d1f5e-8a2f-4c53-9c42-5f0d7a4d9a11"],
        ),
    ] = None,
) -> Once:
    if idempotency_key is None:
        return Once(None)
    secret = settings_of(request).key_for("idempotency")
    body_hash = hmac.new(secret, _canonical(await request.body()), hashlib.sha256).hexdigest()
    fingerprint = f"{request.method} {request.url.path}"
    return Once(KeyedRequest(owner_of_account(actor.user_id), idempotency_key, fingerprint, body_hash))


def _canonical(body: bytes) -> bytes:
    """JSON without what does not count: order of names, white space."""
    try:
        return json.dumps(json.loads(body), sort_keys=True).encode()
    except (ValueError, RecursionError):
        return body


OnlyOnce = Annotated[Once, Depends(_once)]
