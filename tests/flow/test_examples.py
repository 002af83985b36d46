"""The programs of client-lib/examples against a real provider: what somebody copies must work."""
import os
import subprocess

import pytest
from harness.browser import Left
from harness.world import new_client

PORTAL_SCOPE = "household:read"


def run(service, name, *arguments, stdin="", **environment):
    done = subprocess.run([f"{service.build}/client-lib/examples/{name}", *arguments], input=stdin,
                          capture_output=True, text=True, timeout=60, check=False,
                          env=dict(os.environ, EID_ISSUER=service.issuer, **environment))
    assert done.returncode == 0, done.stderr
    return done


def head_of(done):
    return dict(line.split(": ", 1) for line in done.stdout.split("\n\n")[0].splitlines())


def test_login(service):
    client = service.first
    with subprocess.Popen([service.build + "/client-lib/examples/login", service.issuer, client.id, client.secret,
                           client.redirect_uri], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        program.stdout.readline()
        url = program.stdout.readline().strip()
        browser = client.browser()
        try:
            left = browser.finish(browser.open(url), service.an)
        except Left as gone:
            left = gone
        said, _ = program.communicate(left.url + "\n", timeout=60)
    assert program.returncode == 0
    assert "levels: account 2, authentication 1" in said
    assert "To log out: " + service.issuer in said


@pytest.fixture(scope="module")
def api_client(service):
    service.ctl_text("resource", "add", "--audience", "https://example.example/", "--name", "Example",
                     "--scopes", PORTAL_SCOPE)
    return new_client(service, "example-api", grant_types=["client_credentials"], redirect_uris=None,
                      response_types=None, post_logout_redirect_uris=None, scope=PORTAL_SCOPE)


def test_api_refuses_and_accepts(service, api_client, tmp_path):
    token = api_client.token({"grant_type": "client_credentials", "scope": PORTAL_SCOPE}).json()["access_token"]
    ask = {"EID_AUDIENCE": "https://example.example/", "EID_CACHE": str(tmp_path / "keys")}
    nothing = run(service, "api", **ask)
    assert head_of(nothing)["Status"] == "401 Unauthorized"
    assert 'error="invalid_token"' in head_of(nothing)["WWW-Authenticate"]
    forged = run(service, "api", HTTP_AUTHORIZATION=f"Bearer {token[:-4]}AAAA", **ask)
    assert head_of(forged)["Status"] == "401 Unauthorized" and "EID_TOKEN_FORGED" in forged.stderr
    other = run(service, "api", HTTP_AUTHORIZATION=f"Bearer {token}", **dict(ask, EID_AUDIENCE="https://other.example/"))
    assert head_of(other)["Status"] == "401 Unauthorized" and "EID_TOKEN_REFUSED" in other.stderr
    good = run(service, "api", HTTP_AUTHORIZATION=f"bearer {token}", **ask)
    assert head_of(good)["Status"] == "200 OK", good.stderr
    assert '"household_of"' in good.stdout


def test_logout_receiver_ends_the_session_it_is_told(service, register, receiver):
    client = register(service, "example-logout", backchannel_logout_uri=receiver.url + "/backchannel",
                      backchannel_logout_session_required=True)
    browser = client.browser()
    tokens = client.log_in(service.an, browser)
    sid = client.id_token(tokens)["sid"]
    browser.open(client.discovery["end_session_endpoint"] + "?id_token_hint=" + tokens["id_token"])
    _, _, _, fields = receiver.wait(1)[0]
    form = "logout_token=" + fields["logout_token"]
    told = run(service, "logout", stdin=form, EID_CLIENT_ID=client.id)
    assert head_of(told)["Status"] == "200 OK" and f"ends session {sid}" in told.stderr
    for foreign in (form[:-4] + "AAAA", "logout_token=" + tokens["id_token"], "x=y"):
        refused = run(service, "logout", stdin=foreign, EID_CLIENT_ID=client.id)
        assert head_of(refused)["Status"] == "400 Bad Request" and "ends" not in refused.stderr
    assert head_of(run(service, "logout", stdin=form, EID_CLIENT_ID="another"))["Status"] == "400 Bad Request"


def test_events_asks_about_all_tokens_at_once(service):
    client = service.first
    tokens = [client.log_in(service.an)["access_token"] for _ in range(3)]
    client.revoke(tokens[1])
    done = run(service, "events", service.issuer, client.id, client.secret, "", *tokens, "unknown")
    told = sorted(line.split()[1] for line in done.stdout.splitlines())
    assert told == ["EID_OK", "EID_OK", "EID_TOKEN_INACTIVE", "EID_TOKEN_INACTIVE"]
