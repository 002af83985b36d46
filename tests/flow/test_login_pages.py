"""The pages on which people log in, as the real daemon serves them."""
import re

import pytest

from harness.browser import Left
from harness.oidc import Attempt


def opened(service, language="vi", **over):
    browser = service.first.browser(language)
    return browser, browser.open(service.first.url(Attempt(), **over))


def neutral(page):
    """What a page says, without what differs between any two."""
    text = re.sub(r'name="csrf" value="[^"]*"', "", page.text)
    text = re.sub(r"/(login|cancel)/[\w%-]+", "/", text)
    text = re.sub(r"back=[\w%-]+", "", text)
    return re.sub(r'name="username" value="\d*"', "", text)


def test_a_refusal_says_the_same_for_known_and_unknown_people(service):
    texts = set()
    for number, password in ((service.an.number, "sai mật khẩu"), ("001090999999", service.an.password),
                             ("12", "x"), (service.an.number, "\u200bx")):
        browser, page = opened(service)
        page = browser.log_in(page, number, password)
        assert page.kind == "login" and page.status == 200
        texts.add(neutral(page))
    assert len(texts) == 1


def test_every_password_is_typed_unseen_and_may_be_pasted(service):
    browser, page = opened(service)
    fields = [i for f in page.forms for i in f.inputs if i.get("name") in ("password", "current", "again")]
    page = browser.open(service.issuer + "/account")
    browser.log_in(page, service.an.number, service.an.password)
    page = browser.open(service.issuer + "/account/password")
    fields += [i for f in page.forms for i in f.inputs if i.get("name") in ("password", "current", "again")]
    assert len(fields) == 4
    for field in fields:
        assert field.get("type") == "password" and field.get("autocomplete") in ("current-password", "new-password")
        assert "onpaste" not in field and "readonly" not in field and int(field["maxlength"]) >= 256


def test_a_handle_of_nobody_is_an_error_with_a_way_out(service):
    browser, page = opened(service)
    for handle in ("x", "A" * 46, page.url.rsplit("/", 1)[1][:-2] + "AA"):
        for place in ("login", "select", "consent"):
            page = browser.open(f"{service.issuer}/{place}/{handle}")
            assert page.status == 400 and "Hãy quay lại dịch vụ" in page.text


def test_a_login_used_up_can_not_be_used_again(service):
    browser, page = opened(service)
    with pytest.raises(Left):
        while True:
            page = browser.log_in(page, service.an.number, service.an.password) if page.kind == "login" \
                else browser.press(page, "consent", "allow")
    again = browser.open(browser.seen[1].url if "/login/" in browser.seen[1].url else browser.seen[0].url)
    assert again.status == 400 and again.kind == "other"


def test_going_back_tells_the_service_access_denied(service):
    browser, page = opened(service)
    form = next(f for f in page.forms if f.action.startswith("/cancel/"))
    with pytest.raises(Left) as left:
        browser.submit(page, form, {})
    assert left.value.parameters["error"] == "access_denied"
    assert left.value.url.startswith(service.first.redirect_uri)


def test_the_switch_of_languages_keeps_the_login_and_lasts(service):
    browser, page = opened(service, language="vi", ui_locales="vi")
    assert 'lang="vi"' in page.text and "Số định danh cá nhân" in page.text
    link = re.search(r'href="(/language/en\?back=[^"]+)"', page.text).group(1)
    page = browser.open(service.issuer + link.replace("&amp;", "&"))
    assert '<html lang="en">' in page.text and page.kind == "login"
    page = browser.log_in(page, service.an.number, "wrong")
    assert '<html lang="en">' in page.text
    try:
        page = browser.log_in(page, service.an.number, service.an.password)
        assert '<html lang="en">' in page.text
    except Left:
        pass


