"""The provider's smaller promises: what is stored, what comes from other sites, what old things are worth."""
import hashlib
import json
import time
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from harness.browser import Left
from harness.oidc import Attempt, b64, jwt_parts, jwt_verify


def test_a_login_hint_is_in_no_row_and_still_fills_in_the_form(service):
    """DESIGN.md section 2: a stolen database is worthless"""
    hint = service.binh.number
    for how in ("get", "post", "pushed"):
        browser, attempt = service.first.browser(), Attempt()
        if how == "get":
            page = browser.open(service.first.url(attempt, login_hint=hint))
        elif how == "post":
            page = browser.post(service.first.discovery["authorization_endpoint"],
                                service.first.parameters(attempt, login_hint=hint))
        else:
            uri = service.first.push(attempt, login_hint=hint).json()["request_uri"]
            page = browser.open(service.first.discovery["authorization_endpoint"] + "?" +
                                urlencode({"client_id": service.first.id, "request_uri": uri}))
        assert page.kind == "login" and hint in page.text, how
    rows = service.query("SELECT parameters::text FROM authorization_request")
    assert rows and not [r for r in rows if hint in r[0]]


def test_a_post_from_another_site_finds_the_session(service):
    """Browsers hold SameSite=Lax cookies back from cross-site POSTs: the first answer must not need them"""
    browser = service.first.browser()
    service.first.log_in(service.an, browser)
    attempt = Attempt()
    bare = requests.post(service.first.discovery["authorization_endpoint"],
                         data=service.first.parameters(attempt), allow_redirects=False, timeout=60)
    assert bare.status_code == 303 and "Set-Cookie" not in bare.headers
    with pytest.raises(Left) as left:
        browser.open(service.issuer + bare.headers["Location"])
    assert left.value.parameters["state"] == attempt.state and "code" in left.value.parameters


def test_logout_may_be_posted_from_another_site(service):
    """spec: RP-Initiated Logout §2:methods"""
    client, browser = service.first, service.first.browser()
    tokens = client.log_in(service.an, browser)
    bye = client.registration["post_logout_redirect_uris"][0]
    bare = requests.post(client.discovery["end_session_endpoint"],
                         data={"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": bye, "state": "x y&z"},
                         allow_redirects=False, timeout=60)
    assert bare.status_code == 303
    with pytest.raises(Left) as left:
        browser.open(service.issuer + bare.headers["Location"])
    assert left.value.base == bye and left.value.parameters == {"state": "x y&z"}


def test_a_posted_request_is_used_once(service):
    attempt = Attempt()
    bare = requests.post(service.first.discovery["authorization_endpoint"],
                         data=service.first.parameters(attempt), allow_redirects=False, timeout=60)
    url = service.issuer + bare.headers["Location"]
    browser = service.first.browser()
    assert browser.open(url).kind == "login"
    assert service.first.browser().open(url).status == 400


def test_a_hint_under_a_retired_key_is_still_a_hint(make_service):
    """spec: RP-Initiated Logout §2:hint the OP SHOULD accept ID Tokens that have expired"""
    service = make_service()
    client, browser = service.first, service.first.browser()
    tokens = client.log_in(service.an, browser)
    old = jwt_parts(tokens["id_token"])[0]["kid"]
    service.ctl("--yes", "keys", "rotate", "--now", "--force", "--alg", "ES256")
    end = time.monotonic() + 60
    while jwt_parts(client.log_in(service.binh)["id_token"])[0]["kid"] == old:
        assert time.monotonic() < end
        time.sleep(0.2)
    service.query("UPDATE keystore_key SET state = 'retired' WHERE kid = %s RETURNING kid", old)
    while old in [k["kid"] for k in client.jwks()["keys"]]:
        assert time.monotonic() < end
        time.sleep(0.2)
    bye = client.registration["post_logout_redirect_uris"][0]
    with pytest.raises(Left) as left:
        browser.open(client.discovery["end_session_endpoint"] + "?" +
                     urlencode({"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": bye}))
    assert left.value.base == bye


def test_a_hint_for_another_client_is_refused(service):
    hint = service.second.log_in(service.an)["id_token"]
    with pytest.raises(Left) as left:
        service.first.browser().open(service.first.url(Attempt(), id_token_hint=hint))
    assert left.value.parameters["error"] == "invalid_request"


def test_staying_logged_in_tells_the_service_nothing(service):
    client, browser = service.first, service.first.browser()
    client.log_in(service.an, browser)
    bye = client.registration["post_logout_redirect_uris"][0]
    page = browser.open(client.discovery["end_session_endpoint"] + "?" +
                        urlencode({"client_id": client.id, "post_logout_redirect_uri": bye}))
    assert page.kind == "logout"
    page = browser.press(page, "logout", "stay")
    assert page.status == 200
    with pytest.raises(Left) as left:
        browser.open(client.url(Attempt(), prompt="none"))
    assert "code" in left.value.parameters


def test_offline_access_needs_consent(service, register):
    """spec: OpenID Core §11:consent"""
    client = register(service, "exempt", consent_exempt=True, legal_ground="Decree 69/2024, Article 5")
    assert "refresh_token" not in client.log_in(service.an, scope="openid offline_access")
    tokens = client.log_in(service.an, scope="openid offline_access", prompt="consent")
    assert tokens["refresh_token"]
    assert client.log_in(service.an, scope="openid offline_access")["refresh_token"], "remembered"


