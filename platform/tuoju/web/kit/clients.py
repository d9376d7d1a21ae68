"""What is known of the browser that signs in: its name, its network, and the accounts that used it before."""

import json
import secrets
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address

from fastapi import Request
from fastapi.responses import Response
from itsdangerous import BadSignature, URLSafeTimedSerializer

from tuoju.accounts.attempts import Client
from tuoju.web.kit.dependencies import SESSION_COOKIE, settings_of
from tuoju.web.kit.rendering import set_cookie

DEVICES_COOKIE = "devices"
"""Signed: for each account that signed in with this browser a random id. It opens nothing by itself: it gives wrong
passwords of this browser a counter of their own, so that strangers who lock an account do not lock its owner out, and
it is a part of the key that seals what the account types here (device_keys)."""
DEVICE_AGE = 400 * 24 * 3600
"""Seconds; the longest that browsers keep a cookie."""
ACCOUNTS_KNOWN = 12
"""A society's computer is shared; the oldest account is forgotten."""

_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("DingTalk", "DingTalk"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("MQQBrowser", "QQ Browser"),
    ("UCBrowser", "UC Browser"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("python", "Python"),
    ("curl", "curl"),
)
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def client_of(request: Request, *, token: str = "") -> Client:
    """The browser behind a request. `token` is of the session that it has now, which another one ends."""
    return Client(
        device=device_words(request.headers.get("user-agent", "")),
        network=network_words(address_of(request)),
        known_devices=dict(_known_devices(request)),
        previous_token=token,
    )


def browser_of(request: Request) -> Client:
    """The browser behind a request of a page, with the session of its cookie."""
    return client_of(request, token=request.cookies.get(SESSION_COOKIE, ""))


def address_of(request: Request) -> str:
    """The network address of the client, as far as the named proxies say it (TrustedProxies)."""
    return request.client.host if request.client else ""


def device_words(user_agent: str) -> str:
    """Browser and system by name, from closed lists: "Chrome · Windows". Empty if neither is known."""
    return " · ".join(filter(None, (_first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent))))


def _first(names: Sequence[tuple[str, str]], user_agent: str) -> str:
    return next((words for sign, words in names if sign.lower() in user_agent.lower()), "")


def network_words(address: str) -> str:
    """A network address with its end hidden: 203.0.113.*, 2001:db8:1:*. Empty if it is none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        return ":".join(part.lstrip("0") or "0" for part in parsed.exploded.split(":")[:3]) + ":*"
    return f"{address.rpartition('.')[0]}.*"


def device_of(request: Request, user_id: int) -> str:
    """The id of this browser for an account; empty if the account never signed in with it."""
    return next((device for known, device in _known_devices(request) if known == user_id), "")


def remember_device(request: Request, response: Response, user_id: int, *, anew: bool = False) -> None:
    """Let this browser be known as one of the user's, after a complete sign-in. `anew`: under another id from now on,
    so that no key made for the old one opens what the browser keeps later (device_keys)."""
    others = [known for known in _known_devices(request) if known[0] != user_id]
    kept = "" if anew else device_of(request, user_id)
    value = json.dumps([*others[1 - ACCOUNTS_KNOWN :], (user_id, kept or secrets.token_urlsafe(12))])
    signed = _signer(request).dumps(value)
    set_cookie(request, response, DEVICES_COOKIE, str(signed), max_age=DEVICE_AGE, samesite="strict")


def _known_devices(request: Request) -> list[tuple[int, str]]:
    """(user id, device id) of the accounts that signed in with this browser, the latest last."""
    try:
        value = _signer(request).loads(request.cookies.get(DEVICES_COOKIE, ""), max_age=DEVICE_AGE)
        return [(int(user_id), str(device)) for user_id, device in json.loads(value)]
    except (BadSignature, ValueError, TypeError):
        return []


def _signer(request: Request) -> URLSafeTimedSerializer:
    return settings_of(request).timed_signer("devices", "devices")
