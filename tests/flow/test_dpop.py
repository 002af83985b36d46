"""DPoP (RFC 9449): proofs, and what is bound to their keys."""
import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

import pytest
from harness.browser import Left
from harness.dpop import Key, userinfo
from harness.oidc import Attempt, jwt_parts
from harness.world import new_client

OFFLINE = "openid email offline_access"


@pytest.fixture(scope="module", autouse=True)
def registry(service):
    service.ctl_text("resource", "add", "--audience", "https://dpop.example/", "--name", "DPoP",
                     "--scopes", "dpop:read")


@pytest.fixture(scope="module")
def machine(service):
    """A client that gets tokens for itself: the shortest way to the token endpoint."""
    return new_client(service, "dpop-machine", grant_types=["client_credentials"], redirect_uris=None,
                      response_types=None, post_logout_redirect_uris=None, scope="dpop:read")


@pytest.fixture(scope="module")
def public(service):
    return new_client(service, "dpop-public", token_endpoint_auth_method="none")


def ask(client, headers):
    return client.token({"grant_type": "client_credentials"}, headers=headers)


def code_of(client, person, **over):
    attempt, left = client.authorize(client.browser(), person, **over)
    assert "code" in left.parameters, left.url
    return attempt, left


def log_in(client, person, key, scope=OFFLINE, **over):
    attempt, left = code_of(client, person, scope=scope, **over)
    answer = client.redeem(attempt, left, headers=key.at(client))
    assert answer.status_code == 200, answer.text
    return answer.json()


def is_refused(answer, error, status=400):
    assert answer.status_code == status, answer.text
    assert answer.json()["error"] == error, answer.text
    return answer


# -- proofs that are refused -------------------------------------------------------------------

BENT = {
    "another method": {"htm": "GET"},
    "method in lower case": {"htm": "post"},
    "another host": {"htu": "https://other.example/token"},
    "another path": {"path": "/userinfo"},
    "no htu": {"htu": None},
    "no htm": {"htm": None},
    "no jti": {"jti": None},
    "empty jti": {"jti": ""},
    "jti is a number": {"jti": 7},
    "long jti": {"jti": "j" * 257},
    "no iat": {"iat": None},
    "iat is a text": {"iat": "1700000000"},
    "too old": {"age": 75},
    "from the future": {"age": -40},
    "expired by itself": {"exp": 1000},
    "not valid yet": {"nbf": 99999999999},
    "nonce is a number": {"nonce": 7},
    "type JWT": {"header": {"typ": "JWT"}},
    "type at+jwt": {"header": {"typ": "at+jwt"}},
    "no type": {"header": {"typ": None}},
    "alg none": {"header": {"alg": "none"}},
    "alg HS256": {"header": {"alg": "HS256"}},
    "alg of another key type": {"header": {"alg": "PS256"}},
    "no jwk": {"header": {"jwk": None}},
    "jwk is a text": {"header": {"jwk": "key"}},
    "symmetric jwk": {"header": {"jwk": {"kty": "oct", "k": "AAAA"}}},
    "jwk of another key": {"header": {"jwk": Key().jwk}},
    "critical extension": {"header": {"crit": ["exp"]}},
}


@pytest.mark.parametrize("bent", BENT.values(), ids=BENT.keys())
def test_a_bad_proof_is_refused(machine, bent):
    """spec: RFC 9449 §5:proof, §4.3:jwt, §4.3:typ, §4.3:alg, §4.3:signature, §4.3:jwk, §4.3:htm, §4.3:htu, §4.3:iat,
    §11.1:window"""
    bent = dict(bent)
    if "age" in bent:
        bent["iat"] = int(time.time()) - bent.pop("age")
    if "path" in bent:
        bent["htu"] = machine.service.issuer + bent.pop("path")
    is_refused(ask(machine, Key().at(machine, **bent)), "invalid_dpop_proof")


def test_what_is_no_proof_is_refused(machine):
    proof = Key().at(machine)["DPoP"]
    for text in ("", "x", "a.b.c", proof + ".", proof[:-3], proof + "AAAA", proof + "," + proof, "x" * 8000):
        is_refused(ask(machine, {"DPoP": text}), "invalid_dpop_proof")


