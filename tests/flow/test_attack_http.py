"""Attacks below the protocol: methods, origins, hosts, caches, long values; and what the log tells whoever reads it."""
import re
import socket
from urllib.parse import quote, urlencode, urlsplit

import pytest
import requests
from harness.browser import Left
from harness.oidc import Attempt

SECRET_ENDPOINTS = ("/token", "/introspect", "/revoke", "/par", "/userinfo")
PAGES = ("/authorize", "/logout", "/logout/confirm", "/login/x", "/consent/x", "/select/x", "/cancel/x",
         "/authorize/resume/x", "/")


@pytest.mark.parametrize("path", SECRET_ENDPOINTS + PAGES)
def test_methods_that_are_not_offered_are_refused(service, path):
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "GETX"):
        answer = requests.request(method, service.issuer + path, timeout=60, allow_redirects=False)
        assert answer.status_code in (400, 405, 501), (method, answer.status_code)
        if answer.status_code == 405:
            assert answer.headers["Allow"] and method not in answer.headers["Allow"]
        assert "Set-Cookie" not in answer.headers


def test_pages_and_introspection_are_for_no_other_origin(service):
    for path in PAGES + ("/introspect",):
        for method in ("GET", "POST", "OPTIONS"):
            answer = requests.request(method, service.issuer + path, timeout=60, allow_redirects=False,
                                      headers={"Origin": "https://evil.example",
                                               "Access-Control-Request-Method": "POST"})
            assert not [h for h in answer.headers if h.lower().startswith("access-control-")], (path, method)


def test_no_origin_may_send_credentials_along(service):
    for path in SECRET_ENDPOINTS + ("/jwks", "/.well-known/openid-configuration"):
        for method in ("GET", "POST", "OPTIONS"):
            answer = requests.request(method, service.issuer + path, timeout=60, headers={
                "Origin": "https://evil.example", "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization, x-evil"})
            assert "Access-Control-Allow-Credentials" not in answer.headers
            assert answer.headers.get("Access-Control-Allow-Origin", "*") == "*"
            assert "x-evil" not in answer.headers.get("Access-Control-Allow-Headers", "").lower()


def test_what_concerns_a_person_is_kept_by_no_cache(service):
    client, browser = service.first, service.first.browser()
    tokens = client.log_in(service.an, browser, prompt="consent")
    answers = [r for r in browser.seen] + [client.userinfo(tokens["access_token"]), client.token({"grant_type": "x"}),
                                           client.push(Attempt()), client.post("introspection_endpoint",
                                                                               {"token": "x"}),
                                           client.revoke("x"), service.get("/nowhere"), service.get("/")]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store", answer.url
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_other_hosts_are_not_ours(service):
    port = urlsplit(service.issuer).port
    for host in ("evil.example", f"evil.example:{port}", "localhost", f"localhost:{port + 1}",
                 f"localhost.evil.example:{port}",
                 f"localhost:{port}.", f"localhost:0{port}"):
        answer = requests.get(service.issuer + "/.well-known/openid-configuration", headers={"Host": host}, timeout=60)
        assert answer.status_code in (400, 421), host
        assert "evil" not in answer.text


def test_forwarded_headers_of_strangers_change_nothing(service):
    answer = requests.get(service.first.url(Attempt()), timeout=60, allow_redirects=False, headers={
        "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example;proto=https",
        "X-Original-URL": "/jwks", "X-Rewrite-URL": "/jwks", "X-HTTP-Method-Override": "POST"})
    assert answer.status_code == 303 and answer.headers["Location"].startswith("/login/")
    assert "__Host-" not in answer.headers["Set-Cookie"]


