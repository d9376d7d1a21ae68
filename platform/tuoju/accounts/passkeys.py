"""Passkeys (WebAuthn Level 3): registered by their owner, and enough to sign in without a password.

The authenticator checks who holds it (user verification), so a passkey is two factors at once (NIST SP 800-63B-4,
3.1.7).
"""

import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, col, select
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from tuoju.accounts import audit
from tuoju.accounts.attempts import Client
from tuoju.accounts.errors import LastSecondFactor, PasskeyRefused
from tuoju.accounts.models import Passkey, PasskeyChallenge, Role, SessionKind, User, UserSession
from tuoju.accounts.queries import actor_of
from tuoju.accounts.second_factors import (
    complete_session,
    ensure_recovery_codes,
    forget_unneeded_codes,
    has_totp,
)
from tuoju.accounts.sessions import AUDIT_SCOPE, end_unfinished
from tuoju.database.records import now

CHALLENGE_LIFETIME = timedelta(minutes=5)
SHOWN_NAME = "Tuoju"
LONGEST_NAME = 40


@dataclass(frozen=True)
class Site:
    """The site that a passkey belongs to: its host name, and the origin that browsers state."""

    host: str
    origin: str


def passkeys_of(session: Session, user: User) -> list[Passkey]:
    """The passkeys of an account, the oldest first."""
    return list(session.exec(select(Passkey).where(Passkey.user_id == user.pk).order_by(col(Passkey.id))))


def registration_options(session: Session, user: User, site: Site) -> str:
    """What the browser needs to make a passkey for this account, as JSON."""
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=SHOWN_NAME,
        user_id=str(user.pk).encode(),
        user_name=user.username,
        user_display_name=user.display_name,
        challenge=_new_challenge(session, user),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(row.credential_id))
            for row in passkeys_of(session, user)
        ],
    )
    return options_to_json(options)


def register_passkey(session: Session, user: User, credential: str, site: Site, *, name: str, token: str) -> list[str]:
    """Add the passkey that the browser made; returns new recovery codes if the account had none.

    `token` is of the session in which it is done. Raises PasskeyRefused.
    """
    challenge = _take_challenge(session, credential, user)
    try:
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except WebAuthnException as error:
        raise PasskeyRefused from error
    row = Passkey(
        user_id=user.pk,
        credential_id=bytes_to_base64url(verified.credential_id),
        public_key=bytes_to_base64url(verified.credential_public_key),
        sign_count=verified.sign_count,
        name=name[:LONGEST_NAME],
    )
    session.add(row)
    session.flush()
    end_unfinished(session, user, but=token)
    audit.record(session, actor_of(user), "add_passkey", row, scope=AUDIT_SCOPE)
    return ensure_recovery_codes(session, user)


def sign_in_options(session: Session, site: Site) -> str:
    """What the browser needs to sign in with a passkey, as JSON. It names no account."""
    options = generate_authentication_options(
        rp_id=site.host,
        challenge=_new_challenge(session, None),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def sign_in_with_passkey(session: Session, credential: str, site: Site, client: Client) -> tuple[str, UserSession]:
    """Open a session for the owner of the passkey that signed the challenge. Raises PasskeyRefused; the caller must
    commit even then, so that the challenge is used up."""
    challenge = _take_challenge(session, credential, None)
    row, user = _owner(session, credential)
    try:
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(row.public_key),
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except WebAuthnException as error:
        _refuse(session, user)
        raise PasskeyRefused from error
    if not user.is_active:
        _refuse(session, user)
        raise PasskeyRefused
    use = update(Passkey).where(col(Passkey.id) == row.pk)
    session.connection().execute(use.values(sign_count=verified.new_sign_count, last_used_at=now()))
    return complete_session(session, user, SessionKind.browser, client, by="passkey")


def _refuse(session: Session, user: User) -> None:
    audit.record(session, None, "sign_in_failed", user, scope=AUDIT_SCOPE, by="passkey")
    session.flush()


def _owner(session: Session, credential: str) -> tuple[Passkey, User]:
    """The passkey that an answer names, with its user. Raises PasskeyRefused."""
    credential_id = _parsed(credential).get("id")
    row_and_user = session.exec(
        select(Passkey, User).where(Passkey.credential_id == str(credential_id), User.id == Passkey.user_id)
    ).first()
    if row_and_user is None:
        raise PasskeyRefused
    return row_and_user[0], row_and_user[1]


def rename_passkey(session: Session, user: User, passkey_id: int, name: str) -> None:
    """Give a passkey another name. Raises PasskeyRefused if it is not the user's."""
    _own(session, user, passkey_id).name = name[:LONGEST_NAME]
    session.flush()


def remove_passkey(session: Session, user: User, passkey_id: int, second_factor_roles: Collection[Role]) -> None:
    """Remove a passkey. Raises PasskeyRefused if it is not the user's, LastSecondFactor."""
    row = _own(session, user, passkey_id)
    is_last = len(passkeys_of(session, user)) == 1 and not has_totp(session, user)
    if is_last and user.role in second_factor_roles:
        raise LastSecondFactor
    audit.record(session, actor_of(user), "remove_passkey", row, scope=AUDIT_SCOPE)
    session.delete(row)
    session.flush()
    forget_unneeded_codes(session, user)


def _own(session: Session, user: User, passkey_id: int) -> Passkey:
    row = session.get(Passkey, passkey_id)
    if row is None or row.user_id != user.pk:
        raise PasskeyRefused
    return row


def _new_challenge(session: Session, user: User | None) -> bytes:
    challenge = secrets.token_bytes(32)
    row = PasskeyChallenge(
        challenge=bytes_to_base64url(challenge),
        user_id=user.pk if user else None,
        expires_at=now() + CHALLENGE_LIFETIME,
    )
    session.add(row)
    session.flush()
    return challenge


def _take_challenge(session: Session, credential: str, user: User | None) -> bytes:
    """The challenge that an answer says it signed, used up. Raises PasskeyRefused if it was not given out for this."""
    stated = _stated_challenge(credential)
    table = PasskeyChallenge
    whose = col(table.user_id) == user.pk if user else col(table.user_id).is_(None)
    taken = delete(table).where(col(table.challenge) == stated, whose, col(table.expires_at) > now())
    if session.connection().execute(taken).rowcount != 1:
        raise PasskeyRefused
    return base64url_to_bytes(stated)


def _stated_challenge(credential: str) -> str:
    response = _parsed(credential).get("response")
    try:
        data = json.loads(base64url_to_bytes(response["clientDataJSON"]))  # type: ignore[index]
        return str(data["challenge"])
    except (ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused from error


def _parsed(credential: str) -> dict[str, Any]:
    try:
        parsed = json.loads(credential)
    except ValueError as error:
        raise PasskeyRefused from error
    if not isinstance(parsed, dict):
        raise PasskeyRefused
    return parsed
