"""What every page and answer carries."""
from harness.oidc import Attempt


def test_pages_carry_strict_headers(service):
    """spec: RFC 9700 §4.2.4, §4.16"""
    browser = service.first.browser()
    page = browser.open(service.first.url(Attempt()))
    for response in browser.seen + [service.get("/nothing-here", headers={"Accept": "text/html"})]:
        h = response.headers
        assert h["X-Content-Type-Options"] == "nosniff"
        assert "no-referrer" in h["Referrer-Policy"] or "same-origin" in h["Referrer-Policy"]
        assert "no-store" in h["Cache-Control"], response.url
    csp = page.response.headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action"):
        assert part in csp, csp
    assert "unsafe" not in csp
    assert "<script" not in page.text and "style=" not in page.text


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
    answer = service.first.http.get(service.first.discovery["jwks_uri"], timeout=10,
                                    headers={"Origin": "https://portal.example"})
    assert "max-age=" in answer.headers["Cache-Control"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    for key in answer.json()["keys"]:
        assert not {"d", "p", "q", "k"} & set(key), "a private part is published"