def test_a_private_key_in_the_proof_is_refused(machine):
    """spec: RFC 9449 §4.3:jwk"""
    key = Key()
    answer = ask(machine, key.at(machine, header={"jwk": key.private_jwk()}))
    assert "private" in is_refused(answer, "invalid_dpop_proof").json()["error_description"]


def test_rs256_is_refused(machine):
    """spec: RFC 9449 §4.3:alg"""
    is_refused(ask(machine, Key("RS256").at(machine)), "invalid_dpop_proof")


def test_two_proofs_are_refused(machine):
    """spec: RFC 9449 §4.3:one"""
    url = urlsplit(machine.discovery["token_endpoint"])
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    poster = new_client(machine.service, "dpop-poster", grant_types=["client_credentials"],
                        redirect_uris=None, response_types=None, post_logout_redirect_uris=None,
                        scope="dpop:read", token_endpoint_auth_method="client_secret_post")
    body = urlencode({"grant_type": "client_credentials", "client_id": poster.id,
                      "client_secret": poster.secret})
    connection.putrequest("POST", url.path)
    connection.putheader("Content-Type", "application/x-www-form-urlencoded")
    connection.putheader("Content-Length", str(len(body)))
    for _ in range(2):
        connection.putheader("DPoP", Key().at(machine)["DPoP"])
    connection.endheaders(body.encode())
    answer = connection.getresponse()
    assert answer.status == 400 and b"invalid_dpop_proof" in answer.read()


def test_a_proof_is_used_once(machine):
    """spec: RFC 9449 §11.1:replay"""
    key = Key()
    headers = key.at(machine)
    assert ask(machine, headers).status_code == 200
    is_refused(ask(machine, headers), "invalid_dpop_proof")
    # another proof of the same key with the same jti is the same proof
    is_refused(ask(machine, key.at(machine, jti=jwt_parts(headers["DPoP"])[1]["jti"])), "invalid_dpop_proof")
    # another key's jti is another
    assert ask(machine, Key().at(machine, jti=jwt_parts(headers["DPoP"])[1]["jti"])).status_code == 200


def test_of_one_proof_shown_many_times_at_once_one_wins(machine):
    """spec: RFC 9449 §11.1:replay"""
    headers = Key().at(machine)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(machine, headers).status_code, range(8)))
    assert sorted(answers) == [200] + [400] * 7


def test_strangers_do_not_make_us_write(service, public):
    """A proof costs nothing to make: it is used up only once everything else was judged."""
    before = service.query("SELECT count(*) FROM replay")[0][0]
    for _ in range(3):
        answer = public.token({"grant_type": "authorization_code", "code": "x" * 46, "code_verifier": "v" * 43,
                               "redirect_uri": public.redirect_uri}, headers=Key().at(public))
        is_refused(answer, "invalid_grant")
    assert service.query("SELECT count(*) FROM replay")[0][0] == before


# -- proofs that are good -----------------------------------------------------------------------

def test_discovery_names_the_algorithms(service):
    """spec: RFC 9449 §5.1"""
    assert service.first.discovery["dpop_signing_alg_values_supported"] == ["ES256", "EdDSA", "PS256"]


@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "PS256"])
def test_a_token_is_bound_to_the_key_of_the_proof(service, machine, alg):
    """spec: RFC 9449 §5:type, §6.1, §6.2"""
    key = Key(alg)
    tokens = ask(machine, key.at(machine)).json()
    assert tokens["token_type"] == "DPoP"
    assert jwt_parts(tokens["access_token"])[1]["cnf"] == {"jkt": key.jkt}
    seen = machine.introspect(tokens["access_token"])
    assert seen["active"] and seen["token_type"] == "DPoP" and seen["cnf"] == {"jkt": key.jkt}


def test_without_a_proof_tokens_are_bearer_tokens(machine):
    tokens = ask(machine, None).json()
    assert tokens["token_type"] == "Bearer" and "cnf" not in jwt_parts(tokens["access_token"])[1]


