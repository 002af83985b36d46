"""Clients that register a jwks_uri: the courier fetches, the token endpoint waits for it a moment."""
import time

import pytest
from harness.oidc import b64, ec_jwk, ec_key, jwt_sign_es256
from harness.publisher import Publisher
from harness.world import new_client


@pytest.fixture
def publisher():
    made = Publisher()
    yield made
    made.close()


def new(service, name, url):
    return new_client(service, name, token_endpoint_auth_method="private_key_jwt", jwks_uri=url,
                      grant_types=["client_credentials"], redirect_uris=None, response_types=None,
                      post_logout_redirect_uris=None, scope="registry:read")


def ask(client, key, kid):
    """A token by an assertion with this key."""
    now = int(time.time())
    claims = {"iss": client.id, "sub": client.id, "aud": client.service.issuer, "iat": now,
              "exp": now + 60, "jti": b64(str(time.time_ns()).encode())}
    token = jwt_sign_es256(key, {"alg": "ES256", "kid": kid, "typ": "JWT"}, claims)
    return client.http.post(client.discovery["token_endpoint"], timeout=60, data={
        "grant_type": "client_credentials", "client_assertion": token,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"})


def row(service, client, columns):
    return service.query(f"SELECT {columns} FROM client_keys WHERE client_id = %s", client.id)[0]


def wait_row(service, client, condition, seconds=60):
    end = time.monotonic() + seconds
    while not row(service, client, condition)[0]:
        assert time.monotonic() < end, row(service, client, "*")
        time.sleep(0.05)


def forget_cooldown(service, client):
    service.query("UPDATE client_keys SET wanted_at = wanted_at - interval '61 s', "
                  "tried_at = tried_at - interval '61 s', settled_at = settled_at - interval '61 s' "
                  "WHERE client_id = %s RETURNING 1", client.id)


@pytest.fixture(scope="module", autouse=True)
def registry(service):
    service.ctl_text("resource", "add", "--audience", "https://registry.example/", "--name", "Registry",
                     "--scopes", "registry:read registry:write")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254"])
def test_keys_are_not_fetched_from_an_address_that_is_not_public(make_service, publisher, host):
    service = make_service({"development": {"courier_loopback": False}})
    key = ec_key()
    publisher.publish(ec_jwk(key, "k1"))
    client = new(service, "inside", publisher.url.replace("http://127.0.0.1", "https://" + host))
    answer = ask(client, key, "k1")
    assert answer.status_code == 401 and answer.json()["error"] == "invalid_client"
    wait_row(service, client, "failures > 0")
    assert "guard" in row(service, client, "last_error")[0]
    assert not publisher.asked


@pytest.mark.parametrize("spoil", [
    {"status": 302, "headers": {"Location": "/elsewhere"}}, {"status": 404}, {"body": b"<html>"},
    {"body": b'{"keys":[]}'}, {"body": b'{"keys":[' + b" " * 65536 + b"]}"},
    {"body": b'{"keys":[{"kty":"oct","k":"AAAA","alg":"HS256"}]}'},
], ids=str)
def test_what_is_no_key_set_is_not_taken_for_one(service, publisher, spoil):
    name = "spoilt" + str(abs(hash(str(spoil))) % 10**9)
    for member, value in spoil.items():
        setattr(publisher, member, value)
    client = new(service, name, publisher.url)
    answer = ask(client, ec_key(), "k1")
    assert answer.status_code == 401 and answer.json()["error"] == "invalid_client"
    wait_row(service, client, "failures > 0")
    assert row(service, client, "jwks")[0] is None and row(service, client, "last_error")[0]


def test_an_address_that_hangs_is_not_waited_for_long(service, publisher):
    publisher.gate.clear()
    client = new(service, "hangs", publisher.url)
    answer = ask(client, ec_key(), "k1")  # answered while the address still hangs
    assert answer.status_code == 401 and "being fetched" in answer.json()["error_description"]
    publisher.gate.set()


def test_a_stranger_does_not_make_us_fetch_again_and_again(service, publisher):
    publisher.publish(ec_jwk(ec_key(), "k1"))
    client = new(service, "pestered", publisher.url)
    wait_row(service, client, "fetched_at IS NOT NULL")
    for number in range(5):
        answer = ask(client, ec_key(), f"unknown{number}")
        assert answer.status_code == 401 and "not registered" in answer.json()["error_description"]
    assert publisher.asked == 2, "once when it was registered, once for the first unknown key"


def test_the_first_request_works(service, publisher):
    key = ec_key()
    publisher.publish(ec_jwk(key, "k1"))
    client = new(service, "fresh", publisher.url)
    assert ask(client, key, "k1").status_code == 200


def test_the_first_request_works_although_the_address_was_away_when_it_was_registered(service, publisher):
    key = ec_key()
    publisher.status = 503
    client = new(service, "late", publisher.url)
    wait_row(service, client, "failures > 0")
    publisher.status = 200
    publisher.publish(ec_jwk(key, "k1"))
    assert ask(client, key, "k1").status_code == 200


def test_a_rotated_key_works_at_once_and_the_old_one_no_more(service, publisher):
    """spec: OpenID Core §10.1.1"""
    old, key = ec_key(), ec_key()
    publisher.publish(ec_jwk(old, "k1"))
    client = new(service, "rotates-keys", publisher.url)
    wait_row(service, client, "fetched_at IS NOT NULL")
    assert ask(client, old, "k1").status_code == 200
    publisher.publish(ec_jwk(key, "k2"))
    assert ask(client, key, "k2").status_code == 200
    assert ask(client, old, "k1").status_code == 401
    told = service.query("SELECT detail FROM audit WHERE event = 'client.keys_fetched' AND client_id = %s "
                         "ORDER BY at", client.id)
    assert len(told) == 2, "every change of a client's keys is in the audit"


def test_an_address_that_is_away_leaves_the_keys_at_hand(service, publisher):
    key = ec_key()
    publisher.publish(ec_jwk(key, "k1"))
    client = new(service, "away", publisher.url)
    assert ask(client, key, "k1").status_code == 200
    forget_cooldown(service, client)
    publisher.status = 500
    assert ask(client, ec_key(), "k2").status_code == 401
    wait_row(service, client, "failures > 0")
    assert ask(client, key, "k1").status_code == 200


def test_the_maximum_age_is_respected_within_bounds(service, publisher):
    publisher.publish(ec_jwk(ec_key(), "k1"))
    for name, said, expected in (("age-none", "max-age=0", 300), ("age-some", "public, max-age=7200", 7200),
                                 ("age-much", "max-age=99999999", 86400)):
        publisher.headers = {"Cache-Control": said}
        client = new(service, name, publisher.url)
        wait_row(service, client, "fetched_at IS NOT NULL")
        left, = row(service, client, "extract(epoch FROM next_fetch_at - fetched_at)::float")
        assert abs(left - expected) < 2


def test_keys_are_fetched_again_when_they_are_due(service, publisher):
    old, key = ec_key(), ec_key()
    publisher.publish(ec_jwk(old, "k1"))
    client = new(service, "due", publisher.url)
    wait_row(service, client, "fetched_at IS NOT NULL")
    publisher.publish(ec_jwk(key, "k2"))
    service.query("UPDATE client_keys SET next_fetch_at = now() WHERE client_id = %s RETURNING 1", client.id)
    service.query("SELECT pg_notify('authd_client_keys', '')")
    wait_row(service, client, "jwks LIKE '%%k2%%'")
    assert ask(client, old, "k1").status_code == 401


def test_another_address_makes_the_keys_of_the_old_one_worthless(service, publisher):
    old, key = ec_key(), ec_key()
    publisher.publish(ec_jwk(old, "k1"))
    client = new(service, "moves", publisher.url)
    assert ask(client, old, "k1").status_code == 200
    publisher.publish(ec_jwk(key, "k1"))
    service.ctl("client", "update", client.id, "--json", "-", stdin={"jwks_uri": publisher.url + "2"})
    assert ask(client, old, "k1").status_code == 401
    assert ask(client, key, "k1").status_code == 200
