"""Errors name the field, in the reader's language, and give away nothing."""

import pytest
from fastapi import FastAPI

from factories.api import Stage, make_caller, resident_body
from tuoju.accounts.models import Role


class TestFields:
    def test_each_wrong_field_is_named_in_both_languages(self, stage: Stage) -> None:
        body = resident_body(id_number="341199195003040011", phone="12")
        english = stage.worker.post("/residents", json=body)
        chinese = stage.worker.post("/residents", json=body, headers={"accept-language": "zh-CN,zh;q=0.9"})
        assert english.status_code == 422
        named = {error["pointer"]: error for error in english.json()["errors"]}
        assert set(named) == {"/id_number", "/phone"}
        assert named["/id_number"]["code"] == "id_number_checksum"
        assert "wrong digit" in named["/id_number"]["detail"]
        for item, other in zip(english.json()["errors"], chinese.json()["errors"], strict=True):
            assert (item["pointer"], item["code"]) == (other["pointer"], other["code"])
            assert item["detail"] != other["detail"]

    def test_what_was_typed_is_not_said_back(self, stage: Stage) -> None:
        answer = stage.worker.post("/residents", json=resident_body(id_number="341199195003040011"))
        assert "341199195003040011" not in answer.text

    def test_a_body_that_is_no_json_is_a_422_of_the_whole(self, stage: Stage) -> None:
        answer = stage.worker.post("/cases", content=b"{", headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "")

    def test_a_place_within_a_list_is_pointed_at(self, stage: Stage) -> None:
        body = {"category": "A01", "text": "送餐", "wished_times": ["morning", "never"]}
        case_id = stage.open_need()["case_id"]
        answer = stage.worker.post(f"/cases/{case_id}/needs", json=body)
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/wished_times/1"]

    def test_a_referral_consent_names_its_receiver(self, stage: Stage) -> None:
        resident = stage.worker.post("/residents", json=resident_body()).json()
        body = {"given_by": "self", "method": "paper"}
        answer = stage.worker.post(f"/residents/{resident['id']}/consents", json=body)
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/organization_id"]


class TestUnknown:
    @pytest.mark.parametrize("kind", ["residents", "cases", "needs", "referrals", "projects", "organizations"])
    @pytest.mark.parametrize("unknown", ["0", "-1", "999999", "99999999999999999999", "abc", "1.5", "%F0%9F%98%80"])
    def test_an_unknown_id_is_a_404(self, stage: Stage, kind: str, unknown: str) -> None:
        answer = stage.worker.get(f"/{kind}/{unknown}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")

    def test_an_unknown_verb_address_or_method_is_a_problem(self, stage: Stage) -> None:
        referral = stage.send()
        for answer, status in (
            (stage.charity.post(f"/referrals/{referral['id']}/expire"), 404),
            (stage.worker.post("/cases/1/explode"), 404),
            (stage.worker.get("/nothing"), 404),
            (stage.worker.delete("/residents"), 405),
            (stage.worker.get("/code-lists/nothing"), 404),
            (stage.worker.get("/regions/000000000000"), 404),
        ):
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


class TestCases:
    def test_a_case_with_a_live_need_does_not_close(self, stage: Stage) -> None:
        case_id = stage.open_need()["case_id"]
        assert stage.worker.post(f"/cases/{case_id}/close").status_code == 409

    def test_an_unlawful_step_is_told_the_state(self, stage: Stage) -> None:
        need = stage.open_need()
        stage.worker.post(f"/needs/{need['id']}/withdraw")
        here = f"/cases/{need['case_id']}"
        assert stage.worker.post(f"{here}/close").json()["actions"] == ["reopen"]
        again = stage.worker.post(f"{here}/close")
        assert (again.status_code, again.json()["state"]) == (409, "closed")


class TestOverrides:
    def test_an_emergency_is_referred_first_and_reviewed_by_another(self, app: FastAPI, stage: Stage) -> None:
        resident = stage.worker.post("/residents", json=resident_body()).json()
        body = {
            "resident_id": resident["id"],
            "organization_id": stage.organization_id,
            "reason": "断粮两天,联系不上本人",
        }
        override = stage.worker.post("/overrides", json=body).json()
        officer = make_caller(app, Role.township_officer)
        assert [item["reason"] for item in officer.get("/overrides").json()] == [body["reason"]]
        here = f"/overrides/{override['id']}/review"
        assert officer.post(here, json={"upheld": True}).json()["upheld"] is True
        assert officer.post(here, json={"upheld": False}).status_code == 409


class TestPlaces:
    def test_a_charity_states_its_own_places_and_no_others(self, app: FastAPI, stage: Stage) -> None:
        here = f"/projects/{stage.project_id}/places"
        assert stage.charity.post(here, json={"places_total": 7}).json()["places_left"] == 7
        stranger = make_caller(app, Role.charity_staff, organization_id=None)
        assert stranger.post(here, json={"places_total": 9}).status_code == 403

    def test_there_are_never_fewer_than_are_taken(self, stage: Stage) -> None:
        stage.send()
        assert stage.charity.post(f"/projects/{stage.project_id}/places", json={"places_total": 0}).status_code == 422


class TestRegions:
    def test_a_village_is_named_with_its_township(self, stage: Stage) -> None:
        assert stage.worker.get("/regions/341124105205").json()["full_name"] == "马厂镇黄庵村委会"

    def test_a_township_lists_its_villages(self, stage: Stage) -> None:
        children = stage.worker.get("/regions/341124105000/children").json()
        assert {child["level"] for child in children} == {"village"}
        assert {item["parent_code"] for item in children} == {"341124105000"}


def test_code_lists_speak_both_languages(stage: Stage) -> None:
    assert "service_type" in stage.worker.get("/code-lists").json()
    here = "/code-lists/rejection_reason"
    english = {item["code"]: item["label"] for item in stage.worker.get(here).json()}
    chinese = {
        entry["code"]: entry["label"] for entry in stage.worker.get(here, headers={"accept-language": "zh-CN"}).json()
    }
    assert set(english) == set(chinese)
    assert english["no_capacity"] == "No places left"
