"""Gives the keys of a process to everything that seals."""

from tuoju.database import sealing
from tuoju.database.keys import KeyRing, use_keys
from tuoju_notifications import sealing as notifications
from tuoju_projects import sealing as projects


def use_key_ring(ring: KeyRing) -> None:
    """Seal and open with `ring` in the platform and in the workshops that have sealed columns."""
    use_keys(ring)
    notifications.use_seal(notifications.Seal(sealing.seal, sealing.open_bound, sealing.with_binding))
    projects.use_seal(projects.Seal(sealing.seal, sealing.open_bound, sealing.with_binding))
