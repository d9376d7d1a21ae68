"""Templates into responses, with what every page needs at hand."""

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from itsdangerous import BadSignature, URLSafeSerializer
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.database.records import now
from tuoju.regions.calendar import china_day, missing_year
from tuoju.web.kit.charts import SquareChart, bar_chart, column_chart, percent
from tuoju.web.kit.chips import chip_look
from tuoju.web.kit.dependencies import (
    SESSION_COOKIE,
    VISITOR_COOKIE,
    find_actor,
    settings_of,
    token_for_forms,
    unit_of_work_of,
    visitor_of,
)
from tuoju.web.kit.menu import MenuItem, menu_of
from tuoju.web.kit.views import View
from tuoju.words.formats import china_date, china_time, due_day, yuan
from tuoju.words.labels import label, options, reading_words, services
from tuoju.words.languages import LANGUAGES, gettext, language, ngettext
from tuoju_notifications.queries import count_unread

FLASH_COOKIE = "flash"
WEB = Path(str(files("tuoju.web")))
STATIC = WEB / "static"


@cache
def static_url(path: str) -> str:
    """The address of an asset with a print of its content, so that it may be kept for good."""
    content = (STATIC / path).read_bytes()
    return f"/static/{path}?v={hashlib.sha256(content).hexdigest()[:10]}"


def _loader() -> ChoiceLoader:
    """Finds `layout.html` and `macros/...` in the kit, and `cases/show.html` in the subject `cases`."""
    folders = {folder.parent.name: folder for folder in WEB.glob("*/templates")}
    subjects = {subject: FileSystemLoader(folder) for subject, folder in folders.items()}
    return ChoiceLoader([FileSystemLoader(WEB / "kit" / "templates"), PrefixLoader(subjects)])


def _environment() -> Environment:
    environment = Environment(
        loader=_loader(),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(
        reading_words=reading_words,
        label=label,
        options=options,
        services=services,
        static_url=static_url,
        Action=Action,
        chip_look=chip_look,
        bar_chart=bar_chart,
        column_chart=column_chart,
        square_chart=SquareChart,
        percent=percent,
    )
    environment.filters.update(china_time=china_time, china_date=china_date, due_day=due_day, yuan=yuan)
    return environment


TEMPLATES = _environment()


@dataclass(frozen=True)
class PageFrame:
    """What every page shows around its own content, and what its forms and checks need."""

    actor: Actor | None
    may: Callable[[Action], bool]
    form_token: str
    path: str
    language: str
    languages: Mapping[str, str]
    flash: str
    menu: Sequence[MenuItem]
    missing_year: int | None


PAGE_GLOBALS = frozenset(field.name for field in dataclasses.fields(PageFrame))


def _frame_of(request: Request) -> PageFrame:
    actor = find_actor(request)
    unread, missing = _unread_and_missing_year(request, actor)
    return PageFrame(
        actor=actor,
        may=lambda action: actor is not None and may(actor, action),
        form_token=token_for_forms(request),
        path=request.url.path,
        language=language(),
        languages=LANGUAGES,
        flash=_flash(request),
        menu=menu_of(actor, request.url.path, unread) if actor else [],
        missing_year=missing,
    )


def _names(instance: View | PageFrame) -> dict[str, object]:
    return {field.name: getattr(instance, field.name) for field in dataclasses.fields(instance)}


def render(request: Request, view: View, status: int = 200) -> HTMLResponse:
    """The page of a view object, inside the frame that all pages share."""
    html = TEMPLATES.get_template(view.template).render(_names(_frame_of(request)) | _names(view))
    response = HTMLResponse(html, status)
    if FLASH_COOKIE in request.cookies:
        response.delete_cookie(FLASH_COOKIE)
    if SESSION_COOKIE not in request.cookies and VISITOR_COOKIE not in request.cookies:
        set_cookie(request, response, VISITOR_COOKIE, visitor_of(request))
    return response


def _unread_and_missing_year(request: Request, actor: Actor | None) -> tuple[int, int | None]:
    """How many notifications are unread; and, for roles that work with deadlines, a year without working days."""
    if actor is None:
        return 0, None
    with unit_of_work_of(request).read() as session:
        unread = count_unread(session, actor.user_id)
        if not may(actor, Action.read_cases) and not may(actor, Action.manage_policies):
            return unread, None
        return unread, missing_year(session, china_day(now()))


def redirect(request: Request, path: str, message: str = "") -> RedirectResponse:
    """See-other to a page of ours, which shows `message` once."""
    response = RedirectResponse(path, 303)
    if message:
        set_cookie(request, response, FLASH_COOKIE, _signer(request).dumps(message))
    return response


def _signer(request: Request) -> URLSafeSerializer:
    return URLSafeSerializer(settings_of(request).secret_key, salt="flash")


def _flash(request: Request) -> str:
    try:
        message = _signer(request).loads(request.cookies.get(FLASH_COOKIE, ""))
    except BadSignature:
        return ""
    return str(message)


def set_cookie(request: Request, response: Response, name: str, value: str, *, path: str = "/", **options: Any) -> None:
    secure = settings_of(request).secure_cookies
    response.set_cookie(name, value, httponly=True, secure=secure, samesite="lax", path=path, **options)
