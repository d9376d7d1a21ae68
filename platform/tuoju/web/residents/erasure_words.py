"""How the erasure of a resident stands, in words for the officer's page."""

from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.holdings.service import find_open_erasure
from tuoju.residents.models import Resident
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _


def open_erasure_words(session: Session, actor: Actor, resident: Resident) -> str:
    """The state of the erasure under way, and what stands against it; empty without one."""
    if not may(actor, Action.record_residents):
        return ""
    erasure = find_open_erasure(session, resident)
    if erasure is None:
        return ""
    state = label("erasure_state", erasure.state)
    reasons = _(", ").join(label("erase_block", block) for block in erasure.blocks)
    return _("%(state)s, because %(reasons)s") % {"state": state, "reasons": reasons} if reasons else state
