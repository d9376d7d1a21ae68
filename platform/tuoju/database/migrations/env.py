"""How migrations run: on the connection and the metadata that the caller hands over."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlalchemy.types import TypeDecorator

config = context.config


def render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Write our own column types as the plain ones they are stored as."""
    if kind == "type" and isinstance(item, TypeDecorator):
        stored = item.impl_instance if hasattr(item, "impl_instance") else item.impl
        if isinstance(stored, sa.DateTime):
            return "sa.DateTime(timezone=True)"
        if isinstance(stored, sa.Text):
            return "sa.Text()"
        if isinstance(stored, sa.String):
            return f"sa.String(length={stored.length})" if stored.length else "sa.String()"
    return False


context.configure(
    connection=config.attributes["connection"],
    target_metadata=config.attributes["metadata"],
    render_as_batch=True,
    render_item=render_item,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
