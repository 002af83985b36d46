"""The demo portals as citizens and operators meet them: refusals, then single sign-on, step up, logout here and
everywhere."""
import json
import os
import socket
import subprocess
import threading
import time

import pytest
import requests
from harness.portal import FORM, Citizen, registered, settings
from harness.wait import until
from harness.world import BUILD


def fill(citizen, portal):
    """Steps through to the review."""
    page = citizen.open(portal.url + "/apply")
    page = citizen.submit(page, "/apply", **FORM[portal.settings["SERVICE"]])
    assert page.url.endswith("/apply/review"), page.text
    return page


# -- refusals a citizen meets ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("language, words", [("vi", "Bạn đã dừng đăng nhập"), ("en", "You stopped the login")])
def test_who_cancels_the_login_reads_that_nothing_was_shared(town, service, language, words):
    citizen = Citizen(service.an, language)
    citizen.cancel = True
    page = citizen.open(town.residence.url + "/login")
    assert page.status == 400 and words in page.text
    assert page.link("Đăng nhập" if language == "vi" else "Log in").endswith("/login")
    assert "EID_CANCELLED" in town.residence.log()


def test_a_level_that_is_not_met_is_told_with_the_way_to_get_it(town, service):
    page = Citizen(service.cuong).open(town.residence.url + "/login")
    assert page.status == 403 and "mức độ 2" in page.text, page.text
    assert "EID_ASSURANCE_NOT_MET" in town.residence.log()
    assert "Lê Hoàng Cường" in Citizen(service.cuong).open(town.business.url + "/login").text


def test_an_answer_to_a_login_that_began_elsewhere_is_refused(town, service):
    page = Citizen(service.an).open(town.residence.url + "/callback?code=x&state=y")
    assert page.status == 400 and "hết hạn" in page.text
    mallory = Citizen(service.binh)
    mallory.session.cookies.set("portal_login0", "AAAA", domain="localhost.local")
    assert mallory.open(town.residence.url + "/callback?code=x&state=y").status == 400


def test_while_the_provider_is_away_the_citizen_is_asked_to_wait(portal, service):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{closed.getsockname()[1]}"
        one = portal().start(ISSUER=issuer, CLIENT_ID="x")
        page = Citizen(service.an).open(one.url + "/login?for=apply")
    assert page.status == 503 and "Retry-After" in page.response.headers
    assert "Bạn không làm gì sai" in page.text
    assert page.link("Thử lại").endswith("/login?for=apply")
    reference = page.text.split("hỗ trợ: ")[1].split()[0]
    lines = [line for line in one.log().splitlines() if f"reference={reference} " in line]
    assert len(lines) == 1 and "code=EID_UNREACHABLE" in lines[0]


def test_a_provider_that_does_not_answer_stalls_nobody_else(portal):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        one = portal().start(ISSUER=f"http://127.0.0.1:{silent.getsockname()[1]}", CLIENT_ID="x",
                             TIMEOUT_MS="30000")
        answers = []
        waiting = threading.Thread(
            target=lambda: answers.append(requests.get(one.url + "/login", timeout=60).status_code))
        waiting.start()
        connection, _ = silent.accept()  # the portal waits for the provider now
        for _ in range(5):
            assert requests.get(one.url + "/", timeout=60).status_code == 200
        assert not answers and waiting.is_alive()
        connection.close()
        waiting.join(30)
        assert answers == [503]


def test_forms_that_are_not_of_this_session_do_nothing(town, service):
    citizen = Citizen(service.an)
    assert "Xin chào" in citizen.open(town.residence.url + "/login").text
    for fields in ({}, {"csrf": "0" * 64}):
        assert citizen.post(town.residence.url + "/apply", **dict(FORM["residence"], **fields)).status == 403
        assert citizen.post(town.residence.url + "/apply/submit", **fields).status == 403
        citizen.post(town.residence.url + "/logout", **fields)
        citizen.post(town.residence.url + "/logout/here", **fields)
    assert "Nguyễn Văn An" in citizen.open(town.residence.url + "/").text


def test_a_session_planted_before_the_login_is_not_used(town, service):
    citizen = Citizen(service.an)
    citizen.session.cookies.set("portal", "0" * 64, domain="localhost.local")
    assert "Xin chào" in citizen.open(town.residence.url + "/login").text
    ids = [c.value for c in citizen.session.cookies if c.name == "portal"]
    assert "0" * 64 not in [i for i in ids if len(ids) == 1] and len(set(ids)) >= 1
    first = next(c.value for c in citizen.session.cookies if c.name == "portal" and c.value != "0" * 64)
    citizen.open(town.residence.url + "/login")
    assert first not in [c.value for c in citizen.session.cookies if c.name == "portal"], "a new one at each login"
    answer = requests.get(town.residence.url + "/", cookies={"portal": first}, timeout=60)
    assert "Nguyễn Văn An" not in answer.text


