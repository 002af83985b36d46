"""Attacks through a person's browser: foreign redirects, other people's logins, pages that show too much."""
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlencode, urlsplit

import pytest
import requests
from harness.browser import Left
from harness.oidc import Attempt, b64


def landed(browser, url):
    """Where a link ends: a page, or Left."""
    try:
        return browser.open(url)
    except Left as left:
        return left


@pytest.mark.parametrize("back", [
    "//evil.example/", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
    "///evil.example",
    "/%0d%0aSet-Cookie:x=1", "javascript:alert(1)", "evil.example", "%2f%2fevil.example", "/\r\n/evil.example", "%",
    "%ff%fe", "/a\0b"])
def test_the_language_switch_leads_nowhere_else(service, back):
    for coded in (quote(back, safe=""), quote(back, safe="%/")):
        answer = service.get("/language/en?back=" + coded, allow_redirects=False)
        assert answer.status_code in (303, 400), (coded, answer.status_code)
        where = answer.headers.get("Location", "/")
        assert where.startswith("/") and not where.startswith("//") and "\\" not in where, where
        assert "x" not in answer.cookies


def test_the_language_switch_with_a_bad_or_long_query_is_a_bad_request(service):
    for query in ("back=%", "back=%ff", "back=%00", "&".join(f"a{i}=1" for i in range(65))):
        with socket.create_connection(("127.0.0.1", service.port)) as wire:
            wire.sendall(f"GET /language/vi?{query} HTTP/1.1\r\nHost: localhost:{service.port}\r\n\r\n".encode())
            assert wire.recv(100).startswith(b"HTTP/1.1 400 "), query


@pytest.mark.parametrize("bend", [
    lambda u: u + "/", lambda u: u + "?x=1", lambda u: u + "#f", lambda u: u.upper(), lambda u: u + "%2f..",
    lambda u: u + "/../x",
    lambda u: u.replace("http://", "http://evil@"), lambda u: u.replace("localhost", "localhost.evil.example"),
    lambda u: u + "\\@evil.example", lambda u: " " + u, lambda u: u + "\n", lambda u: u.replace("9999", "9998"),
    lambda u: u.replace("http:", "https:"), lambda u: "", lambda u: u + " https://evil.example/"])
def test_a_bent_redirect_uri_is_told_to_nobody(service, bend):
    """spec: RFC 9700 §2.1 MUST exact string matching"""
    page = service.first.browser().open(service.first.url(Attempt(), redirect_uri=bend(service.first.redirect_uri)))
    assert page.status == 400 and page.kind == "other"


