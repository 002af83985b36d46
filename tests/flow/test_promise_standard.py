"""Promise 8: what the OpenID Foundation's plans Basic OP, Config OP, RP-Initiated Logout OP and Back-Channel Logout OP ask,
module by module (names as in the suite), driven the way the suite does it: static confidential clients that send
no PKCE and get RS256 ID tokens.  The suite itself is Java and not run here."""
import time
from urllib.parse import urlencode

import pytest
from harness.browser import Left
from harness.oidc import Attempt, b64, jwt_verify
from harness.world import new_client

SCOPES = "openid profile email phone address offline_access"


@pytest.fixture(scope="module")
def suite(service):
    return new_client(service, "suite", pkce_optional=True, id_token_signed_response_alg="RS256", scope=SCOPES)


@pytest.fixture(scope="module")
def suite_two(service):
    return new_client(service, "suite2", pkce_optional=True, id_token_signed_response_alg="RS256", scope=SCOPES)


NO_PKCE = {"code_challenge": None, "code_challenge_method": None}


def run(client, person, browser=None, attempt=None, **over):
    """One authorization without PKCE; tokens, with the claims of the verified ID token."""
    browser = browser or client.browser()
    attempt, left = client.authorize(browser, person, attempt, **dict(NO_PKCE, **over))
    assert "code" in left.parameters, left.url
    assert left.parameters["state"] == attempt.state
    answer = client.redeem(attempt, left, code_verifier=None)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("application/json")
    assert "no-store" in answer.headers["Cache-Control"]
    tokens = answer.json()
    head, tokens["claims"] = jwt_verify(tokens["id_token"], client.jwks(), alg="RS256")
    assert head["kid"]
    tokens["browser"], tokens["left"], tokens["attempt"] = browser, left, attempt
    return tokens


def silent(client, browser, **over):
    """prompt=none: where the browser is sent."""
    attempt = Attempt()
    with pytest.raises(Left) as left:
        browser.open(client.url(attempt, prompt="none", **dict(NO_PKCE, **over)))
    assert left.value.parameters["state"] == attempt.state
    return attempt, left.value


def test_oidcc_server(service, suite):
    """spec: RFC 6749 §5.1:no_store, OpenID Core §3.1.3.3, §2:sub"""
    tokens = run(suite, service.an)
    claims = tokens["claims"]
    assert claims["iss"] == service.issuer and claims["aud"] == suite.id
    assert claims["nonce"] == tokens["attempt"].nonce
    assert claims["exp"] > claims["iat"] and len(claims["sub"]) <= 255
    assert tokens["token_type"].lower() == "bearer" and tokens["expires_in"] > 0
    assert len(tokens["left"].parameters["code"]) >= 22
    assert "name" not in claims


def test_oidcc_response_type_missing(suite):
    with pytest.raises(Left) as left:
        suite.browser().open(suite.url(Attempt(), response_type=None, **NO_PKCE))
    assert left.value.parameters["error"] in ("invalid_request", "unsupported_response_type")


@pytest.mark.parametrize("how", ["get", "post-header", "post-body"])
def test_oidcc_userinfo(service, suite, how):
    """spec: RFC 6750 §2.2, OpenID Core §5.3.2:type"""
    tokens = run(suite, service.an)
    url, header = suite.discovery["userinfo_endpoint"], {"Authorization": "Bearer " + tokens["access_token"]}
    answer = {"get": lambda: suite.http.get(url, headers=header, timeout=60),
              "post-header": lambda: suite.http.post(url, headers=header, timeout=60),
              "post-body": lambda: suite.http.post(url, data={"access_token": tokens["access_token"]},
                                                   timeout=60)}[how]()
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("application/json")
    assert answer.json()["sub"] == tokens["claims"]["sub"]


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(service, suite):
    assert "nonce" not in run(suite, service.an, nonce=None)["claims"]