def test_a_consent_form_is_worthless_for_another_person(service, register):
    client = register(service, "bound")
    browser = client.browser()
    page = browser.open(client.url(Attempt()))
    consent = browser.log_in(page, service.an.number, service.an.password)
    assert consent.kind == "consent"
    service.second.log_in(service.binh, browser, prompt="login")
    after = browser.press(consent, "consent", "allow")
    assert after.status == 403 or after.kind in ("consent", "login")
    # nothing was given in binh's name
    assert not service.query("SELECT 1 FROM consent WHERE client_id = %s", client.id)


def test_the_back_button_after_the_end_shows_an_error(service):
    client, browser = service.first, service.first.browser()
    page = browser.open(client.url(Attempt()))
    handle = urlsplit(page.url).path.rsplit("/", 1)[1]
    assert "code" in browser.finish(page, service.an).parameters
    for path in ("/authorize/resume/", "/consent/"):
        assert browser.open(service.issuer + path + handle).status == 400


@pytest.mark.parametrize("tail", ["", "x", "A" * 46, "%00", "A" * 46 + "/.."])
def test_nonsense_handles_are_refused(service, tail):
    for path in ("/authorize/resume/", "/consent/"):
        answer = service.first.http.get(service.issuer + path + tail, allow_redirects=False, timeout=60)
        assert 400 <= answer.status_code < 500, (path, tail)


def test_a_resource_server_sees_tokens_for_its_audience_only(service, register):
    """spec: RFC 9068 §3, RFC 9700 §2.3, RFC 7662 §2.2:audience"""
    machine = dict(grant_types=["client_credentials"], redirect_uris=None, response_types=None,
                   post_logout_redirect_uris=None)
    caller = register(service, "caller", scope="tax.read", **machine)
    api = register(service, "tax-api", scope="", **machine)
    other = register(service, "land-api", scope="", **machine)
    service.ctl("resource", "add", "--audience", "https://tax.example", "--name", "Tax", "--scopes", "tax.read",
                "--client", api.id)
    token = caller.token({"grant_type": "client_credentials"}).json()
    assert token["scope"] == "tax.read"
    _, claims, _ = jwt_parts(token["access_token"])
    assert claims["aud"] in ("https://tax.example", ["https://tax.example"])
    seen = api.introspect(token["access_token"])
    assert seen["active"] is True and seen["client_id"] == caller.id and seen["scope"] == "tax.read"
    assert other.introspect(token["access_token"]) == {"active": False}


def test_revoking_the_token_of_a_client_itself_says_so(service, register):
    """spec: RFC 7009 §2.2.1"""
    caller = register(service, "caller2", grant_types=["client_credentials"], redirect_uris=None, scope="x.read",
                      response_types=None, post_logout_redirect_uris=None)
    token = caller.token({"grant_type": "client_credentials"}).json()["access_token"]
    answer = caller.revoke(token)
    assert answer.status_code == 400 and answer.json()["error"] == "unsupported_token_type"


def test_audit_names_claims_and_never_values(service):
    mark = service.query("SELECT now()")[0][0]
    tokens = service.first.log_in(service.an, scope="openid profile", prompt="consent")
    service.first.userinfo(tokens["access_token"])
    rows = service.query("SELECT event, detail FROM audit WHERE at >= %s", mark)
    events = [r[0] for r in rows]
    for event in ("consent.given", "grant.issued", "token.code", "userinfo"):
        assert event in events
    details = [json.loads(r[1]) for r in rows if r[0] == "userinfo" and r[1]]
    assert details and all("name" in d["claims"] for d in details)
    assert service.an.name not in str(rows)


@pytest.mark.parametrize("typ", ["at+jwt", "logout+jwt"])
def test_another_kind_of_our_tokens_is_no_hint(service, typ):
    client, browser = service.first, service.first.browser()
    tokens = client.log_in(service.an, browser)
    hint = tokens["access_token"] if typ == "at+jwt" else b64(b'{"alg":"ES256"}') + ".e30.AAAA"
    page = browser.open(client.discovery["end_session_endpoint"] + "?" + urlencode({"id_token_hint": hint}))
    assert page.status == 400


def test_a_refused_level_is_in_the_history_of_the_person(service, register):
    client = register(service, "floor2", account_level_floor=2)
    _, left = client.authorize(client.browser(), service.cuong)
    assert left.parameters["error"] == "unmet_authentication_requirements"
    rows = service.query("SELECT outcome, subject_id, detail FROM audit WHERE client_id = %s AND event = 'grant.issued'",
                         client.id)
    assert [(r[0], r[1] is not None) for r in rows] == [("refused", True)]
    assert json.loads(rows[0][2])["refusal"] == "REFUSE_LEVEL"


@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "PS256", "RS256"])
def test_an_id_token_is_signed_as_registered(service, register, alg):
    """spec: OpenID Core §2:signed, §15.1:rs256, §3.1.3.6, RFC 7518 §3.5"""
    client = register(service, "alg-" + alg.lower(), id_token_signed_response_alg=alg)
    tokens = client.log_in(service.an)
    head, claims = jwt_verify(tokens["id_token"], client.jwks(), alg=alg)
    assert head["typ"] == "JWT" and claims["aud"] == client.id
    hashed = (hashlib.sha512 if alg == "EdDSA" else hashlib.sha256)(tokens["access_token"].encode()).digest()
    assert claims["at_hash"] == b64(hashed[:len(hashed) // 2])
