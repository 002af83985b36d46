"""Attacks on tokens: other clients' codes and tokens, races, bent assertions, what tokens are worth after the end."""
import base64
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
import requests
from harness.browser import Left
from harness.oidc import Attempt, b64, ec_jwk, ec_key, jwt_parts, jwt_sign_es256

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def at_once(n, call):
    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(lambda _: call(), range(n)))


def wanted(client, person, **over):
    attempt, left = client.authorize(client.browser(), person, **over)
    assert "code" in left.parameters, left.url
    return attempt, left


def test_of_many_redemptions_of_one_code_at_most_one_succeeds(service):
    """spec: RFC 6749 §4.1.2 the client MUST NOT use the code more than once"""
    client = service.first
    for _ in range(3):
        attempt, left = wanted(client, service.an, scope="openid offline_access")
        answers = at_once(6, lambda: requests.post(client.discovery["token_endpoint"],
                                                   auth=(client.id, client.secret), timeout=60, data={
            "grant_type": "authorization_code", "code": left.parameters["code"], "redirect_uri": client.redirect_uri,
            "code_verifier": attempt.verifier}))
        good = [a.json() for a in answers if a.status_code == 200]
        assert len(good) <= 1 and {a.status_code for a in answers} <= {200, 400}
        for tokens in good:
            assert client.introspect(tokens["access_token"]) == {"active": False}
            assert client.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_of_many_successors_of_one_refresh_token_one_lives_on(service):
    """spec: RFC 9700 §4.14.2"""
    client = service.first
    first = client.log_in(service.an, scope="openid offline_access")["refresh_token"]

    def use(token):
        return requests.post(client.discovery["token_endpoint"], auth=(client.id, client.secret), timeout=60,
                             data={"grant_type": "refresh_token", "refresh_token": token})
    answers = at_once(6, lambda: use(first))
    assert {a.status_code for a in answers} == {200}, "a lost answer ends nothing"
    successors = [a.json()["refresh_token"] for a in answers]
    assert len(set(successors)) == 6
    with ThreadPoolExecutor(6) as pool:
        second = list(pool.map(use, successors))
    good = [a.json()["refresh_token"] for a in second if a.status_code == 200]
    assert len(good) <= 1, "two branches of one family would hide a thief"
    for token in good + successors + [first]:
        assert use(token).json()["error"] == "invalid_grant", "the family is over"


def test_a_refresh_scope_of_nothing_is_no_scope(service):
    client = service.first
    tokens = client.log_in(service.an, scope="openid email offline_access")
    answer = client.refresh(tokens["refresh_token"], scope=" ")
    assert answer.status_code == 400 and answer.json()["error"] == "invalid_scope"
    answer = client.refresh(tokens["refresh_token"], scope="email  openid openid")
    assert answer.json()["scope"] == "email openid", "spec: RFC 6749 §3.3 scope = scope-token *( SP scope-token )"
    assert jwt_parts(answer.json()["access_token"])[1]["scope"] == "email openid"


def test_a_refresh_widens_nothing(service):
    client = service.first
    tokens = client.log_in(service.an, scope="openid email offline_access")
    for over in ({"scope": "openid profile"}, {"scope": "openid email personal_number"}, {"scope": "OPENID"},
                 {"scope": "openid\temail"}):
        answer = client.refresh(tokens["refresh_token"], **over)
        assert answer.status_code == 400 and answer.json()["error"] == "invalid_scope", over
    answer = client.refresh(tokens["refresh_token"], resource="https://evil.example/", audience="https://evil.example/")
    claims = jwt_parts(answer.json()["access_token"])[1]
    assert claims["aud"] == service.issuer and claims["client_id"] == client.id
    before = jwt_parts(tokens["id_token"])[1]
    after = jwt_parts(answer.json()["id_token"])[1]
    for name in ("sub", "aud", "auth_time", "acr", "sid", "iss"):
        assert before[name] == after[name], name


def test_a_narrowed_refresh_keeps_the_grant_as_it_was(service):
    """spec: RFC 6749 §6 the refresh token scope MUST be identical to that included by the client"""
    client = service.first
    tokens = client.log_in(service.an, scope="openid email offline_access")
    narrow = client.refresh(tokens["refresh_token"], scope="openid").json()
    assert "email" not in client.userinfo(narrow["access_token"]).json()
    wide = client.refresh(narrow["refresh_token"]).json()
    assert set(wide["scope"].split()) == {"openid", "email", "offline_access"}