@pytest.mark.parametrize("scope,claims", [
    ("openid profile", {"name", "gender", "birthdate", "updated_at"}),
    ("openid email", {"email", "email_verified"}),
    ("openid address", {"address"}),
    ("openid phone", {"phone_number", "phone_number_verified"}),
    ("openid email phone address profile", {"name", "email", "phone_number", "address"}),
    ("email openid", {"email"}),
])
def test_oidcc_scopes(service, suite, scope, claims):
    tokens = run(suite, service.an, scope=scope)
    info = suite.userinfo(tokens["access_token"]).json()
    assert info["sub"] == tokens["claims"]["sub"]
    have = {c for c in claims if c in info}
    # what the identity does not have is left out; the released ones belong to the scope
    assert have or scope in ("openid phone", "openid address"), info
    if "email" not in scope:
        assert "email" not in info
    if "address" in info:
        assert isinstance(info["address"], dict)
    if "updated_at" in info:
        assert isinstance(info["updated_at"], int)


@pytest.mark.parametrize("over", [
    {"display": "page"}, {"display": "popup"}, {"foo": "bar", "extra": "foobar"}, {"claims_locales": "se"},
    {"ui_locales": "se"}, {"ui_locales": "vi en"}, {"login_hint": "an@example.vn"},
    {"acr_values": "urn:authd:acr:2:1"}, {"acr_values": "1 2"}], ids=str)
def test_oidcc_requests_that_must_succeed(service, suite, over):
    """spec: OpenID Core §15.1:accept"""
    assert run(suite, service.an, **over)["claims"]["sub"]


def test_oidcc_prompt_login(service, suite):
    first = run(suite, service.an)
    time.sleep(1.1)
    browser = first["browser"]
    assert browser.open(suite.url(Attempt(), prompt="login", **NO_PKCE)).kind == "login"
    second = run(suite, service.an, browser, prompt="login")
    assert second["claims"]["auth_time"] > first["claims"]["auth_time"]
    assert second["claims"]["sub"] == first["claims"]["sub"]


def test_oidcc_prompt_none_not_logged_in(suite):
    _, left = silent(suite, suite.browser())
    assert left.parameters["error"] in ("login_required", "interaction_required")
    assert left.parameters["iss"]


def test_oidcc_prompt_none_logged_in(service, suite):
    first = run(suite, service.an)
    attempt, left = silent(suite, first["browser"])
    second = suite.redeem(attempt, left, code_verifier=None).json()
    _, claims = jwt_verify(second["id_token"], suite.jwks(), alg="RS256")
    assert (claims["sub"], claims["auth_time"]) == (first["claims"]["sub"], first["claims"]["auth_time"])


def test_oidcc_max_age_1(service, suite):
    first = run(suite, service.an)
    time.sleep(2.1)
    second = run(suite, service.an, first["browser"], max_age="1")
    assert second["claims"]["auth_time"] > first["claims"]["auth_time"]


def test_oidcc_max_age_10000(service, suite):
    first = run(suite, service.an, max_age="15000")
    browser = first["browser"]
    with pytest.raises(Left) as left:
        attempt = Attempt()
        browser.open(suite.url(attempt, max_age="10000", **NO_PKCE))
    _, claims = jwt_verify(suite.redeem(attempt, left.value, code_verifier=None).json()["id_token"],
                           suite.jwks(), alg="RS256")
    assert claims["auth_time"] == first["claims"]["auth_time"]


def test_oidcc_id_token_hint(service, suite):
    first = run(suite, service.an)
    attempt, left = silent(suite, first["browser"], id_token_hint=first["id_token"])
    assert "code" in left.parameters, left.url
    answer = suite.redeem(attempt, left, code_verifier=None).json()
    _, claims = jwt_verify(answer["id_token"], suite.jwks(), alg="RS256")
    assert claims["sub"] == first["claims"]["sub"]


def test_oidcc_codereuse_revokes_the_access_token(service, suite):
    tokens = run(suite, service.an)
    again = suite.redeem(tokens["attempt"], tokens["left"], code_verifier=None)
    assert again.status_code == 400 and again.json()["error"] == "invalid_grant"
    assert suite.userinfo(tokens["access_token"]).status_code == 401


def test_oidcc_ensure_registered_redirect_uri(suite):
    page = suite.browser().open(suite.url(Attempt(), redirect_uri=suite.redirect_uri + "/x", **NO_PKCE))
    assert page.status == 400


