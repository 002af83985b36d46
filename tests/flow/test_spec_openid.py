"""Requirements of the OpenID specifications that no other story tells (tests/spec)."""
import os
import subprocess
import time
from urllib.parse import urlencode

import pytest
import requests
from harness.browser import Left
from harness.oidc import Attempt
from harness.ports import free_port
from harness.world import BUILD


def test_members_of_the_claims_parameter_nobody_knows_are_ignored(service):
    """spec: OpenID Core §5.5:unknown"""
    claims = ('{"no_section":{"x":null},"userinfo":{"shoe_size":{"essential":true,"odd":1},"email":{"odd":[2]}},'
              '"id_token":{"shoe_size":null}}')
    tokens = service.first.log_in(service.an, scope="openid", claims=claims)
    info = service.first.userinfo(tokens["access_token"]).json()
    assert info["email"] == service.an.email and "shoe_size" not in info
    assert "shoe_size" not in service.first.id_token(tokens)


def test_what_the_metadata_calls_itself_signs_the_tokens(service):
    """spec: OpenID Discovery §4.3:iss, §4.2"""
    answer = service.get("/.well-known/openid-configuration")
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("application/json")
    assert not [name for name, value in answer.json().items() if value in ([], None, "")]
    claims = service.first.id_token(service.first.log_in(service.an))
    assert claims["iss"] == answer.json()["issuer"] == service.issuer


def test_a_hint_and_a_client_that_disagree_end_nothing(service):
    """spec: RP-Initiated Logout §2:client, §4"""
    browser = service.first.browser()
    hint = service.first.log_in(service.an, browser)["id_token"]
    for client in (service.second.id, "nobody"):
        page = browser.open(service.first.discovery["end_session_endpoint"] + "?" + urlencode(
            {"id_token_hint": hint, "client_id": client,
             "post_logout_redirect_uri": service.second.registration["post_logout_redirect_uris"][0]}))
        assert page.status == 400
    with pytest.raises(Left) as left:
        browser.open(service.first.url(Attempt(), prompt="none"))
    assert "code" in left.value.parameters, "still logged in"


def test_a_person_keeps_the_same_name_and_nobody_else_gets_it(service):
    """spec: OpenID Core §2:sub, §8.1:sector"""
    subs = [service.first.id_token(service.first.log_in(who))["sub"]
            for who in (service.an, service.binh, service.an)]
    assert subs[0] == subs[2] != subs[1]
    assert all(len(sub) <= 255 and sub.isascii() for sub in subs)
    assert not [sub for sub in subs if service.an.number in sub]


@pytest.fixture
def portal(service, register, receiver):
    """The demo portal, and a client of the same name whose logout tokens we receive in its stead."""
    port = free_port()
    base = f"http://localhost:{port}"
    client = register(service, "spec-portal", redirect_uris=[base + "/callback"],
                      post_logout_redirect_uris=[base + "/"], backchannel_logout_uri=receiver.url + "/b",
                      backchannel_logout_session_required=True)
    log_path, conf = (os.path.join(service.directory, name) for name in ("portal.log", "portal.conf"))
    with open(conf, "w") as out:
        out.write(f"ISSUER={service.issuer}\nCLIENT_ID={client.id}\nCLIENT_SECRET={client.secret}\n"
                  f"LISTEN=127.0.0.1:{port}\nBASE_URL={base}\n")
    with open(log_path, "wb") as log:
        process = subprocess.Popen([BUILD + "/portal", "--config", conf], stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log)
    try:
        end = time.monotonic() + 60
        while True:
            try:
                requests.get(base + "/", timeout=60)
                break
            except requests.ConnectionError:
                assert process.poll() is None and time.monotonic() < end, open(log_path).read()
                time.sleep(0.05)
        yield client, base, log_path
    finally:
        process.terminate()
        process.wait(20)


def test_a_portal_answers_200_for_done_and_400_for_a_token_it_refuses(service, portal, receiver):
    """spec: Back-Channel Logout §2.8:party, §2.7:twice, §2.6"""
    client, base, log_path = portal
    tokens = client.log_in(service.an)
    service.ctl_text("--yes", "session", "end", "--personal-number", service.an.number)
    logout_token = receiver.wait(1)[0][3]["logout_token"]

    def told(token):
        return requests.post(base + "/backchannel-logout", timeout=60,
                             data={} if token is None else {"logout_token": token}).status_code
    head, body, signature = logout_token.split(".")
    for bad in (None, "", "x", tokens["id_token"], f"{head}.{body}.{signature[::-1]}", f"{head}.{body}."):
        assert told(bad) == 400, bad
    assert told(logout_token) == 200
    assert told(logout_token) == 200
    with open(log_path) as log:
        text = log.read()
    assert text.count("event=backchannel_logout.done") == 1
    assert text.count("event=backchannel_logout.repeated") == 1
