"""Keys that seal what a browser keeps: of an account on one device, or of whoever opened one link.

A key is derived and stored nowhere. It is handed to a live session only (web/device), and another one follows each time
the account signs out, so that bytes found on a disk later open nothing that is written afterwards.
"""

import hashlib
import hmac
from base64 import b64encode
from dataclasses import dataclass

from fastapi import Request

from tuoju.web.kit.settings import WebSettings

LINKED_PAGES = ("/answer/", "/progress/")
"""Below these addresses a form belongs to whoever opened the link, account or not."""


@dataclass(frozen=True)
class DeviceOwner:
    """Whose a page is for the device queue: an opaque name, and where its key is asked for."""

    name: str
    start: str


def _digest(settings: WebSettings, purpose: str, text: str) -> bytes:
    return hmac.new(settings.key_for(purpose), text.encode(), hashlib.sha256).digest()


def owner_of_account(settings: WebSettings, user_id: int) -> DeviceOwner:
    """The owner of what somebody signed in types; the name does not tell which account it is."""
    return DeviceOwner(_digest(settings, "device owners", f"account {user_id}").hex()[:24], "/device/start")


def owner_of_link(settings: WebSettings, page: str) -> DeviceOwner:
    """The owner of what is typed on the pages of a link; `page` is the address of the first, without a slash."""
    return DeviceOwner(_digest(settings, "device owners", f"link {page}").hex()[:24], f"{page}/device")


def link_page_of(request: Request) -> str:
    """The address of the first page of the link that a request belongs to, without a slash; empty without a link."""
    if request.url.path.startswith(LINKED_PAGES) and "handle" in request.path_params:
        return "/".join(request.url.path.split("/")[:3])
    return ""


def owner_of_page(request: Request, settings: WebSettings, user_id: int | None) -> DeviceOwner | None:
    """The owner of the forms on the page of a request; None for pages of everybody."""
    if page := link_page_of(request):
        return owner_of_link(settings, page)
    return None if user_id is None else owner_of_account(settings, user_id)


def account_key(settings: WebSettings, user_id: int, device: str) -> str:
    """The key of an account on a device, as base64. `device` is the id that the device has until the next sign-out."""
    return b64encode(_digest(settings, "device keys", f"account {user_id} on {device}")).decode()


def link_key(settings: WebSettings, page: str) -> str:
    """The key of a link, as base64."""
    return b64encode(_digest(settings, "device keys", f"link {page}")).decode()
