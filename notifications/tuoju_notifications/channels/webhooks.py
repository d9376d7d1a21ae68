"""Signed outgoing webhooks for integrators (standardwebhooks). An address is `https://...#whsec_...`.

`webhook-id` is the same for every attempt: a receiver that has seen it answers 2xx and does nothing more.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from standardwebhooks import Webhook

from tuoju_notifications.channels.base import Accepted, Envelope, Failed, Outcome, Refused
from tuoju_notifications.channels.http import make_client, post_request


class SignedWebhook:
    """2xx is delivered; 410 refuses for good; everything else is tried again.

    The failure of one receiver does not count as the provider being down.
    """

    name = "webhook"

    def __init__(self, *, allow_private: bool = False) -> None:
        self._client = make_client(guarded=not allow_private)

    def serves(self, address: str) -> bool:
        return address.startswith("http") and "#whsec_" in address

    def send(self, envelope: Envelope) -> Outcome:
        parts = urlsplit(envelope.address)
        body = payload(envelope)
        moment = datetime.now(UTC)
        try:
            signature = Webhook(parts.fragment).sign(envelope.message_id, moment, body)
        except ValueError:
            return Refused("bad_secret")
        answer = post_request(
            self._client,
            parts._replace(fragment="").geturl(),
            content=body.encode(),
            headers={
                "Content-Type": "application/json",
                "webhook-id": envelope.message_id,
                "webhook-timestamp": str(int(moment.timestamp())),
                "webhook-signature": signature,
            },
        )
        if isinstance(answer, Refused):
            return answer
        if isinstance(answer, Failed):
            return replace(answer, provider_down=False)
        if 200 <= answer.status < 300:
            return Accepted(delivered=True)
        if answer.status == 410:
            return Refused("gone")
        return Failed(f"http_{answer.status}", provider_down=False, retry_after=answer.retry_after)


def payload(envelope: Envelope) -> str:
    """The JSON that an integrator gets: the event, when, and the numbers of the matter; nothing personal."""
    return json.dumps(
        {
            "type": envelope.message.kind,
            "timestamp": envelope.created_at.astimezone(UTC).isoformat(),
            "data": dict(envelope.message.values),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
