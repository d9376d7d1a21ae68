"""Idempotency keys: a creation requested twice under one key happens once and gets the same answer twice."""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.responses import Response
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from tuoju.accounts.models import IdempotencyKey
from tuoju.database.integrity import violated_unique
from tuoju.database.records import now
from tuoju.residents.encryption import keys
from tuoju.web.kit.dependencies import CurrentActor, settings_of

KEPT_FOR = timedelta(hours=24)
_KEPT_HEADERS = ("content-type", "location", "etag")


class KeyReused(Exception):
    """The idempotency key was used before for another request."""


@dataclass(frozen=True)
class Once:
    """One creation under the key of one user; without a key every request creates."""

    user_id: int
    key: str | None
    fingerprint: str
    body_hash: str

    def __call__(self, session: Session, create: Callable[[], Response]) -> Response:
        """Run `create` and keep its response, or give the kept one again. Raises KeyReused.

        The key's row is inserted in the same transaction as the effect, under a unique constraint: of two
        requests at once the second waits for the first, then answers with its response; if the first
        failed, nothing was kept and the second has its turn.
        """
        if self.key is None:
            return create()
        row = self._claim(session)
        if row is None:
            return self._again(session)
        response = create()
        kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        row.status = response.status_code
        row.response = keys().seal(json.dumps({"headers": kept, "body": bytes(response.body).decode()}))
        session.flush()
        return response

    def _claim(self, session: Session) -> IdempotencyKey | None:
        """The key's new row, or None if it is there already. Keys of this user past their day go first."""
        session.execute(
            delete(IdempotencyKey).where(
                col(IdempotencyKey.user_id) == self.user_id,
                col(IdempotencyKey.created_at) < now() - KEPT_FOR,
            )
        )
        row = IdempotencyKey(
            user_id=self.user_id, key=self.key or "", fingerprint=self.fingerprint, body_hash=self.body_hash
        )
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError as error:
            if violated_unique(error) is None:
                raise
            return None
        return row

    def _again(self, session: Session) -> Response:
        row = session.exec(
            select(IdempotencyKey).where(IdempotencyKey.user_id == self.user_id, IdempotencyKey.key == self.key)
        ).one()
        if (row.fingerprint, row.body_hash) != (self.fingerprint, self.body_hash):
            raise KeyReused
        kept = json.loads(keys().open(row.response))
        return Response(kept["body"], row.status, {**kept["headers"], "idempotent-replayed": "true"})


async def _once(
    request: Request,
    actor: CurrentActor,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=200,
            pattern=r"^[\x21-\x7e]+$",
            description="A key that you choose for this creation. The same key and body within 24 hours give "
            "the same answer and create nothing. The same key with another body is a 422.",
            examples=["6f1d1f5e-8a2f-4c53-9c42-5f0d7a4d9a11"],
        ),
    ] = None,
) -> Once:
    secret = settings_of(request).secret_key.encode()
    body = hmac.new(secret, _canonical(await request.body()), hashlib.sha256).hexdigest()
    return Once(actor.user_id, idempotency_key, f"{request.method} {request.url.path}", body)


def _canonical(body: bytes) -> bytes:
    """JSON without what does not count: order of names, white space."""
    try:
        return json.dumps(json.loads(body), sort_keys=True).encode()
    except (ValueError, RecursionError):
        return body


OnlyOnce = Annotated[Once, Depends(_once)]
