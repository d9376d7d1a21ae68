"""Imports all tables, so that METADATA has them."""

from sqlmodel import SQLModel

from tuoju.accounts import models as accounts
from tuoju.cases import models as cases
from tuoju.cases import policies
from tuoju.matchmaking import models as matchmaking
from tuoju.plans import models as plans
from tuoju.referrals import models as referrals
from tuoju.regions import models as regions
from tuoju.relief import models as relief
from tuoju.reports import guards as kept_summaries
from tuoju.reports import models as reports
from tuoju.residents import models as residents
from tuoju.visits import models as visits
from tuoju_notifications import models as notifications
from tuoju_projects import models as projects

ROOMS = (
    regions,
    accounts,
    projects,
    residents,
    policies,
    cases,
    relief,
    matchmaking,
    referrals,
    plans,
    visits,
    reports,
    kept_summaries,
    notifications,
)

METADATA = SQLModel.metadata
