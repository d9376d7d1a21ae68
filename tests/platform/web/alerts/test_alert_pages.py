"""The pages of alerts."""

import re
from datetime import date

from factories.accounts import CITY, VILLAGE
from factories.databases import UnitOfWork
from factories.pages import Visitor
from factories.residents import id_number
from tuoju.accounts.models import Role
from tuoju.cases.alerts import record_alert
from tuoju.cases.inputs import AlertInput
from tuoju.web.alerts.pages import PAGE


def make_alert(unit_of_work: UnitOfWork, worker: Visitor) -> int:
    inputs = AlertInput.model_validate(
        {
            "name": "王测试",
            "id_number": id_number(date(1958, 1, 2)),
            "region_code": VILLAGE,
            "source": "medical_cost",
            "raised_on": "2026-09-20",
            "phone": "13800001234",
        }
    )
    with unit_of_work.write() as session:
        return record_alert(session, worker.actor, inputs).pk


def test_an_alert_is_masked_until_revealed_and_becomes_a_case(unit_of_work: UnitOfWork) -> None:
    worker = Visitor(unit_of_work)
    here = f"/alerts/{make_alert(unit_of_work, worker)}"
    assert here in worker.get("/").text
    assert "王*试" in worker.get("/alerts").text
    assert "13800001234" not in worker.get(here).text
    assert "13800001234" in worker.post(f"{here}/reveal", {"purpose": "contact"}).text
    assert worker.post(f"{here}/verify", {"hardship_cause": ""}).status_code == 422
    assert "已立案" in worker.post(f"{here}/verify", {"hardship_cause": "1", "summary": "需要帮助"}).text
    assert worker.post(f"{here}/dismiss", {"reason": "no_need"}).status_code == 409


def test_an_alert_is_dismissed_with_a_reason(unit_of_work: UnitOfWork) -> None:
    worker = Visitor(unit_of_work)
    here = f"/alerts/{make_alert(unit_of_work, worker)}"
    assert worker.post(f"{here}/dismiss", {"reason": "nonsense"}).status_code == 422
    assert "已核查" in worker.post(f"{here}/dismiss", {"reason": "no_need"}).text
    assert "已核查，无需求" in worker.get("/alerts?state=dismissed").text
    manager = Visitor(unit_of_work, role=Role.program_manager, region_code=CITY)
    assert manager.get(here).status_code == 403
    assert manager.get("/supervision").status_code == 200


def test_every_open_alert_is_on_some_page_of_the_list(unit_of_work: UnitOfWork) -> None:
    worker = Visitor(unit_of_work)
    alert_ids = {make_alert(unit_of_work, worker) for _number in range(PAGE + 2)}
    first, second = worker.get("/alerts").text, worker.get("/alerts?page=2").text
    shown = {int(alert_id) for page in (first, second) for alert_id in re.findall(r'href="/alerts/(\d+)"', page)}
    assert shown == alert_ids
    assert f"待核查 {PAGE + 2}" in first
    assert "待核查 0" in worker.get("/alerts?region=341124105206").text
