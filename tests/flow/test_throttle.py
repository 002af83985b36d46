"""Guessing is slowed down, and can't lock a victim out for long."""
import time

from harness.browser import Left
from harness.oidc import Attempt

LIMITED = {"development": {"login_throttle": True},
           "passwords": {"failures_per_account": 3, "failures_per_address": 50, "failure_window_s": 10}}


def try_password(service, password, person=None):
    client, browser = service.first, service.first.browser()
    try:
        return browser.log_in(browser.open(client.url(Attempt())), (person or service.an).number, password)
    except Left as left:
        return left


def test_after_too_many_wrong_passwords_even_the_right_one_must_wait(make_service):
    """spec: NIST SP 800-63B §3.1.1.2:throttle"""
    service = make_service(LIMITED)
    for _ in range(3):
        assert try_password(service, "wrong").kind == "login"
    mark = service.log_mark()
    page = try_password(service, service.an.password)
    assert not isinstance(page, Left) and page.kind in ("login", "other")
    assert service.log_lines("login.throttled", mark)
    blocked = service.query("SELECT failures, blocked_until FROM throttle ORDER BY key")
    try_password(service, service.an.password)
    assert service.query("SELECT failures, blocked_until FROM throttle ORDER BY key") == blocked, "longer"
    told = service.query("SELECT outcome, detail, subject_id, address_sealed IS NOT NULL FROM audit "
                         "WHERE event = 'login.refused' AND detail LIKE '%throttled%'")
    assert told == [("refused", '{"factor":"password","reason":"throttled"}', service.an.answer["id"], True)] * 2
    other = try_password(service, service.binh.password, service.binh)
    assert isinstance(other, Left) or other.kind == "consent", "somebody else is not affected"
    time.sleep(11)
    page = try_password(service, service.an.password)
    assert isinstance(page, Left) or page.kind == "consent"


def test_one_address_cannot_try_everybody(make_service):
    limits = {"development": {"login_throttle": True},
              "passwords": {"failures_per_account": 100, "failures_per_address": 4,
                            "failure_window_s": 60}}
    service = make_service(limits)
    for number in range(4):
        browser = service.first.browser()
        browser.log_in(browser.open(service.first.url(Attempt())), f"00109000{number:04d}", "wrong")
    mark = service.log_mark()
    try_password(service, service.an.password)
    assert service.log_lines("login.throttled", mark)


def test_success_forgives_the_account(make_service):
    service = make_service(LIMITED)
    for _ in range(3):
        for _ in range(2):
            try_password(service, "wrong")
        page = try_password(service, service.an.password)
        assert isinstance(page, Left) or page.kind == "consent"
