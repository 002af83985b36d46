"""libeid against the real provider: what it does by itself (pushed requests, bound tokens, assertions), and what it
says when the registration and the configuration differ."""
import json
import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest
from harness.browser import Left
from harness.oidc import jwt_parts
from harness.world import new_client

SCOPE, TOKEN_AUTH, PAR, DPOP = 2, 7, 25, 27


class Portal:
    """A program that links libeid; see tests/flow/programs/eid_portal.c."""

    def __init__(self, service, client, secret=None, key="", redirect_uri=None, issuer=None, **options):
        numbers = {"scope": SCOPE, "token_auth": TOKEN_AUTH, "par": PAR, "dpop": DPOP}
        secret = client.secret if secret is None else secret
        self.service, self.client = service, client
        self.process = subprocess.Popen(
            [service.build + "/eid_portal", issuer or service.issuer, client.id,
             redirect_uri or client.redirect_uri, service.ca_file or "", secret or "", str(key)] +
            [f"{numbers[name]}={value}" for name, value in options.items()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *fields):
        self.process.stdin.write("\t".join(fields) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n").split("\t")

    def log_in(self, person):
        begun = self.ask("begin")
        assert begun[0] == "EID_OK", begun
        _, url, transaction = begun
        browser = self.client.browser()
        try:
            page = browser.open(url)
        except Left as left:
            outcome = left
        else:
            outcome = browser.finish(page, person)
        return self.ask("finish", outcome.url, transaction), url, transaction

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(10) == 0


@pytest.fixture
def portal(service):
    opened = []

    def open_portal(*arguments, **options):
        opened.append(Portal(service, *arguments, **options))
        return opened[-1]
    yield open_portal
    for one in opened:
        one.close()


def new_key(service, path):
    """A key that libeid made, kept in path; its public half as a key set."""
    made = subprocess.run([service.build + "/eid_portal", "key"], capture_output=True, text=True,
                          check=True, timeout=60).stdout
    jwks, pem = made.split("\n", 1)
    path.write_text(pem)
    return json.loads(jwks)


@pytest.fixture(scope="module")
def with_key(service, tmp_path_factory):
    """A client that authenticates with a key, and the file of that key."""
    path = tmp_path_factory.mktemp("eid") / "key.pem"
    client = new_client(service, "eid-key", token_endpoint_auth_method="private_key_jwt",
                        jwks=new_key(service, path), require_pushed_authorization_requests=True)
    return client, path


# -- what does not fit is refused with its cure -------------------------------------------------

def test_a_wrong_secret_is_told(portal, service):
    code, detail = portal(service.first, secret="x" * 43).ask("begin")
    assert code == "EID_CLIENT_REFUSED"
    assert service.issuer in detail and '"first"' in detail, detail


def test_an_unknown_client_is_told(portal, service):
    client = new_client(service, "eid-gone")
    client.id = "nobody"
    code, detail = portal(client).ask("begin")
    assert code == "EID_CLIENT_REFUSED" and '"nobody" is unknown' in detail, detail


def test_a_redirect_uri_that_is_not_registered_is_told_with_those_that_are(portal, service):
    code, detail = portal(service.first, redirect_uri="https://portal.example/callback").ask("begin")
    assert code == "EID_REQUEST_REFUSED"
    assert service.first.redirect_uri in detail, detail


def test_another_issuer_is_told(portal, service):
    code, detail = portal(service.first, issuer=service.issuer + "/").ask("begin")
    assert code == "EID_ISSUER_MISMATCH"
    assert f'the provider\'s issuer is "{service.issuer}", you configured "{service.issuer}/"' in detail


def test_a_secret_is_not_sent_where_a_key_was_registered(portal, service, with_key):
    client, _ = with_key
    code, detail = portal(client, secret="x" * 43).ask("begin")
    assert code == "EID_CLIENT_REFUSED", detail


# -- what libeid does by itself -----------------------------------------------------------------

def test_a_login_is_pushed_and_bound_without_being_asked(portal, service):
    one = portal(service.first, scope="openid profile email offline_access")
    (code, subject, kind, level, token, _), url, _ = one.log_in(service.an)
    assert code == "EID_OK", subject
    assert set(parse_qs(urlsplit(url).query)) == {"client_id", "request_uri"}
    assert kind == "DPoP" and level == "2"
    assert "jkt" in jwt_parts(token)[1]["cnf"]
    assert one.ask("userinfo")[:2] == ["EID_OK", service.an.email]
    assert one.ask("refresh")[:3] == ["EID_OK", subject, "DPoP"]
    assert one.ask("userinfo")[0] == "EID_OK"
    assert one.ask("introspect")[0] == "EID_OK"
    # the same token as a bearer's is worth nothing
    assert service.first.userinfo(token).status_code == 401


def test_a_key_logs_in_without_a_secret(portal, service, with_key):
    client, path = with_key
    one = portal(client, key=path, scope="openid offline_access")
    answer, _, _ = one.log_in(service.an)
    assert answer[0] == "EID_OK", answer
    assert one.ask("refresh")[0] == "EID_OK"
    assert one.ask("introspect")[0] == "EID_OK"


def test_while_a_key_is_turned_over_both_log_in(portal, service, tmp_path):
    old, new, third = tmp_path / "old", tmp_path / "new", tmp_path / "third"
    keys = new_key(service, new)["keys"] + new_key(service, old)["keys"]
    new_key(service, third)
    client = new_client(service, "eid-turnover", token_endpoint_auth_method="private_key_jwt",
                        jwks={"keys": keys})
    for key in (old, new):
        assert portal(client, key=key).ask("begin")[0] == "EID_OK"
    code, detail = portal(client, key=third).ask("begin")
    assert code == "EID_CLIENT_REFUSED" and "public half of its key" in detail, detail


def test_a_public_client_binds_its_tokens_too(portal, service):
    client = new_client(service, "eid-public", token_endpoint_auth_method="none")
    one = portal(client, scope="openid offline_access")
    answer, _, _ = one.log_in(service.an)
    assert answer[0] == "EID_OK" and answer[2] == "DPoP", answer
    assert one.ask("refresh")[0] == "EID_OK"
    assert one.ask("refresh")[0] == "EID_OK"


def test_an_api_takes_a_bound_token_with_its_proof_only(portal, service):
    one, api = portal(service.first), portal(service.second)
    answer, _, _ = one.log_in(service.an)
    token, url = answer[4], "https://api.example.vn/ho-so"
    _, proof, _ = one.ask("proof", "GET", url)
    assert api.ask("bearer", token, service.issuer)[0] == "EID_PROOF_MISSING"
    assert api.ask("api", "GET", url, token, "", service.issuer)[0] == "EID_PROOF_MISSING"
    assert api.ask("api", "POST", url, token, proof, service.issuer)[0] == "EID_PROOF_REFUSED"
    assert api.ask("api", "GET", url, token, proof, service.issuer)[:2] == ["EID_OK", answer[1]]
    assert api.ask("api", "GET", url, token, proof, service.issuer)[0] == "EID_PROOF_REFUSED"


def test_without_either_it_is_a_plain_login(portal, service):
    one = portal(service.first, par="off", dpop="off")
    answer, url, _ = one.log_in(service.an)
    assert answer[0] == "EID_OK" and answer[2] == "Bearer", answer
    assert "code_challenge=" in url and "dpop_jkt" not in url
    assert portal(service.second).ask("bearer", answer[4], service.issuer)[0] == "EID_OK"


def test_a_code_is_refused_the_second_time(portal, service):
    one = portal(service.first)
    code, url, transaction = one.ask("begin")
    browser = service.first.browser()
    left = browser.finish(browser.open(url), service.an)
    assert one.ask("finish", left.url, transaction)[0] == "EID_OK"
    code, detail = one.ask("finish", left.url, transaction)
    assert code == "EID_LOGIN_EXPIRED" and "invalid_grant" in detail


def test_the_providers_nonces_are_followed(make_service):
    """spec: RFC 9449 §8, §9"""
    service = make_service({"dpop": {"nonce": True}})
    one = Portal(service, service.first, scope="openid email offline_access")
    answer, _, _ = one.log_in(service.an)
    assert answer[0] == "EID_OK" and answer[2] == "DPoP", answer
    assert one.ask("userinfo")[:2] == ["EID_OK", service.an.email]
    assert one.ask("refresh")[0] == "EID_OK"
    one.close()
