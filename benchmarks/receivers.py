"""The other side, for tests and measures: a mail server, an SMS gateway, robots and an integrator, on this machine.

They count what reaches a person. A mailbox keeps one copy of a Message-ID, a gateway and an integrator one message of
a key, as they do in earnest; `handed_over` counts every copy that was taken, repeated or not.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header, make_header
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from standardwebhooks import Webhook

from tuoju_notifications.channels.aliyun import authorization, canonical_query

logging.getLogger("mail.log").setLevel(logging.WARNING)

HOOK_SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four.").decode()
ROBOT_SECRET = "SECrobot"  # noqa: S105
TOKEN = "gateway-token"  # noqa: S105


class Mood(StrEnum):
    """How a receiver treats what comes; `swallow` takes it and hangs up without a word."""

    well = "well"
    refuse = "refuse"
    throttle = "throttle"
    fail = "fail"
    swallow = "swallow"


@dataclass
class Box:
    """What one receiver has got: by key, when it first came and what is kept of its text; and how often it was handed
    over."""

    mood: Mood = Mood.well
    keep: Callable[[str], str] = str
    arrived: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    handed_over: Counter[str] = field(default_factory=Counter)
    answering: threading.Event = field(default_factory=threading.Event)
    """While it is not set, what is taken is not answered (for ten seconds at most)."""

    def __post_init__(self) -> None:
        self.answering.set()

    def take(self, key: str, text: str) -> None:
        self.handed_over[key] += 1
        if key not in self.arrived:
            self.arrived[key], self.texts[key] = time.time(), self.keep(text)


class Receivers:
    """All of them, from `start` to `stop`. Each has a box under its name."""

    NAMES = ("mail", "sms", "aliyun", "wecom", "dingtalk", "feishu", "hook")

    def __init__(
        self, mail_port: int = 0, web_port: int = 0, *, pause: float = 0.0, keep: Callable[[str], str] = str
    ) -> None:
        self.boxes = {name: Box(keep=keep) for name in self.NAMES}
        self.pause = pause
        self._mail_port, self._web_port = mail_port, web_port

    def start(self) -> "Receivers":
        self._mail = _MailController(_Mailbox(self.boxes["mail"]), hostname="127.0.0.1", port=self._mail_port)
        self._mail.start()
        self.mail_port = int(self._mail.server.sockets[0].getsockname()[1])
        self._web = _WebServer(("127.0.0.1", self._web_port), _Door)
        self._web.receivers = self
        self.web = f"http://127.0.0.1:{self._web.server_address[1]}"
        self._thread = threading.Thread(target=self._web.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self._mail.stop()
        self._web.shutdown()
        self._web.server_close()
        self._thread.join(5)


class _MailController(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="mail.example.test", data_size_limit=1_000_000)

    def _trigger_server(self) -> None:
        """The port is known only once it is bound."""
        if self.port == 0:
            self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class _Mailbox:
    def __init__(self, box: Box) -> None:
        self.box = box

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.box.mood is Mood.refuse:
            return "550 no such person"
        if self.box.mood is Mood.throttle:
            return "451 too many at once, come again later"
        if self.box.mood is Mood.fail:
            return "421 closing"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content or b"")
        key = str(message["Message-ID"]).strip("<>").partition("@")[0]
        plain = next((part for part in message.walk() if part.get_content_type() == "text/plain"), message)
        body: Any = plain.get_payload(decode=True) or b""
        self.box.take(key, f"{make_header(decode_header(message['Subject']))}\n{body.decode()}")
        for _moment in range(500):
            if self.box.answering.is_set():
                break
            await asyncio.sleep(0.02)
        if self.box.mood is Mood.swallow:
            self.box.mood = Mood.well
            if server.transport is not None:
                server.transport.abort()
        return "250 taken"


class _WebServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    receivers: Receivers


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # Headers and body in one packet: two would wait for each other (Nagle, delayed ACK).
    disable_nagle_algorithm = True
    server: _WebServer

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the boxes count."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        name = parts.path.strip("/").partition("/")[0]
        box = self.server.receivers.boxes[name]
        if self.server.receivers.pause:
            time.sleep(self.server.receivers.pause)
        if box.mood is Mood.throttle and name in ("sms", "hook"):
            return self._answer(429, {"error": "too_many"}, {"Retry-After": "7"})
        if box.mood is Mood.fail:
            return self._answer(500, {})
        return getattr(self, f"_{name}")(box, body, {k: v[0] for k, v in parse_qs(parts.query).items()})

    def _answer(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        for header, text in {**(headers or {}), "Content-Length": str(len(content))}.items():
            self.send_header(header, text)
        self.end_headers()
        self.wfile.write(content)

    def _taken(self, box: Box, key: str, text: str, value: Any) -> None:
        box.take(key, text)
        box.answering.wait(10)
        if box.mood is Mood.swallow:
            box.mood = Mood.well
            self.close_connection = True
            self.connection.close()
            return
        self._answer(200, value)

    def _sms(self, box: Box, body: bytes, _query: dict[str, str]) -> None:
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return self._answer(401, {"error": "not_allowed"})
        if box.mood is Mood.refuse:
            return self._answer(422, {"error": "invalid_number"})
        key, result = self.headers["Idempotency-Key"], json.loads(body)
        return self._taken(box, key, result["text"], {"id": f"sms-{key}"})

    def _aliyun(self, box: Box, body: bytes, query: dict[str, str]) -> None:
        names = [name for name in self.headers if name.lower() == "host" or name.lower().startswith("x-acs-")]
        signed = {name.lower(): self.headers[name] for name in names}
        if self.headers["Authorization"] != authorization("key", "secret", canonical_query(query), signed):
            return self._answer(400, {"Code": "SignatureDoesNotMatch"})
        if self.headers["x-acs-action"] == "QuerySendDetails":
            details = [{"OutId": key, "SendStatus": 3} for key in box.arrived]
            return self._answer(200, {"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": details}})
        refusals = {Mood.refuse: "isv.MOBILE_NUMBER_ILLEGAL", Mood.throttle: "isv.BUSINESS_LIMIT_CONTROL"}
        if box.mood in refusals:
            return self._answer(200, {"Code": refusals[box.mood]})
        key = query["OutId"]
        text = f"{query['SignName']} {query['TemplateCode']} {query['TemplateParam']}"
        return self._taken(box, f"{key}", text, {"Code": "OK", "BizId": f"biz-{key}"})

    def _wecom(self, box: Box, body: bytes, query: dict[str, str]) -> None:
        self._robot(box, "errcode", json.loads(body)["text"]["content"], {Mood.refuse: 93000, Mood.throttle: 45009})

    def _dingtalk(self, box: Box, body: bytes, query: dict[str, str]) -> None:
        text = f"{query['timestamp']}\n{ROBOT_SECRET}".encode()
        wanted = base64.b64encode(hmac.new(ROBOT_SECRET.encode(), text, hashlib.sha256).digest()).decode()
        if query["sign"] != wanted or abs(time.time() * 1000 - int(query["timestamp"])) > 3_600_000:
            return self._answer(200, {"errcode": 310000})
        text_sent = json.loads(body)["text"]["content"]
        return self._robot(box, "errcode", text_sent, {Mood.refuse: 300001, Mood.throttle: 130101})

    def _feishu(self, box: Box, body: bytes, query: dict[str, str]) -> None:
        loads = json.loads(body)
        digest = hmac.new(f"{loads['timestamp']}\n{ROBOT_SECRET}".encode(), b"", hashlib.sha256).digest()
        if loads["sign"] != base64.b64encode(digest).decode():
            return self._answer(200, {"code": 19021})
        return self._robot(box, "code", loads["content"]["text"], {Mood.refuse: 19001, Mood.throttle: 11232})

    def _robot(self, box: Box, code_field: str, text: str, codes: dict[Mood, int]) -> None:
        if box.mood in codes:
            return self._answer(200, {code_field: codes[box.mood]})
        # A group has no keys: every message that is taken is seen.
        return self._taken(box, f"seen-{len(box.arrived)}", text, {code_field: 0})

    def _hook(self, box: Box, body: bytes, query: dict[str, str]) -> None:
        Webhook(HOOK_SECRET).verify(body, dict(self.headers.items()))
        if box.mood is Mood.refuse:
            return self._answer(410, {})
        return self._taken(box, self.headers["webhook-id"], body.decode(), {})
