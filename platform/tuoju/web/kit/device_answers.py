"""Answers for the device queue, whose scripts cannot read a redirect: the same answers as for the page, as JSON.

A script says by the header `x-device-queue: 1` that it sends a form. It gets
`{"to": address}` with 200 once the form has had its effect,
`{"ask": "sign_in", "to": address}` with 401 if the session, the link or the sign-in has ended,
`{"ask": "form", "html": page}` with the status of the refusal, or 200 for a page that asks on, and
`{"ask": "later"}` with the status if the service was busy or failed: whether there was an effect is then not known.
"""

import json
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "x-device-queue"
WAYS_IN = frozenset({"/sign-in", "/sign-in/code", "/sign-in/set-up", "/account/confirm", "/answer/again"})
"""Where those are led whose session, sign-in or link does not suffice: the form had no effect."""
BUSY = 429


class DeviceAnswers:
    """Turns the answer to a form of the device queue into JSON. Cookies and Retry-After stay as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or HEADER not in Headers(scope=scope):
            await self.app(scope, receive, send)
            return
        began: list[Message] = []
        pieces: list[bytes] = []

        async def gather(message: Message) -> None:
            if message["type"] == "http.response.start":
                began.append(message)
                return
            pieces.append(message.get("body", b""))
            if not message.get("more_body", False):
                await _send_json(send, began[0], b"".join(pieces))

        await self.app(scope, receive, gather)


async def _send_json(send: Send, start: Message, body: bytes) -> None:
    headers = MutableHeaders(raw=list(start["headers"]))
    status, answer = _answer_of(start["status"], headers, body)
    content = json.dumps(answer, ensure_ascii=False).encode()
    headers["content-type"] = "application/json"
    headers["content-length"] = str(len(content))
    if "location" in headers:
        del headers["location"]
    await send({**start, "status": status, "headers": headers.raw})
    await send({"type": "http.response.body", "body": content})


def _answer_of(status: int, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str]]:
    """The status and the content of the answer to a script."""
    if 300 <= status < 400:
        target = headers.get("location", "/")
        if target.partition("?")[0] in WAYS_IN:
            return 401, {"ask": "sign_in", "to": target}
        return 200, {"to": target}
    if status >= 500 or status == BUSY:
        return status, {"ask": "later"}
    if status == 204:
        return 200, {}
    return status, {"ask": "form", "html": body.decode("utf-8", "replace")}
