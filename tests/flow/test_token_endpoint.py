"""Client authentication, client credentials, introspection, revocation."""
import time

import pytest
from harness.oidc import b64, ec_jwk, ec_key, jwt_sign_es256, jwt_verify
from harness.world import new_client


def assertion(client, key, **over):
    now = int(time.time())
    claims = {"iss": client.id, "sub": client.id, "aud": client.service.issuer, "iat": now,
              "exp": now + 60, "jti": b64(str(time.time_ns()).encode())}
    claims.update(over)
    header = {"alg": "ES256", "kid": "k1", "typ": "JWT"}
    header.update(claims.pop("header", {}))
    return jwt_sign_es256(key, header, {k: v for k, v in claims.items() if v is not None})


def with_assertion(client, token, **fields):
    return client.http.post(client.discovery["token_endpoint"], timeout=60, data=dict({
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": token}, **fields))


@pytest.fixture(scope="module")
def signing_client(service):
    key = ec_key()
    client = new_client(service, "signs", token_endpoint_auth_method="private_key_jwt",
                        jwks={"keys": [ec_jwk(key, "k1")]}, grant_types=["client_credentials"],
                        redirect_uris=None, response_types=None, post_logout_redirect_uris=None,
                        scope="registry:read")
    return client, key


@pytest.fixture(scope="module")
def machine(service):
    service.ctl_text("resource", "add", "--audience", "https://registry.example/", "--name", "Registry",
                     "--scopes", "registry:read registry:write")
    return new_client(service, "machine", grant_types=["client_credentials"], redirect_uris=None,
                      response_types=None, post_logout_redirect_uris=None, scope="registry:read")


def test_a_wrong_secret_is_refused(service):
    """spec: RFC 6749 §3.2.1; RFC 6749 §5.2:status invalid_client, 401 with WWW-Authenticate"""
    client = service.first
    for secret in ("", "wrong", client.secret[:-1], client.secret + "x"):
        answer = client.http.post(client.discovery["token_endpoint"], auth=(client.id, secret),
                                  data={"grant_type": "client_credentials"}, timeout=60)
        assert answer.status_code == 401, answer.text
        assert answer.json()["error"] == "invalid_client"
        assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_an_unknown_client_gets_the_same_answer(service):
    answers = [service.first.http.post(service.first.discovery["token_endpoint"], auth=(name, "wrong"),
                                       data={"grant_type": "client_credentials"}, timeout=60)
               for name in (service.first.id, "nobody")]
    assert answers[0].status_code == answers[1].status_code == 401
    assert answers[0].json() == answers[1].json()


def test_two_ways_of_authentication_at_once_are_refused(service):
    """spec: RFC 6749 §2.3 MUST NOT use more than one authentication method"""
    client = service.first
    answer = client.token({"grant_type": "refresh_token", "refresh_token": "x",
                           "client_id": client.id, "client_secret": client.secret})
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] in ("invalid_request", "invalid_client")


def test_only_the_registered_method_works(service):
    """spec: OpenID Core §9:method, §3.1.3.1"""
    answer = service.first.token({"grant_type": "refresh_token", "refresh_token": "x"}, auth="post")
    assert answer.status_code == 401 and answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize("fields,expected", [
    ({}, "invalid_request"),
    ({"grant_type": "password", "username": "x", "password": "y"}, "unsupported_grant_type"),
    ({"grant_type": "implicit"}, "unsupported_grant_type"),
    ({"grant_type": "client_credentials"}, "unauthorized_client"),
    ({"grant_type": "authorization_code"}, "invalid_request"),
    ({"grant_type": "refresh_token"}, "invalid_request"),
    ({"grant_type": "refresh_token", "refresh_token": "nonsense"}, "invalid_grant"),
], ids=str)
def test_bad_token_requests_get_the_right_error(service, fields, expected):
    """spec: RFC 6749 §5.2:errors, RFC 9700 §2.4"""
    answer = service.first.token(fields)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"] == expected
    assert "no-store" in answer.headers["Cache-Control"]


def test_token_endpoint_takes_no_get(service):
    """spec: RFC 6749 §3.2:post"""
    assert service.get("/token").status_code in (404, 405)
    url = service.first.discovery["token_endpoint"]
    assert service.first.http.get(url, timeout=60).status_code == 405


def test_client_credentials_give_a_token_that_names_no_person(service, machine):
    """spec: RFC 6749 §4.4.3"""
    answer = machine.token({"grant_type": "client_credentials", "scope": "registry:read"})
    assert answer.status_code == 200, answer.text
    _, claims = jwt_verify(answer.json()["access_token"], machine.jwks())
    assert claims["client_id"] == machine.id
    assert "refresh_token" not in answer.json() and "id_token" not in answer.json()
    assert machine.userinfo(answer.json()["access_token"]).status_code in (401, 403)


def test_client_credentials_do_not_widen_scope(machine):
    answer = machine.token({"grant_type": "client_credentials", "scope": "registry:write"})
    assert answer.status_code == 400 and answer.json()["error"] == "invalid_scope"


def test_private_key_jwt_works_once(service, machine, signing_client):
    """spec: RFC 7523 §3:replay"""
    client, key = signing_client
    token = assertion(client, key)
    first = with_assertion(client, token)
    assert first.status_code == 200, first.text
    again = with_assertion(client, token)
    assert again.status_code == 401 and again.json()["error"] == "invalid_client"


@pytest.mark.parametrize("over", [
    {"aud": "https://evil.example"}, {"aud": None}, {"exp": 1}, {"exp": None}, {"jti": None},
    {"iss": "other"}, {"sub": "other"}, {"exp": 99999999999}, {"nbf": 99999999999},
    {"header": {"alg": "none"}}, {"header": {"alg": "HS256"}}, {"header": {"kid": "other"}},
    {"header": {"b64": False, "crit": ["b64"]}}, {"header": {"alg": "RS256"}},
], ids=str)
def test_bad_assertions_are_refused(signing_client, over):
    """spec: RFC 7523 §3.2"""
    client, key = signing_client
    answer = with_assertion(client, assertion(client, key, **over))
    assert answer.status_code == 401, answer.text
    assert answer.json()["error"] == "invalid_client"


def test_an_assertion_signed_by_somebody_else_is_refused(signing_client):
    """spec: RFC 7523 §3:signature"""
    client, _ = signing_client
    assert with_assertion(client, assertion(client, ec_key())).status_code == 401


def test_introspection_tells_what_is_alive(service):
    """spec: RFC 7662 §2.2:active"""
    tokens = service.first.log_in(service.an, scope="openid email offline_access")
    told = service.first.introspect(tokens["access_token"])
    assert told["active"] is True
    assert told["client_id"] == service.first.id
    assert set(told["scope"].split()) >= {"openid", "email"}
    assert told["exp"] > time.time()
    assert service.first.introspect(tokens["refresh_token"])["active"] is True


def test_introspection_tells_nothing_to_others(service):
    """spec: RFC 7662 §4, §2.2:inactive, §2.2:audience, §2.1:token"""
    tokens = service.first.log_in(service.an, scope="openid offline_access")
    token = tokens["access_token"]
    mark = service.log_mark()
    for foreign in (token, tokens["refresh_token"]):
        assert service.second.introspect(foreign) == {"active": False}
    told = [line for line in service.log_lines("token.refused", mark) if "INTROSPECT_NOT_YOURS" in line]
    assert len(told) == 2 and all(f"client={service.second.id}" in line for line in told)
    for nonsense in ("", "x", "a.b.c", token[:-9] + ("A" if token[-9] != "A" else "B") + token[-8:]):
        answer = service.first.post("introspection_endpoint", {"token": nonsense} if nonsense else {})
        assert answer.status_code == (200 if nonsense else 400)
        if nonsense:
            assert answer.json() == {"active": False}


def test_introspection_needs_a_client(service):
    """spec: RFC 7662 §2.1:auth, §2.3"""
    answer = service.first.post("introspection_endpoint", {"token": "x"}, auth="none")
    assert answer.status_code == 401


def test_revoking_a_refresh_token_ends_the_access_tokens_too(service):
    """spec: RFC 7009 §2.1:grant SHOULD also invalidate all access tokens"""
    tokens = service.first.log_in(service.an, scope="openid offline_access")
    assert service.first.revoke(tokens["refresh_token"]).status_code == 200
    assert service.first.introspect(tokens["access_token"]) == {"active": False}
    assert service.first.userinfo(tokens["access_token"]).status_code == 401
    assert service.first.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_revoking_an_access_token_ends_it(service):
    """spec: OpenID Core §16.14"""
    tokens = service.first.log_in(service.an)
    assert service.first.revoke(tokens["access_token"], token_type_hint="access_token").status_code == 200
    assert service.first.introspect(tokens["access_token"]) == {"active": False}
    assert service.first.userinfo(tokens["access_token"]).status_code == 401


def test_revoking_nonsense_is_fine_and_others_tokens_stay(service):
    """spec: RFC 7009 §2.1:client, §2.2 invalid tokens do not cause an error"""
    assert service.first.revoke("nonsense").status_code == 200
    tokens = service.first.log_in(service.an)
    service.second.revoke(tokens["access_token"])
    assert service.first.introspect(tokens["access_token"])["active"] is True


def test_userinfo_takes_bearer_tokens_by_get_and_post(service):
    """spec: OpenID Core §5.3, RFC 6750 §2.1, §3"""
    tokens = service.first.log_in(service.an, scope="openid profile")
    one = service.first.userinfo(tokens["access_token"])
    two = service.first.userinfo(tokens["access_token"], method="post")
    assert one.status_code == two.status_code == 200
    assert one.json() == two.json()
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Bearer " + tokens["id_token"]}):
        refused = service.first.http.get(service.first.discovery["userinfo_endpoint"], headers=headers,
                                         timeout=60)
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_rotated_client_secret_overlaps(service, register):
    client = register(service, "rotates")
    old = client.secret
    client.secret = service.ctl("client", "rotate-secret", client.id, "--overlap-s", "600")["client_secret"]
    assert client.refresh("x").json()["error"] == "invalid_grant"
    client.secret = old
    assert client.refresh("x").json()["error"] == "invalid_grant"


def test_a_disabled_client_is_refused_everywhere(service, register):
    client = register(service, "disabled")
    tokens = client.log_in(service.an, scope="openid offline_access")
    service.ctl_text("--yes", "client", "disable", client.id)
    client.wait_unknown()
    assert client.refresh(tokens["refresh_token"]).status_code == 401
    assert client.userinfo(tokens["access_token"]).status_code == 401