def test_oidcc_ensure_post_request_succeeds(service, suite):
    browser, attempt = suite.browser(), Attempt()
    page = browser.post(suite.discovery["authorization_endpoint"], suite.parameters(attempt, **NO_PKCE))
    left = browser.finish(page, service.an)
    assert "code" in left.parameters and left.parameters["state"] == attempt.state


def test_oidcc_server_client_secret_post(service, register):
    client = register(service, "suite-post", token_endpoint_auth_method="client_secret_post", pkce_optional=True)
    attempt, left = client.authorize(client.browser(), service.an, **NO_PKCE)
    answer = client.redeem(attempt, left, code_verifier=None)
    assert answer.status_code == 401 and answer.json()["error"] == "invalid_client"
    fields = {"grant_type": "authorization_code", "code": left.parameters["code"],
              "redirect_uri": client.redirect_uri}
    assert client.token(fields, auth="post").status_code == 200


NONE = b64(b'{"alg":"none"}') + "." + b64(b'{"client_id":"suite"}') + "."


@pytest.mark.parametrize("over,error", [({"request": NONE}, "request_not_supported"),
                                        ({"request_uri": "https://portal.example/r"}, "request_uri_not_supported")])
@pytest.mark.parametrize("outside", [True, False])
def test_oidcc_request_objects_are_refused(suite, over, error, outside):
    over = dict(NO_PKCE, **over)
    if not outside:
        over["redirect_uri"] = None
    with pytest.raises(Left) as left:
        suite.browser().open(suite.url(Attempt(), **over))
    assert left.value.base == suite.redirect_uri
    assert left.value.parameters["error"] == error


def test_oidcc_ensure_request_object_with_redirect_uri(suite):
    page = suite.browser().open(suite.url(Attempt(), request=NONE, redirect_uri="https://evil.example/", **NO_PKCE))
    assert page.status == 400


def test_oidcc_claims_essential(service, suite):
    tokens = run(suite, service.an, claims='{"userinfo":{"name":{"essential":true}}}')
    assert suite.userinfo(tokens["access_token"]).json()["name"]
    assert "name" not in tokens["claims"]


def test_oidcc_refresh_token(service, suite, suite_two):
    """spec: OpenID Core §12.2:same"""
    first = run(suite, service.an, scope="openid offline_access", prompt="consent")
    other = run(suite_two, service.an, scope="openid offline_access", prompt="consent")
    time.sleep(1.1)
    answer = suite.refresh(first["refresh_token"], scope="openid offline_access").json()
    _, claims = jwt_verify(answer["id_token"], suite.jwks(), alg="RS256")
    for name in ("iss", "sub", "aud", "auth_time"):
        assert claims[name] == first["claims"][name]
    assert claims["iat"] > first["claims"]["iat"] and answer["access_token"] != first["access_token"]
    assert suite.userinfo(answer["access_token"]).status_code == 200
    stolen = suite.refresh(other["refresh_token"], scope="openid offline_access")
    assert stolen.status_code == 400 and stolen.json()["error"] == "invalid_grant"
    assert suite_two.refresh(other["refresh_token"]).status_code == 200


def test_oidcc_ensure_request_with_valid_pkce_succeeds(service, suite):
    attempt, left = suite.authorize(suite.browser(), service.an)
    assert suite.redeem(attempt, left).status_code == 200


# Config OP


def test_oidcc_discovery_endpoint_verification(service, suite):
    """spec: OpenID Discovery §3:required, §3:keys, §4, Back-Channel Logout §2.1"""
    answer = suite.http.get(service.issuer + "/.well-known/openid-configuration", timeout=60)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("application/json")
    d = answer.json()
    assert d["issuer"] == service.issuer
    assert "code" in d["response_types_supported"]
    assert set(d["subject_types_supported"]) & {"public", "pairwise"}
    assert "RS256" in d["id_token_signing_alg_values_supported"]
    assert d["claims_parameter_supported"] is True
    assert d["request_parameter_supported"] is False and d["request_uri_parameter_supported"] is False
    assert d["code_challenge_methods_supported"] == ["S256"]
    assert "openid" in d["scopes_supported"] and d["claims_supported"] and d["grant_types_supported"]
    assert d["backchannel_logout_supported"] is True and d["backchannel_logout_session_supported"] is True
    for name, value in d.items():
        if name.endswith("_endpoint") or name.endswith("_uri"):
            assert value.startswith(service.issuer + "/"), name
    keys = suite.http.get(d["jwks_uri"], timeout=60).json()["keys"]
    assert len({k["kid"] for k in keys}) == len(keys)
    for key in keys:
        assert not set(key) & {"d", "p", "q", "dp", "dq", "qi", "k"} and key["use"] == "sig"