def test_htu_is_compared_in_normal_form(machine):
    """spec: RFC 9449 §4.3:htu"""
    port = urlsplit(machine.service.issuer).port
    for htu in (f"HTTP://LOCALHOST:{port}/token", f"http://localhost:{port}/%74oken",
                f"http://localhost:{port}/a/../token", f"http://localhost:{port}/token?x=1#y"):
        assert ask(machine, Key().at(machine, htu=htu)).status_code == 200, htu
    for htu in (f"http://localhost:{port}/Token", f"http://localhost:{port}/token/", "/token",
                f"http://localhost:{port + 1}/token", f"http://x@localhost:{port}/token",
                f"https://localhost:{port}/token", f"http://localhost:{port}//token"):
        is_refused(ask(machine, Key().at(machine, htu=htu)), "invalid_dpop_proof")


# -- what is bound --------------------------------------------------------------------------------

def test_a_code_bound_by_dpop_jkt_needs_its_key(service, public):
    """spec: RFC 9449 §10, §10:code"""
    for client in (service.first, public):
        key = Key()
        attempt, left = code_of(client, service.an, scope=OFFLINE, dpop_jkt=key.jkt)
        is_refused(client.redeem(attempt, left), "invalid_dpop_proof")
        is_refused(client.redeem(attempt, left, headers=Key().at(client)), "invalid_grant")
        answer = client.redeem(attempt, left, headers=key.at(client))  # refusals use nothing up
        assert answer.status_code == 200, answer.text
        assert jwt_parts(answer.json()["access_token"])[1]["cnf"] == {"jkt": key.jkt}


@pytest.mark.parametrize("jkt", ["x", "A" * 42, "A" * 44, "!" * 43, "A" * 42 + "B"])
def test_a_dpop_jkt_that_is_no_thumbprint_is_refused(service, jkt):
    _, left = service.first.authorize(service.first.browser(), service.an, dpop_jkt=jkt)
    assert left.parameters["error"] == "invalid_request", left.url
    is_refused(service.first.push(Attempt(), dpop_jkt=jkt), "invalid_request")


def pushed_code(client, person, attempt, pushed):
    assert pushed.status_code == 201, pushed.text
    browser = client.browser()
    url = client.discovery["authorization_endpoint"] + "?" + urlencode(
        {"client_id": client.id, "request_uri": pushed.json()["request_uri"]})
    try:
        return browser.finish(browser.open(url), person)
    except Left as left:
        return left


def test_a_proof_with_a_pushed_request_binds_the_code(service, public):
    """spec: RFC 9449 §10.1"""
    par = "pushed_authorization_request_endpoint"
    for client in (service.first, public):
        key, attempt = Key(), Attempt()
        left = pushed_code(client, service.an, attempt, client.push(attempt, headers=key.at(client, par)))
        is_refused(client.redeem(attempt, left, headers=Key().at(client)), "invalid_grant")
        is_refused(client.redeem(attempt, left), "invalid_dpop_proof")
        assert client.redeem(attempt, left, headers=key.at(client)).status_code == 200


def test_a_pushed_request_with_two_keys_is_refused(service):
    """spec: RFC 9449 §10.1"""
    client, key, par = service.first, Key(), "pushed_authorization_request_endpoint"
    is_refused(client.push(Attempt(), headers=key.at(client, par), dpop_jkt=Key().jkt), "invalid_request")
    is_refused(client.push(Attempt(), headers=key.at(client)), "invalid_dpop_proof")  # htu of /token
    headers = key.at(client, par)
    assert client.push(Attempt(), headers=headers, dpop_jkt=key.jkt).status_code == 201
    is_refused(client.push(Attempt(), headers=headers), "invalid_dpop_proof")


def test_a_refresh_token_of_a_public_client_is_bound_to_its_key(service, public):
    """spec: RFC 9449 §5:public"""
    key = Key()
    token = log_in(public, service.an, key)["refresh_token"]
    is_refused(public.refresh(token), "invalid_dpop_proof")  # no way back to bearer tokens
    is_refused(public.refresh(token, headers=Key().at(public)), "invalid_grant")
    second = public.refresh(token, headers=key.at(public))
    assert second.status_code == 200 and second.json()["token_type"] == "DPoP", second.text
    assert jwt_parts(second.json()["access_token"])[1]["cnf"] == {"jkt": key.jkt}
    is_refused(public.refresh(second.json()["refresh_token"], headers=Key().at(public)), "invalid_grant")
    assert public.refresh(second.json()["refresh_token"], headers=key.at(public)).status_code == 200


