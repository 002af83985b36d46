"""The guides of docs/guides, followed literally: a person logs in at what they build, and out again."""
import contextlib
import importlib.metadata
import json
import os
import re
import subprocess

import pytest
import requests
from harness import node
from harness.dpop import Key
from harness.guide import Guide
from harness.oidc import jwt_parts
from harness.ports import free_port
from harness.postgres import ROOT
from harness.visitor import Visitor
from harness.world import new_client


@contextlib.contextmanager
def followed(name, service, path="/", prepare=None, **environment):
    """The guide's portal, listening on a port of its own."""
    port = free_port()
    guide = Guide(f"guides/{name}", service, PORT=port, **environment)
    try:
        if prepare:
            prepare(guide)
        guide.url = f"http://localhost:{port}"
        yield guide.follow(until=guide.url + path)
    finally:
        guide.close()


def logged_in(guide, service, login="/login", home="/", person=None):
    person = person or service.an
    visitor = Visitor(service, person)
    assert person.name not in visitor.go(guide.url + home, log_in=False).text
    page = visitor.go(guide.url + login)
    assert page.status == 200 and page.url.startswith(guide.url), page.text + guide.said()
    assert person.name in visitor.go(guide.url + home).text, guide.said()
    return visitor


def ends_by_the_back_channel(guide, service, visitor, home="/"):
    service.ctl_text("--yes", "session", "end", "--personal-number", visitor.person.number)
    return visitor.until(guide.url + home, lambda page: visitor.person.name not in page.text, log_in=False)


def logs_in_and_out_with_a_pushed_request(guide, service):
    visitor = logged_in(guide, service)
    visitor.go(guide.url + "/logout", {"": ""})
    assert visitor.trail[-1] == guide.url + "/", "authd sends the browser back"
    assert service.an.name not in visitor.go(guide.url + "/").text
    visitor.go(guide.url + "/login")
    asked = [url for url in visitor.trail if url.startswith(service.first.discovery["authorization_endpoint"])]
    assert len(asked) == 1 and "request_uri=" in asked[0] and "code_challenge" not in asked[0]


class TestPortalInC:
    @pytest.fixture(scope="class")
    def guide(self, service):
        with followed("portal-c.md", service) as made:
            yield made

    def test_below_level_2_nobody_gets_in(self, guide, service):
        page = Visitor(service, service.cuong).go(guide.url + "/login")
        assert page.status == 400 and "EID_ASSURANCE_NOT_MET" in guide.said(), guide.said()

    def test_an_answer_nobody_asked_for_is_refused(self, guide, service):
        page = Visitor(service).go(guide.url + "/callback?code=x&state=y&iss=" + service.issuer)
        assert page.status == 400 and service.an.name not in page.text

    def test_a_person_logs_in_and_out(self, guide, service):
        visitor = logged_in(guide, service)
        assert "mức 2" in visitor.go(guide.url + "/").text
        visitor.go(guide.url + "/logout")
        assert service.an.name in visitor.go(guide.url + "/").text, "a link must not log anybody out"
        visitor.go(guide.url + "/logout", {"": ""})
        assert visitor.trail[-1] == guide.url + "/", "authd sends the browser back"
        assert service.an.name not in visitor.go(guide.url + "/").text

    def test_an_ended_session_ends_here_too(self, guide, service):
        ends_by_the_back_channel(guide, service, logged_in(guide, service, person=service.binh))


class TestApache:
    """Debian's mod_auth_openidc, with a key instead of a secret."""

    @pytest.fixture(scope="class")
    def guide(self, service):
        with followed("apache.md", service) as made:
            yield made

    def test_a_person_logs_in_and_out(self, guide, service):
        visitor = logged_in(guide, service, login="/private/", home="/private/")
        visitor.go(guide.url + "/private/callback?logout=")
        assert visitor.trail[-1] == guide.url + "/"
        assert any(url.startswith(service.first.discovery["end_session_endpoint"]) for url in visitor.trail)
        assert visitor.go(guide.url + "/private/", log_in=False).kind == "login"

    def test_an_ended_session_ends_here_too(self, guide, service):
        page = ends_by_the_back_channel(guide, service, logged_in(
            guide, service, "/private/", "/private/", service.binh), "/private/")
        assert page.kind == "login"

    def test_a_demanded_claim_opens_for_level_2_only(self, guide, service):
        assert "for level 2 only" in Visitor(service).go(guide.url + "/private/level2/").text
        assert Visitor(service, service.cuong).go(guide.url + "/private/level2/").status in (401, 403)

    def test_a_forged_answer_opens_nothing(self, guide, service):
        assert Visitor(service).go(guide.url + "/private/callback?code=x&state=y").status >= 400

    def test_a_revoked_key_of_ours_stops_nobody(self, guide, service):
        logged_in(guide, service, "/private/", "/private/")
        signing = [key["kid"] for key in service.ctl("keys", "list")
                   if (key["use"], key["state"], key["alg"]) == ("sign", "active", "ES256")]
        service.ctl_text("--yes", "keys", "revoke", signing[0], "--reason", "test")
        logged_in(guide, service, "/private/", "/private/")


