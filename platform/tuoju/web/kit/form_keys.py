"""The keys that forms carry: made by the server, bound to whose form it is, taken for as long as answers are kept."""

import secrets

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from tuoju.accounts.kept_answers import KEPT_FOR
from tuoju.web.kit.settings import WebSettings


class FormKeyMissing(Exception):
    """The form carries no key: it was made before forms had one."""


class FormKeyWrong(Exception):
    """The key was not made by this server for whoever sends the form."""


class FormKeyExpired(Exception):
    """The form is older than the time for which it is known whether it was sent."""


def _signer(settings: WebSettings, owner: str) -> URLSafeTimedSerializer:
    return settings.timed_signer(f"form keys of {owner}", "form-key")


def new_form_key(settings: WebSettings, owner: str) -> str:
    """A key for one form: 128 random bits, the time, and a signature that only its owner's forms pass."""
    return str(_signer(settings, owner).dumps(secrets.token_urlsafe(16)))


def check_form_key(settings: WebSettings, owner: str, key: str) -> str:
    """The random part of a key. Raises FormKeyMissing, FormKeyWrong, FormKeyExpired."""
    if not key:
        raise FormKeyMissing
    try:
        return str(_signer(settings, owner).loads(key, max_age=int(KEPT_FOR.total_seconds())))
    except SignatureExpired:
        raise FormKeyExpired from None
    except BadSignature:
        raise FormKeyWrong from None
