"""Templates into responses, with what every page needs at hand."""

import dataclasses
import hashlib
import re
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
from jinja2.ext import Extension
from markupsafe import Markup

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.database.records import now
from tuoju.regions.calendar import china_day, missing_year
from tuoju.web.kit.charts import SquareChart, bar_chart, column_chart, percent
from tuoju.web.kit.chips import chip_look
from tuoju.web.kit.dependencies import (
    SESSION_COOKIE,
    VISITOR_COOKIE,
    find_actor,
    key_for_form,
    note_target,
    page_address_of,
    session_of_frame,
    settings_of,
    token_for_forms,
    visitor_of,
)
from tuoju.web.kit.device_answers import HEADER as DEVICE_HEADER
from tuoju.web.kit.device_keys import DeviceOwner, owner_of_page
from tuoju.web.kit.error_summary import with_labels
from tuoju.web.kit.menu import MenuItem, menu_of
from tuoju.web.kit.views import View
from tuoju.words.formats import china_date, china_time, due_day, yuan
from tuoju.words.labels import audit_action_words, label, options, reading_words, services
from tuoju.words.languages import LANGUAGES, gettext, language, ngettext
from tuoju.worklists.badges import Badge, count_badges
from tuoju_notifications.queries import count_unread

FLASH_COOKIE = "flash"
WEB = Path(str(files("tuoju.web")))
STATIC = WEB / "static"


@cache
def static_url(path: str) -> str:
    """The address of an asset with a print of its content, so that it may be kept for good."""
    content = (STATIC / path).read_bytes()
    return f"/static/{path}?v={hashlib.sha256(content).hexdigest()[:10]}"


def attributes(values: Mapping[str, object]) -> Markup:
    """Attributes of an element from the named values of a macro: `data_draft` is `data-draft`, `class_` is `class`,
    true stands alone, and none, false and an empty text leave the attribute out."""
    kept = {
        name.rstrip("_").replace("_", "-"): value for name, value in values.items() if value not in (None, False, "")
    }
    return Markup("").join(
        Markup(" {}").format(name) if value is True else Markup(' {}="{}"').format(name, value)
        for name, value in kept.items()
    )


def _loader() -> ChoiceLoader:
    """Finds `layout.html` and `macros/...` in the kit, and `cases/show.html` in the subject `cases`."""
    folders = {folder.parent.name: folder for folder in WEB.glob("*/templates")}
    subjects = {subject: FileSystemLoader(folder) for subject, folder in folders.items()}
    return ChoiceLoader([FileSystemLoader(WEB / "kit" / "templates"), PrefixLoader(subjects)])


class FormsKeptFromBrowser(Extension):
    """Sets `autocomplete="off"` on every form of every template: what is typed then reaches neither the autofill nor
    the session restore of the browser, both of which lie in plain on the phone. A field may still name its own."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return re.sub(r"<form\b(?![^>]*\bautocomplete=)", '<form autocomplete="off"', source)


def _environment() -> Environment:
    environment = Environment(
        loader=_loader(),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", FormsKeptFromBrowser],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(
        audit_action_words=audit_action_words,
        reading_words=reading_words,
        label=label,
        options=options,
        services=services,
        static_url=static_url,
        attributes=attributes,
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
    new_form_key: Callable[[], str]
    path: str
    page_address: str
    language: str
    languages: Mapping[str, str]
    flash: str
    menu: Sequence[MenuItem]
    unread: int
    missing_year: int | None
    device_owner: DeviceOwner | None


PAGE_GLOBALS = frozenset(field.name for field in dataclasses.fields(PageFrame))


def _frame_of(request: Request) -> PageFrame:
    actor = find_actor(request)
    unread, badges, missing = _read_for_frame(request, actor)
    return PageFrame(
        actor=actor,
        may=lambda action: actor is not None and may(actor, action),
        form_token=token_for_forms(request),
        new_form_key=lambda: key_for_form(request),
        path=request.url.path,
        page_address=page_address_of(request),
        language=language(),
        languages=LANGUAGES,
        flash=_flash(request),
        menu=menu_of(actor, request.url.path, badges) if actor else [],
        unread=unread,
        missing_year=missing,
        device_owner=owner_of_page(request, settings_of(request), actor.user_id if actor else None),
    )


def _names(instance: View | PageFrame) -> dict[str, object]:
    return {field.name: getattr(instance, field.name) for field in dataclasses.fields(instance)}


def render(request: Request, view: View, status: int = 200) -> HTMLResponse:
    """The page of a view object, inside the frame that all pages share."""
    html = TEMPLATES.get_template(view.template).render(_names(_frame_of(request)) | _names(view))
    response = HTMLResponse(with_labels(html) if status in (409, 422) else html, status)
    if FLASH_COOKIE in request.cookies and not is_of_script(request):
        delete_cookie(request, response, FLASH_COOKIE)
    if SESSION_COOKIE not in request.cookies and VISITOR_COOKIE not in request.cookies:
        set_cookie(request, response, VISITOR_COOKIE, visitor_of(request))
    return response


def fragment(view: View) -> str:
    """A part of a page, without the frame."""
    return TEMPLATES.get_template(view.template).render(_names(view))


def _read_for_frame(request: Request, actor: Actor | None) -> tuple[int, Mapping[Badge, int], int | None]:
    """How many notifications are unread; the counts of the menu; and, for roles that work with deadlines, a year
    without working days."""
    if actor is None:
        return 0, {}, None
    with session_of_frame(request, actor) as session:
        unread, badges = count_unread(session, actor.user_id), count_badges(session, actor)
        if not may(actor, Action.read_cases) and not may(actor, Action.manage_calendar):
            return unread, badges, None
        return unread, badges, missing_year(session, china_day(now()))


def redirect(request: Request, path: str, message: str = "") -> RedirectResponse:
    """See-other to a page of ours, which shows `message` once; to the start if `path` leads away from this site."""
    path = path if is_ours(path) else "/"
    note_target(request, path, message)
    response = RedirectResponse(path, 303)
    if message:
        set_cookie(request, response, FLASH_COOKIE, _signer(request).dumps(message))
    return response


def is_ours(path: str) -> bool:
    """Whether browsers take it for a path: not `//host`, nor with what they drop or take for a slash (WHATWG URL)."""
    return re.match(r"/(?![/\\])", path) is not None and re.search(r"[\x00-\x1f\\\x7f]", path) is None


def _signer(request: Request) -> URLSafeSerializer:
    return settings_of(request).signer("flash", "flash")


def is_of_script(request: Request) -> bool:
    """Whether the device queue fetches the page to keep it: what is said once is for the person's own page."""
    return request.method == "GET" and DEVICE_HEADER in request.headers


def _flash(request: Request) -> str:
    if is_of_script(request):
        return ""
    try:
        message = _signer(request).loads(request.cookies.get(FLASH_COOKIE, ""))
    except BadSignature:
        return ""
    return str(message)


def set_cookie(request: Request, response: Response, name: str, value: str, *, path: str = "/", **options: Any) -> None:
    """Set a cookie that scripts cannot read. Over HTTPS its name gets a prefix (cookies.PrefixedCookies)."""
    secure = settings_of(request).secure_cookies
    response.set_cookie(name, value, httponly=True, secure=secure, path=path, **{"samesite": "lax", **options})


def delete_cookie(request: Request, response: Response, name: str) -> None:
    """Let the browser forget a cookie of the whole site."""
    set_cookie(request, response, name, "", max_age=0)