def test_cookies_over_tls_are_taken_under_their_full_name_only(make_service):
    service = make_service(tls=True)
    client, browser = service.first, service.first.browser()
    client.log_in(service.an, browser)
    names = {c.name: c for c in browser.session.cookies}
    assert names and all(n.startswith("__Host-") for n in names)
    for response in browser.seen:
        for line in response.raw.headers.getlist("Set-Cookie"):
            parts = [p.strip() for p in line.split(";")]
            assert {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"} <= set(parts) and "Domain" not in line, line
    bare = client.browser()
    for cookie in browser.session.cookies:
        bare.session.cookies.set(cookie.name.removeprefix("__Host-"), cookie.value)
    with pytest.raises(Left) as left:
        bare.open(client.url(Attempt(), prompt="none"))
    assert left.value.parameters["error"] == "login_required", "a cookie another host could have set"


LONG = ("state", "nonce", "login_hint", "ui_locales", "scope", "claims", "acr_values", "id_token_hint", "prompt",
        "max_age", "display",
        "code_challenge", "claims_locales")


@pytest.mark.parametrize("name", LONG)
def test_very_long_values_get_a_clear_answer(service, name):
    for value in ("9" * 2100, "9" * 30000, "ệ" * 2000, " ".join("a" * 30 for _ in range(100))):
        for how in ("GET", "POST"):
            parameters = service.first.parameters(Attempt(), **{name: value})
            answer = requests.request(how, service.first.discovery["authorization_endpoint"], timeout=60,
                                      allow_redirects=False,
                                      **({"params": parameters} if how == "GET" else {"data": parameters}))
            assert answer.status_code in (303, 400, 413, 414, 431), (name, how, len(value), answer.status_code)
        answer = service.first.post("pushed_authorization_request_endpoint", parameters)
        assert answer.status_code in (201, 400, 413), (name, len(value))


def test_invalid_utf8_is_refused_everywhere(service):
    client, browser = service.first, service.first.browser()
    page = browser.open(client.url(Attempt()))
    handle = urlsplit(page.url).path
    for path in ("/authorize", "/token", "/par", "/introspect", "/revoke", "/userinfo", "/logout", "/logout/confirm",
                 handle,
                 handle.replace("login", "cancel")):
        for body in (b"a=%ff", b"%c0%80=1", b"csrf=%ed%a0%80", b"a=\xff", b"a=%00", b"a=%", b"a=%4"):
            answer = browser.session.post(service.issuer + path, data=body, timeout=60, allow_redirects=False,
                                          headers={"Content-Type": "application/x-www-form-urlencoded"})
            assert 400 <= answer.status_code < 500, (path, body, answer.status_code)


def test_bodies_of_other_types_are_not_read(service):
    client = service.first
    for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x",
                 "application/x-www-form-urlencodedx", ""):
        for path in ("/token", "/par", "/introspect", "/revoke", "/authorize", "/logout"):
            answer = requests.post(service.issuer + path, data=urlencode({"client_id": client.id,
                                                                          "client_secret": client.secret}),
                                   headers={"Content-Type": kind}, timeout=60, allow_redirects=False)
            assert 400 <= answer.status_code < 500, (path, kind)


def test_the_log_holds_no_secret_and_no_person(make_service):
    """DESIGN.md section 2; every line of a request has its id, and no two requests share one"""
    service = make_service({"log": {"level": "debug"}})
    client, browser, secrets = service.first, service.first.browser(), []
    tokens = client.log_in(service.an, browser, scope="openid email profile offline_access", prompt="consent")
    attempt = tokens["attempt"]
    again = client.refresh(tokens["refresh_token"]).json()
    for kind in ("access_token", "refresh_token", "id_token"):
        secrets += [tokens[kind], again[kind], tokens[kind].rsplit(".", 1)[-1]]
        client.introspect(tokens[kind])
        client.userinfo(tokens[kind])
        client.userinfo(tokens[kind] + "x")
    attempt2, left = client.authorize(browser, service.an)
    client.redeem(attempt2, left, code_verifier="x" * 43)
    client.redeem(attempt2, left)
    client.redeem(attempt2, left)
    secrets += [left.parameters["code"], attempt2.verifier, attempt.verifier, attempt.state, attempt.nonce,
                client.secret]
    secrets += [c.value for c in browser.session.cookies if c.name != "account"]
    other = client.browser()
    page = other.open(client.url(Attempt(), login_hint=service.binh.number, id_token_hint=tokens["id_token"] + "x"[:0]))
    page = other.log_in(page, service.binh.number, "falsches Passwort")
    page = other.log_in(page, "079185009999", "falsches Passwort")
    other.log_in(page, "0791850073", "falsches Passwort")
    secrets += [urlsplit(page.url).path.rsplit("/", 1)[1], "falsches", service.an.password, client.id + "@"]
    for path in ("/token", "/userinfo", "/nowhere/" + service.an.number, "/login/" + service.an.number,
                 "/authorize?client_id=" +
                 service.an.number, "/authorize?login_hint=" + service.an.number + "&client_id=" + client.id,
                 "/a?" + tokens["access_token"],
                 "/logout?id_token_hint=" + tokens["id_token"] + "x", "/logout?client_id=" + service.an.number):
        service.get(path)
        requests.post(service.issuer + path, data={"client_id": service.an.number, "client_secret": client.secret,
                                                   "refresh_token": "x",
                                                   "username": service.an.number, "token": tokens["access_token"]},
                                                   timeout=60)
    requests.get(service.issuer + "/", headers={"Authorization": "Basic " + service.an.number,
                                                "Host": service.an.number}, timeout=60)
    with socket.create_connection(("127.0.0.1", service.port)) as wire:
        wire.sendall(b"GET /" + service.an.number.encode() + b" HTTP/9.9\r\n\r\n")
        wire.recv(1000)
    service.stop()
    log = service.log()
    for secret in secrets:
        assert secret not in log, [line for line in log.splitlines() if secret in line][:3]
    for person in (service.an, service.binh):
        assert person.name not in log and person.email not in log
    no_ids = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "", log)  # a UUID may end in twelve digits
    numbers = [line for line in no_ids.splitlines() if re.search(r"(?<![0-9a-f])[0-9]{12}(?![0-9a-f])", line)]
    assert not numbers, numbers[:3]
    ids = re.findall(r"event=http\.request request=([0-9a-f]{32})", log)
    assert len(ids) > 30 and len(set(ids)) == len(ids)
    assert re.search(r"event=login\.ok request=[0-9a-f]{32}", log)
