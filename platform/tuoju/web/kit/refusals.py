"""Refusals at the form: a step that a rule refuses leads back to the page that the form stood on, with everything
that was typed, the field that is wrong, the reason and the way on."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.types import Message

from tuoju.readings.service import no_readings
from tuoju.web.kit.dependencies import address_of, form_of
from tuoju.web.kit.edits import WAS
from tuoju.web.kit.refilling import OF_THE_PAGE, SentForm, refilled
from tuoju.web.kit.rendering import fragment, is_ours
from tuoju.web.kit.views import KeptFormPage, RefusalNotice

LONG = 4
"""Characters of a text that somebody typed, and not of a code that was chosen."""
_OF_THE_BODY = frozenset({b"content-type", b"content-length", b"transfer-encoding"})
_OF_THE_POST = frozenset({"endpoint", "path_params", "route", "router"})


def sent_form(request: Request, sentence: str, field_name: str) -> SentForm | None:
    """The form that the request posted; None if it posted none."""
    form = form_of(request)
    if request.method != "POST" or form is None:
        return None
    has_files = any(isinstance(value, UploadFile) and value.filename for value in form.values())
    return SentForm(address_of(request), _texts(form), sentence, field_name, has_files)


def _texts(form: FormData) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            texts.setdefault(name, []).append(value)
    return texts


async def shown_again(request: Request, sent: SentForm, status: int) -> Response | None:
    """The page that the form stood on, with the form as it was sent; None if that page cannot be opened, or no longer
    has the form."""
    page = next(iter(sent.fields.get("page", ())), "")
    if not page or not is_ours(page):
        return None
    start, body = await _opened(request, page)
    if start is None or start["status"] != 200:
        return None
    html = refilled(
        body.decode(), sent, lambda field_id: fragment(RefusalNotice(sent.sentence, field_id, sent.has_files))
    )
    if html is None:
        return None
    response = HTMLResponse(html, status)
    response.raw_headers += [(name, value) for name, value in start["headers"] if name == b"set-cookie"]
    return response


def kept_form(sent: SentForm, back: str) -> KeptFormPage | None:
    """The page that keeps a form which stands nowhere any more; None for a form in which nothing was typed, or a
    password."""
    fields = [(name, text) for name, texts in sent.fields.items() if name not in OF_THE_PAGE for text in texts]
    typed = [text for name, text in fields if len(text.strip()) > LONG and not name.startswith(WAS)]
    if not fields or any("password" in name for name in sent.fields):
        return None
    return KeptFormPage(sent.sentence, back, sent.action, fields, typed, sent.has_files)


async def _opened(request: Request, page: str) -> tuple[Mapping[str, Any] | None, bytes]:
    """What the application answers to whoever opens the page: as a browser would by GET, with the same cookies."""
    path, _, query = page.partition("?")
    headers = [(name, value) for name, value in request.scope["headers"] if name not in _OF_THE_BODY]
    state = {name: value for name, value in request.scope["state"].items() if name not in ("form", "session", "target")}
    scope = {name: value for name, value in request.scope.items() if name not in _OF_THE_POST}
    scope |= {"method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode()}
    scope |= {"headers": headers, "state": state}
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    try:
        with no_readings():
            await request.app.router(scope, receive, send)
    except HTTPException:
        return None, b""
    start = next((message for message in messages if message["type"] == "http.response.start"), None)
    return start, b"".join(message.get("body", b"") for message in messages if message["type"] == "http.response.body")
