"""The main job through the API: a resident's need becomes a served referral."""

from factories.api import ADDRESS, CASE, NAME, NEED, PHONE, Stage, consent_body, resident_body
from tuoju.database.records import now
from tuoju.regions.calendar import china_day


def test_a_need_becomes_a_served_referral(stage: Stage) -> None:
    worker, charity = stage.worker, stage.charity
    body = resident_body()
    assert worker.post("/residents/find", json={"id_number": body["id_number"]}).json()["known"] is False
    registered = worker.post("/residents", json=body)
    assert registered.status_code == 201
    assert registered.headers["location"] == f"/api/v1/residents/{registered.json()['id']}"
    resident_id = registered.json()["id"]
    assert worker.post("/residents/find", json={"id_number": body["id_number"]}).json()["known"] is True

    case = worker.post("/cases", json={**CASE, "resident_id": resident_id}).json()
    need = worker.post(f"/cases/{case['id']}/needs", json=NEED).json()
    assert need["actions"] == ["refer", "withdraw"]
    assert [item["id"] for item in worker.get("/needs").json()["items"]] == [need["id"]]

    [match] = worker.get(f"/needs/{need['id']}/matches").json()["items"]
    assert match["project_id"] == stage.project_id
    assert match["may_be_told"] is False
    assert round(sum(part["amount"] for part in match["contributions"]), 9) == round(match["score"], 9)

    sending = {"need_id": need["id"], "project_id": stage.project_id, "note": "请上午去"}
    refused = worker.post("/referrals", json=sending)
    assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")
    worker.post(f"/residents/{resident_id}/consents", json=consent_body(stage.organization_id))
    sent = worker.post("/referrals", json=sending)
    assert sent.status_code == 201
    assert sent.json()["actions"] == ["cancel", "mark_in_error"]

    [received] = charity.get("/referrals/inbox").json()["items"]
    assert received["actions"] == ["accept", "reject", "waitlist"]
    assert received["resident"]["name"] == "欧*"
    here = f"/referrals/{received['id']}"
    assert charity.post(f"{here}/reveal", json={"purpose": "serve"}).status_code == 409
    assert charity.post(f"{here}/accept").json()["state"] == "accepted"
    revealed = charity.post(f"{here}/reveal", json={"purpose": "serve"}).json()
    assert (revealed["name"], revealed["phone"], revealed["address"]) == (NAME, PHONE, ADDRESS)

    visit = {
        "submission_key": "phone-0001",
        "served_on": china_day(now()).isoformat(),
        "minutes": 90,
        "served": [resident_id],
    }
    assert charity.post(f"{here}/visits", json=visit).status_code == 201
    assert charity.post(f"{here}/visits", json=visit).status_code == 201
    visits = charity.get(f"{here}/visits").json()
    assert (visits["person_times"], visits["persons"]) == (1, 1)

    completed = charity.post(f"{here}/complete", json={"outcome": "met"}).json()
    assert (completed["state"], completed["outcome"], completed["actions"]) == ("completed", "met", [])
    assert worker.get(f"/needs/{need['id']}").json()["state"] == "met"
    rated = worker.post(f"{here}/satisfaction", json={"satisfaction": 5}).json()
    assert rated["satisfaction"] == 5
    assert [step["verb"] for step in rated["timeline"]] == [None, "accept", "start", "complete"]


class TestRejection:
    def test_a_returned_need_waits_again_and_keeps_its_waiting_time(self, stage: Stage) -> None:
        referral = stage.send()
        before = stage.worker.get(f"/needs/{referral['need_id']}").json()
        answer = {"reason": "missing_information", "note": "请补充病史"}
        stage.charity.post(f"/referrals/{referral['id']}/reject", json=answer)
        after = stage.worker.get(f"/needs/{referral['need_id']}").json()
        assert (before["state"], after["state"]) == ("referred", "open")
        assert before["opened_at"] == after["opened_at"]

    def test_a_second_answer_is_told_where_the_referral_stands(self, stage: Stage) -> None:
        referral = stage.send()
        stage.charity.post(f"/referrals/{referral['id']}/accept")
        late = stage.charity.post(f"/referrals/{referral['id']}/reject", json={"reason": "no_capacity"})
        assert (late.status_code, late.json()["state"]) == (409, "accepted")

    def test_other_needs_its_words(self, stage: Stage) -> None:
        referral = stage.send()
        answer = stage.charity.post(f"/referrals/{referral['id']}/reject", json={"reason": "other"})
        assert answer.status_code == 422


class TestWhyNot:
    def test_every_failed_condition_is_said_in_the_language_asked_for(self, stage: Stage) -> None:
        need = stage.open_need()
        here = f"/needs/{need['id']}/why-not?project={stage.project_id}"
        assert stage.worker.get(here).json() == {
            "need_id": need["id"],
            "project_id": stage.project_id,
            "eligible": True,
            "obstacles": [],
        }
        other = stage.worker.post(f"/cases/{need['case_id']}/needs", json={**NEED, "category": "B01"}).json()
        here = f"/needs/{other['id']}/why-not?project={stage.project_id}"
        in_english = stage.worker.get(here).json()
        in_chinese = stage.worker.get(here, headers={"accept-language": "zh-CN"}).json()
        assert [obstacle["code"] for obstacle in in_english["obstacles"]] == ["service_not_offered"]
        assert in_english["obstacles"][0]["detail"].startswith("The project does not offer")
        assert in_chinese["obstacles"][0]["detail"].startswith("项目不提供")


class TestVisits:
    def test_a_visit_in_error_stays_and_counts_no_longer(self, stage: Stage) -> None:
        referral = stage.send()
        here = f"/referrals/{referral['id']}"
        stage.charity.post(f"{here}/accept")
        body = {
            "submission_key": "phone-0002",
            "served_on": china_day(now()).isoformat(),
            "minutes": 30,
            "served": [referral["resident"]["id"]],
        }
        visit = stage.charity.post(f"{here}/visits", json=body).json()
        taken_out = stage.charity.post(f"{here}/visits/{visit['id']}/mark_in_error", json={"reason": "记错人"})
        assert taken_out.json()["in_error_at"] is not None
        visits = stage.charity.get(f"{here}/visits").json()
        assert (len(visits["items"]), visits["person_times"]) == (1, 0)


class TestNotices:
    def test_a_notice_is_read_once(self, stage: Stage) -> None:
        stage.send()
        [notification] = stage.charity.get("/notifications").json()["items"]
        assert notification["read_at"] is None
        read = stage.charity.post(f"/notifications/{notification['id']}/read").json()
        assert stage.charity.post(f"/notifications/{notification['id']}/read").json()["read_at"] == read["read_at"]
        assert stage.worker.post(f"/notifications/{notification['id']}/read").status_code == 404
