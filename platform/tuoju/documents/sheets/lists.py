"""Every list that goes in and out of Excel, by its name."""

from collections.abc import Mapping
from enum import StrEnum

from tuoju.documents.sheets.accounts import ACCOUNTS
from tuoju.documents.sheets.alerts import ALERTS
from tuoju.documents.sheets.list_sheet import ListSheet
from tuoju.documents.sheets.payments import PAYMENTS
from tuoju.documents.sheets.projects import PROJECTS
from tuoju.documents.sheets.residents import RESIDENTS
from tuoju.documents.sheets.visits import VISITS


class ListName(StrEnum):
    """The lists, as they are named in addresses, in drafts and in the audit."""

    residents = "residents"
    alerts = "alerts"
    projects = "projects"
    visits = "visits"
    payments = "payments"
    accounts = "accounts"


LISTS: Mapping[ListName, ListSheet] = {
    ListName.residents: RESIDENTS,
    ListName.alerts: ALERTS,
    ListName.projects: PROJECTS,
    ListName.visits: VISITS,
    ListName.payments: PAYMENTS,
    ListName.accounts: ACCOUNTS,
}
