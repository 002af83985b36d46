"""The main story: a portal sends a person to log in and gets verified tokens (OpenID Connect Core §3.1)."""
import re
import time

import pytest
from harness.browser import Left
from harness.oidc import Attempt, BadToken, jwt_parts, jwt_verify


def test_a_person_logs_in_and_the_portal_gets_verified_tokens(service):
    """spec: OpenID Core §2:nonce, §2:auth_time, RFC 6749 §5.1:members, §4.1.2:state, RFC 9207 §2:code"""
    client, person = service.first, service.an
    tokens = client.log_in(person, scope="openid profile email offline_access")
    claims = client.id_token(tokens, nonce=tokens["attempt"].nonce)
    assert tokens["token_type"] == "Bearer"
    assert tokens["refresh_token"]
    assert 0 <= time.time() - claims["auth_time"] < 60
    assert claims["acr"] == "urn:authd:acr:2:1"
    assert "pwd" in claims["amr"]
    # Core §5.4: with a code, the scopes' claims come from userinfo
    info = client.userinfo(tokens["access_token"]).json()
    assert info["sub"] == claims["sub"]
    assert info["name"] == person.name
    assert info["email"] == person.email


def test_the_personal_number_is_in_no_token_without_its_scope(service):
    tokens = service.first.log_in(service.an, scope="openid profile email")
    info = service.first.userinfo(tokens["access_token"]).text
    for text in (str(jwt_parts(tokens["id_token"])), str(jwt_parts(tokens["access_token"])), info):
        assert service.an.number not in text


def test_access_tokens_follow_rfc_9068(service):
    """spec: RFC 9068 §2.1, §2.2"""
    tokens = service.first.log_in(service.an)
    head, claims = jwt_verify(tokens["access_token"], service.first.jwks())
    assert head["typ"] == "at+jwt"
    for name in ("iss", "exp", "aud", "sub", "client_id", "iat", "jti"):
        assert name in claims, name
    assert claims["client_id"] == service.first.id
    assert claims["iss"] == service.issuer


def test_two_portals_see_the_same_person_under_different_names(service):
    """spec: OpenID Core §8.1:sector"""
    browser = service.first.browser()
    one = service.first.id_token(service.first.log_in(service.an, browser))
    two = service.second.id_token(service.second.log_in(service.an, browser))
    again = service.first.id_token(service.first.log_in(service.an))
    assert one["sub"] == again["sub"]
    assert one["sub"] != two["sub"]
    if "sid" in one and "sid" in two:
        assert one["sid"] != two["sid"]


def test_the_second_portal_asks_for_no_password(service):
    browser = service.first.browser()
    service.first.log_in(service.an, browser)
    try:
        page = browser.open(service.second.url(Attempt()))
        assert page.kind == "consent"
    except Left as left:
        assert "code" in left.parameters


def test_consent_is_asked_once(service, register):
    client = register(service, "asks-once")
    browser = client.browser()
    client.log_in(service.binh, browser)
    with pytest.raises(Left) as end:
        browser.open(client.url(Attempt()))
    assert "code" in end.value.parameters


def test_consent_is_asked_again_for_more(service, register):
    """spec: OpenID Core §3.1.2.4"""
    client = register(service, "asks-more")
    browser = client.browser()
    client.log_in(service.binh, browser, scope="openid")
    assert browser.open(client.url(Attempt(), scope="openid profile email")).kind == "consent"


def test_declining_consent_comes_back_as_access_denied(service, register):
    """spec: OpenID Core §3.1.2.4, §3.1.2.6"""
    client = register(service, "declined")
    attempt, left = client.authorize(client.browser(), service.an, consent="deny",
                                     scope="openid profile")
    assert left.parameters["error"] == "access_denied"
    assert left.parameters["state"] == attempt.state
    assert left.parameters["iss"] == service.issuer


def test_a_wrong_password_stays_on_the_login_page(service):
    client, browser = service.first, service.first.browser()
    page = browser.open(client.url(Attempt()))
    page = browser.log_in(page, service.an.number, "wrong")
    assert page.kind == "login"
    unknown = browser.log_in(page, "001090009999", "wrong")
    assert unknown.kind == "login"
    assert page.status == unknown.status


