"""The demo portals' API as other services meet it: which tokens it takes, and when it wants a fresh login."""
import hashlib
import secrets
import time

import requests
from harness.oidc import b64, ec_jwk, ec_key, jwt_sign_es256
from harness.portal import SCOPE, settings


def api(town, token, method="get", scheme="Bearer", **other):
    headers = dict(other.pop("headers", {}), **({"Authorization": f"{scheme} {token}"} if token else {}))
    return requests.request(method, town.api.url + "/records", headers=headers, timeout=60, **other)


def write(town, token, kind="residence", key=None):
    return api(town, token, "post", json={"kind": kind, "subject": "x"},
               headers={"Idempotency-Key": key or secrets.token_hex(8)})


def test_the_api_tells_who_brings_no_token_what_it_needs(town):
    answer = api(town, None)
    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ") and 'scope="records.read"' in challenge
    assert ', DPoP ' in challenge and "algs=" in challenge
    assert "error=" not in challenge, "RFC 6750 3.1: no error without authentication information"
    metadata = requests.get(town.api.url + "/.well-known/oauth-protected-resource", timeout=60).json()
    assert metadata["resource"] == town.api.url
    assert metadata["authorization_servers"] == [town.residence.settings["ISSUER"]]


def test_the_api_refuses_tokens_that_are_not_for_it(town, service):
    """Another audience, a changed one, an ID token, nonsense."""
    other = service.first.log_in(service.an)
    good = town.residence_client.log_in(service.an, scope=SCOPE)["access_token"]
    head, body, signature = good.split(".")
    for bad in (other["access_token"], other["id_token"], f"{head}.{body}.{signature[::-1]}", f"{head}.{body}.",
                "x", "a.b.c"):
        for answer in (api(town, bad), write(town, bad)):
            assert answer.status_code == 401, bad
            assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert api(town, good).status_code == 200


def test_the_api_refuses_a_scope_the_citizen_did_not_give(town, service):
    token = town.residence_client.log_in(service.an, scope="openid records.read")["access_token"]
    assert api(town, token).status_code == 200
    answer = write(town, token)
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    assert 'scope="records.write"' in answer.headers["WWW-Authenticate"]


def test_the_api_asks_before_it_writes_whether_a_token_still_holds(town, service):
    token = town.residence_client.log_in(service.an, scope=SCOPE)["access_token"]
    assert write(town, token).status_code == 201
    assert town.residence_client.revoke(token).status_code == 200
    answer = write(town, token)
    assert answer.status_code == 401 and 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_what_is_sent_twice_is_filed_once(town, service):
    token = town.residence_client.log_in(service.binh, scope=SCOPE)["access_token"]
    receipts = {write(town, token, key="same").json()["receipt"] for _ in range(2)}
    assert len(receipts) == 1
    assert [r["receipt"] for r in api(town, token).json()["records"]] == list(receipts)
    for bad in ("{", "[]", '{"kind":"other","subject":"x"}', '{"kind":"residence"}', "\xff"):
        assert api(town, token, "post", data=bad, headers={"Idempotency-Key": "k"}).status_code == 400


def test_the_api_demands_a_fresh_login_for_what_has_legal_weight(town, service, portal):
    """RFC 9470: the challenge says how fresh and how strong."""
    strict = portal(SERVICE="records").start(**settings(service, town.api_client, AUDIENCE=town.api.url,
                                                        SUBMIT_MAX_AGE_S="1", SUBMIT_AUTH_LEVEL="2"))
    token = town.business_client.log_in(service.an, scope=SCOPE)["access_token"]

    def filed(kind):
        return requests.post(strict.url + "/records", json={"kind": kind, "subject": "x"}, timeout=60,
                             headers={"Authorization": "Bearer " + token, "Idempotency-Key": "k"})
    answer = filed("business")
    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_user_authentication"' in challenge and 'max_age="1"' in challenge
    assert 'acr_values="urn:authd:acr:1:2 ' in challenge
    assert filed("residence").status_code == 201


def test_a_stolen_token_is_useless_without_the_portals_key(town, service, portal):
    """RFC 9449: the portal's tokens are bound by default; the API takes them with a fresh proof of this request only."""
    key = ec_key()
    jwk = {k: v for k, v in ec_jwk(key, "x").items() if k in ("kty", "crv", "x", "y")}

    def proof(method="GET", path="/records", signer=key, token=None, **claims):
        head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}
        body = dict({"htm": method, "htu": town.api.url + path, "iat": int(time.time()), "jti": secrets.token_hex(8)},
                    **claims)
        if token:
            body["ath"] = b64(hashlib.sha256(token.encode()).digest())
        return jwt_sign_es256(signer, head, body)
    client = town.residence_client
    attempt, left = client.authorize(client.browser(), service.an, scope=SCOPE)
    fields = {"grant_type": "authorization_code", "code": left.parameters["code"],
              "redirect_uri": client.redirect_uri, "code_verifier": attempt.verifier}
    endpoint = client.discovery["token_endpoint"]
    answer = client.token(fields, headers={"DPoP": jwt_sign_es256(
        key, {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk},
        {"htm": "POST", "htu": endpoint, "iat": int(time.time()), "jti": secrets.token_hex(8)})})
    if answer.status_code == 400 and answer.json()["error"] == "use_dpop_nonce":
        answer = client.token(fields, headers={"DPoP": jwt_sign_es256(
            key, {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk},
            {"htm": "POST", "htu": endpoint, "iat": int(time.time()), "jti": secrets.token_hex(8),
             "nonce": answer.headers["DPoP-Nonce"]})})
    assert answer.json()["token_type"] == "DPoP", answer.text
    token = answer.json()["access_token"]

    def asked(headers, scheme="DPoP"):
        answer = api(town, token, scheme=scheme, headers=headers)
        return answer.status_code, answer.headers.get("WWW-Authenticate", "")
    good = proof(token=token)
    assert asked({"DPoP": good})[0] == 200
    for bad in ({}, {"DPoP": good}, {"DPoP": proof("POST", token=token)}, {"DPoP": proof(path="/x", token=token)},
                {"DPoP": proof()}, {"DPoP": proof(token=token, iat=int(time.time()) - 900)},
                {"DPoP": proof(token=token, signer=ec_key())}):
        status, challenge = asked(bad)
        assert status == 401 and 'error="invalid_dpop_proof"' in challenge and challenge.startswith("DPoP "), bad
    status, challenge = asked({}, scheme="Bearer")
    assert status == 401 and 'Bearer error="invalid_token"' in challenge