def test_the_chooser_tells_which_account_without_telling_the_number(service):
    browser = service.first.browser("en")
    service.first.log_in(service.an, browser)
    page = browser.open(service.first.url(Attempt(), prompt="select_account"))
    assert page.kind == "select"
    assert service.an.number[-3:] in page.text and service.an.number not in page.text
    assert re.search(r"Logged in at \d\d:\d\d, \d\d/\d\d/\d{4}", page.text)


def test_another_person_ends_the_session_that_was_here(service):
    browser = service.first.browser()
    service.first.log_in(service.an, browser)
    page = browser.open(service.first.url(Attempt(), prompt="select_account"))
    page = browser.press(page, "select", "other")
    assert page.kind == "login"
    mark = service.query("SELECT count(*) FROM session WHERE end_reason = 'another_person'")[0][0]
    try:
        browser.finish(browser.log_in(page, service.binh.number, service.binh.password), service.binh)
    except Left:
        pass
    assert service.query("SELECT count(*) FROM session WHERE end_reason = 'another_person'")[0][0] == mark + 1


def test_too_many_tries_are_told_how_long_to_wait(make_service):
    service = make_service({"development": {"login_throttle": True},
                            "passwords": {"failures_per_account": 2, "failure_window_s": 30}})
    browser, page = opened(service, language="en")
    for _ in range(2):
        page = browser.log_in(page, service.an.number, "wrong")
        assert page.status == 200
    page = browser.log_in(page, service.an.number, service.an.password)
    assert page.status == 429 and page.kind == "login"
    assert 1 <= int(page.response.headers["Retry-After"]) <= 30
    assert f"wait {page.response.headers['Retry-After']} seconds" in page.text


def test_no_page_has_script_or_inline_style_or_foreign_sources(service):
    browser, page = opened(service)
    pages = [page, browser.log_in(page, service.an.number, "wrong"), browser.open(service.issuer + "/"),
             browser.open(service.issuer + "/nowhere"), browser.open(service.issuer + "/logout")]
    for page in pages:
        assert "<script" not in page.text and " style=" not in page.text and " on" + "click" not in page.text
        assert not re.search(r'(src|href)="(https?:)?//', page.text)
        policy = page.response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert page.response.headers["Cache-Control"] == "no-store"
    origin = "/".join(service.first.redirect_uri.split("/")[:3])
    assert f"form-action 'self' {origin};" in pages[0].response.headers["Content-Security-Policy"]


def test_style_and_pictures_may_be_kept_for_ever(service):
    _, page = opened(service)
    for url in re.findall(r'(?:href|src)="(/(?:style.css|logo.svg|favicon.svg)\?\w+)"', page.text):
        answer = service.get(url)
        assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"]
        again = service.get(url, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304 and again.content == b""


def test_every_login_and_refusal_is_in_the_audit(service):
    before = service.query("SELECT count(*) FROM audit WHERE event = 'login.refused'")[0][0]
    browser, page = opened(service)
    page = browser.log_in(page, service.an.number, "wrong")
    page = browser.log_in(page, "001090999999", "wrong")
    assert service.query("SELECT count(*) FROM audit WHERE event = 'login.refused'")[0][0] == before + 2
    row = service.query("SELECT outcome, client_id, detail, address_sealed IS NOT NULL, subject_id IS NOT NULL"
                        " FROM audit WHERE event = 'login.refused' ORDER BY at DESC LIMIT 2")
    assert {r[4] for r in row} == {True, False}
    for outcome, client, detail, sealed, _ in row:
        assert outcome == "refused" and client == service.first.id and sealed
        assert "127.0.0.1" not in detail and service.an.number not in detail
    try:
        browser.log_in(page, service.an.number, service.an.password)
    except Left:
        pass
    events = service.query("SELECT event, session_id, request_id FROM audit WHERE event IN"
                           " ('credential.accepted', 'login') ORDER BY at DESC LIMIT 2")
    assert {e[0] for e in events} == {"credential.accepted", "login"}
    assert events[0][1:] == events[1][1:], "the same session and request"
