"""What every page and answer carries."""
import os
import re
import ssl
from contextlib import closing
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

import pytest
from requests.structures import CaseInsensitiveDict

from harness.oidc import Attempt
from harness.postgres import ROOT

with open(os.path.join(ROOT, "authd", "routes.c"), encoding="utf-8") as source:
    ROUTES = re.findall(r'^    {"(/[^"]*)", ', source.read(), re.MULTILINE)


class Answer:
    def __init__(self, response):
        self.status_code, self.headers = response.status, CaseInsensitiveDict(response.getheaders())


def announced(service, target, size):
    """The answer to a body that is announced and never sent."""
    parts = urlsplit(service.issuer)
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=service.ca_file)
        connection = HTTPSConnection(parts.hostname, parts.port, timeout=60, context=context)
    else:
        connection = HTTPConnection(parts.hostname, parts.port, timeout=60)
    with closing(connection):
        connection.putrequest("POST", target)
        connection.putheader("Content-Type", "application/x-www-form-urlencoded")
        connection.putheader("Content-Length", str(size))
        connection.endheaders()
        return Answer(connection.getresponse())


def walk(service):
    """An answer of every route by every way a browser or a stranger may come: right, wrong and broken."""
    http = service.session()
    for path in ROUTES + ["/nothing-here"]:
        tail = "x" * 46 if path.endswith("/") and path != "/" else ""
        url = service.issuer + path + tail
        for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS"):
            yield method, path, http.request(method, url, allow_redirects=False, timeout=60)
        yield "form", path, http.post(url, data={"csrf": "x", "x": "y"}, allow_redirects=False, timeout=60)
        yield "large", path, announced(service, path + tail, 1_000_000)
        yield "query", path, http.get(url + "?client_id=nobody&x=%zz", allow_redirects=False, timeout=60)


@pytest.mark.parametrize("tls", [False, True])
def test_every_answer_of_every_route_carries_strict_headers(make_service, tls):
    """spec: RFC 9700 §4.2.4, §4.16"""
    service = make_service(tls=tls, fill=False)
    assert len(ROUTES) > 25
    statuses = set()
    for method, path, answer in walk(service):
        h, where = answer.headers, (method, path, answer.status_code)
        statuses.add(answer.status_code)
        policy = [part.strip() for part in h["Content-Security-Policy"].split(";")]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, where
        assert "unsafe" not in h["Content-Security-Policy"] and "*" not in h["Content-Security-Policy"], where
        if h.get("Content-Type", "").startswith("text/html"):
            assert "base-uri 'none'" in policy and "form-action 'self'" in policy, where
            assert "style-src 'self'" in policy and "img-src 'self'" in policy, where
            assert h["Content-Language"] in ("vi", "en"), where
        assert h["X-Content-Type-Options"] == "nosniff", where
        assert h["Referrer-Policy"] == "no-referrer", where
        assert h["X-Frame-Options"] == "DENY", where
        assert h["Cross-Origin-Opener-Policy"] == "same-origin", where
        assert "camera=()" in h["Permissions-Policy"], where
        assert ("Strict-Transport-Security" in h) == tls, where
        public = re.search(r"max-age=(\d+)", h["Cache-Control"])
        assert "no-store" in h["Cache-Control"] or (public and answer.status_code in (200, 304)), where
    assert {200, 400, 404, 405, 413} <= statuses and not {s for s in statuses if s >= 500 and s != 501}


def test_pages_of_a_login_carry_strict_headers_and_nothing_inline(service):
    browser = service.first.browser()
    page = browser.open(service.first.url(Attempt()))
    for response in browser.seen:
        assert "no-store" in response.headers["Cache-Control"], response.url
    assert page.kind == "login" and "<script" not in page.text and "style=" not in page.text


def test_every_cookie_is_httponly_and_samesite(service):
    browser = service.first.browser()
    service.first.log_in(service.an, browser)
    cookies = [value for response in browser.seen
               for value in response.raw.headers.getlist("Set-Cookie")]
    assert cookies
    for cookie in cookies:
        assert "HttpOnly" in cookie and "SameSite=" in cookie and "Path=/" in cookie, cookie


def test_over_tls_cookies_have_the_host_prefix_and_hsts_is_set(make_service):
    service = make_service(tls=True)
    browser = service.first.browser()
    service.first.log_in(service.an, browser)
    cookies = [value for response in browser.seen
               for value in response.raw.headers.getlist("Set-Cookie")]
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("__Host-") and "Secure" in cookie, cookie
    assert all("Strict-Transport-Security" in r.headers for r in browser.seen)


def test_the_key_set_may_be_cached_and_read_from_any_origin(service):
    """spec: OpenID Discovery §3:keys, RFC 7517 §9.2"""
    answer = service.first.http.get(service.first.discovery["jwks_uri"], timeout=60,
                                    headers={"Origin": "https://portal.example"})
    assert "max-age=" in answer.headers["Cache-Control"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    for key in answer.json()["keys"]:
        assert not {"d", "p", "q", "k"} & set(key), "a private part is published"
