"""Figures, summaries and supervision."""

from collections.abc import Mapping

from tuoju.reports.figures import Dimension, Figure
from tuoju.reports.models import SummaryState
from tuoju.reports.supervision import Watch
from tuoju.words.enum_words import EnumWords
from tuoju.words.languages import N_

ENUMS = (
    EnumWords(
        Watch,
        "watch",
        {
            Watch.objections: N_("open objections"),
            Watch.low_funds: N_("funds running low"),
            Watch.notices: N_("public notices on display"),
            Watch.notices_due: N_("public notices to post"),
            Watch.restated: N_("corrected summaries"),
        },
    ),
    EnumWords(
        Figure,
        "figure",
        {
            Figure.waiting_needs: N_("Needs waiting"),
            Figure.referrals_sent: N_("Referrals sent"),
            Figure.referrals_answered: N_("Referrals answered"),
            Figure.loops_closed: N_("Loops closed"),
            Figure.got_help: N_("Got help"),
            Figure.help_confirmed: N_("Got help (confirmed)"),
            Figure.help_unconfirmed: N_("Got help (not confirmed)"),
            Figure.person_times: N_("Person-times"),
            Figure.household_times: N_("Household-times"),
            Figure.persons: N_("Persons"),
        },
    ),
    EnumWords(
        Dimension,
        "dimension",
        {
            Dimension.county: N_("County"),
            Dimension.project: N_("Project"),
            Dimension.month: N_("Month"),
        },
    ),
    EnumWords(
        SummaryState,
        "summary_state",
        {
            SummaryState.prepared: N_("Waiting for signature"),
            SummaryState.handed_in: N_("Submitted"),
            SummaryState.returned: N_("Sent back"),
            SummaryState.accepted: N_("Accepted"),
        },
        also={"missing": N_("Not submitted")},
    ),
)

CODES: Mapping[str, Mapping[str, str]] = {
    "city_figure": {
        "societies": N_("societies with a fund"),
        "relief_person_times": N_("relief person-times"),
        "relief_paid_fen": N_("relief paid"),
        "residents_referred": N_("residents referred"),
        "residents_referred_helped": N_("of which helped"),
        "projects": N_("projects that served"),
        "service_person_times": N_("service person-times"),
        "average_handling_working_days": N_("working days to relief"),
    },
    "sheet_section": {
        "fund": N_("Fund (yuan)"),
        "relief": N_("Relief"),
        "service": N_("Services"),
        "notice": N_("Public notices"),
    },
    "sheet_figure": {
        "opening_fen": N_("Carried over from last month"),
        "income_government_fen": N_("In: government subsidy"),
        "income_collective_fen": N_("In: village collective"),
        "income_donation_fen": N_("In: donations"),
        "income_other_fen": N_("In: other"),
        "relief_fen": N_("Out: relief"),
        "goods_fen": N_("of which goods, at their value"),
        "recovered_fen": N_("Recovered"),
        "closing_fen": N_("Balance at the end of the month"),
        "relief_person_times": N_("Relief, person-times"),
        "relief_household_times": N_("Relief, household-times"),
        "cases_opened": N_("Cases opened"),
        "cases_discovered": N_("of which found by visiting"),
        "cases_refused": N_("Cases refused"),
        "cases_relieved": N_("Cases whose relief is complete"),
        "cases_in_time": N_("of which in time"),
        "needs_reported": N_("Service needs reported"),
        "referrals_sent": N_("Referrals sent"),
        "referrals_accepted": N_("Referrals accepted"),
        "referrals_rejected": N_("Referrals rejected"),
        "referrals_completed": N_("Referrals completed"),
        "help_confirmed": N_("of which helped, confirmed"),
        "help_unconfirmed": N_("of which helped, not confirmed"),
        "service_person_times": N_("Service, person-times"),
        "service_persons": N_("Service, persons"),
        "service_household_times": N_("Service, household-times"),
        "service_minutes": N_("Service, minutes"),
        "notices_posted": N_("Public notices posted"),
        "notices_late": N_("of which late"),
        "objections": N_("Objections received"),
        "average_days": N_("Mean working days to relief"),
        "handling_half_days": N_("Half working days to relief, in total"),
    },
}
