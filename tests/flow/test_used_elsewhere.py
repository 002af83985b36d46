"""What one process wrote another has used meanwhile: the first must not judge by what it remembers (decision 0027).
With one web process every code and refresh token comes back to the process that wrote it."""
import time

import pytest
from harness.oidc import b64
from harness.service import Service
from harness.world import BUILD, populate

OFFLINE = "openid offline_access"


@pytest.fixture(scope="module")
def remembers(postgres):
    made = Service(postgres, BUILD, {"processes": {"web": 1}})
    try:
        made.migrate()
        made.start()
        yield populate(made)
    finally:
        made.close()


def last_grant(service):
    return service.query('SELECT id FROM "grant" ORDER BY created_at DESC LIMIT 1')[0][0]


def ended(service, grant):
    return service.query('SELECT revoke_reason FROM "grant" WHERE id = %s', grant) == [("reuse",)]


def used_elsewhere(service):
    """A code that another node has redeemed since; (attempt, left, grant)."""
    attempt, left = service.first.authorize(service.first.browser(), service.an, scope=OFFLINE)
    grant = last_grant(service)
    service.query("UPDATE code SET used_at = now() WHERE grant_id = %s", grant)
    return attempt, left, grant


def refused(answer):
    assert answer.status_code == 400 and answer.json()["error"] == "invalid_grant", answer.text


def test_a_code_used_elsewhere_ends_what_it_gave(remembers):
    """spec: RFC 6749 §4.1.2:revoke"""
    attempt, left, grant = used_elsewhere(remembers)
    refused(remembers.first.redeem(attempt, left))
    assert ended(remembers, grant)


@pytest.mark.parametrize("wrong", [{"code_verifier": b64(b"x" * 32)}, {"redirect_uri": "http://localhost:9999/other"}],
                         ids=["verifier", "redirect_uri"])
def test_it_does_so_also_to_who_knows_nothing_but_the_code(remembers, wrong):
    attempt, left, grant = used_elsewhere(remembers)
    refused(remembers.first.redeem(attempt, left, **wrong))
    assert ended(remembers, grant)


def test_it_does_so_also_when_its_time_is_over(make_service):
    service = make_service({"processes": {"web": 1}, "lifetimes": {"code_s": 1}})
    attempt, left, grant = used_elsewhere(service)
    time.sleep(2)
    refused(service.first.redeem(attempt, left))
    assert ended(service, grant)


def test_another_client_learns_and_ends_nothing(remembers):
    attempt, left, grant = used_elsewhere(remembers)
    refused(remembers.second.redeem(attempt, left, redirect_uri=remembers.first.redirect_uri))
    assert not ended(remembers, grant)


def test_a_wrong_verifier_alone_ends_nothing(remembers):
    attempt, left = remembers.first.authorize(remembers.first.browser(), remembers.an, scope=OFFLINE)
    grant = last_grant(remembers)
    refused(remembers.first.redeem(attempt, left, code_verifier=b64(b"x" * 32)))
    assert not ended(remembers, grant)


@pytest.mark.parametrize("wrong", [{}, {"scope": "openid profile"}], ids=["as it is", "wider"])
def test_a_refresh_token_superseded_elsewhere_ends_its_family(remembers, wrong):
    """spec: RFC 9700 §4.14.2 MUST detect replay"""
    tokens = remembers.first.log_in(remembers.an, scope=OFFLINE)
    grant = last_grant(remembers)
    remembers.query("UPDATE refresh SET used_at = now(), superseded_at = now() WHERE grant_id = %s", grant)
    answer = remembers.first.refresh(tokens["refresh_token"], **wrong)
    assert answer.status_code == 400, answer.text
    assert ended(remembers, grant)


def test_what_is_gone_is_refused(remembers):
    tokens = remembers.first.log_in(remembers.an, scope=OFFLINE)
    remembers.query("DELETE FROM refresh WHERE grant_id = %s", last_grant(remembers))
    refused(remembers.first.refresh(tokens["refresh_token"]))
    attempt, left = remembers.first.authorize(remembers.first.browser(), remembers.an, scope=OFFLINE)
    remembers.query("DELETE FROM code WHERE grant_id = %s", last_grant(remembers))
    refused(remembers.first.redeem(attempt, left))
