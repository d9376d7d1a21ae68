"""Group chat robots. An address is `flavour+https://...#secret`; a robot takes plain text.

None of the three recognises a repeat: an attempt whose answer was lost is made again, and may show twice.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus, urlsplit

from tuoju_notifications.channels.base import Accepted, Envelope, Failed, Outcome, Refused
from tuoju_notifications.channels.http import Answer, make_client, outcome_of_status, post_request

_A_MINUTE = timedelta(minutes=1)


class _Robot:
    """What the three have in common. A rate limit or a wrong signature concerns one robot, so it never counts as the
    provider being down."""

    name: str
    hosts: frozenset[str]
    code_field = "errcode"
    rate_limited: frozenset[int] = frozenset()
    """Codes that ask to send more slowly."""
    unknown_robot: frozenset[int] = frozenset()
    """Codes that say there is no such robot."""

    def __init__(self, *, allow_private: bool = False) -> None:
        self._allow_private = allow_private
        self._client = make_client(guarded=not allow_private)

    def serves(self, address: str) -> bool:
        return address.startswith(f"{self.name}+http")

    def request(self, url: str, secret: str, text: str) -> tuple[str, Mapping[str, Any]]:
        """The address to call and the body to send."""
        raise NotImplementedError

    def send(self, envelope: Envelope) -> Outcome:
        parts = urlsplit(envelope.address.removeprefix(f"{self.name}+"))
        if not self._allow_private and parts.hostname not in self.hosts:
            return Refused("address_not_allowed")
        url, body = self.request(parts._replace(fragment="").geturl(), parts.fragment, _text(envelope))
        content = json.dumps(body, ensure_ascii=False).encode()
        answer = post_request(
            self._client, url, content=content, headers={"Content-Type": "application/json; charset=utf-8"}
        )
        return answer if isinstance(answer, Failed | Refused) else self._judge(answer)

    def _judge(self, answer: Answer) -> Outcome:
        if answer.status != 200:
            return outcome_of_status(answer)
        code = answer.value.get(self.code_field)
        if code == 0:
            return Accepted(delivered=True)
        if not isinstance(code, int):
            return Failed("not_understood", provider_down=False)
        if code in self.unknown_robot:
            return Refused(f"{self.name}_{code}")
        if code in self.rate_limited:
            return Failed("throttled", provider_down=False, retry_after=_A_MINUTE)
        return Failed(f"{self.name}_{code}", provider_down=False)


class WeCom(_Robot):
    """企业微信群机器人."""

    name = "wecom"
    hosts = frozenset({"qyapi.weixin.qq.com"})
    rate_limited = frozenset({45009})
    unknown_robot = frozenset({93000})

    def request(self, url: str, secret: str, text: str) -> tuple[str, Mapping[str, Any]]:
        return url, {"msgtype": "text", "text": {"content": text}}


class DingTalk(_Robot):
    """钉钉自定义机器人, signed (加签)."""

    name = "dingtalk"
    hosts = frozenset({"oapi.dingtalk.com"})
    rate_limited = frozenset({130101, 130102})
    unknown_robot = frozenset({300001, 400013})

    def request(self, url: str, secret: str, text: str) -> tuple[str, Mapping[str, Any]]:
        if secret:
            moment = str(int(time.time() * 1000))
            digest = hmac.new(secret.encode(), f"{moment}\n{secret}".encode(), hashlib.sha256).digest()
            url += f"&timestamp={moment}&sign={quote_plus(base64.b64encode(digest).decode())}"
        return url, {"msgtype": "text", "text": {"content": text}}


class Feishu(_Robot):
    """飞书自定义机器人, signed (签名校验)."""

    name = "feishu"
    hosts = frozenset({"open.feishu.cn", "open.larksuite.com"})
    code_field = "code"
    rate_limited = frozenset({9499, 11232})
    unknown_robot = frozenset({19001})

    def request(self, url: str, secret: str, text: str) -> tuple[str, Mapping[str, Any]]:
        body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        if secret:
            moment = str(int(time.time()))
            digest = hmac.new(f"{moment}\n{secret}".encode(), b"", hashlib.sha256).digest()
            body |= {"timestamp": moment, "sign": base64.b64encode(digest).decode()}
        return url, body


def _text(envelope: Envelope) -> str:
    return "\n".join(part for part in (envelope.message.subject, envelope.message.text) if part)
