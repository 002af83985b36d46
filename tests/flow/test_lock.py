"""An account that is locked ends at once, everywhere."""
import time

from harness.browser import Left
from harness.oidc import Attempt
from harness.service import CommandFailed


def test_locking_an_identity_ends_everything_at_once(make_service):
    service = make_service()
    client, browser = service.first, service.first.browser()
    tokens = client.log_in(service.an, browser, scope="openid offline_access")
    other = service.second.log_in(service.an, browser)
    service.identity("lock", service.an)
    assert client.introspect(tokens["access_token"]) == {"active": False}
    assert service.second.introspect(other["access_token"]) == {"active": False}
    assert client.userinfo(tokens["access_token"]).status_code == 401
    refused = client.refresh(tokens["refresh_token"])
    assert refused.status_code == 400 and refused.json()["error"] == "invalid_grant"
    try:
        assert browser.open(client.url(Attempt())).kind == "login"
    except Left as left:
        raise AssertionError("a locked person got " + left.url) from left


def test_a_locked_person_cannot_log_in_and_learns_why_with_the_right_password_only(make_service):
    service = make_service()
    service.identity("lock", service.binh)
    client, browser = service.first, service.first.browser("en")
    unknown = browser.log_in(browser.open(client.url(Attempt())), "001090009999", "whatever")
    wrong = browser.log_in(unknown, service.binh.number, "whatever")
    right = browser.log_in(wrong, service.binh.number, service.binh.password)
    assert unknown.kind == wrong.kind == right.kind == "login"
    assert unknown.status == wrong.status == right.status
    assert "not active" not in unknown.text + wrong.text
    assert "not active" in right.text


def test_a_code_taken_before_the_lock_is_worth_nothing_after(make_service):
    service = make_service()
    attempt, left = service.first.authorize(service.first.browser(), service.an)
    service.identity("lock", service.an)
    assert service.first.redeem(attempt, left).json()["error"] == "invalid_grant"


def test_unlocking_lets_in_again_but_revives_nothing(make_service):
    service = make_service()
    tokens = service.first.log_in(service.an, scope="openid offline_access")
    service.identity("lock", service.an)
    service.identity("unlock", service.an)
    assert service.first.refresh(tokens["refresh_token"]).status_code == 400
    assert service.first.log_in(service.an)["access_token"]


def test_a_closed_account_stays_closed(make_service):
    service = make_service()
    service.identity("close", service.cuong)
    try:
        service.identity("unlock", service.cuong)
        raise AssertionError("a closed account was opened")
    except CommandFailed:
        pass


def test_locking_tells_the_portals(make_service, register, receiver):
    service = make_service()
    client = register(service, "hears", backchannel_logout_uri=receiver.url + "/bc",
                      backchannel_logout_session_required=True)
    client.log_in(service.an)
    service.identity("lock", service.an)
    receiver.wait(1)


def test_every_change_has_actor_ground_and_time(make_service):
    service = make_service()
    service.identity("lock", service.an)
    rows = service.query("SELECT actor, legal_ground, at FROM identity_change WHERE to_state = 'locked'")
    assert len(rows) == 1
    assert rows[0][0] and rows[0][1] == "test" and abs(rows[0][2].timestamp() - time.time()) < 60
