"""Imports all tables, so that METADATA has them."""

from sqlmodel import SQLModel

from tuoju.accounts import models as accounts
from tuoju.cases import models as cases
from tuoju.cases import policies
from tuoju.database import installation
from tuoju.funding import application_models as applications
from tuoju.funding import call_rules
from tuoju.funding import check_models as checks
from tuoju.funding import models as funding
from tuoju.funding import review_models as reviews
from tuoju.holdings import models as holdings
from tuoju.jobs import models as jobs
from tuoju.matchmaking import models as matchmaking
from tuoju.plans import models as plans
from tuoju.readings import models as readings
from tuoju.referrals import models as referrals
from tuoju.regions import models as regions
from tuoju.relief import models as relief
from tuoju.reports import guards as kept_summaries
from tuoju.reports import models as reports
from tuoju.residents import data_policies
from tuoju.residents import models as residents
from tuoju.visits import models as visits
from tuoju_notifications import models as notifications
from tuoju_projects import models as projects

ROOMS = (
    installation,
    regions,
    accounts,
    projects,
    jobs,
    readings,
    residents,
    data_policies,
    policies,
    call_rules,
    cases,
    relief,
    matchmaking,
    referrals,
    plans,
    funding,
    applications,
    checks,
    reviews,
    visits,
    reports,
    holdings,
    kept_summaries,
    notifications,
)

METADATA = SQLModel.metadata
