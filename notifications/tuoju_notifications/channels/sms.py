"""SMS by an HTTPS gateway that takes JSON and a bearer token and honours Idempotency-Key."""

import json
import re
from collections.abc import Sequence
from typing import Any

from tuoju_notifications.channels.base import Accepted, Envelope, Failed, Outcome, Receipt, Refused
from tuoju_notifications.channels.http import make_client, outcome_of_status, post_request

NUMBER = re.compile(r"\+?\d{5,15}")


class JsonGateway:
    """POST {to, text, reference}: 2xx {id} is accepted, 400 and 422 {error} refuses the message, 409 says that the
    same key is being worked on. Receipts are {id, reference, status: delivered | failed, error}."""

    name: str

    def __init__(self, url: str, token: str, *, name: str = "sms") -> None:
        self.name = name
        self._url, self._token, self._client = url, token, make_client()

    def serves(self, address: str) -> bool:
        return NUMBER.fullmatch(address) is not None

    def send(self, envelope: Envelope) -> Outcome:
        body = {"to": envelope.address, "text": envelope.message.text, "reference": envelope.message_id}
        answer = post_request(
            self._client,
            self._url,
            content=json.dumps(body, ensure_ascii=False).encode(),
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "Idempotency-Key": envelope.message_id,
            },
        )
        if isinstance(answer, Failed | Refused):
            return answer
        if answer.status in (200, 201, 202):
            return Accepted(reference=str(answer.value.get("id", "")))
        if answer.status in (400, 422):
            return Refused(_coded(answer.value.get("error"), f"http_{answer.status}"))
        if answer.status == 409:
            return Failed("in_progress", uncertain=True, provider_down=False)
        return outcome_of_status(answer)

    def receipts(self, body: bytes) -> Sequence[Receipt]:
        """The receipts in a delivery report. Raises ValueError if it is not a report."""
        report: Any = json.loads(body)
        entries = report if isinstance(report, list) else [report]
        if not all(isinstance(entry, dict) and entry.get("status") in ("delivered", "failed") for entry in entries):
            raise ValueError("not a delivery report")
        return [
            Receipt(
                message_id=str(entry.get("reference", "")),
                reference=str(entry.get("id", "")),
                delivered=entry["status"] == "delivered",
                code=_coded(entry.get("error"), "not_delivered"),
            )
            for entry in entries
        ]


def _coded(word: object, otherwise: str) -> str:
    """The error of a provider if it is a code; free text could name the person."""
    return word if isinstance(word, str) and re.fullmatch(r"[A-Za-z][A-Za-z_.]{0,59}", word) else otherwise
