"""The routers of all pages, one a module."""

from tuoju.web.accounts import account_pages as account
from tuoju.web.accounts import card_pages as invitation_cards
from tuoju.web.accounts import invitation_pages as invitations
from tuoju.web.accounts import pages as accounts
from tuoju.web.accounts import permission_pages as permissions
from tuoju.web.accounts import sign_in_pages as sign_in
from tuoju.web.alerts import pages as alerts
from tuoju.web.archive import pages as archive
from tuoju.web.audit import pages as audit
from tuoju.web.calendar import pages as calendar
from tuoju.web.cases import attachment_pages as attachments
from tuoju.web.cases import deadline_pages as deadlines
from tuoju.web.cases import investigation_pages as investigation
from tuoju.web.cases import pages as cases
from tuoju.web.cases import procedure_pages as procedure
from tuoju.web.cases import public_notice_pages
from tuoju.web.cases import suggestion_pages as suggestions
from tuoju.web.device import pages as device
from tuoju.web.drafts import pages as drafts
from tuoju.web.funding import application_pages as applications
from tuoju.web.funding import call_review_pages as call_reviews
from tuoju.web.funding import check_pages as pre_checks
from tuoju.web.funding import member_pages as call_members
from tuoju.web.funding import pages as calls
from tuoju.web.funding import public_pages as public_calls
from tuoju.web.funding import review_pages as reviews
from tuoju.web.holdings import pages as holdings
from tuoju.web.home import pages as home
from tuoju.web.imports import job_pages as jobs
from tuoju.web.imports import pages as imports
from tuoju.web.matchmaking import pages as needs
from tuoju.web.matchmaking import ranking_pages as ranking
from tuoju.web.notifications import delivery_pages as deliveries
from tuoju.web.notifications import pages as notices
from tuoju.web.notifications import preference_pages as reach
from tuoju.web.notifications import subscription_pages as subscriptions
from tuoju.web.operations import health
from tuoju.web.operations import pages as operations
from tuoju.web.papers import pages as papers
from tuoju.web.plans import pages as plans
from tuoju.web.plans import planning_pages as planning
from tuoju.web.policies import pages as policies
from tuoju.web.projects import address_pages as addresses
from tuoju.web.projects import organization_pages as organizations
from tuoju.web.projects import pages as projects
from tuoju.web.public_notices import pages as public_notices
from tuoju.web.readings import pages as readings
from tuoju.web.referrals import answer_pages as answers
from tuoju.web.referrals import confirmation_pages as confirmations
from tuoju.web.referrals import link_pages as referral_links
from tuoju.web.referrals import pages as referrals
from tuoju.web.referrals import resident_pages as resident_updates
from tuoju.web.referrals import visit_pages as visits
from tuoju.web.relief import pages as funds
from tuoju.web.reports import city_figure_pages as city_figures
from tuoju.web.reports import figure_pages as figures
from tuoju.web.reports import summary_pages as summaries
from tuoju.web.reports import supervision_pages as supervision
from tuoju.web.residents import consent_pages as consents
from tuoju.web.residents import duplicate_pages as duplicates
from tuoju.web.residents import pages as residents
from tuoju.web.residents import protection_pages as protection
from tuoju.web.search import pages as search

ROUTERS = (
    health.router,
    operations.router,
    sign_in.router,
    home.router,
    search.router,
    consents.router,
    residents.router,
    investigation.router,
    deadlines.router,
    procedure.router,
    alerts.router,
    archive.router,
    audit.router,
    holdings.router,
    papers.router,  # before the board, whose routes take any word
    attachments.router,
    public_notices.router,
    public_notice_pages.router,
    funds.router,
    policies.router,
    calls.router,
    public_calls.router,
    applications.router,
    call_members.router,
    pre_checks.router,
    reviews.router,
    call_reviews.router,
    calendar.router,
    protection.router,
    duplicates.router,
    readings.router,
    suggestions.router,
    summaries.router,
    supervision.router,
    cases.router,
    city_figures.router,
    needs.router,
    drafts.router,
    device.router,
    answers.router,
    visits.router,
    resident_updates.router,
    referral_links.router,
    confirmations.router,
    referrals.router,
    projects.router,
    organizations.router,
    addresses.router,
    imports.router,
    jobs.router,
    notices.router,
    figures.router,
    planning.router,
    plans.router,
    ranking.router,
    invitations.router,
    invitation_cards.router,
    accounts.router,
    account.router,
    permissions.router,
    reach.router,
    subscriptions.router,
    deliveries.router,
)
