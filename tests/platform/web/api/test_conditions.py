"""Entity tags: nobody overwrites what they have not seen."""

import pytest

from factories.api import Stage, resident_body


class TestIfMatch:
    def test_a_file_is_replaced_only_at_the_version_seen(self, stage: Stage) -> None:
        body = resident_body()
        resident = stage.worker.post("/residents", json=body)
        here, seen = f"/residents/{resident.json()['id']}", {"if-match": resident.headers["etag"]}
        assert stage.worker.put(here, json=body).status_code == 428
        changed = stage.worker.put(here, json={**body, "relief_category": "DB"}, headers=seen)
        assert (changed.status_code, changed.json()["relief_category"]) == (200, "DB")
        assert changed.headers["etag"] != seen["if-match"]
        assert stage.worker.put(here, json=body, headers=seen).status_code == 412
        assert stage.worker.get(here).json()["relief_category"] == "DB"

    def test_a_verb_at_another_version_changes_nothing(self, stage: Stage) -> None:
        here = f"/referrals/{stage.send()['id']}"
        answer = stage.charity.post(f"{here}/accept", headers={"if-match": '"99"'})
        assert (answer.status_code, stage.charity.get(here).json()["state"]) == (412, "requested")
        seen = stage.charity.get(here).headers["etag"]
        assert stage.charity.post(f"{here}/accept", headers={"if-match": f'"99", {seen}'}).status_code == 200

    def test_a_star_matches_whatever_is_there(self, stage: Stage) -> None:
        here = f"/referrals/{stage.send()['id']}"
        assert stage.charity.post(f"{here}/accept", headers={"if-match": "*"}).status_code == 200


@pytest.mark.parametrize("kind", ["residents", "cases", "needs", "referrals", "projects"])
def test_what_has_a_version_has_an_entity_tag(stage: Stage, kind: str) -> None:
    referral = stage.send()
    need = stage.worker.get(f"/needs/{referral['need_id']}").json()
    ids = {
        "residents": referral["resident"]["id"],
        "cases": need["case_id"],
        "needs": need["id"],
        "referrals": referral["id"],
        "projects": stage.project_id,
    }
    shown = stage.worker.get(f"/{kind}/{ids[kind]}")
    assert shown.headers["etag"] == f'"{shown.json()["version"]}"'
