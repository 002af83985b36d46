"""Refresh tokens: rotation, the grace of a lost answer, reuse ends the family (DESIGN.md section 7)."""
import time

OFFLINE = "openid offline_access"


def test_a_refresh_token_rotates(service):
    first = service.first.log_in(service.an, scope=OFFLINE)
    second = service.first.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert service.first.introspect(second["access_token"])["active"] is True
    if "id_token" in second:
        assert service.first.id_token(second)["sub"] == service.first.id_token(first)["sub"]


def test_without_offline_access_a_refresh_ends_with_the_session(service):
    """spec: Back-Channel Logout §2.7:offline"""
    tokens = service.first.log_in(service.an, scope="openid")
    if "refresh_token" not in tokens:
        return
    service.ctl_text("--yes", "session", "end", "--personal-number", service.an.number)
    assert service.first.refresh(tokens["refresh_token"]).status_code == 400


def test_a_lost_answer_ends_nothing(service):
    first = service.first.log_in(service.an, scope=OFFLINE)["refresh_token"]
    lost = service.first.refresh(first)
    assert lost.status_code == 200
    again = service.first.refresh(first)
    assert again.status_code == 200, again.text
    assert service.first.refresh(again.json()["refresh_token"]).status_code == 200


def test_reuse_after_the_successor_was_used_ends_the_family(service):
    """spec: RFC 9700 §4.14.2 MUST detect replay"""
    first = service.first.log_in(service.an, scope=OFFLINE)["refresh_token"]
    second = service.first.refresh(first).json()["refresh_token"]
    third = service.first.refresh(second).json()
    reused = service.first.refresh(first)
    assert reused.status_code == 400 and reused.json()["error"] == "invalid_grant"
    assert service.first.refresh(third["refresh_token"]).json()["error"] == "invalid_grant"
    assert service.first.introspect(third["access_token"]) == {"active": False}


def test_the_grace_ends(make_service):
    service = make_service({"lifetimes": {"refresh_grace_s": 1}})
    first = service.first.log_in(service.an, scope=OFFLINE)["refresh_token"]
    assert service.first.refresh(first).status_code == 200
    time.sleep(2.2)
    assert service.first.refresh(first).json()["error"] == "invalid_grant"


def test_a_refresh_token_belongs_to_its_client(service):
    token = service.first.log_in(service.an, scope=OFFLINE)["refresh_token"]
    assert service.second.refresh(token).json()["error"] == "invalid_grant"
    assert service.first.refresh(token).status_code == 200


def test_a_refresh_may_narrow_the_scope_but_not_widen_it(service):
    """spec: RFC 6749 §6:scope MUST NOT include any scope not originally granted"""
    token = service.first.log_in(service.an, scope="openid email offline_access")["refresh_token"]
    wider = service.first.refresh(token, scope="openid email profile offline_access")
    assert wider.status_code == 400 and wider.json()["error"] == "invalid_scope"
    narrow = service.first.refresh(token, scope="openid")
    assert narrow.status_code == 200, narrow.text
    assert "email" not in service.first.userinfo(narrow.json()["access_token"]).json()
