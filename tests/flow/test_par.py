"""Pushed authorization requests (RFC 9126)."""
from harness.browser import Left
from harness.oidc import Attempt


def open_pushed(client, browser, request_uri):
    from urllib.parse import urlencode
    try:
        return browser.open(client.discovery["authorization_endpoint"] + "?" +
                            urlencode({"client_id": client.id, "request_uri": request_uri}))
    except Left as left:
        return left


def test_a_pushed_request_leads_to_a_login(service):
    """spec: RFC 9126 §2.2"""
    client, attempt, browser = service.first, Attempt(), service.first.browser()
    pushed = client.push(attempt)
    assert pushed.status_code == 201, pushed.text
    assert pushed.json()["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert 5 <= pushed.json()["expires_in"] <= 600
    left = browser.finish(open_pushed(client, browser, pushed.json()["request_uri"]), service.an)
    assert left.parameters["state"] == attempt.state
    assert client.redeem(attempt, left).status_code == 200


def test_a_pushed_request_is_used_once(service):
    """spec: RFC 9126 §7.3"""
    client, attempt, browser = service.first, Attempt(), service.first.browser()
    uri = client.push(attempt).json()["request_uri"]
    browser.finish(open_pushed(client, browser, uri), service.an)
    outcome = open_pushed(client, browser, uri)
    assert not isinstance(outcome, Left) or "code" not in outcome.parameters


def test_a_pushed_request_belongs_to_its_client(service):
    """spec: RFC 9126 §4:client, §2.2:bound"""
    uri = service.first.push(Attempt()).json()["request_uri"]
    outcome = open_pushed(service.second, service.second.browser(), uri)
    assert not isinstance(outcome, Left) or "code" not in outcome.parameters
    assert isinstance(outcome, Left) or 400 <= outcome.status < 500


def test_pushing_needs_client_authentication(service):
    """spec: RFC 9126 §2:auth"""
    answer = service.first.post("pushed_authorization_request_endpoint",
                                service.first.parameters(Attempt()), auth="none")
    assert answer.status_code == 401 and answer.json()["error"] == "invalid_client"


def test_bad_requests_are_refused_when_pushed(service):
    """spec: RFC 9126 §2.1:request_uri, §2.1:validate"""
    for over, expected in (({"redirect_uri": "https://evil.example/"}, "invalid_request"),
                           ({"response_type": "token"}, "unsupported_response_type"),
                           ({"code_challenge": None}, "invalid_request"),
                           ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request")):
        answer = service.first.push(Attempt(), **over)
        assert answer.status_code == 400, (over, answer.text)
        assert answer.json()["error"] == expected, over


def test_only_a_client_that_authenticates_is_told_its_redirect_uris(service, register):
    public = register(service, "push-public", token_endpoint_auth_method="none")
    answer = public.push(Attempt(), redirect_uri="https://evil.example/").json()
    assert public.redirect_uri not in answer["error_description"]
    answer = service.first.push(Attempt(), redirect_uri="https://evil.example/").json()
    assert answer["error_description"].endswith("registered: " + service.first.redirect_uri)


def test_a_client_that_must_push_is_refused_otherwise(service, register):
    """spec: RFC 9126 §6"""
    client = register(service, "must-push", require_pushed_authorization_requests=True)
    attempt, left = client.authorize(client.browser(), service.an)
    assert left.parameters["error"] == "invalid_request"
    assert client.push(attempt).status_code == 201
