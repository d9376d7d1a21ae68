"""One module a subject; each has a `router`."""

from tuoju.web.pages import (
    accounts,
    cases,
    drafts,
    figures,
    funds,
    health,
    home,
    imports,
    inbox,
    needs,
    notices,
    policies,
    procedure,
    projects,
    public_notices,
    referrals,
    residents,
    sign_in,
    visits,
)

ROUTERS = (
    health.router,
    sign_in.router,
    home.router,
    residents.router,
    procedure.router,  # before cases, whose last route takes any verb
    public_notices.router,
    funds.router,
    policies.router,
    cases.router,
    needs.router,
    drafts.router,
    visits.router,  # before referrals, whose last route takes any verb
    referrals.router,
    inbox.router,
    projects.router,
    imports.router,
    notices.router,
    figures.router,
    accounts.router,
)
