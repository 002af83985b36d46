"""Requirements of the OAuth specifications that no other story tells (tests/spec)."""
import time
from urllib.parse import urlencode

import pytest
from harness.browser import Left
from harness.oidc import Attempt, b64, ec_jwk, ec_key, jwt_parts, jwt_sign_es256

OFFLINE = "openid profile offline_access"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def refused(answer, status, error):
    assert answer.status_code == status, answer.text
    assert answer.json()["error"] == error
    return True


@pytest.mark.parametrize("endpoint,fields", [
    ("token_endpoint", {"grant_type": ["client_credentials", "client_credentials"]}),
    ("token_endpoint", {"grant_type": ["refresh_token", "authorization_code"], "refresh_token": "x"}),
    ("introspection_endpoint", {"token": ["x", "y"]}),
    ("revocation_endpoint", {"token": ["x", "y"]}),
    ("pushed_authorization_request_endpoint", {"scope": ["openid", "openid"]}),
], ids=str)
def test_a_repeated_parameter_of_a_clients_request_is_refused(service, endpoint, fields):
    """spec: RFC 6749 §3.2:once"""
    assert refused(service.first.post(endpoint, fields), 400, "invalid_request")


def test_codes_and_pushed_requests_expire(make_service):
    """spec: RFC 6749 §4.1.2:lifetime, RFC 9126 §4:expired"""
    service = make_service({"lifetimes": {"code_s": 1, "par_s": 5}})
    client = service.first
    uri = client.push(Attempt()).json()["request_uri"]
    attempt, left = client.authorize(client.browser(), service.an)
    time.sleep(2.2)
    assert refused(client.redeem(attempt, left), 400, "invalid_grant")
    time.sleep(4)
    page = client.browser().open(client.discovery["authorization_endpoint"] + "?" +
                                 urlencode({"client_id": client.id, "request_uri": uri}))
    assert page.status == 400 and page.kind == "other"


def test_a_refresh_needs_the_client_and_its_secret(service):
    """spec: RFC 6749 §6:client"""
    token = service.first.log_in(service.an, scope=OFFLINE)["refresh_token"]
    fields = {"grant_type": "refresh_token", "refresh_token": token}
    assert refused(service.first.token(fields, auth="none"), 401, "invalid_client")
    assert refused(service.second.token(fields), 400, "invalid_grant")
    assert service.first.token(fields).status_code == 200


def test_a_verifier_fits_its_own_code_only(service):
    """spec: RFC 7636 §4.4 the challenge is bound to the code"""
    browser = service.first.browser()
    one, first = service.first.authorize(browser, service.an)
    other, second = service.first.authorize(browser, service.an)
    one.verifier, other.verifier = other.verifier, one.verifier
    for attempt, left in ((one, first), (other, second)):
        assert refused(service.first.redeem(attempt, left), 400, "invalid_grant")


def test_refresh_tokens_of_public_clients_rotate(service, register):
    """spec: RFC 9700 §2.2.2"""
    app = register(service, "spec-app", token_endpoint_auth_method="none")
    first = app.log_in(service.an, scope=OFFLINE)["refresh_token"]
    second = app.refresh(first).json()["refresh_token"]
    third = app.refresh(second).json()["refresh_token"]
    assert len({first, second, third}) == 3
    assert refused(app.refresh(first), 400, "invalid_grant")
    assert refused(app.refresh(third), 400, "invalid_grant")


def userinfo(client, method="get", headers=None, **other):
    return client.http.request(method, client.discovery["userinfo_endpoint"], headers=headers, timeout=60, **other)


def test_a_bearer_token_comes_in_one_way(service):
    """spec: RFC 6750 §2, §2.1, §2.2, §2.3"""
    client = service.first
    token = client.log_in(service.an)["access_token"]
    header, field = {"Authorization": "Bearer " + token}, {"access_token": token}
    assert userinfo(client, headers=header).status_code == 200
    assert userinfo(client, "post", data=field).status_code == 200
    assert refused(userinfo(client, "post", headers=header, data=field), 400, "invalid_request")
    assert userinfo(client, params=field).status_code == 401
    assert userinfo(client, "post", params=field).status_code == 401
    assert userinfo(client, "get", data=field).status_code in (400, 401)
    assert userinfo(client, "post", json=field).status_code in (400, 401, 415)


def test_bearer_errors_have_their_status_and_challenge(service, register):
    """spec: RFC 6750 §3, §3.1:errors, §3.1:silent, OpenID Core §5.3.3"""
    client = service.first
    silent = userinfo(client)
    assert silent.status_code == 401 and silent.headers["WWW-Authenticate"].startswith("Bearer")
    assert "error" not in silent.headers["WWW-Authenticate"] and "error" not in silent.text
    wrong = userinfo(client, headers={"Authorization": "Bearer x.y.z"})
    assert refused(wrong, 401, "invalid_token")
    assert wrong.headers["WWW-Authenticate"].startswith('Bearer ')
    assert 'error="invalid_token"' in wrong.headers["WWW-Authenticate"]
    service.ctl_text("resource", "add", "--audience", "https://spec.example/", "--name", "Spec",
                     "--scopes", "spec.read")
    machine = register(service, "spec-machine", grant_types=["client_credentials"], redirect_uris=None,
                       response_types=None, post_logout_redirect_uris=None, scope="spec.read")
    token = machine.token({"grant_type": "client_credentials"}).json()["access_token"]
    narrow = userinfo(machine, headers={"Authorization": "Bearer " + token})
    assert refused(narrow, 403, "insufficient_scope")
    assert 'error="insufficient_scope"' in narrow.headers["WWW-Authenticate"]