def test_a_bent_place_after_logout_is_told_to_nobody(service):
    client, browser = service.first, service.first.browser()
    tokens = client.log_in(service.an, browser)
    bye = client.registration["post_logout_redirect_uris"][0]
    for uri in (bye + "/", bye + "?x", bye + "#x", bye.upper(), client.redirect_uri, "//evil.example",
                bye + "@evil.example",
                service.second.registration["post_logout_redirect_uris"][0]):
        page = landed(browser, client.discovery["end_session_endpoint"] + "?" + urlencode(
            {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": uri}))
        assert not isinstance(page, Left) and page.status == 400, uri
    assert "code" in client.authorize(browser, service.an, prompt="none")[1].parameters, "nobody was logged out"


XSS = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{csrf}}{service}"


def test_what_was_sent_is_text_on_every_page(service):
    client, browser = service.first, service.first.browser()
    shown = [browser.open(client.url(Attempt(), state=XSS, login_hint=XSS, ui_locales=XSS, nonce=XSS)),
             browser.open(client.url(Attempt(), login_hint="12<script>")),
             browser.open(client.discovery["authorization_endpoint"] + "?" + urlencode({"client_id": XSS})),
             browser.open(client.url(Attempt(), redirect_uri=XSS)),
             browser.open(client.discovery["end_session_endpoint"] + "?" + urlencode({"state": XSS,
                                                                                      "ui_locales": XSS,
                                                                                      "client_id": XSS})),
             browser.open(service.issuer + "/nowhere/" + quote(XSS)),
             browser.open(service.issuer + "/login/" + quote(XSS))]
    shown.append(browser.log_in(shown[0], XSS, XSS))
    client.log_in(service.an, browser)
    shown.append(browser.open(client.discovery["end_session_endpoint"] + "?" + urlencode({"state": XSS})))
    for page in shown:
        assert "<script" not in page.text and "<img src=x" not in page.text, page.url


def test_a_client_name_is_text_on_every_page(service, register):
    client = register(service, "named", client_name=XSS, agency=XSS, purpose=XSS)
    browser = client.browser()
    login = browser.open(client.url(Attempt()))
    consent = browser.log_in(login, service.an.number, service.an.password)
    assert consent.kind == "consent"
    for page in (login, consent):
        assert "<script" not in page.text and "&lt;script" in page.text
        assert page.text.count('name="csrf"') == len(page.forms), "a name is not a template"


def test_line_breaks_reach_no_header(service):
    client, browser = service.first, service.first.browser()
    client.log_in(service.an, browser)
    for over in ({"state": "a\r\nSet-Cookie: x=1"}, {"nonce": "a\r\nb"}, {"ui_locales": "en\r\nX: y"},
                 {"login_hint": "1\r\nX: y"}):
        where = landed(browser, client.url(Attempt(), **over))
        assert isinstance(where, Left) and where.parameters["error"] == "invalid_request", over
        assert "X" not in where.response.headers and "x" not in where.response.cookies


def test_a_login_begun_by_another_browser_can_not_be_finished(service):
    """login CSRF: the attacker's handle in the victim's browser, and the other way round"""
    client, mine, other = service.first, service.first.browser(), service.first.browser()
    page = mine.open(client.url(Attempt()))
    other.open(client.url(Attempt()))
    handle = urlsplit(page.url).path.rsplit("/", 1)[1]
    for path in ("/login/", "/select/", "/consent/", "/authorize/resume/"):
        assert landed(other, service.issuer + path + handle).status in (400, 403), path
    for path, fields in (("/login/", {"username": service.an.number, "password": service.an.password}),
                         ("/cancel/", {}),
                         ("/consent/", {"decision": "allow"}), ("/select/", {"choice": "continue"})):
        answer = other.post(service.issuer + path + handle, dict(page.forms[0].hidden(), **fields))
        assert answer.status in (400, 403), path
    assert "code" in mine.finish(page, service.an).parameters, "the browser that began it goes on"


def test_a_form_token_serves_its_own_act_only(service):
    client, browser = service.first, service.first.browser()
    attempts = [Attempt(), Attempt()]
    pages = [browser.open(client.url(a, prompt="consent")) for a in attempts]
    tokens = [p.forms[0].hidden()["csrf"] for p in pages]
    assert tokens[0] != tokens[1]
    handles = [urlsplit(p.url).path.rsplit("/", 1)[1] for p in pages]
    login = {"username": service.an.number, "password": service.an.password}
    assert browser.post(service.issuer + "/login/" + handles[0], dict(login, csrf=tokens[1])).status == 403
    consent = browser.log_in(pages[0], service.an.number, service.an.password)
    assert consent.kind == "consent"
    for token in (tokens[0], tokens[1], "", "A" * 43):
        page = browser.post(service.issuer + "/consent/" + handles[0], {"csrf": token, "decision": "allow"})
        assert page.status == 403
    mine = consent.forms[-1].hidden()["csrf"]
    assert browser.post(service.issuer + "/logout/confirm", {"csrf": mine, "decision": "logout"}).status == 403
    assert browser.post(service.issuer + "/cancel/" + handles[1], {"csrf": mine}).status == 403


def test_consent_is_not_given_by_half_or_twice(service):
    client, browser = service.first, service.first.browser()
    page = browser.open(client.url(Attempt(), prompt="consent"))
    consent = browser.log_in(page, service.an.number, service.an.password)
    token = consent.form("consent").hidden()["csrf"]
    for fields in ([("decision", "")], [("decision", "allow "), ("x", "1")], [("decision", "ALLOW")], []):
        again = browser.post(consent.url, [("csrf", token)] + fields)
        assert again.kind == "consent", fields
    twice = browser.post(consent.url, [("csrf", token), ("decision", "allow"), ("decision", "deny")])
    assert twice.status == 400, "spec: RFC 6749 §3.1 MUST NOT be included more than once"
    assert browser.post(consent.url, [("csrf", token)] + [(f"a{i}", "1") for i in range(70)]).status == 400


def test_forms_with_too_many_fields_are_bad_requests(service):
    client, browser = service.first, service.first.browser()
    page = browser.open(client.url(Attempt()))
    handle = urlsplit(page.url).path.rsplit("/", 1)[1]
    for path in ("/login/", "/cancel/"):
        answer = browser.post(service.issuer + path + handle, [("csrf", "x")] + [(f"a{i}", "1") for i in range(70)])
        assert answer.status == 400, path


def test_a_pushed_request_may_be_posted_from_another_site(service):
    """Browsers hold SameSite=Lax cookies back: neither the session nor a login in progress may be lost by it"""
    client, browser = service.first, service.first.browser()
    client.log_in(service.an, browser)
    attempt = Attempt()
    uri = client.push(attempt, prompt="none").json()["request_uri"]
    bare = requests.post(client.discovery["authorization_endpoint"], data={"client_id": client.id, "request_uri": uri},
                         allow_redirects=False, timeout=60)
    assert bare.status_code == 303 and "Set-Cookie" not in bare.headers
    with pytest.raises(Left) as left:
        browser.open(service.issuer + bare.headers["Location"])
    assert "code" in left.value.parameters and left.value.parameters["state"] == attempt.state


def test_parameters_beside_a_pushed_request_change_nothing(service):
    """spec: RFC 9126 §4; RFC 9101 §6.3 MUST only use the parameters in the request object"""
    client, browser = service.first, service.first.browser()
    client.log_in(service.an, browser)
    attempt = Attempt()
    uri = client.push(attempt, scope="openid", prompt="none").json()["request_uri"]
    with pytest.raises(Left) as left:
        browser.open(client.discovery["authorization_endpoint"] + "?" + urlencode(
            {"client_id": client.id, "request_uri": uri, "scope": "openid email", "state": "evil", "prompt": "login",
             "redirect_uri": service.second.redirect_uri, "code_challenge": b64(b"x" * 32)}))
    assert left.value.base == client.redirect_uri and left.value.parameters["state"] == attempt.state
    assert client.redeem(attempt, left.value).json()["scope"] == "openid"


def test_a_client_that_must_push_is_not_bent_by_a_post(service, register):
    client = register(service, "must-push-2", require_pushed_authorization_requests=True)
    browser = client.browser()
    with pytest.raises(Left) as left:
        browser.post(client.discovery["authorization_endpoint"], client.parameters(Attempt()))
    assert left.value.parameters["error"] == "invalid_request"


def test_the_consent_page_names_the_services_whose_data_an_access_token_opens(service, register):
    """Law 91/2025/QH15: agreement is informed"""
    api = register(service, "registry-api", grant_types=["client_credentials"], redirect_uris=None, response_types=[],
             post_logout_redirect_uris=None, scope="")
    service.ctl_text("resource", "add", "--audience", "https://land.example/", "--name", "Sổ đất <đai>", "--scopes",
                     "land.read",
                     "--client", api.id)
    client = register(service, "reader", scope="openid land.read")
    browser = client.browser()
    page = browser.open(client.url(Attempt(), scope="openid land.read"))
    page = browser.log_in(page, service.an.number, service.an.password)
    assert page.kind == "consent" and "Sổ đất &lt;đai&gt;" in page.text and "claim." not in page.text


def test_select_account_is_not_skipped(service):
    client, browser = service.first, service.first.browser()
    client.log_in(service.an, browser)
    page = browser.open(client.url(Attempt(), prompt="select_account"))
    assert page.kind == "select"
    handle = urlsplit(page.url).path.rsplit("/", 1)[1]
    page = landed(browser, service.issuer + "/authorize/resume/" + handle)
    assert not isinstance(page, Left) and page.kind == "select"
    page = landed(browser, service.issuer + "/consent/" + handle)
    assert not isinstance(page, Left)


def test_a_password_asked_for_again_is_not_skipped(service):
    client, browser = service.first, service.first.browser()
    client.log_in(service.an, browser)
    for over in ({"prompt": "login"}, {"max_age": "0"}, {"prompt": "login consent"}):
        page = browser.open(client.url(Attempt(), **over))
        assert page.kind == "login"
        handle = urlsplit(page.url).path.rsplit("/", 1)[1]
        again = landed(browser, service.issuer + "/authorize/resume/" + handle)
        assert not isinstance(again, Left) and again.kind == "login"
        client.log_in(service.an, browser)  # in another tab
        again = landed(browser, service.issuer + "/authorize/resume/" + handle)
        assert not isinstance(again, Left) and again.kind == "login", over


def test_prompt_none_shows_and_changes_nothing(service):
    client, browser = service.first, service.first.browser()
    for over in ({}, {"max_age": "0"}, {"acr_values": "urn:authd:acr:2:4"}, {"login_hint": service.an.number}):
        left = landed(browser, client.url(Attempt(), prompt="none", **over))
        assert isinstance(left, Left) and left.parameters["error"] == "login_required"
    for bad in ("none login", "none  none consent", "nOne", "login none"):
        left = landed(browser, client.url(Attempt(), prompt=bad))
        assert isinstance(left, Left) and left.parameters["error"] == "invalid_request", bad


def test_a_hint_of_somebody_else_gives_no_code(service):
    client, browser = service.first, service.first.browser()
    other = client.log_in(service.binh)
    client.log_in(service.an, browser)
    left = landed(browser, client.url(Attempt(), prompt="none", id_token_hint=other["id_token"]))
    assert left.parameters["error"] == "login_required"
    page = browser.open(client.url(Attempt(), id_token_hint=other["id_token"]))
    assert page.kind == "login"
    left = landed_after(browser, page, service.an)
    assert isinstance(left, Left) and left.parameters["error"] == "login_required"


def landed_after(browser, page, person):
    try:
        return browser.log_in(page, person.number, person.password)
    except Left as left:
        return left


def test_consent_given_to_one_is_not_anothers(service, register):
    client = register(service, "asks", scope="openid profile email offline_access")
    browser = client.browser()
    client.log_in(service.an, browser, scope="openid email")
    for over in ({"scope": "openid profile"}, {"scope": "openid email offline_access"},
                 {"claims": '{"userinfo":{"birthdate":null}}'}, {"claims": '{"id_token":{"name":null}}'}):
        left = landed(browser, client.url(Attempt(), **dict({"scope": "openid email", "prompt": "none"}, **over)))
        if "offline_access" in over.get("scope", ""):
            continue
        assert left.parameters.get("error") == "consent_required", over
    second = client.browser()
    page = second.open(client.url(Attempt(), scope="openid email"))
    assert second.log_in(page, service.binh.number, service.binh.password).kind == "consent"


def test_a_new_password_ends_the_sessions_that_the_old_one_opened(service):
    client, browser = service.first, service.first.browser()
    tokens = client.log_in(service.an, browser, scope="openid email")
    service.set_password(service.an, "chín con cò đậu bờ ruộng")
    left = landed(browser, client.url(Attempt(), prompt="none"))
    assert left.parameters.get("error") == "login_required"
    assert client.introspect(tokens["access_token"]) == {"active": False}


def test_unknown_and_locked_people_get_the_same_bytes(service):
    client = service.first
    service.identity("lock", service.cuong)
    try:
        seen = set()
        for number in ("001090009999", service.cuong.number, service.an.number):
            browser = client.browser()
            page = browser.open(client.url(Attempt(), login_hint=number))
            page = browser.log_in(page, number, "not the password")
            text = re.sub(r'[A-Za-z0-9_-]{43,}|' + number, "x", page.text)
            headers = {k: v for k, v in page.response.headers.items() if k not in ("Date", "Content-Length")}
            seen.add((page.status, text, len(page.text), str(sorted(headers.items()))))
        assert len(seen) == 1, seen
    finally:
        service.identity("unlock", service.cuong)


def test_unlocking_brings_nothing_back_that_was_written_meanwhile(service):
    """A session, or a grant, whose statement ran beside the lock's"""
    client, browser = service.first, service.first.browser()
    tokens = client.log_in(service.an, browser, scope="openid offline_access")
    alive = service.query('SELECT id FROM session WHERE ended_at IS NULL'), service.query(
        'SELECT id FROM "grant" WHERE revoked_at IS NULL')
    service.identity("lock", service.an)
    service.query("UPDATE session SET ended_at = NULL, end_reason = NULL WHERE id = ANY (%s::uuid[])",
                  [r[0] for r in alive[0]])
    service.query('UPDATE "grant" SET revoked_at = NULL, revoke_reason = NULL WHERE id = ANY (%s::uuid[])',
                  [r[0] for r in alive[1]])
    service.identity("unlock", service.an)
    left = landed(browser, client.url(Attempt(), prompt="none"))
    assert left.parameters.get("error") == "login_required"
    assert client.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def at_once(n, call):
    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(lambda _: call(), range(n)))


def test_one_consent_gives_one_code(service):
    client, browser, attempt = service.first, service.first.browser(), Attempt()
    page = browser.open(client.url(attempt, prompt="consent"))
    page = browser.log_in(page, service.an.number, service.an.password)
    fields = dict(page.form("consent").hidden(), decision="allow")
    cookies = {c.name: c.value for c in browser.session.cookies}
    answers = at_once(6, lambda: requests.post(page.url, data=fields, cookies=cookies, timeout=60,
                                               allow_redirects=False))
    codes = [a.headers["Location"] for a in answers if "code=" in a.headers.get("Location", "")]
    assert len(codes) == 1 and {a.status_code for a in answers} == {303, 400}
    again = requests.post(page.url, data=dict(fields, decision="deny"), cookies=cookies, timeout=60, allow_redirects=False)
    assert again.status_code == 400, "what is done is done"


def test_one_pushed_request_begins_one_login(service):
    """spec: RFC 9126 §7.3 a request_uri is used once"""
    client = service.first
    uri = client.push(Attempt()).json()["request_uri"]
    answers = at_once(6, lambda: requests.get(client.discovery["authorization_endpoint"], timeout=60, allow_redirects=False,
                                              params={"client_id": client.id, "request_uri": uri}))
    begun = [a for a in answers if a.headers.get("Location", "").startswith("/login/")]
    assert len(begun) == 1
    for answer in answers:
        assert answer in begun or answer.status_code == 400 or "error=invalid_request_uri" in answer.headers["Location"]


def test_a_request_uri_of_another_client_or_kind_is_none(service):
    client, other = service.first, service.second
    uri = client.push(Attempt()).json()["request_uri"]
    authorize = client.discovery["authorization_endpoint"] + "?"
    for fields in ({"client_id": other.id, "request_uri": uri, "redirect_uri": other.redirect_uri},
                   {"client_id": client.id, "request_uri": uri + "A", "redirect_uri": client.redirect_uri},
                   {"client_id": client.id, "request_uri": uri[:-1], "redirect_uri": client.redirect_uri},
                   {"client_id": client.id, "request_uri": "https://evil.example/", "redirect_uri": client.redirect_uri}):
        left = landed(client.browser(), authorize + urlencode(fields))
        assert isinstance(left, Left) and "code" not in left.parameters, fields
        assert left.parameters["error"] in ("invalid_request", "invalid_request_uri", "request_uri_not_supported")
    page = landed(client.browser(), authorize + urlencode({"client_id": other.id, "request_uri": uri,
                                                           "redirect_uri": client.redirect_uri}))
    assert not isinstance(page, Left) and page.status == 400
    for repeated in (f"client_id={client.id}&client_id={other.id}&", f"client_id={client.id}&request_uri=x&"):
        page = landed(client.browser(), authorize + repeated + urlencode({"request_uri": uri}))
        assert page.parameters["error"] == "invalid_request" if isinstance(page, Left) else page.status == 400
    page = landed(client.browser(), authorize + urlencode({"client_id": client.id, "request_uri": uri}))
    assert page.kind == "login", "nobody else has used it up"


def test_a_hint_of_another_session_asks_before_it_ends_anything(service):
    """logout CSRF: the attacker's own ID token in a link"""
    client, browser = service.first, service.first.browser()
    client.log_in(service.an, browser)
    foreign = client.log_in(service.binh)["id_token"]
    page = landed(browser, client.discovery["end_session_endpoint"] + "?" + urlencode({"id_token_hint": foreign}))
    assert page.kind == "logout"
    bare = requests.post(service.issuer + "/logout/confirm", timeout=60, allow_redirects=False, data={
        "decision": "logout", "csrf": page.form("logout").hidden()["csrf"]})
    assert bare.status_code == 403
    assert "code" in landed(browser, client.url(Attempt(), prompt="none")).parameters


def test_a_native_app_chooses_its_port_and_gets_its_code_there_only(service, register):
    """spec: RFC 8252 §7.3"""
    app = register(service, "app", application_type="native", token_endpoint_auth_method="none",
                   redirect_uris=["http://127.0.0.1/cb"], post_logout_redirect_uris=None)
    attempt, left = app.authorize(app.browser(), service.an, redirect_uri="http://127.0.0.1:49152/cb")
    assert left.base == "http://127.0.0.1:49152/cb"
    assert app.redeem(attempt, left, redirect_uri="http://127.0.0.1:49153/cb").json()["error"] == "invalid_grant"
    assert app.redeem(attempt, left, redirect_uri="http://127.0.0.1:49152/cb").status_code == 200
    for uri in ("http://127.0.0.1:49152/cb/", "http://localhost:49152/cb", "http://127.0.0.1:49152@evil.example/cb"):
        page = landed(app.browser(), app.url(Attempt(), redirect_uri=uri))
        assert not isinstance(page, Left) and page.status == 400, uri


def test_a_native_app_is_agreed_to_each_time(service, register):
    """Whatever answers on its loopback port may be another program (RFC 8252 section 8.6)."""
    app = register(service, "app-asks", application_type="native", token_endpoint_auth_method="none",
                   redirect_uris=["http://127.0.0.1/cb"], post_logout_redirect_uris=None)
    browser = app.browser()
    app.log_in(service.an, browser)
    left = landed(browser, app.url(Attempt(), prompt="none"))
    assert left.parameters["error"] == "consent_required"
    page = landed(browser, app.url(Attempt()))
    assert page.kind == "consent"
    assert "code" in browser.finish(page, service.an).parameters
