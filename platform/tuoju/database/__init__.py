"""Engine, unit of work and the base every table of the platform stands on."""

from sqlmodel import SQLModel

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of constraints. Set here, so that no table is declared before it, whatever is imported first."""
SQLModel.metadata.naming_convention = NAMING