def test_a_client_that_authenticates_may_change_its_key_but_not_go_back_to_bearer(service):
    """spec: RFC 9449 §5:public its refresh tokens are bound to the client already"""
    client, key = service.first, Key()
    first = log_in(client, service.an, key)
    token = first["refresh_token"]
    is_refused(client.refresh(token), "invalid_dpop_proof")
    other = Key()
    second = client.refresh(token, headers=other.at(client))
    assert second.status_code == 200 and second.json()["token_type"] == "DPoP", second.text
    assert jwt_parts(second.json()["access_token"])[1]["cnf"] == {"jkt": other.jkt}
    is_refused(client.refresh(second.json().get("refresh_token", token)), "invalid_dpop_proof")


def test_a_bound_refresh_token_of_a_client_that_authenticates_stays(service):
    """DESIGN.md section 7, FAPI 2.0 §5.3.2.1: no rotation, so a lost answer costs nothing."""
    client = service.first
    tokens = log_in(client, service.an, Key())
    for _ in range(3):
        answer = client.refresh(tokens["refresh_token"], headers=Key().at(client))
        assert answer.status_code == 200 and "refresh_token" not in answer.json(), answer.text
    with ThreadPoolExecutor(4) as pool:
        proofs = [Key().at(client) for _ in range(8)]
        many = list(pool.map(lambda h: client.refresh(tokens["refresh_token"], headers=h).status_code, proofs))
    assert many == [200] * 8
    is_refused(service.second.refresh(tokens["refresh_token"], headers=Key().at(service.second)), "invalid_grant")
    seen = client.introspect(tokens["refresh_token"])
    assert seen["active"] and "cnf" not in seen
    client.revoke(tokens["refresh_token"])
    is_refused(client.refresh(tokens["refresh_token"], headers=Key().at(client)), "invalid_grant")


def test_a_token_that_stays_supersedes_the_one_it_replaced(service):
    client = service.first
    bearer = client.log_in(service.an, scope=OFFLINE)["refresh_token"]
    lost = client.refresh(bearer, headers=Key().at(client)).json()["refresh_token"]
    kept = client.refresh(bearer, headers=Key().at(client)).json()["refresh_token"]
    assert client.refresh(kept, headers=Key().at(client)).status_code == 200
    assert client.refresh(kept, headers=Key().at(client)).status_code == 200
    is_refused(client.refresh(lost, headers=Key().at(client)), "invalid_grant")  # reuse: the family ends
    is_refused(client.refresh(kept, headers=Key().at(client)), "invalid_grant")


def test_a_bearer_chain_becomes_bound_by_the_first_proof(service, public):
    for client in (service.first, public):
        token = client.log_in(service.an, scope=OFFLINE)["refresh_token"]
        bound = client.refresh(token, headers=Key().at(client)).json()
        assert bound["token_type"] == "DPoP"
        is_refused(client.refresh(bound["refresh_token"]), "invalid_dpop_proof")


def test_a_client_registered_for_bound_tokens_always_needs_a_proof(service):
    """spec: RFC 9449 §5.2"""
    client = new_client(service, "dpop-bound", dpop_bound_access_tokens=True, scope=OFFLINE + " dpop:read",
                        grant_types=["authorization_code", "refresh_token", "client_credentials"])
    is_refused(client.token({"grant_type": "client_credentials", "scope": "dpop:read"}), "invalid_dpop_proof")
    attempt, left = code_of(client, service.an)
    is_refused(client.redeem(attempt, left), "invalid_dpop_proof")
    key = Key()
    tokens = client.redeem(attempt, left, headers=key.at(client)).json()
    assert tokens["token_type"] == "DPoP"
    assert ask(client, key.at(client)).json()["token_type"] == "DPoP"


# -- userinfo ----------------------------------------------------------------------------------------

def challenge(answer, error):
    assert answer.status_code == 401, (answer.status_code, answer.text)
    text = answer.headers["WWW-Authenticate"]
    assert f'error="{error}"' in text and text.startswith("DPoP "), text
    assert 'algs="ES256 EdDSA PS256"' in text


