"""A small simulated city for tests: 24 societies and their month, and its numbers by another path."""

from datetime import date
from pathlib import Path

from factories.databases import UnitOfWork
from tuoju.database.engine import make_engine
from tuoju.launch.migrations import migrate
from tuoju.simulation.city_plan import Totals
from tuoju.simulation.simulated_city import simulate_city

SMALL = Totals(
    societies=24,
    relief_person_times=61,
    relief_paid_yuan=23_900,
    residents_referred=26,
    service_person_times=190,
    refused=3,
)
BY_ANOTHER_PATH = {
    "societies": "SELECT count(DISTINCT region_code) FROM fund",
    "relief_person_times": "SELECT count(*) FROM fund_entry WHERE payment_id IS NOT NULL",
    "relief_paid_fen": """SELECT -sum(p.amount_fen) FROM posting p JOIN fund_entry e ON e.id = p.entry_id
        WHERE e.payment_id IS NOT NULL AND p.account LIKE 'earmarked:%'""",
    "residents_referred": """SELECT count(*) FROM resident WHERE id IN (SELECT c.resident_id FROM assistance_case c
        JOIN need n ON n.case_id = c.id JOIN referral_event e ON e.state = 'requested'
        JOIN referral r ON r.id = e.referral_id AND r.need_id = n.id)""",
    "residents_referred_helped": """SELECT count(DISTINCT c.resident_id) FROM need n
        JOIN assistance_case c ON c.id = n.case_id WHERE n.state IN ('met', 'partly_met')""",
    "projects": "SELECT count(DISTINCT project_id) FROM service_visit",
    "service_person_times": "SELECT count(*) FROM visit_attendance",
}
"""The same numbers from other tables than `city_figures` reads: ledger, events, needs and visits."""


def simulated(folder: Path, seed: int) -> UnitOfWork:
    unit_of_work = UnitOfWork(make_engine(f"sqlite:///{folder / f'{seed}.db'}"))
    migrate(unit_of_work.engine)
    simulate_city(unit_of_work, date(2026, 10, 1), totals=SMALL, seed=seed, tell=lambda _words, _share: None)
    return unit_of_work