def test_unknown_people_and_wrong_passwords_get_the_same_page(service):
    def answer(number):
        browser = service.first.browser()
        page = browser.log_in(browser.open(service.first.url(Attempt())), number, "wrong password")
        text = page.text.replace(number, "NUMBER")
        for random in re.findall(r"[A-Za-z0-9_-]{40,}", text):
            text = text.replace(random, "RANDOM")
        return page.status, text
    assert answer(service.an.number) == answer("001090009999")


def test_the_number_may_be_typed_with_spaces(service):
    client, browser = service.first, service.first.browser()
    page = browser.open(client.url(Attempt()))
    spaced = " ".join(service.an.number[i:i + 3] for i in range(0, 12, 3))
    try:
        page = browser.log_in(page, spaced, service.an.password)
        assert page.kind == "consent"
    except Left as left:
        assert "code" in left.parameters


def test_a_code_used_twice_is_refused_and_revokes_what_it_gave(service):
    """spec: RFC 6749 §4.1.2:once MUST NOT use a code more than once; §4.1.2:revoke SHOULD revoke all tokens"""
    client = service.first
    attempt, left = client.authorize(client.browser(), service.an, scope="openid offline_access")
    first = client.redeem(attempt, left)
    assert first.status_code == 200
    second = client.redeem(attempt, left)
    assert second.status_code == 400 and second.json()["error"] == "invalid_grant"
    assert client.introspect(first.json()["access_token"]) == {"active": False}
    assert client.userinfo(first.json()["access_token"]).status_code == 401
    gone = client.refresh(first.json()["refresh_token"])
    assert gone.status_code == 400 and gone.json()["error"] == "invalid_grant"


def test_a_code_is_bound_to_its_client(service):
    """spec: RFC 6749 §4.1.3:client"""
    attempt, left = service.first.authorize(service.first.browser(), service.an)
    stolen = service.second.redeem(attempt, left, redirect_uri=service.first.redirect_uri)
    assert stolen.status_code == 400 and stolen.json()["error"] == "invalid_grant"


def test_a_code_is_bound_to_its_redirect_uri(service):
    """spec: RFC 6749 §4.1.3:redirect"""
    attempt, left = service.first.authorize(service.first.browser(), service.an)
    answer = service.first.redeem(attempt, left, redirect_uri="http://localhost:9999/other")
    assert answer.status_code == 400 and answer.json()["error"] == "invalid_grant"


def test_the_request_may_be_posted(service):
    """spec: OpenID Connect Core §3.1.2.1:methods MUST support GET and POST"""
    client, browser, attempt = service.first, service.first.browser(), Attempt()
    try:
        page = browser.post(client.discovery["authorization_endpoint"], client.parameters(attempt))
        left = browser.finish(page, service.an)
    except Left as end:
        left = end
    assert client.redeem(attempt, left).status_code == 200


def test_a_tampered_token_does_not_verify(service):
    tokens = service.first.log_in(service.an)
    head, body, signature = tokens["id_token"].split(".")
    with pytest.raises((BadToken, ValueError)):
        jwt_verify(f"{head}.{body[:-4]}AAAA.{signature}", service.first.jwks())


def test_discovery_tells_what_is_offered(service):
    """spec: RFC 9207 §3, RFC 9700 §2.1.1:metadata, RFC 9126 §5, RP-Initiated Logout §2.1"""
    d = service.first.discovery
    assert d["issuer"] == service.issuer
    assert d["code_challenge_methods_supported"] == ["S256"]
    assert d["response_types_supported"] == ["code"]
    assert "ES256" in d["id_token_signing_alg_values_supported"]
    assert "none" not in d["id_token_signing_alg_values_supported"]
    assert d["authorization_response_iss_parameter_supported"] is True
    assert d["backchannel_logout_supported"] is True
    for name in ("jwks_uri", "token_endpoint", "userinfo_endpoint", "introspection_endpoint",
                 "revocation_endpoint", "end_session_endpoint", "pushed_authorization_request_endpoint"):
        assert d[name].startswith(service.issuer + "/"), name
