"""RP-initiated logout and back-channel logout."""
import time
from urllib.parse import urlencode

from harness.browser import Left
from harness.oidc import Attempt, jwt_verify


def log_out(client, browser, **parameters):
    url = client.discovery["end_session_endpoint"] + "?" + urlencode(parameters)
    try:
        page = browser.open(url)
        if page.kind == "logout":
            page = browser.press(page, "logout", "logout")
        return page
    except Left as left:
        return left


def test_logout_with_a_hint_ends_the_session_and_comes_back(service):
    """spec: RP-Initiated Logout §3:state, §2:end"""
    client, browser = service.first, service.first.browser()
    tokens = client.log_in(service.an, browser)
    bye = client.registration["post_logout_redirect_uris"][0]
    left = log_out(client, browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=bye,
                   state="s1")
    assert isinstance(left, Left), left.text[:500]
    assert left.base == bye and left.parameters == {"state": "s1"}
    assert browser.open(client.url(Attempt())).kind == "login"
    assert client.introspect(tokens["access_token"]) == {"active": False}


def test_offline_access_survives_logout(service):
    """spec: Back-Channel Logout §2.7:offline"""
    client, browser = service.first, service.first.browser()
    tokens = client.log_in(service.an, browser, scope="openid offline_access")
    log_out(client, browser, id_token_hint=tokens["id_token"])
    assert client.refresh(tokens["refresh_token"]).status_code == 200


def test_nobody_is_sent_to_an_unregistered_place_after_logout(service):
    """spec: OpenID Connect RP-Initiated Logout §3:place MUST NOT perform post-logout redirection"""
    client, browser = service.first, service.first.browser()
    tokens = client.log_in(service.an, browser)
    page = log_out(client, browser, id_token_hint=tokens["id_token"],
                   post_logout_redirect_uri="https://evil.example/")
    assert not isinstance(page, Left), page.url


def test_without_a_hint_the_person_is_asked(service):
    """spec: RP-Initiated Logout §2:ask"""
    client, browser = service.first, service.first.browser()
    client.log_in(service.an, browser)
    page = browser.open(client.discovery["end_session_endpoint"])
    assert page.kind == "logout"
    browser.press(page, "logout", "stay")
    try:
        assert browser.open(client.url(Attempt())).kind != "login"
    except Left as left:
        assert "code" in left.parameters


def test_a_forged_hint_is_not_believed(service):
    """spec: RP-Initiated Logout §4"""
    client, browser = service.first, service.first.browser()
    tokens = client.log_in(service.an, browser)
    head, body, signature = tokens["id_token"].split(".")
    forged = f"{head}.{body}.{'A' * len(signature)}"
    bye = client.registration["post_logout_redirect_uris"][0]
    try:
        page = browser.open(client.discovery["end_session_endpoint"] + "?" +
                            urlencode({"id_token_hint": forged, "post_logout_redirect_uri": bye}))
        assert page.status >= 400 or page.kind == "logout"
    except Left as left:
        raise AssertionError("a forged hint ended the session") from left


def back_channel_client(service, register, receiver, name):
    return register(service, name, backchannel_logout_uri=receiver.url + "/backchannel",
                    backchannel_logout_session_required=True)


def check_logout_token(client, token, claims):
    """spec: OpenID Connect Back-Channel Logout §2.4:claims, §2.4:nonce"""
    head, told = jwt_verify(token, client.jwks())
    assert head["typ"] == "logout+jwt"
    assert told["iss"] == client.service.issuer
    assert told["aud"] in (client.id, [client.id])
    assert "http://schemas.openid.net/event/backchannel-logout" in told["events"]
    assert "nonce" not in told and told["jti"] and told["exp"] > time.time() - 5
    assert told["sid"] == claims["sid"]
    assert told.get("sub", claims["sub"]) == claims["sub"]


def test_back_channel_logout_is_delivered(service, register, receiver):
    """spec: Back-Channel Logout §2.5"""
    client = back_channel_client(service, register, receiver, "hears")
    browser = client.browser()
    tokens = client.log_in(service.an, browser)
    claims = client.id_token(tokens)
    log_out(service.first, browser, id_token_hint=tokens["id_token"])
    _, path, _, fields = receiver.wait(1)[0]
    assert path == "/backchannel"
    check_logout_token(client, fields["logout_token"], claims)


def test_back_channel_logout_is_retried(service, register, receiver):
    client = back_channel_client(service, register, receiver, "hears-late")
    receiver.statuses = [503, 500]
    browser = client.browser()
    tokens = client.log_in(service.an, browser)
    log_out(client, browser, id_token_hint=tokens["id_token"])
    calls = receiver.wait(3, seconds=90)
    check_logout_token(client, calls[-1][3]["logout_token"], client.id_token(tokens))


def test_an_administrators_session_end_is_delivered(service, register, receiver):
    client = back_channel_client(service, register, receiver, "hears-admin")
    tokens = client.log_in(service.binh)
    service.ctl_text("--yes", "session", "end", "--personal-number", service.binh.number)
    receiver.wait(1)
    assert client.introspect(tokens["access_token"]) == {"active": False}


def test_logging_out_of_one_portal_ends_the_session_of_both(service):
    browser = service.first.browser()
    one = service.first.log_in(service.an, browser)
    two = service.second.log_in(service.an, browser)
    log_out(service.first, browser, id_token_hint=one["id_token"])
    assert service.second.introspect(two["access_token"]) == {"active": False}
