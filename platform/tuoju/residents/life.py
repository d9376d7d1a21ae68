"""Whether a resident's data may be used: not once they are erased, and not while their use is restricted."""

from tuoju.residents.errors import ProcessingRestricted, ResidentErased
from tuoju.residents.models import Resident


def require_use(resident: Resident) -> None:
    """Raises ResidentErased and ProcessingRestricted (PIPL art. 47: only storage and protection then)."""
    require_not_erased(resident)
    if resident.restricted_at is not None:
        raise ProcessingRestricted


def require_not_erased(resident: Resident) -> None:
    """Raises ResidentErased."""
    if resident.erased_at is not None:
        raise ResidentErased
