"""Proof key for code exchange (RFC 7636, RFC 9700 §2.1.1)."""
import pytest
from harness.oidc import Attempt, b64


@pytest.mark.parametrize("verifier", [None, "", "short", "A" * 43, "A" * 129, "ü" * 43, "A" * 42 + " "],
                         ids=repr)
def test_a_wrong_verifier_is_refused(service, verifier):
    """spec: RFC 7636 §4.6 MUST return invalid_grant"""
    attempt, left = service.first.authorize(service.first.browser(), service.an)
    answer = service.first.redeem(attempt, left, code_verifier=verifier)
    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_grant", "invalid_request")


def test_the_challenge_itself_is_no_verifier(service):
    attempt, left = service.first.authorize(service.first.browser(), service.an)
    answer = service.first.redeem(attempt, left, code_verifier=attempt.challenge)
    assert answer.json()["error"] == "invalid_grant"


def test_a_code_survives_no_second_try_after_a_wrong_verifier_by_another_client(service):
    attempt, left = service.first.authorize(service.first.browser(), service.an)
    assert service.second.redeem(attempt, left, code_verifier="A" * 43).status_code == 400
    # whoever holds only the code can neither use it nor learn whether it exists
    unknown = dict(left.parameters, code=b64(b"\1" * 34))
    left.parameters = unknown
    assert service.first.redeem(attempt, left).json()["error"] == "invalid_grant"


def test_a_public_client_needs_pkce(service, register):
    """spec: RFC 9700 §2.1.1:pkce"""
    client = register(service, "app", token_endpoint_auth_method="none",
                      redirect_uris=["http://localhost:9999/app"])
    tokens = client.log_in(service.an)
    assert client.id_token(tokens)["sub"]
    attempt, left = client.authorize(client.browser(), service.an, Attempt(), code_challenge=None,
                                     code_challenge_method=None)
    assert left.parameters["error"] == "invalid_request"
