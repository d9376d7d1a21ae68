"""SMS by Aliyun (Dysmsapi 2017-05-25): signed requests; the texts are kept there under template codes."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

from tuoju_notifications.channels.base import Accepted, Envelope, Failed, Outcome, Receipt, Refused
from tuoju_notifications.channels.http import Answer, make_client, outcome_of_status, post_request
from tuoju_notifications.channels.sms import NUMBER

_VERSION = "2017-05-25"
_CHINA = timezone(timedelta(hours=8))
_REFUSED = frozenset({"isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT", "isv.BLACK_KEY_CONTROL_LIMIT"})
_TOO_FAST = frozenset({"isv.BUSINESS_LIMIT_CONTROL", "Throttling", "Throttling.User", "Throttling.Api"})


class Aliyun:
    """`templates` names the template code of each kind, with "_any" for the rest.

    SendSms has no idempotency key. An attempt whose answer was lost is therefore looked up by its OutId
    (QuerySendDetails) before it is tried again.
    """

    name: str

    def __init__(
        self,
        key_id: str,
        key_secret: str,
        *,
        sign_name: str,
        templates: Mapping[str, str],
        url: str = "https://dysmsapi.aliyuncs.com/",
        name: str = "aliyun",
    ) -> None:
        self.name = name
        self._url, self._key_id, self._key_secret = url, key_id, key_secret
        self._sign_name, self._templates = sign_name, dict(templates)
        self._client = make_client()

    def serves(self, address: str) -> bool:
        return NUMBER.fullmatch(address) is not None

    def send(self, envelope: Envelope) -> Outcome:
        template = self._templates.get(envelope.message.kind) or self._templates.get("_any")
        if template is None:
            return Failed("no_template")
        if envelope.uncertain:
            earlier = self._find(envelope)
            if earlier is not None:
                return earlier
        answer = self._call(
            "SendSms",
            {
                "PhoneNumbers": envelope.address,
                "SignName": self._sign_name,
                "TemplateCode": template,
                "TemplateParam": json.dumps(dict(envelope.message.values), ensure_ascii=False),
                "OutId": envelope.message_id,
            },
        )
        return answer if isinstance(answer, Failed | Refused) else _judge(answer)

    def _find(self, envelope: Envelope) -> Outcome | None:
        """The outcome of an earlier attempt, looked up for today and yesterday; None if none was accepted."""
        today = datetime.now(_CHINA).date()
        for day in sorted({today, today - timedelta(days=1)}, reverse=True):
            answer = self._call(
                "QuerySendDetails",
                {
                    "PhoneNumber": envelope.address,
                    "SendDate": day.strftime("%Y%m%d"),
                    "PageSize": "50",
                    "CurrentPage": "1",
                },
            )
            if isinstance(answer, Failed | Refused):
                return answer
            if answer.value.get("Code") != "OK":
                return Failed("lookup_failed", uncertain=True)
            details: Any = (answer.value.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
            if any(detail.get("OutId") == envelope.message_id for detail in details):
                return Accepted(reference=envelope.message_id)
        return None

    def _call(self, action: str, parameters: Mapping[str, str]) -> Answer | Failed | Refused:
        query = canonical_query(parameters)
        headers = {
            "host": urlsplit(self._url).netloc,
            "x-acs-action": action,
            "x-acs-version": _VERSION,
            "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": uuid4().hex,
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        }
        signed = authorization(self._key_id, self._key_secret, query, headers)
        return post_request(
            self._client, f"{self._url}?{query}", content=b"", headers={**headers, "Authorization": signed}
        )

    def receipts(self, body: bytes) -> Sequence[Receipt]:
        """The receipts in an SmsReport push. Raises ValueError if it is not one."""
        report: Any = json.loads(body)
        if not isinstance(report, list) or not all(isinstance(entry, dict) and "success" in entry for entry in report):
            raise ValueError("not a delivery report")
        return [
            Receipt(
                message_id=str(entry.get("out_id", "")),
                reference=str(entry.get("biz_id", "")),
                delivered=entry["success"] is True,
                code="" if entry["success"] is True else "not_delivered",
            )
            for entry in report
        ]


def canonical_query(parameters: Mapping[str, str]) -> str:
    """The parameters sorted and escaped as the signature requires (RFC 3986)."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(parameters.items()))


def authorization(key_id: str, key_secret: str, query: str, headers: Mapping[str, str]) -> str:
    """The Authorization header of a POST to / with these query and headers (ACS3-HMAC-SHA256)."""
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    signed = ";".join(names)
    request = f"POST\n/\n{query}\n{lines}\n{signed}\n{headers['x-acs-content-sha256']}"
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(key_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={signed},Signature={signature}"


def _judge(answer: Answer) -> Outcome:
    code = str(answer.value.get("Code", ""))
    if code == "OK":
        return Accepted(reference=str(answer.value.get("BizId", "")))
    if code in _REFUSED:
        return Refused(code)
    if code in _TOO_FAST:
        # The limit is that of this number, not of the gateway.
        return Failed(code, provider_down=False)
    return Failed(code) if code.startswith(("isv.", "isp.")) and len(code) < 60 else outcome_of_status(answer)