def test_mistakes_in_a_form_are_named_beside_the_fields(town, service):
    citizen = Citizen(service.an)
    page = citizen.open(town.residence.url + "/login?for=apply")
    page = citizen.submit(page, "/apply", **dict(FORM["residence"], address=" ", kind="palace", phone="x" * 3))
    assert page.status == 422 and "Có mục cần sửa" in page.text
    assert page.text.count("Hãy điền mục này.") == 2 and page.text.count("Chỉ ghi chữ số.") == 2
    assert citizen.open(town.residence.url + "/apply/review").url.endswith("/apply"), "not yet"


def test_settings_are_checked_before_anything_listens(tmp_path):
    def said(*arguments, **environment):
        done = subprocess.run([BUILD + "/portal", *arguments], capture_output=True, text=True, timeout=60,
                              env=dict(os.environ, **environment), check=False)
        return done.returncode, done.stdout + done.stderr
    need = ["LISTEN=127.0.0.1:1", "BASE_URL=http://localhost:1", "ISSUER=http://localhost:2", "CLIENT_ID=x"]
    for wrong, word in (("ISSUR=x", "ISSUR"), ("LISTEN=0.0.0.0:80", "loopback"), ("ACCOUNT_LEVEL=two", "ACCOUNT_LEVEL"),
                        ("SERVICE=bank", "SERVICE"), ("CLIENT_SECRET_FILE=/nowhere", "/nowhere"),
                        ("ID_TOKEN_ALG=none", "none"), ("PAR=2", "auto, on or off"), ("DPOP=x", "auto, on or off"),
                        ("CLIENT_KEY_FILE=/nowhere", "CLIENT_KEY_FILE"), ("ISSUER=ldap://x", "ISSUER")):
        status, text = said(*need, wrong)
        assert status == 2 and word in text, (wrong, text)
    status, text = said(*need, PORTAL_TOKEN_AUTH="magic")
    assert status == 2 and "magic" in text
    status, text = said("--help")
    assert status == 0 and "CLIENT_SECRET_FILE" in text and "API_URL" in text


# -- what it is for ----------------------------------------------------------------------------------------------------

def test_a_citizen_files_an_application_and_reads_it_back(town, service):
    citizen = Citizen(service.an)
    page = citizen.open(town.residence.url + "/login?for=apply")
    assert page.url.endswith("/apply") and "14/03/1990" in page.text, "prefilled from the verified identity"
    page = fill(citizen, town.residence)
    assert "12 phố <Hàng> Bài" in page.text and "<Hàng>" not in page.response.text
    page = citizen.submit(page, "/apply/submit")
    assert page.url.endswith("/apply/done") and "Đã tiếp nhận hồ sơ" in page.text
    receipt = page.text.split("Mã hồ sơ ")[1].split()[0]
    page = citizen.open(page.link("Xem hồ sơ của tôi"))
    assert receipt in page.text and "Đã tiếp nhận" in page.text
    assert f"receipt={receipt}" in town.api.log()
    # nobody else sees it, neither at this portal nor the same person's at the other
    for other, where in ((Citizen(service.binh), town.residence), (citizen, town.business)):
        assert receipt not in other.open(where.url + "/login?for=applications").text


def test_submitting_a_business_application_asks_to_log_in_again(town, service):
    citizen = Citizen(service.an)
    citizen.open(town.business.url + "/login")
    citizen.asked_since()
    at = time.time()
    page = fill(citizen, town.business)
    until(lambda: time.time() > at + 2.1)  # older than SUBMIT_MAX_AGE_S=1
    page = citizen.submit(page, "/apply/submit")
    assert page.url.endswith("/apply/confirm") and "Xác nhận đó là bạn" in page.text
    assert citizen.asked_since() == []
    page = citizen.open(page.link("Xác nhận và quay lại"))
    assert "login" in citizen.asked_since(), "single sign-on does not do here"
    assert page.url.endswith("/apply/review") and "Phở Hương" in page.text, "nothing typed is lost"
    # what was confirmed is this text, not whatever is written afterwards
    page, at = fill(citizen, town.business), time.time()
    until(lambda: time.time() > at + 2.1)
    page = citizen.submit(page, "/apply/submit")
    assert page.url.endswith("/apply/confirm")
    page = citizen.open(page.link("Xác nhận và quay lại"))
    page = citizen.submit(page, "/apply/submit")
    assert "Đã tiếp nhận hồ sơ" in page.text


