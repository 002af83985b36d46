"""Every row of docs/guides/troubleshooting.md, provoked: what the portal hears, and what the log says."""
import os
import re
import subprocess
import time

import pytest
from harness.browser import Browser, Left
from harness.dpop import Key
from harness.dpop import userinfo as dpop_userinfo
from harness.oidc import Attempt, b64, ec_jwk, ec_key, jwt_parts, jwt_sign_es256
from harness.postgres import ROOT
from harness.world import new_client

PAGE = os.path.join(ROOT, "docs", "guides", "troubleshooting.md")


def rows(heading):
    with open(PAGE, encoding="utf-8") as file:
        part = file.read().split(f"## {heading}\n")[1].split("\n## ")[0]
    table = [[cell.strip() for cell in line.strip("|\n").split(" | ")] for line in part.splitlines()
             if line.startswith("| ")]
    return table[1:]


class Portal:
    """What a developer tries.  Each method provokes one refusal and gives what the portal hears: a page, a redirect's
    parameters or a JSON answer."""

    def __init__(self, service):
        self.service, self.client = service, service.first
        self.key = ec_key()
        self.signing = new_client(service, "signing", token_endpoint_auth_method="private_key_jwt",
                                  jwks={"keys": [ec_jwk(self.key, "k1")]})

    def open(self, client=None, browser=None, **over):
        client = client or self.client
        try:
            return (browser or client.browser()).open(client.url(Attempt(), **over))
        except Left as left:
            return left

    def code(self, client=None, **over):
        client = client or self.client
        attempt, left = client.authorize(client.browser(), over.pop("person", self.service.an), **over)
        return attempt, left

    def assertion(self, key=None, kid="k1", **over):
        now = int(time.time())
        claims = {"iss": self.signing.id, "sub": self.signing.id, "aud": self.service.issuer, "iat": now,
                  "exp": now + 60, "jti": b64(os.urandom(12)), **over}
        return jwt_sign_es256(key or self.key, {"alg": "ES256", "kid": kid, "typ": "JWT"}, claims)

    def asserted(self, assertion):
        """The assertion is judged before the code."""
        return self.signing.token({
            "grant_type": "authorization_code", "code": "x", "redirect_uri": self.signing.redirect_uri,
            "code_verifier": "v" * 43, "client_assertion": assertion,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, auth="none")

    # -- authorization requests

    def authorize_client(self):
        return self.open(client_id="another")

    def redirect_uri(self):
        return self.open(redirect_uri=self.client.redirect_uri.replace("localhost", "127.0.0.1"))

    def not_pushed(self):
        return self.open(new_client(self.service, "must-push", require_pushed_authorization_requests=True))

    def request_uri(self):
        browser, pushed = self.client.browser(), self.client.push(Attempt()).json()["request_uri"]
        browser.finish(self.open(browser=browser, request_uri=pushed), self.service.an)
        return self.open(browser=browser, request_uri=pushed)

    def pkce_missing(self):
        return self.open(code_challenge=None, code_challenge_method=None)

    def scope(self):
        return self.open(scope="everything")

    def login_required(self):
        return self.open(prompt="none")

    def level(self):
        demanding = new_client(self.service, "demanding", account_level_floor=2)
        return self.code(demanding, person=self.service.cuong)[1]

    # -- client authentication

    def client_unknown(self):
        secret, self.client.secret = self.client.secret, "wrong"
        try:
            return self.client.token({"grant_type": "refresh_token", "refresh_token": "x"})
        finally:
            self.client.secret = secret

    def client_method(self):
        return self.client.token({"grant_type": "refresh_token", "refresh_token": "x"}, auth="post")

    def client_twice(self):
        return self.client.token({"grant_type": "refresh_token", "client_id": self.client.id,
                                  "client_secret": self.client.secret})

    def assertion_claims(self):
        hour = int(time.time()) - 3600  # a clock that is an hour slow
        slow = self.asserted(self.assertion(iat=hour, exp=hour + 60))
        audience = self.asserted(self.assertion(aud="http://127.0.0.1/token"))
        assert slow.json() == audience.json()
        return slow

    def assertion_key(self):
        return self.asserted(self.assertion(ec_key(), "k2"))

    def assertion_replayed(self):
        once = self.assertion()
        self.asserted(once)
        return self.asserted(once)

    # -- token endpoint

    def code_used(self):
        attempt, left = self.code()
        assert self.client.redeem(attempt, left).status_code == 200
        return self.client.redeem(attempt, left)

    def code_unknown(self):
        attempt, left = self.code()
        return self.service.second.redeem(attempt, left)

    def code_redirect(self):
        attempt, left = self.code()
        return self.client.redeem(attempt, left, redirect_uri=self.client.redirect_uri + "/")

    def verifier(self):
        (one, _), (_, left) = self.code(), self.code()
        return self.client.redeem(one, left)

    def refreshed(self):
        return self.client.log_in(self.service.an, scope="openid offline_access", prompt="consent")["refresh_token"]

    def refresh_used(self):
        old = self.refreshed()
        new = self.client.refresh(old).json()["refresh_token"]
        assert self.client.refresh(new).status_code == 200
        return self.client.refresh(old)

    def grant_ended(self):
        token = self.refreshed()
        self.service.identity("lock", self.service.an)
        try:
            return self.client.refresh(token)
        finally:
            self.service.identity("unlock", self.service.an)

    # -- tokens

    def bearer(self):
        token = self.client.log_in(self.service.an)["access_token"]
        self.client.revoke(token)
        return self.client.userinfo(token)

    def bound(self):
        key = Key()
        attempt, left = self.code()
        return key, self.client.redeem(attempt, left, headers=key.at(self.client)).json()["access_token"]

    def bearer_bound(self):
        return self.client.userinfo(self.bound()[1])

    def dpop_time(self):
        key, token = self.bound()
        return dpop_userinfo(self.client, token, key, iat=int(time.time()) - 3600)

    def dpop_target(self):
        key, token = self.bound()
        return dpop_userinfo(self.client, token, key, htu="http://inside:8080/userinfo")


@pytest.fixture(scope="module")
def portal(service):
    return Portal(service)


@pytest.mark.parametrize("row", rows("Refused by authd"), ids=lambda row: row[0].strip("`"))
def test_a_refusal_is_told_as_the_page_says(service, portal, row):
    refusal, heard = row[0].strip("`"), re.search(r"`(\w+)`", row[1])[1]
    assert len(row) == 4 and all(row)
    mark = service.log_mark()
    said = getattr(portal, refusal.lower())()
    lines = [line for line in service.log()[mark:].splitlines() if f" refusal={refusal} " in line + " "]
    assert lines, service.log()[mark:]
    assert re.search(rf"\berror={heard}\b", lines[-1]), lines
    if isinstance(said, Left):
        assert said.parameters["error"] == heard and said.parameters["error_description"]
    elif row[1].startswith("a page"):
        number = re.search(r"\brequest=(\S+)", lines[-1])[1]
        assert said.status == 400 and number in said.text, "the person can name the request"
    else:
        assert said.json()["error"] == heard and said.json()["error_description"], said.text


def test_what_is_not_refused_is_as_the_page_says(service, portal):
    told = {re.sub(r"[`*]", "", row[0]): row for row in rows("Not refused, yet not what you expected")}

    def is_told(words):
        assert any(words in said for said in told), words
    client = service.first
    tokens = client.log_in(service.an, scope="openid profile")
    is_told("no refresh_token in the answer")
    assert "refresh_token" not in tokens
    assert client.log_in(service.an, scope="openid offline_access", prompt="consent")["refresh_token"]
    is_told("no name in the ID token")
    assert "name" not in jwt_parts(tokens["id_token"])[1]
    assert client.userinfo(tokens["access_token"]).json()["name"] == service.an.name
    is_told("another sub")
    other = service.second.log_in(service.an)
    assert jwt_parts(other["id_token"])[1]["sub"] != jwt_parts(tokens["id_token"])[1]["sub"]
    is_told("421 Misdirected Request")
    wrong = service.get("/.well-known/openid-configuration", headers={"Host": f"127.0.0.1:{service.port}"})
    assert wrong.status_code == 421
    is_told("ignored")
    made = service.new_client({"client_name": "typo", "redirect_uris": ["http://localhost:1/"], "redirekt_uris": []})
    assert made["ignored"] == ["redirekt_uris"]
    is_told("registration refuses an http redirect URI")
    refused = service.ctl_run("client", "create", "--json", "-", stdin={
        "client_name": "plain", "redirect_uris": ["http://portal.example/callback"]})
    assert refused.returncode == 1 and "http" in refused.stderr
    is_told("log each other out")
    browser = Browser(service.issuer)
    client.log_in(service.an, browser)
    assert {cookie.name for cookie in browser.session.cookies} <= {"sso", "browser", "account", "language"}


# A portal whose clock is ten minutes ahead.
FAST = """#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
int clock_gettime(clockid_t id, struct timespec *t)
{
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int r = real(id, t);
    if (id == CLOCK_REALTIME) t->tv_sec += 600;
    return r;
}
"""


class Terminal:
    """What a developer does with client-lib/examples/login.c, and what it answers."""

    def __init__(self, service, folder):
        self.service, self.client, self.folder = service, service.first, folder

    def run(self, issuer=None, client=None, secret=None, uri=None, env=None, bend=str, consent="allow"):
        client = client or self.client
        with subprocess.Popen([self.service.build + "/client-lib/examples/login", issuer or self.service.issuer,
                               client.id, secret or client.secret, uri or client.redirect_uri],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=env) as process:
            said = process.stdout.readline() + process.stdout.readline()
            answer = ""
            if said.startswith("Open this"):
                browser = client.browser()
                left = browser.finish(browser.open(said.split("\n")[1]), self.service.an, consent=consent)
                answer = bend(left.url) + "\n"
            return said + process.communicate(answer, timeout=60)[0]

    def the_providers_issuer_is(self):
        return self.run(self.service.issuer + "/")

    def status_421_is(self):
        return self.run(self.service.issuer.replace("localhost", "127.0.0.1"))

    def failed_to_connect(self):
        return self.run("http://localhost:1")

    def issuer_must_be_an_https_url(self):
        return self.run("http://id.example")

    def another_client_secret(self):
        return self.run(secret="wrong")

    def registered_http(self):
        return self.run(uri=self.client.redirect_uri + "/")

    def your_clock_is_10_minutes_fast(self):
        (self.folder / "fast.c").write_text(FAST)
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", "fast.so", "fast.c"], cwd=self.folder, check=True)
        return self.run(env=dict(os.environ, LD_PRELOAD=str(self.folder / "fast.so")))

    def another_tabs_login(self):
        return self.run(bend=lambda url: re.sub(r"state=[^&]*", "state=another", url))

    def access_denied(self):
        return self.run(client=new_client(self.service, "cancelled"), consent="deny")


@pytest.mark.parametrize("row", rows("libeid's own words"), ids=lambda row: row[1].strip("`"))
def test_libeid_says_what_the_page_says(service, tmp_path, row):
    code, detail = (cell.strip("`") for cell in row[:2])
    method = re.sub(r"\W+", "_", re.sub("'", "", detail)).strip("_").lower()
    said = getattr(Terminal(service, tmp_path), method)()
    assert re.search(rf"^(The address you came back to: )?{code}: .*{re.escape(detail)}", said, re.M), said