class TestPython:
    """Debian's Flask and Authlib: PAR, PKCE, private_key_jwt."""

    @pytest.fixture(scope="class")
    def guide(self, service):
        with followed("python.md", service) as made:
            yield made

    def test_an_answer_nobody_asked_for_is_refused(self, guide, service):
        assert Visitor(service).go(guide.url + "/callback?code=x&state=y&iss=" + service.issuer).status >= 400
        assert Visitor(service).go(guide.url + "/callback?code=x&state=y&iss=https://evil.example").status == 400

    def test_a_forged_logout_token_is_refused(self, guide, service):
        forged = "eyJhbGciOiJub25lIn0.e30."
        assert Visitor(service).go(guide.url + "/backchannel-logout", {"logout_token": forged}).status == 400

    def test_a_person_logs_in_and_out(self, guide, service):
        logs_in_and_out_with_a_pushed_request(guide, service)

    def test_an_ended_session_ends_here_too(self, guide, service):
        ends_by_the_back_channel(guide, service, logged_in(guide, service, person=service.binh))


class TestNode:
    """openid-client from npm: PAR, PKCE, private_key_jwt, DPoP."""

    @pytest.fixture(scope="class")
    def guide(self, service):
        def packages(guide):
            os.symlink(node.modules(), os.path.join(guide.directory, "node_modules"))
        with followed("node.md", service, prepare=packages) as made:
            yield made

    def test_the_versions_it_names_are_those_we_test(self, guide):
        with open(os.path.join(ROOT, "tests", "node", "package-lock.json"), encoding="utf-8") as file:
            locked = json.load(file)["packages"]
        for name, version in re.findall(r"([a-z-]+)@([0-9.]+)", guide.blocks[0].text):
            assert locked["node_modules/" + name]["version"] == version, name

    def test_an_answer_nobody_asked_for_is_refused(self, guide, service):
        assert Visitor(service).go(guide.url + "/callback?code=x&state=y&iss=" + service.issuer).status == 400

    def test_a_forged_logout_token_is_refused(self, guide, service):
        assert Visitor(service).go(guide.url + "/backchannel-logout", {"logout_token": "e30.e30."}).status == 400

    def test_a_person_logs_in_and_out(self, guide, service):
        logs_in_and_out_with_a_pushed_request(guide, service)
        assert "token_type=dpop" in guide.said().lower(), "tokens are bound, at the token endpoint and userinfo"

    def test_an_ended_session_ends_here_too(self, guide, service):
        ends_by_the_back_channel(guide, service, logged_in(guide, service, person=service.binh))


def test_a_portals_keys_and_secrets_change_as_the_guide_says(service):
    guide = Guide("guides/client-keys.md", service)
    try:
        guide.follow()
    finally:
        guide.close()
    assert "client_secret_basic" not in service.ctl_text("client", "show", "guide-secret")


class TestApi:
    """An API in C that verifies tokens offline."""

    @pytest.fixture(scope="class")
    def guide(self, service):
        with followed("api.md", service, "/parcels") as made:
            made.url += "/parcels"
            yield made

    @pytest.fixture(scope="class")
    def portal(self, guide, service):
        return new_client(service, "guide-api-portal", scope="openid land:read")

    def call(self, guide, scheme, token, **headers):
        return requests.get(guide.url, headers=dict(headers, Authorization=f"{scheme} {token}"), timeout=60)

    def test_a_token_for_somebody_else_is_refused(self, guide, service, portal):
        tokens = portal.log_in(service.an, scope="openid")
        assert self.call(guide, "Bearer", tokens["access_token"]).status_code == 401
        assert self.call(guide, "Basic", "x").status_code == 401

    def test_a_portal_calls_it_for_a_citizen(self, guide, service, portal):
        tokens = portal.log_in(service.an, scope="openid land:read", resource="https://land.example/")
        told = self.call(guide, "Bearer", tokens["access_token"])
        assert told.status_code == 200, told.text + guide.said()
        assert told.json() == {"owner": jwt_parts(tokens["id_token"])[1]["sub"], "asked_by": portal.id, "parcels": []}

    def test_a_bound_token_needs_its_proof_and_each_proof_works_once(self, guide, service, portal):
        key = Key()
        attempt, left = portal.authorize(portal.browser(), service.an, scope="openid land:read",
                                         resource="https://land.example/")
        token = portal.redeem(attempt, left, headers=key.at(portal)).json()["access_token"]
        assert self.call(guide, "Bearer", token).status_code == 401
        proof = key.proof("GET", guide.url, token)
        assert self.call(guide, "DPoP", token, DPoP=proof).status_code == 200, guide.said()
        assert self.call(guide, "DPoP", token, DPoP=proof).status_code == 401
        assert self.call(guide, "DPoP", token, DPoP=Key().proof("GET", guide.url, token)).status_code == 401


def test_the_table_of_clients_names_the_versions_that_are_tested():
    with open(os.path.join(ROOT, "docs", "guides", "README.md"), encoding="utf-8") as file:
        named = re.search(r"^\| tested version \|(.*)$", file.read(), re.M)[1]
    apache = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "libapache2-mod-auth-openidc"], check=True,
                            capture_output=True, text=True).stdout.split("-")[0]
    with open(os.path.join(ROOT, "tests", "node", "package.json"), encoding="utf-8") as file:
        openid_client = json.load(file)["dependencies"]["openid-client"]
    for version in (apache, importlib.metadata.version("Authlib"), importlib.metadata.version("flask"),
                    openid_client):
        assert re.search(rf"\b{re.escape(version)}\b", named), version