def test_a_portal_follows_the_apis_demand_for_a_fresh_login(town, service, portal):
    """RFC 9470 end to end: the portal itself asks for nothing."""
    strict = portal(SERVICE="records").start(**settings(service, town.api_client, AUDIENCE=town.api.url,
                                                        SUBMIT_MAX_AGE_S="1"))
    one = portal(host="127.0.0.1", SERVICE="business", API_URL=strict.url)
    one.start(**settings(service, registered(service, one)))
    citizen = Citizen(service.an)
    citizen.open(one.url + "/login")
    at = time.time()
    page = fill(citizen, one)
    until(lambda: time.time() > at + 2.1)
    citizen.asked_since()
    page = citizen.submit(page, "/apply/submit")
    assert page.url.endswith("/apply/confirm"), page.text
    page = citizen.open(page.link("Xác nhận và quay lại"))
    assert "login" in citizen.asked_since() and page.url.endswith("/apply/review")


def test_one_login_serves_both_portals_and_one_logout_ends_both(town, service):
    citizen = Citizen(service.an)
    assert "Nguyễn Văn An" in citizen.open(town.residence.url + "/login").text
    citizen.asked_since()
    home = citizen.open(town.business.url + "/login")
    assert "Nguyễn Văn An" in home.text and "login" not in citizen.asked_since()
    codes = [citizen.open(portal.url + "/identity").text.split("Mã của bạn tại cổng này ")[1].split()[0]
             for portal in (town.residence, town.business)]
    assert codes[0] != codes[1], "portals can't join what they know"
    page = citizen.submit(home, "/logout")
    assert page.url.startswith(town.business.url + "/logged-out") and "Bạn đã đăng xuất" in page.text
    assert "Nguyễn Văn An" not in citizen.open(town.business.url + "/").text
    until(lambda: "Nguyễn Văn An" not in citizen.open(town.residence.url + "/").text)
    citizen.open(town.business.url + "/login")
    assert "login" in citizen.asked_since(), "the provider's session has ended, too"


def test_two_tabs_may_log_in_at_once(town, service):
    """Each has a transaction of its own, whichever comes back first."""
    citizen = Citizen(service.an)
    asked = [citizen.session.get(town.residence.url + "/login?for=" + place, allow_redirects=False,
                                 timeout=60).headers["Location"] for place in ("apply", "identity")]
    first = citizen.open(asked[0])
    assert first.url.endswith("/apply"), first.text
    second = citizen.open(asked[1])
    assert second.url.endswith("/identity") and "Nguyễn Văn An" in second.text
    kept = [c.name for c in citizen.session.cookies if c.name.startswith("portal_login")]
    assert kept == [], "an answer works once"


def test_logging_out_here_leaves_the_rest(town, service):
    citizen = Citizen(service.an)
    citizen.open(town.business.url + "/login")
    home = citizen.open(town.residence.url + "/login")
    page = citizen.submit(home, "/logout/here")
    assert "Tài khoản định danh vẫn đang đăng nhập" in page.text, "told honestly"
    assert "Nguyễn Văn An" not in citizen.open(town.residence.url + "/").text
    assert "Nguyễn Văn An" in citizen.open(town.business.url + "/").text


def test_the_portal_shows_all_it_knows_and_from_where(town, service):
    citizen = Citizen(service.an, "en")
    citizen.open(town.residence.url + "/login")
    page = citizen.open(town.residence.url + "/identity")
    for word in ("Account level 2 ID token", "Full name Nguyễn Văn An asked at the identity page (userinfo)",
                 "Assurance (acr) urn:authd:acr:2:1", 'Methods (amr) ["pwd"]', "ES256", "records.read"):
        assert word in page.text, (word, page.text)
    assert service.first.jwks()["keys"][0]["kid"] in page.text or "Key " in page.text


def test_the_language_follows_switch_browser_and_goes_to_the_provider(town, service):
    citizen = Citizen(service.an, "fr, en;q=0.5, vi;q=0.4")
    assert citizen.open(town.residence.url + "/").response.text.count('<html lang="en">') == 1
    page = citizen.open(town.residence.url + "/?ui_locales=vi")
    assert '<html lang="vi">' in page.response.text
    assert '<html lang="vi">' in citizen.open(town.residence.url + "/").response.text, "remembered"
    citizen.session.max_redirects = 1
    r = citizen.session.get(town.residence.url + "/login", allow_redirects=False, timeout=60)
    assert "ui_locales=vi" in r.headers["Location"] or "request_uri=" in r.headers["Location"]


def test_no_link_of_a_page_leads_where_the_address_bar_says(town):
    for path in ("//evil.example/", "//evil.example", "/%5Cevil.example"):
        answer = requests.get(town.residence.url + path, timeout=60)
        assert answer.status_code == 404 and 'href="//' not in answer.text and 'href="/\\' not in answer.text


