"""The JSON API: the same verbs as the pages."""

from typing import Any

from tuoju.web.accounts import me_api as me
from tuoju.web.accounts import tokens_api as tokens
from tuoju.web.cases import api as cases
from tuoju.web.matchmaking import api as needs
from tuoju.web.notifications import api as notices
from tuoju.web.plans import api as plans
from tuoju.web.projects import api as projects
from tuoju.web.projects import organizations_api as organizations
from tuoju.web.referrals import api as referrals
from tuoju.web.referrals import visits_api as visits
from tuoju.web.regions import api as regions
from tuoju.web.regions import code_lists_api as code_lists
from tuoju.web.reports import api as figures
from tuoju.web.residents import api as residents
from tuoju.web.residents import overrides_api as overrides

ROUTERS = (
    tokens.entrance,
    tokens.router,
    me.router,
    regions.router,
    code_lists.router,
    residents.router,
    overrides.router,
    cases.router,
    needs.router,
    referrals.router,
    visits.router,
    organizations.router,
    projects.router,
    plans.router,
    figures.router,
    notices.router,
)

DESCRIPTION = """\
Tuoju takes a need from the village to the project that can meet it. This API offers the same actions as the pages,
with the same permissions: what you do not have access to is a 404.

**Signing in.** `POST /api/v1/tokens` returns a token. Send it as `Authorization: Bearer ...`.

**Personal data** is masked everywhere. To view it in full, send a separate request with a purpose. Every view is
recorded.

**Errors** are `application/problem+json` (RFC 9457), in the language of `Accept-Language` (`zh-CN` or `en`). A 422
names each field by a JSON Pointer. A 409 gives the current state.

**Creating safely.** Send an `Idempotency-Key` with every creation. After a broken connection, send the same request
again.

**Changing safely.** The `ETag` of a representation is its version. Send it as `If-Match`: if someone else has changed
the row, the answer is a 412.

**Lists** are paginated. Follow `next` until it is null. Rows added meanwhile do not move the pages.

**Actions.** Each representation lists in `actions` what you can do with it now.
"""

TAGS = (
    ("Tokens", "Sign in and out."),
    ("Me", "Who is signed in."),
    ("Regions", "City, counties, townships and villages."),
    ("Code lists", "Codes and their names."),
    ("Residents", "Masked files, consents and recorded views."),
    ("Emergency overrides", "Referrals without consent when life or health is at risk."),
    ("Cases", "One stretch of help for one resident, with its needs."),
    ("Needs and matches", "Which needs wait, which projects fit and why, and why a project does not."),
    ("Referrals", "A person's decision to send one need to one project, and its answer."),
    ("Visits", "Occasions of service: person-times and persons."),
    ("Organizations and projects", "What each project offers, to whom, where, and with how many places."),
    ("Plans", "All waiting needs of a county assigned at once, to be changed and approved."),
    ("Figures", "What waits, what works and what was served. Every number opens its rows."),
    ("Notifications", "Your notifications."),
)


def describe() -> dict[str, Any]:
    """How the API introduces itself."""
    return {
        "title": "Tuoju API",
        "version": "1",
        "description": DESCRIPTION,
        "openapi_tags": [{"name": name, "description": words} for name, words in TAGS],
    }
