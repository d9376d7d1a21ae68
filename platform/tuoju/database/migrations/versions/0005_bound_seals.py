"""Sealed values are bound to their table, column and row.

Opens what release 0.1.0 sealed (AES-256-GCM under the named key itself, bound to nothing) and seals it again under the
keys of this process, with the texts that stood in plain; hashes ID numbers anew. Values of the old format are refused
from then on. Files are sealed again one by one: those that are done stay done if the migration is rolled back.
"""

from base64 import b64decode
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tuoju.database.keys import EncryptionError, keys
from tuoju.database.sealed_files import all_files, reseal_file

revision = "0005_bound_seals"
down_revision = "0004_keyed_audit"
branch_labels = None
depends_on = None

SEALED = {
    "account_reach": ("email", "mobile"),
    "alert": ("name", "id_number", "phone", "content", "note"),
    "assistance_case": ("summary", "first_help_reason"),
    "attachment": ("name", "removed_reason"),
    "case_conflict": ("relation",),
    "case_pause": ("reason",),
    "case_step": ("note",),
    "draft": ("content",),
    "emergency_override": ("reason",),
    "fund_entry": ("note",),
    "idempotency_key": ("response",),
    "investigation": ("findings",),
    "monthly_summary": ("reason", "return_reason"),
    "need": ("text",),
    "notification": ("address",),
    "objection": ("objector", "content", "answer"),
    "organization_contact": ("name", "mobile", "email"),
    "protection_report": ("what", "followed_up"),
    "referral": ("note", "end_note", "satisfaction_comment"),
    "referral_event": ("holder_name", "note"),
    "referral_message": ("holder_name", "text"),
    "relief_payment": ("goods",),
    "resident": (
        "name",
        "id_number",
        "phone",
        "phone_owner",
        "address",
        "born_on",
        "guardian_name",
        "guardian_phone",
    ),
    "service_visit": ("content", "problems", "in_error_reason"),
    "subscription": ("address",),
}
"""The columns that release 0.1.0 sealed; an empty text was not sealed in some of them."""
PLAIN = {
    "earmarked_account": ("purpose",),
    "organization": ("contact_name", "contact_phone"),
    "place_entry": ("note",),
}
"""The columns that release 0.1.0 kept in plain."""
INDEXED = ("alert", "resident")
"""Tables with a hash of their ID numbers."""
BATCH = 500


def upgrade() -> None:
    """Raises EncryptionError if a key that sealed some value is not on the key ring."""
    for table, columns in PLAIN.items():
        with op.batch_alter_table(table) as batch:
            if table == "earmarked_account":
                batch.drop_constraint(op.f("uq_earmarked_account_fund_id_purpose"), type_="unique")
            for column in columns:
                batch.alter_column(column, existing_type=sa.String(), type_=sa.Text(), existing_nullable=False)
    with op.batch_alter_table("idempotency_key") as batch:
        batch.alter_column("response", existing_type=sa.String(), type_=sa.Text(), existing_nullable=False)
    for table, columns in SEALED.items():
        _seal_again(table, columns, _opened)
    for table, columns in PLAIN.items():
        _seal_again(table, columns, lambda text: text)
    for key in all_files():
        reseal_file(key, _opened_file)


def downgrade() -> None:
    """Only without rows: release 0.1.0 cannot read bound values."""
    for table in SEALED.keys() | PLAIN.keys():
        if op.get_bind().execute(sa.select(sa.literal(1)).select_from(sa.table(table)).limit(1)).first():
            raise EncryptionError("release 0.1.0 cannot read values that are bound to their rows")
    with op.batch_alter_table("idempotency_key") as batch:
        batch.alter_column("response", existing_type=sa.Text(), type_=sa.String(), existing_nullable=False)
    for table, columns in PLAIN.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.alter_column(column, existing_type=sa.Text(), type_=sa.String(), existing_nullable=False)
            if table == "earmarked_account":
                batch.create_unique_constraint(op.f("uq_earmarked_account_fund_id_purpose"), ["fund_id", "purpose"])


def _seal_again(name: str, columns: tuple[str, ...], opened: Callable[[str], str]) -> None:
    names = [*columns, "id_number_index"] if name in INDEXED else list(columns)
    table = sa.table(name, sa.column("id", sa.Integer), *(sa.column(column, sa.Text) for column in names))
    change = sa.update(table).where(table.c.id == sa.bindparam("row"))
    change = change.values({column: sa.bindparam(f"new_{column}") for column in names})
    last = 0
    while rows := _rows_after(table, last):
        op.get_bind().execute(change, [_sealed_row(name, columns, row, opened) for row in rows])
        last = rows[-1]["id"]


def _rows_after(table: sa.TableClause, last: int) -> Sequence[sa.RowMapping]:
    query = sa.select(table).where(table.c.id > last).order_by(table.c.id).limit(BATCH)
    return op.get_bind().execute(query).mappings().all()


def _sealed_row(
    name: str, columns: tuple[str, ...], row: sa.RowMapping, opened: Callable[[str], str]
) -> dict[str, Any]:
    ring, values = keys(), {"row": row["id"]}
    plain = {column: None if row[column] is None else opened(row[column]) for column in columns}
    for column, text in plain.items():
        values[f"new_{column}"] = None if text is None else ring.seal(text, f"{name}.{column}:{row['id']}")
    if name in INDEXED:
        number = plain["id_number"]
        values["new_id_number_index"] = None if number is None else ring.blind_index(f"id:{number}")
    return values


def _opened(sealed: str) -> str:
    """The text that release 0.1.0 sealed as `key:base64(nonce + ciphertext)`."""
    if not sealed:
        return ""
    name, _, body = sealed.partition(":")
    return _decrypted(name, b64decode(body), None).decode()


def _opened_file(sealed: bytes, key: str) -> bytes:
    """The file that release 0.1.0 sealed as `key:nonce + ciphertext`, bound to its own key."""
    name, _, body = sealed.partition(b":")
    return _decrypted(name.decode(errors="replace"), body, key.encode())


def _decrypted(name: str, raw: bytes, bound_to: bytes | None) -> bytes:
    if name not in keys().masters:
        raise EncryptionError(f"no key named {name!r} on the key ring")
    try:
        return AESGCM(keys().masters[name]).decrypt(raw[:12], raw[12:], bound_to)
    except InvalidTag as error:
        raise EncryptionError(
            f"a value was changed, or the key {name!r} is another than the one that sealed it"
        ) from error