def test_every_answer_carries_strict_headers_and_every_cookie_is_closed(town, service):
    citizen = Citizen(service.an)
    seen = []
    citizen.session.hooks["response"].append(lambda r, *_, **__: seen.append(r))
    citizen.open(town.residence.url + "/login")
    for path in ("/", "/identity", "/apply", "/nowhere", "/style.css", "/icon.svg", "/callback?error=x", "/logged-out"):
        citizen.open(town.residence.url + path)
    ours = [r for r in seen if r.url.startswith(town.residence.url + "/")]
    assert len(ours) > 9
    for r in ours:
        policy = r.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "base-uri 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "script-src" not in policy
        assert r.headers["Cache-Control"] == "no-store" and r.headers["X-Content-Type-Options"] == "nosniff"
        assert r.headers["Referrer-Policy"] == "no-referrer"
        assert "<script" not in r.text
        for cookie in r.raw.headers.getlist("Set-Cookie"):
            assert "HttpOnly" in cookie and "SameSite=Lax" in cookie, cookie


def test_cookies_over_https_are_bound_to_their_host(portal, service):
    one = portal()
    client = registered(service, one)
    one.start(**dict(settings(service, client), ACCOUNT_LEVEL="0"), BASE_URL="https://portal.example")
    answer = requests.get(one.url + "/?ui_locales=en", timeout=60)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-portal_language=en; Path=/;") and cookie.endswith("; Secure")
    assert "Strict-Transport-Security" in answer.headers


@pytest.mark.parametrize("alg, auth", [("RS256", "client_secret_post"), ("ES256", "none")])
def test_a_portal_runs_on_any_provider_from_its_environment_alone(service, portal, monkeypatch, tmp_path, alg, auth):
    """No levels, no pushed requests, another algorithm and way to authenticate; applications stay in the session."""
    one = portal()
    client = registered(service, one, token_endpoint_auth_method=auth, id_token_signed_response_alg=alg,
                        scope="openid profile")
    if client.secret:
        (tmp_path / "secret").write_text(client.secret + "\n")
        monkeypatch.setenv("PORTAL_CLIENT_SECRET_FILE", str(tmp_path / "secret"))
    for name, value in (("ISSUER", service.issuer), ("CLIENT_ID", client.id), ("TOKEN_AUTH", auth),
                        ("ID_TOKEN_ALG", alg), ("PAR", "off"), ("DPOP", "off"), ("SERVICE", "residence")):
        monkeypatch.setenv("PORTAL_" + name, value)
    one.start()
    citizen = Citizen(service.an)
    assert "Xin chào, Nguyễn Văn An" in citizen.open(one.url + "/login").text
    assert f"Chữ ký số của thẻ {alg}" in citizen.open(one.url + "/identity").text
    page = citizen.submit(fill(citizen, one), "/apply/submit")
    assert "Đã tiếp nhận hồ sơ" in page.text
    assert "12 phố <Hàng> Bài" in citizen.open(one.url + "/applications").text
    assert "Bạn đã đăng xuất" in citizen.submit(citizen.open(one.url + "/"), "/logout").text


def test_a_portal_with_a_key_needs_no_shared_secret(service, portal, tmp_path):
    """private_key_jwt, pushed requests and bound tokens are what libeid chooses then."""
    def run(option, text=""):
        return subprocess.run([BUILD + "/portal", option], input=text, capture_output=True, text=True, timeout=60,
                              check=True).stdout
    key = run("--new-key")
    (tmp_path / "key.pem").write_text(key)
    jwks = json.loads(run("--public-keys", key))
    assert "d" not in jwks["keys"][0]
    one = portal()
    client = registered(service, one, token_endpoint_auth_method="private_key_jwt", jwks=jwks,
                        require_pushed_authorization_requests=True)
    assert not client.secret
    one.start(ISSUER=service.issuer, CLIENT_ID=client.id, CLIENT_KEY_FILE=str(tmp_path / "key.pem"))
    citizen = Citizen(service.an, "en")
    assert "Welcome, Nguyễn Văn An" in citizen.open(one.url + "/login").text, one.log()
    assert any("request_uri=" in url for _, url, _ in citizen.trace), "pushed"
    assert "Bound to a key of this portal" in citizen.open(one.url + "/identity").text


def test_a_reload_keeps_sessions_and_takes_new_settings(town, service, portal):
    one = portal()
    one.start(**settings(service, registered(service, one)))
    citizen = Citizen(service.an)
    citizen.open(one.url + "/login")
    with open(one.directory.name + "/conf", "a") as out:
        out.write("TITLE_VI=Cổng mới\n")
    one.process.send_signal(1)
    until(lambda: "event=configuration.reloaded" in one.log())
    page = citizen.open(one.url + "/")
    assert "Cổng mới" in page.text and "Nguyễn Văn An" in page.text
    with open(one.directory.name + "/conf", "a") as out:
        out.write("TYPO=1\n")
    one.process.send_signal(1)
    until(lambda: "event=configuration.kept" in one.log())
    assert "Cổng mới" in citizen.open(one.url + "/").text