def test_userinfo_takes_a_bound_token_with_its_proof_only(service):
    """spec: RFC 9449 §7.1:bound, §7.1:challenge, §7.2:bearer, §4.3:ath"""
    client, key = service.first, Key()
    token = log_in(client, service.an, key)["access_token"]
    challenge(client.userinfo(token), "invalid_token")
    url = client.discovery["userinfo_endpoint"]
    challenge(client.http.post(url, data={"access_token": token}, timeout=60), "invalid_token")
    challenge(client.http.get(url, headers={"Authorization": "DPoP " + token}, timeout=60),
              "invalid_dpop_proof")
    challenge(userinfo(client, token, Key()), "invalid_token")
    for bent in ({"ath": None}, {"ath": Key().jkt}, {"htm": "POST"}, {"iat": int(time.time()) - 100},
                 {"htu": client.discovery["token_endpoint"]}):
        challenge(userinfo(client, token, key, **bent), "invalid_dpop_proof")
    for method in ("GET", "POST"):
        answer = userinfo(client, token, key, method=method)
        assert answer.status_code == 200 and answer.json()["email"] == service.an.email, answer.text
    released = "SELECT count(*) FROM audit WHERE event = 'userinfo' AND outcome = 'ok'"
    assert userinfo(client, token, key, jti="once").status_code == 200
    before = service.query(released)[0][0]
    challenge(userinfo(client, token, key, jti="once"), "invalid_dpop_proof")
    assert service.query(released)[0][0] == before


def test_userinfo_refuses_a_proof_with_a_token_that_is_not_bound(service):
    client = service.first
    token = client.log_in(service.an)["access_token"]
    challenge(userinfo(client, token, Key()), "invalid_token")
    url = client.discovery["userinfo_endpoint"]
    headers = {"Authorization": "Bearer " + token, "DPoP": Key().proof("GET", url, token)}
    answer = client.http.get(url, headers=headers, timeout=60)
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert client.userinfo(token).status_code == 200


def test_without_a_token_userinfo_names_both_schemes(service):
    answer = service.first.http.get(service.first.discovery["userinfo_endpoint"], timeout=60)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == \
        'Bearer realm="authd", DPoP realm="authd", algs="ES256 EdDSA PS256"'


# -- nonces --------------------------------------------------------------------------------------------

def test_where_nonces_are_demanded_a_proof_needs_a_fresh_one(make_service):
    """spec: RFC 9449 §8:header, §8.2, §9"""
    service = make_service({"dpop": {"nonce": True}})
    client, key = service.first, Key()
    par = "pushed_authorization_request_endpoint"
    first = is_refused(client.push(Attempt(), headers=key.at(client, par)), "use_dpop_nonce")
    nonce = first.headers["DPoP-Nonce"]
    assert "no-store" in first.headers["Cache-Control"]
    assert "DPoP-Nonce" in first.headers["Access-Control-Expose-Headers"]  # for apps in browsers
    is_refused(client.push(Attempt(), headers=key.at(client, par, nonce="x" * 22)), "use_dpop_nonce")
    assert client.push(Attempt(), headers=key.at(client, par, nonce=nonce)).status_code == 201
    attempt, left = code_of(client, service.an)
    is_refused(client.redeem(attempt, left, headers=key.at(client)), "use_dpop_nonce")
    answer = client.redeem(attempt, left, headers=key.at(client, nonce=nonce))
    assert answer.status_code == 200 and answer.headers["DPoP-Nonce"]
    token = answer.json()["access_token"]
    refused = userinfo(client, token, key)
    challenge(refused, "use_dpop_nonce")
    assert userinfo(client, token, key, nonce=refused.headers["DPoP-Nonce"]).status_code == 200
    # clients without DPoP hear nothing of it
    assert "DPoP-Nonce" not in client.redeem(*code_of(client, service.an)).headers


def test_where_none_are_demanded_a_nonce_makes_no_difference(machine):
    answer = ask(machine, Key().at(machine, nonce="of another server"))
    assert answer.status_code == 200 and "DPoP-Nonce" not in answer.headers