def test_other_clients_end_and_learn_nothing(service):
    mine, other = service.first, service.second
    tokens = mine.log_in(service.an, scope="openid offline_access")
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert other.introspect(token) == {"active": False}
        assert other.revoke(token).status_code in (200, 400)
        assert other.refresh(token).json()["error"] == "invalid_grant"
        assert other.token({"grant_type": "authorization_code", "code": token, "redirect_uri": other.redirect_uri,
                            "code_verifier": "x" * 43}).json()["error"] == "invalid_grant"
    assert mine.introspect(tokens["access_token"])["active"]
    assert mine.refresh(tokens["refresh_token"]).status_code == 200


def test_a_handle_of_one_kind_is_none_of_another(service):
    client = service.first
    attempt, left = wanted(client, service.an, scope="openid offline_access")
    code = left.parameters["code"]
    browser = client.browser()
    session = dict((c.name, c.value) for c in (client.log_in(service.an, browser),
                                               browser.session.cookies)[1])["sso"]
    for handle in (code, session):
        assert client.refresh(handle).json()["error"] == "invalid_grant"
        assert client.introspect(handle) == {"active": False}
    assert client.token({"grant_type": "authorization_code", "code": session, "redirect_uri": client.redirect_uri,
                         "code_verifier": attempt.verifier}).json()["error"] == "invalid_grant"
    stranger = client.browser()
    stranger.session.cookies.set("sso", code)
    with pytest.raises(Left) as gone:
        stranger.open(client.url(Attempt(), prompt="none"))
    assert gone.value.parameters["error"] == "login_required"
    assert client.redeem(attempt, left).status_code == 200


def test_userinfo_takes_persons_access_tokens_only(service, register):
    client = service.first
    tokens = client.log_in(service.an, scope="openid email offline_access")
    machine = register(service, "bot", grant_types=["client_credentials"], redirect_uris=None, response_types=[],
                       post_logout_redirect_uris=None, scope="api")
    robot = machine.token({"grant_type": "client_credentials"}).json()["access_token"]
    for token, status in ((tokens["id_token"], 401), (tokens["refresh_token"], 401), (robot, 403), ("", 401),
                          ("a.b.c", 401),
                          (tokens["access_token"] + "A", 401), (tokens["access_token"] + ".", 401)):
        answer = client.userinfo(token)
        assert answer.status_code == status and "WWW-Authenticate" in answer.headers, token[:10]
        assert "sub" not in answer.text
    endpoint = client.discovery["userinfo_endpoint"]
    assert requests.get(endpoint, params={"access_token": tokens["access_token"]}, timeout=60).status_code == 401, \
        "spec: RFC 9700 §4.3.2 not in the query"
    answer = requests.post(endpoint, data={"access_token": tokens["access_token"]}, timeout=60,
                           headers={"Authorization": "Bearer " + tokens["access_token"]})
    assert answer.status_code == 400, "spec: RFC 6750 §2 MUST NOT use more than one method"
    answer = requests.post(endpoint, data=[("access_token", tokens["access_token"])] * 2, timeout=60)
    assert answer.status_code == 400


def test_tokens_of_a_disabled_client_open_nothing(service, register):
    client = register(service, "shut")
    tokens = client.log_in(service.an, scope="openid offline_access")
    attempt, left = wanted(client, service.an, scope="openid offline_access")
    service.ctl_text("--yes", "client", "disable", client.id)
    client.wait_unknown()
    assert client.userinfo(tokens["access_token"]).status_code == 401
    assert client.refresh(tokens["refresh_token"]).status_code == 401
    assert client.redeem(attempt, left).status_code == 401
    page = client.browser().open(client.url(Attempt()))
    assert page.status == 400 and page.kind == "other"


def test_tokens_of_a_closed_account_open_nothing(service):
    from harness.service import Person
    client, person = service.first, service.new_person(Person("001095008888", "Người Đóng", "1995-01-02",
                                                              "d@example.vn"))
    browser = client.browser()
    tokens = client.log_in(person, browser, scope="openid offline_access")
    attempt, left = wanted(client, person, scope="openid")
    service.identity("close", person)
    assert client.userinfo(tokens["access_token"]).status_code == 401
    assert client.introspect(tokens["access_token"]) == {"active": False}
    assert client.introspect(tokens["refresh_token"]) == {"active": False}
    assert client.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert client.redeem(attempt, left).json()["error"] == "invalid_grant"
    with pytest.raises(Left) as gone:
        browser.open(client.url(Attempt(), prompt="none"))
    assert gone.value.parameters["error"] == "login_required"


