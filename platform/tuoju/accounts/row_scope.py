"""From whoever acts to the rows that their transactions reach."""

from tuoju.accounts.permissions import Action, Actor, Principal, may
from tuoju.database.scopes import NOBODY, RowScope


def row_scope_of(principal: Principal | None) -> RowScope:
    """What an actor or a link holder reaches: their region, organization or one referral, and what is their own."""
    if principal is None:
        return NOBODY
    if not isinstance(principal, Actor):
        return RowScope(organization_id=principal.organization_id, referral_id=principal.referral_id)
    return RowScope(
        region_code=principal.region_code,
        organization_id=principal.organization_id,
        user_id=principal.user_id,
        administers=may(principal, Action.manage_accounts),
    )