# RP-Initiated Logout OP


def bye(client):
    return client.registration["post_logout_redirect_uris"][0]


def end_session(client, browser, confirm=True, **parameters):
    """The page or redirect after GET /logout and, if asked, the person's yes."""
    try:
        page = browser.open(client.discovery["end_session_endpoint"] + "?" + urlencode(parameters))
        if confirm and page.kind == "logout":
            page = browser.press(page, "logout", "logout")
        return page
    except Left as left:
        return left


def logged_out(client, browser):
    return silent(client, browser)[1].parameters.get("error") == "login_required"


@pytest.mark.parametrize("state", ["s" * 128, None])
def test_oidcc_rp_initiated_logout(service, suite, state):
    tokens = run(suite, service.an)
    parameters = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": bye(suite)}
    if state:
        parameters["state"] = state
    left = end_session(suite, tokens["browser"], confirm=False, **parameters)
    assert isinstance(left, Left) and left.base == bye(suite)
    assert left.parameters == ({"state": state} if state else {})
    assert logged_out(suite, tokens["browser"])


@pytest.mark.parametrize("bend", ["uri", "query", "none", "forged", "no hint"])
def test_oidcc_rp_initiated_logout_shows_an_error(service, suite, bend):
    tokens = run(suite, service.an)
    parameters = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": bye(suite), "state": "s"}
    if bend == "uri":
        parameters["post_logout_redirect_uri"] += "/other"
    elif bend == "query":
        parameters["post_logout_redirect_uri"] += "?foo=bar"
    elif bend == "none":
        head, body, _ = tokens["id_token"].split(".")
        parameters["id_token_hint"] = b64(b'{"alg":"none"}') + "." + body + "."
    elif bend == "forged":
        head, body, signature = tokens["id_token"].split(".")
        parameters["id_token_hint"] = head + "." + body + "." + signature[::-1]
    else:
        del parameters["id_token_hint"]
    page = end_session(suite, tokens["browser"], **parameters)
    assert not isinstance(page, Left) and page.status == 400
    assert not logged_out(suite, tokens["browser"])


@pytest.mark.parametrize("parameters", [{}, {"state": "s"}], ids=str)
def test_oidcc_rp_initiated_logout_no_params_only_state(service, suite, parameters):
    tokens = run(suite, service.an)
    page = end_session(suite, tokens["browser"], **parameters)
    assert not isinstance(page, Left) and page.status == 200
    assert logged_out(suite, tokens["browser"])


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(service, suite):
    tokens = run(suite, service.an)
    page = end_session(suite, tokens["browser"], id_token_hint=tokens["id_token"], state="s")
    assert not isinstance(page, Left) and page.status == 200
    assert logged_out(suite, tokens["browser"])


# Back-Channel Logout OP


def test_oidcc_backchannel_rp_initiated_logout(service, register, receiver):
    """spec: Back-Channel Logout §2.4:signed, §2.5"""
    client = register(service, "suite-back", pkce_optional=True, id_token_signed_response_alg="RS256",
                      backchannel_logout_uri=receiver.url + "/b", backchannel_logout_session_required=True)
    tokens = run(client, service.an)
    left = end_session(client, tokens["browser"], confirm=False, id_token_hint=tokens["id_token"],
                       post_logout_redirect_uri=bye(client), state="s1")
    assert isinstance(left, Left) and left.parameters == {"state": "s1"}
    fields = receiver.wait(1)[0][3]
    assert list(fields) == ["logout_token"]
    _, claims = jwt_verify(fields["logout_token"], client.jwks(), alg="RS256")
    assert claims["iss"] == service.issuer and claims["aud"] == client.id
    assert claims["sub"] == tokens["claims"]["sub"] and claims["sid"] == tokens["claims"]["sid"]
    assert "nonce" not in claims and claims["jti"] and claims["exp"] > claims["iat"]
    assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert logged_out(client, tokens["browser"])