@pytest.fixture(scope="module")
def signers(service):
    from harness.world import new_client
    made = {}
    for name in ("signer-a", "signer-b"):
        key = ec_key()
        made[name] = (new_client(service, name, token_endpoint_auth_method="private_key_jwt",
                                 jwks={"keys": [ec_jwk(key, "k1")]},
                                 grant_types=["authorization_code", "client_credentials"], scope="openid api"), key)
    return made


def assertion(service, client, key, head=None, **over):
    now = int(time.time())
    claims = {"iss": client.id, "sub": client.id, "aud": service.issuer, "iat": now, "exp": now + 60,
              "jti": uuid.uuid4().hex}
    claims.update(over)
    return jwt_sign_es256(key, dict({"alg": "ES256", "kid": "k1", "typ": "JWT"}, **(head or {})),
                          {k: v for k, v in claims.items() if v is not None})


def ask(client, text, **over):
    fields = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": text}
    fields.update(over)
    return requests.post(client.discovery["token_endpoint"], data={k: v for k, v in fields.items() if v is not None},
                         timeout=60)


def test_bent_client_assertions_are_refused(service, signers):
    (a, key), (b, other) = signers["signer-a"], signers["signer-b"]
    now = int(time.time())
    assert ask(a, assertion(service, a, key)).status_code == 200
    assert ask(a, assertion(service, a, key, aud=[service.issuer])).status_code == 200
    for over in ({"aud": [service.issuer, "https://evil.example"]}, {"aud": []}, {"aud": None},
                 {"aud": service.issuer + "/"},
                 {"aud": "https://evil.example"}, {"aud": {"x": 1}}, {"iat": now + 3600}, {"nbf": now + 3600},
                 {"exp": now - 3600},
                 {"exp": now + 10**7}, {"exp": 2**62}, {"exp": 1e300}, {"exp": str(now + 60)}, {"exp": None},
                 {"exp": -1}, {"jti": None},
                 {"jti": ""}, {"jti": "j" * 300}, {"jti": 7}, {"iss": b.id}, {"sub": b.id}, {"iss": None},
                 {"iss": service.issuer}):
        answer = ask(a, assertion(service, a, key, **over))
        assert answer.status_code in (400, 401) and answer.json()["error"] == "invalid_client", (over, answer.text)
    for head in ({"alg": "none"}, {"alg": "HS256"}, {"alg": "PS256"}, {"kid": "k2"}, {"crit": ["x"]}, {"b64": False},
                 {"typ": "at+jwt"},
                 {"jwk": ec_jwk(other, "k1"), "kid": "k9"}, {"kid": 7}):
        answer = ask(a, assertion(service, a, key, head))
        assert answer.status_code == 401, (head, answer.text)
    assert ask(a, assertion(service, a, other)).status_code == 401
    assert ask(a, assertion(service, a, key), client_id=b.id).status_code == 400
    assert ask(a, assertion(service, a, key), client_assertion_type=None).status_code == 401
    assert ask(a, assertion(service, a, key), client_secret="x").status_code == 400


def test_the_same_jti_serves_once_for_each_client(service, signers):
    """spec: OpenID Core §9 jti MUST be used only once"""
    (a, key), (b, other) = signers["signer-a"], signers["signer-b"]
    jti = uuid.uuid4().hex
    text = assertion(service, a, key, jti=jti)
    answers = at_once(6, lambda: ask(a, text))
    assert sorted(x.status_code for x in answers) == [200] + [401] * 5
    assert ask(b, assertion(service, b, other, jti=jti)).status_code == 200
    assert requests.post(a.discovery["introspection_endpoint"], timeout=60, data={
        "token": "x", "client_assertion_type": ASSERTION, "client_assertion": text}).status_code == 401