@pytest.mark.parametrize("hint", ["refresh_token", "access_token", "urn:no:such:kind", ""])
@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
def test_a_wrong_hint_hides_no_token(service, kind, hint):
    """spec: RFC 7009 §2.1:hint, RFC 7662 §2.1:hint"""
    client = service.first
    tokens = client.log_in(service.an, scope=OFFLINE)
    fields = {"token": tokens[kind], "token_type_hint": hint}
    assert client.post("introspection_endpoint", fields).json()["active"] is True
    assert client.post("revocation_endpoint", fields).status_code == 200
    assert client.introspect(tokens[kind]) == {"active": False}


def test_revocation_and_introspection_need_a_token(service):
    """spec: RFC 7009 §2.1:token, §2.1:client, RFC 7662 §2.1:token, §2.1:auth"""
    for endpoint in ("revocation_endpoint", "introspection_endpoint"):
        assert refused(service.first.post(endpoint, {}), 400, "invalid_request")
        assert refused(service.first.post(endpoint, {"token": "x"}, auth="none"), 401, "invalid_client")
        assert service.first.http.get(service.first.discovery[endpoint], timeout=60).status_code == 405


def test_metadata_is_where_oauth_looks_for_it(service):
    """spec: RFC 8414 §3.1, §2:required, §3.2"""
    answer = service.get("/.well-known/oauth-authorization-server")
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("application/json")
    told = answer.json()
    assert told == service.first.discovery and told["issuer"] == service.issuer
    for name in ("authorization_endpoint", "token_endpoint", "response_types_supported", "jwks_uri",
                 "grant_types_supported", "token_endpoint_auth_signing_alg_values_supported"):
        assert told[name], name
    assert not [name for name, value in told.items() if value in ([], None, "")]
    assert "none" not in told["token_endpoint_auth_signing_alg_values_supported"]


def test_an_assertion_may_name_issuer_token_endpoint_or_the_endpoint_itself(service, register):
    """spec: RFC 9126 §2:aud, RFC 7523 §3:aud"""
    key = ec_key()
    client = register(service, "spec-signs", token_endpoint_auth_method="private_key_jwt",
                      jwks={"keys": [ec_jwk(key, "k1")]})
    good = [service.issuer, client.discovery["token_endpoint"],
            client.discovery["pushed_authorization_request_endpoint"]]
    for audience, status in [(one, 201) for one in good] + [("https://evil.example", 401),
                                                            (client.discovery["userinfo_endpoint"], 401)]:
        now = int(time.time())
        claims = {"iss": client.id, "sub": client.id, "aud": audience, "iat": now, "exp": now + 60,
                  "jti": b64(str(time.time_ns()).encode())}
        fields = dict(client.parameters(Attempt()), client_assertion_type=ASSERTION_TYPE,
                      client_assertion=jwt_sign_es256(key, {"alg": "ES256", "kid": "k1"}, claims))
        answer = client.http.post(good[2], data=fields, timeout=60)
        assert answer.status_code == status, (audience, answer.text)


def test_what_stands_beside_a_request_uri_changes_nothing(service):
    """spec: RFC 9126 §4:only, §2.2:bound"""
    client, attempt, browser = service.first, Attempt(), service.first.browser()
    uri = client.push(attempt, scope="openid").json()["request_uri"]
    assert len(uri.rsplit(":", 1)[1]) >= 43, "at least 256 bits"
    beside = {"client_id": client.id, "request_uri": uri, "scope": "openid email", "state": "other",
              "nonce": "other", "redirect_uri": client.redirect_uri, "prompt": "none", "max_age": "0"}
    page = browser.open(client.discovery["authorization_endpoint"] + "?" + urlencode(beside))
    left = browser.finish(page, service.an)
    assert left.parameters["state"] == attempt.state
    tokens = client.redeem(attempt, left).json()
    assert tokens["scope"] == "openid"
    assert client.id_token(tokens)["nonce"] == attempt.nonce


def test_a_refresh_leaves_the_login_as_it_was(service):
    """spec: RFC 9068 §2.2.1, OpenID Core §12.2:same"""
    client = service.first
    first = client.log_in(service.an, scope=OFFLINE)
    time.sleep(1.1)
    second = client.refresh(first["refresh_token"]).json()
    for kind in ("access_token", "id_token"):
        before, after = (jwt_parts(t[kind])[1] for t in (first, second))
        for name in ("iss", "sub", "aud", "auth_time", "acr", "amr", "sid"):
            assert before[name] == after[name], (kind, name)
        assert after["iat"] > before["iat"]


def test_the_order_of_scopes_means_nothing(service):
    """spec: RFC 6749 §3.3"""
    browser = service.first.browser()
    service.first.log_in(service.an, browser, scope="openid email profile")
    with pytest.raises(Left) as left:
        browser.open(service.first.url(Attempt(), scope="profile openid email", prompt="none"))
    assert "code" in left.value.parameters
