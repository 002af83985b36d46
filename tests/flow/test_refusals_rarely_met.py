"""Refusals that no other story meets (docs/coverage.md): what has expired between question and answer, hints that are no
ID tokens, parameters twice, clients without a secret where one is needed."""
import pytest
from harness.browser import Left
from harness.oidc import Attempt, jwt_parts


def refused(answer, error, status=400):
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text


def test_an_expired_code(service):
    client = service.first
    attempt, left = client.authorize(client.browser(), service.an)
    service.query("UPDATE authd.code SET expires_at = now() - interval '1 second' WHERE used_at IS NULL")
    refused(client.redeem(attempt, left), "invalid_grant")


def test_an_expired_refresh_token(service, register):
    client = register(service, "expired")
    client.scope = "openid offline_access"
    tokens = client.log_in(service.an, prompt="consent")
    service.query("UPDATE authd.refresh SET expires_at = now() - interval '1 second' WHERE client_id = %s", client.id)
    refused(client.refresh(tokens["refresh_token"]), "invalid_grant")


@pytest.mark.parametrize("hint", ["access token", "twice"])
def test_logout_refuses_what_is_no_id_token_and_a_parameter_twice(service, hint):
    client = service.first
    tokens = client.log_in(service.an)
    token = tokens["access_token"] if hint == "access token" else tokens["id_token"]
    url = f"{client.discovery['end_session_endpoint']}?id_token_hint={token}"
    page = tokens["browser"].open(url + ("" if hint == "access token" else f"&id_token_hint={token}"))
    assert page.status == 400
    # the session stands
    _, left = client.authorize(tokens["browser"], service.an, prompt="none")
    assert "code" in left.parameters, left.url


def test_a_hint_that_is_an_access_token_names_nobody(service):
    client = service.first
    tokens = client.log_in(service.an)
    _, left = client.authorize(tokens["browser"], service.an, prompt="none", id_token_hint=tokens["access_token"])
    assert left.parameters["error"] == "invalid_request", left.url


def test_a_hint_and_a_claim_for_two_people(service):
    client = service.first
    an, binh = client.log_in(service.an), client.log_in(service.binh)
    other = jwt_parts(binh["id_token"])[1]["sub"]
    _, left = client.authorize(an["browser"], service.an, prompt="none", id_token_hint=an["id_token"],
                               claims='{"id_token":{"sub":{"value":"%s"}}}' % other)
    assert "error" in left.parameters and "code" not in left.parameters, left.url


def test_a_public_client_may_neither_introspect_nor_have_tokens_of_its_own(service, register):
    client = register(service, "public", token_endpoint_auth_method="none")
    tokens = client.log_in(service.an)
    answer = client.post("introspection_endpoint", {"token": tokens["access_token"]}, auth="none")
    refused(answer, "invalid_client", 401)
    answer = client.token({"grant_type": "client_credentials"}, auth="none")
    assert answer.status_code in (400, 401) and "access_token" not in answer.json()


def test_levels_a_client_registered_as_a_wish_are_wished_for(service, register):
    """default_acr_values are voluntary: who can't reach them logs in all the same."""
    client = register(service, "wish", default_acr_values=["urn:authd:acr:2:2", "urn:authd:acr:2:1"])
    claims = client.id_token(client.log_in(service.cuong))
    assert claims["acr"] == "urn:authd:acr:1:1"
    attempt = Attempt()
    try:
        page = client.browser().open(client.url(attempt))
    except Left as left:
        raise AssertionError(left.url) from left
    assert page.kind == "login"