def test_credentials_in_the_query_are_not_read(service):
    """spec: RFC 6749 §2.3.1 MUST NOT be included in the request URI"""
    client = service.first
    attempt, left = wanted(client, service.an)
    query = {"client_id": client.id, "client_secret": client.secret}
    fields = {"grant_type": "authorization_code", "code": left.parameters["code"], "redirect_uri": client.redirect_uri,
              "code_verifier": attempt.verifier}
    assert requests.post(client.discovery["token_endpoint"], params=query, data=fields, timeout=60).status_code == 401
    assert requests.post(client.discovery["token_endpoint"], params=fields, data=query,
                         timeout=60).status_code in (400, 401)
    assert client.redeem(attempt, left).status_code == 200


def test_odd_basic_credentials_are_refused(service):
    client, url = service.first, service.first.discovery["introspection_endpoint"]
    def head(text):
        return base64.b64encode(text.encode()).decode()
    good = head(f"{client.id}:{client.secret}")
    for value in ("Basic", "Basic ", "Basic !", "Basic " + good[:-2] + "!!", "Basic " + head(client.id),
                  "Basic " + head(":" + client.secret),
                  "Basic " + head(f"{client.id}:"), "Basic " + head(f"{client.id}:{client.secret}x"),
                  "Basic " + good + " " + good,
                  "Basic " + head(f"{client.id}:{client.secret}&client_id=second"),
                  "Basic " + head(f"%zz:{client.secret}"),
                  "Bearer " + good, "Basic " + head("first\0:" + client.secret), "Basic " + "A" * 5000, "Digest x=y",
                  ","):
        answer = requests.post(url, data={"token": "x"}, headers={"Authorization": value}, timeout=60)
        assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Basic"), value
    assert requests.post(url, data={"token": "x"}, headers={"Authorization": "bAsIc   " + good},
                         timeout=60).status_code == 200
    for body in ({"client_id": "second"}, {"client_secret": client.secret},
                 {"client_id": client.id, "client_secret": client.secret}):
        answer = requests.post(url, data=dict(body, token="x"), headers={"Authorization": "Basic " + good}, timeout=60)
        assert answer.status_code == 400, body


def test_pkce_is_not_taken_off(service, register):
    """spec: RFC 9700 §4.8.2"""
    weak = register(service, "weak", pkce_optional=True)
    attempt, left = wanted(weak, service.an, code_challenge=None, code_challenge_method=None)
    assert weak.redeem(attempt, left).json()["error"] == "invalid_grant"
    attempt, left = wanted(weak, service.an)
    assert weak.redeem(attempt, left, code_verifier=None).json()["error"] == "invalid_grant"
    assert weak.redeem(attempt, left, code_verifier="").json()["error"] == "invalid_grant"
    assert weak.redeem(attempt, left).status_code == 200
    for over in ({"code_challenge_method": "plain"}, {"code_challenge_method": None}, {"code_challenge": ""},
                 {"code_challenge": "A" * 42},
                 {"code_challenge": "A" * 44}, {"code_challenge": None}, {"code_challenge_method": "s256"}):
        for client in (service.first, weak):
            try:
                page = client.browser().open(client.url(Attempt(), **over))
            except Left as gone:
                assert gone.parameters["error"] == "invalid_request", over
            else:
                raise AssertionError((over, page.kind))


def test_a_levels_floor_is_not_lowered(service, register):
    """DESIGN.md section 2: assurance is never lowered silently"""
    client = register(service, "floor", account_level_floor=2)
    for over in ({"acr_values": "urn:authd:acr:0:1"},
                 {"claims": '{"id_token":{"acr":{"essential":true,"value":"urn:authd:acr:0:1"}}}'}):
        _, left = client.authorize(client.browser(), service.cuong, **over)
        assert left.parameters["error"] == "unmet_authentication_requirements"
    for values in (["urn:authd:acr:2:1\turn:authd:acr:0:1"], ["urn:authd:acr:9:9"], ["0"], ["urn:authd:acr:2:10"]):
        text = json.dumps({"id_token": {"acr": {"essential": True, "values": values}}})
        _, left = service.second.authorize(service.second.browser(), service.cuong, claims=text)
        assert left.parameters["error"] in ("unmet_authentication_requirements", "invalid_request"), values


def test_a_token_with_a_foreign_key_head_is_refused(service):
    client, key = service.first, ec_key()
    tokens = client.log_in(service.an)
    head, claims, signature = jwt_parts(tokens["access_token"])
    for over in ({"jwk": ec_jwk(key, head["kid"])}, {"jku": "https://evil.example/jwks"}, {"x5c": ["AAAA"]},
                 {"typ": "JWT"},
                 {"typ": None}, {"alg": "none"}, {"alg": "ES256K"}, {"kid": ""}, {"kid": "../../../etc/passwd"},
                 {"kid": "' OR 1=1 --"}):
        bent = jwt_sign_es256(key, {k: v for k, v in dict(head, **over).items() if v is not None}, claims)
        assert client.userinfo(bent).status_code == 401, over
        assert client.introspect(bent) == {"active": False}, over
        kept = b64(json.dumps(dict(head, **over)).encode()) + "." + tokens["access_token"].split(".", 1)[1]
        assert client.userinfo(kept).status_code == 401, over


def age(service, table, seconds=100000, column="expires_at", **where):
    """Moves a row's clock back, as if time had passed."""
    rule = " AND ".join(f"{k} = %s" for k in where) or "true"
    service.query(f'UPDATE "{table}" SET {column} = {column} - make_interval(secs => {seconds}) WHERE {rule}',
                  *where.values())


def test_what_is_over_is_worth_nothing(service, register):
    client = register(service, "late")
    browser, attempt = client.browser(), Attempt()
    uri = client.push(attempt).json()["request_uri"]
    age(service, "authorization_request", client_id=client.id)
    with pytest.raises(Left) as left:
        browser.open(client.discovery["authorization_endpoint"] + "?" + urlencode(
            {"client_id": client.id, "request_uri": uri, "redirect_uri": client.redirect_uri, "state": "s"}))
    assert left.value.parameters["error"] == "invalid_request_uri"
    page = browser.open(client.url(attempt))
    age(service, "login", client_id=client.id)
    assert browser.log_in(page, service.an.number, service.an.password).status == 400
    attempt, left = wanted(client, service.an, scope="openid offline_access")
    age(service, "code", client_id=client.id)
    assert client.redeem(attempt, left).json()["error"] == "invalid_grant"
    tokens = client.log_in(service.an, browser, scope="openid offline_access")
    age(service, "refresh", seconds=10**9, client_id=client.id)
    assert client.introspect(tokens["refresh_token"]) == {"active": False}
    assert client.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert client.userinfo(tokens["access_token"]).status_code == 200
    age(service, "grant", seconds=10**9, client_id=client.id)
    assert client.userinfo(tokens["access_token"]).status_code == 401
    assert client.introspect(tokens["access_token"]) == {"active": False}


@pytest.mark.parametrize("column", ["expires_at", "last_seen_at"])
def test_a_session_that_is_over_opens_nothing(service, column):
    client, browser = service.first, service.first.browser()
    client.log_in(service.an, browser)
    age(service, "session", seconds=10**7, column=column)
    with pytest.raises(Left) as left:
        browser.open(client.url(Attempt(), prompt="none"))
    assert left.value.parameters["error"] == "login_required"


def test_a_session_cookie_is_new_after_every_login(service):
    """Session fixation: what was in the browser before opens nothing afterwards"""
    client, browser = service.first, service.first.browser()
    client.log_in(service.an, browser)
    cookies = {c.name: c.value for c in browser.session.cookies}
    client.log_in(service.an, browser, prompt="login")
    assert cookies["sso"] != {c.name: c.value for c in browser.session.cookies}["sso"]
    thief = client.browser()
    thief.session.cookies.set("sso", cookies["sso"])
    thief.session.cookies.set("browser", cookies["browser"])
    with pytest.raises(Left) as left:
        thief.open(client.url(Attempt(), prompt="none"))
    assert left.value.parameters["error"] == "login_required"


def test_reuse_is_found_whatever_the_order(service):
    """spec: RFC 9700 §4.14.2; the grace serves lost answers and nobody else"""
    client = service.first
    first = client.log_in(service.an, scope="openid offline_access")["refresh_token"]
    victim = client.refresh(first).json()["refresh_token"]
    thief = client.refresh(first).json()["refresh_token"]
    assert client.refresh(thief).status_code == 200
    assert client.refresh(victim).json()["error"] == "invalid_grant", "the other branch is found out"
    assert client.refresh(thief).json()["error"] == "invalid_grant", "and both end"
    first = client.log_in(service.an, scope="openid offline_access")["refresh_token"]
    client.refresh(first)
    service.query("UPDATE refresh SET used_at = used_at - interval '61 seconds' WHERE used_at IS NOT NULL")
    assert client.refresh(first).json()["error"] == "invalid_grant", "the grace is over"
