"""The person's own pages: refusals first.  Nothing here needs a service; passwords are decided by the verifier."""
import os
import re
import tempfile
import threading
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from harness.browser import Browser
from harness.oidc import Attempt
from harness.service import Person

GOOD = "con trâu đi qua cầu khỉ"
BETTER = "xe lam chở sầu riêng lên dốc"
LIMITED = {"development": {"login_throttle": True},
           "passwords": {"failures_per_account": 3, "failures_per_address": 50, "failure_window_s": 600}}
# Rules are tested with their common words elsewhere; these are the person's own.
OWN = "Đặng Thuỳ Lam 1971-08-02"


@pytest.fixture(scope="module")
def dang(service):
    """Somebody without a password."""
    person = Person("001171000771", "Đặng Thuỳ Lam", "1971-08-02", "lam.dang@example.vn")
    person.answer = service.ctl("identity", "add", "--personal-number", person.number, "--name", person.name,
                                "--birthdate", person.birthdate, "--sex", "female", "--email", person.email,
                                "--level", "2", "--ground", "test")
    return person


def code_of(service, person, *options):
    return service.ctl("identity", "code", "--personal-number", person.number, *options)["code"]


def browser_of(service, language="vi"):
    return Browser(service.issuer, service.ca_file, language)


def field(form, name):
    return next((i.get("value") for i in form.inputs if i.get("name") == name), None)


def at(page, action):
    return next(f for f in page.forms if f.action == action)


def give_code(browser, number, code, service):
    page = browser.open(service.issuer + "/account/first")
    return browser.submit(page, at(page, "/account/first"), {"username": number, "code": code})


def choose(browser, page, password, again=None):
    return browser.submit(page, at(page, "/account/first/password"),
                          {"password": password, "again": password if again is None else again})


def enter(service, person, browser=None):
    """Logged in without any service, at /account."""
    browser = browser or browser_of(service)
    page = browser.open(service.issuer + "/account")
    page = browser.log_in(page, person.number, person.password)
    assert urlsplit(page.url).path == "/account", page.text
    return browser, page


def change(browser, service, current, password, again=None, others="end"):
    page = browser.open(service.issuer + "/account/password")
    return browser.submit(page, at(page, "/account/password"),
                          {"current": current, "password": password,
                           "again": password if again is None else again, "others": others})


def neutral(page):
    return re.sub(r'name="(csrf|username)" value="[^"]*"', "", page.text)


# one-time codes


def test_unknown_numbers_wrong_used_and_missing_codes_get_the_same_page(service, dang):
    old = code_of(service, dang)
    used = code_of(service, dang)
    browser = browser_of(service)
    page = choose(browser, give_code(browser, dang.number, used, service), GOOD)
    assert urlsplit(page.url).path == "/account"
    pages = set()
    service.identity("lock", service.cuong)
    try:
        for number, code in ((dang.number, "0000-0000-0000-0000"), (dang.number, old), (dang.number, used),
                             ("001171000999", used), (service.an.number, used), (service.cuong.number, used),
                             ("12", used), (dang.number, "x"), ("", ""), (dang.number, used + "7")):
            page = give_code(browser_of(service), number, code, service)
            assert page.status == 200 and page.kind == "other"
            assert re.search('role="alert" id="problem"', page.text)
            pages.add(neutral(page))
    finally:
        service.identity("unlock", service.cuong)
    assert len(pages) == 1


def test_a_code_is_not_made_for_somebody_with_a_password_unless_asked_for(service):
    refused = service.ctl_run("identity", "code", "--personal-number", service.an.number)
    assert refused.returncode != 0 and "--recover" in refused.stderr
    assert service.query("SELECT count(*) FROM one_time_code WHERE identity_id = %s",
                         service.an.answer["id"]) == [(0,)]
    asked_for = service.ctl_run("identity", "code", "--personal-number", service.an.number, "--recover")
    assert asked_for.returncode == 0, "--recover is a script's own word for the danger"
    assert service.query("SELECT count(*) FROM one_time_code WHERE identity_id = %s",
                         service.an.answer["id"]) == [(1,)]


def test_a_code_is_for_people_whose_account_is_active(service):
    organisation = service.ctl("identity", "add", "--organisation-code", "0100109106-771", "--name", "Hợp tác xã",
                               "--ground", "test")["id"]
    assert service.ctl_run("identity", "code", organisation).returncode != 0
    issued = service.ctl("identity", "add", "--personal-number", "001071000772", "--name", "Lý Văn Sửu",
                         "--birthdate", "1971", "--sex", "male", "--level", "1", "--issued", "--ground", "test")["id"]
    assert service.ctl_run("identity", "code", issued).returncode != 0
    assert service.ctl_run("identity", "code", "7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90").returncode != 0


def test_a_code_that_has_expired_sets_no_password(make_service):
    service = make_service({"passwords": {"code_lifetime_s": 60}})
    person = service.binh
    code = code_of(service, person, "--recover", "--yes")
    browser = browser_of(service)
    ready = give_code(browser, person.number, code, service)
    service.query("UPDATE one_time_code SET expires_at = now() - interval '1 second'")
    assert give_code(browser_of(service), person.number, code, service).kind == "other"
    page = choose(browser, ready, GOOD)
    assert page.status == 400 and "Mã không còn hiệu lực" in page.text
    assert "id_token" in service.first.log_in(person), "the old password still works"


def test_a_newer_code_ends_the_one_before_even_half_way(service, dang):
    service.query("DELETE FROM credential WHERE identity_id = %s", dang.answer["id"])
    browser = browser_of(service)
    ready = give_code(browser, dang.number, code_of(service, dang), service)
    newer = code_of(service, dang)
    page = choose(browser, ready, GOOD)
    assert page.status == 400 and page.kind == "other"
    page = choose(browser, give_code(browser, dang.number, newer, service), GOOD)
    assert urlsplit(page.url).path == "/account" and dang.name in page.text


def test_of_two_who_use_one_code_at_once_one_wins(service, dang):
    service.query("DELETE FROM credential WHERE identity_id = %s", dang.answer["id"])
    code = code_of(service, dang)
    browsers = [browser_of(service) for _ in range(4)]
    ready = [give_code(b, dang.number, code, service) for b in browsers]
    passwords = [f"{GOOD} số {word}" for word in ("mộc", "hoả", "thổ", "thuỷ")]
    pages = [None] * 4

    def use(i):
        pages[i] = choose(browsers[i], ready[i], passwords[i])
    threads = [threading.Thread(target=use, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [i for i in range(4) if urlsplit(pages[i].url).path == "/account"]
    assert len(won) == 1
    assert all(pages[i].status == 400 for i in range(4) if i not in won)
    for i in range(4):
        dang.password = passwords[i]
        page = browser_of(service).open(service.issuer + "/account")
        browser = browser_of(service)
        page = browser.log_in(browser.open(service.issuer + "/account"), dang.number, passwords[i])
        assert (urlsplit(page.url).path == "/account") == (i in won)
    assert service.query("SELECT count(*) FROM audit WHERE event = 'credential.set' AND subject_id = %s "
                         "AND detail LIKE '%%one_time_code%%'", dang.answer["id"])[0][0] >= 1


def test_guessing_codes_must_wait_like_guessing_passwords(make_service):
    """spec: NIST SP 800-63B §3.1.1.2:throttle"""
    service = make_service(LIMITED)
    person = service.binh
    code = code_of(service, person, "--recover", "--yes")
    for _ in range(3):
        assert give_code(browser_of(service), person.number, "0000-0000-0000-0000", service).status == 200
    page = give_code(browser_of(service), person.number, code, service)
    assert page.status == 429 and int(page.response.headers["Retry-After"]) > 0
    login = browser_of(service)
    page = login.log_in(login.open(service.issuer + "/account"), person.number, person.password)
    assert page.status == 429, "one budget for both ways in"
    assert service.query("SELECT DISTINCT detail FROM audit WHERE event = 'login.refused' AND detail LIKE "
                         "'%%one_time_code%%throttled%%'") == [('{"factor":"one_time_code","reason":"throttled"}',)]


def test_the_second_step_belongs_to_the_browser_that_gave_the_code(service, dang):
    service.query("DELETE FROM credential WHERE identity_id = %s", dang.answer["id"])
    mine, other = browser_of(service), browser_of(service)
    ready = give_code(mine, dang.number, code_of(service, dang), service)
    form = at(ready, "/account/first/password")
    theirs = other.open(service.issuer + "/account/first")
    stolen = {"csrf": field(form, "csrf"), "enrolment": field(form, "enrolment"), "words": field(form, "words"),
              "password": GOOD, "again": GOOD}
    assert other.post(service.issuer + "/account/first/password", stolen).status == 403
    stolen["csrf"] = field(at(theirs, "/account/first"), "csrf")
    assert other.post(service.issuer + "/account/first/password", stolen).status == 403
    # with a form token of its own, the proof is still another browser's
    own = give_code(other, dang.number, code_of(service, dang), service)
    stolen["csrf"] = field(at(own, "/account/first/password"), "csrf")
    assert other.post(service.issuer + "/account/first/password", stolen).status == 403
    for name in ("enrolment", "words"):
        form = at(own, "/account/first/password")
        bent = {k: field(form, k) for k in ("csrf", "enrolment", "words")}
        bent.update(password=GOOD, again=GOOD)
        bent[name] = bent[name][:-6] + ("AAAAAA" if not bent[name].endswith("AAAAAA") else "BBBBBB")
        assert other.post(service.issuer + "/account/first/password", bent).status in (400, 403)
        bent[name] = ""
        assert other.post(service.issuer + "/account/first/password", bent).status in (400, 403)
    assert service.query("SELECT count(*) FROM credential WHERE identity_id = %s", dang.answer["id"]) == [(0,)]


def test_the_words_of_another_person_do_not_go_with_a_proof(service, dang):
    browser = browser_of(service)
    hers = at(give_code(browser, dang.number, code_of(service, dang), service), "/account/first/password")
    his = at(give_code(browser, service.binh.number, code_of(service, service.binh, "--recover", "--yes"), service),
             "/account/first/password")
    mixed = {"csrf": field(hers, "csrf"), "enrolment": field(hers, "enrolment"), "words": field(his, "words"),
             "password": GOOD, "again": GOOD}
    assert browser.post(service.issuer + "/account/first/password", mixed).status == 403


@pytest.mark.parametrize("password,again,told", [
    ("ngắn quá", None, "ít nhất 15 ký tự"),
    ("matkhau123456789", None, "rất dễ đoán"),
    (OWN, None, "tên, ngày sinh"),
    ("Lam.Dang 001171000771", None, "tên, ngày sinh"),
    (GOOD, BETTER, "không giống nhau"),
    ("x" * 257, None, "dài quá"),
    (GOOD + "\u200b", None, "không hiển thị"),
])
def test_a_bad_password_is_refused_with_the_reason_and_the_code_stays_good(service, dang, password, again, told):
    """spec: NIST SP 800-63B §3.1.1.2:reason"""
    service.query("DELETE FROM credential WHERE identity_id = %s", dang.answer["id"])
    browser = browser_of(service)
    page = give_code(browser, dang.number, code_of(service, dang), service)
    page = choose(browser, page, password, again)
    assert page.status == 200 and told in page.text and password not in page.text
    page = choose(browser, page, GOOD)
    assert urlsplit(page.url).path == "/account"


def test_the_administrators_password_obeys_the_same_rules(service, dang):
    for password in ("ngắn quá", "matkhau123456789", OWN):
        done = service.ctl_run("identity", "password", "--personal-number", dang.number, stdin=password + "\n")
        assert done.returncode != 0 and "password" in done.stderr and password not in done.stderr


@pytest.fixture
def listed():
    """A file that the daemon's user can read."""
    with tempfile.TemporaryDirectory(prefix="authd-list-") as folder:
        os.chmod(folder, 0o755)
        with open(folder + "/blocklist", "w", encoding="utf-8") as file:
            file.write("cà phê muối vỉa hè\ntrâu đen gặm cỏ khuya\n")
        yield folder + "/blocklist"


def test_the_operators_list_and_length_are_kept(make_service, listed):
    service = make_service({"passwords": {"blocklist_file": listed, "length_min": 20}})
    for password, told in (("CaPhe-Muoi-Via-He-!!", "list"), (GOOD[:19], "20 characters")):
        done = service.ctl_run("identity", "password", "--personal-number", service.an.number, stdin=password + "\n")
        assert done.returncode != 0 and told in done.stderr
    browser, _ = enter(service, service.an)
    page = change(browser, service, service.an.password, "trau den gam co khuya")
    assert "rất dễ đoán" in page.text
    assert "Ít nhất 20 ký tự" in page.text


def test_a_first_password_logs_in_and_the_code_is_shown_and_kept_nowhere(service, dang):
    service.query("DELETE FROM credential WHERE identity_id = %s", dang.answer["id"])
    mark = service.log_mark()
    code = code_of(service, dang)
    assert re.fullmatch("([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code)
    browser = browser_of(service)
    page = give_code(browser, " ".join(dang.number[i:i + 3] for i in range(0, 12, 3)),
                     " " + code.replace("-", "").lower().replace("0", "o").replace("1", "l"), service)
    page = choose(browser, page, GOOD)
    assert "Mật khẩu đã được đặt" in page.text and dang.name in page.text and dang.number[-3:] in page.text
    dang.password = GOOD
    assert "id_token" in service.first.log_in(dang)
    log = service.log()[mark:]
    for secret in (dang.number, dang.name, code, code.replace("-", ""), GOOD):
        assert secret not in log
        assert not any(secret in response.url for response in browser.seen)
    assert dang.number not in page.text


def test_a_code_at_the_counter_ends_what_the_forgotten_password_opened(service, receiver, register):
    person = service.binh
    client = register(service, "counter", backchannel_logout_uri=receiver.url)
    tokens = client.log_in(person, scope="openid email offline_access")
    thief, _ = enter(service, person)
    code = code_of(service, person, "--recover", "--yes")
    assert client.introspect(tokens["access_token"])["active"], "only using it ends anything"
    browser = browser_of(service)
    choose(browser, give_code(browser, person.number, code, service), BETTER)
    assert client.introspect(tokens["access_token"]) == {"active": False}
    assert client.refresh(tokens["refresh_token"]).status_code == 400
    assert receiver.wait(1)
    assert "/login/" in thief.open(service.issuer + "/account").url
    service.set_password(person, person.password)


# own pages


def test_without_a_session_every_page_leads_to_the_login(service):
    for path in ("/account", "/account/password"):
        page = browser_of(service).open(service.issuer + path)
        assert page.kind == "login" and "/login/" in page.url
        assert "Tài khoản định danh của bạn" in page.text
    for path in ("/account/sessions", "/account/consents", "/account/password"):
        page = browser_of(service).post(service.issuer + path, {"csrf": "x"})
        assert page.kind == "login" and "/login/" in page.url


def test_a_session_whose_proof_is_not_accepted_any_more_leads_to_the_login(service):
    """As after `authctl keys revoke` of the key that made it."""
    bend = "UPDATE session SET proof = set_byte(proof, 40, get_byte(proof, 40) # 1) WHERE subject_id = %s"
    browser, _ = enter(service, service.an)
    page = browser.open(service.issuer + "/account/password")
    form = at(page, "/account/password")
    service.query(bend, service.an.answer["id"])
    page = browser.submit(page, form, {"current": service.an.password, "password": GOOD, "again": GOOD})
    assert page.kind == "login" and "/login/" in page.url
    browser, _ = enter(service, service.an)
    service.query(bend, service.an.answer["id"])
    page = browser.open(service.issuer + "/account")
    assert page.kind == "login" and "/login/" in page.url
    assert urlsplit(browser.log_in(page, service.an.number, service.an.password).url).path == "/account"


def test_going_back_from_ones_own_login_leads_home(service):
    browser = browser_of(service)
    page = browser.open(service.issuer + "/account")
    form = next(f for f in page.forms if f.action.startswith("/cancel/"))
    handle = form.action.rsplit("/", 1)[1]
    assert urlsplit(browser.submit(page, form, {}).url).path == "/"
    assert urlsplit(browser.open(f"{service.issuer}/login/{handle}").url).path == "/"


def test_ones_own_login_gives_nothing_to_a_service(service):
    browser = browser_of(service)
    handle = browser.open(service.issuer + "/account").url.rsplit("/", 1)[1]
    for place in ("authorize/resume", "consent"):
        assert browser.open(f"{service.issuer}/{place}/{handle}").status == 400
    client = service.first
    mine = client.browser()
    theirs = mine.open(client.url(Attempt())).url.rsplit("/", 1)[1]
    assert mine.open(f"{service.issuer}/account/resume/{theirs}").status == 400
    assert browser_of(service).open(f"{service.issuer}/account/resume/{handle}").status == 403


def test_a_form_of_another_session_or_browser_does_nothing(service):
    browser, page = enter(service, service.an)
    other, others_page = enter(service, service.binh)
    which = field(at(page, "/account/sessions"), "csrf") if any(
        f.action == "/account/sessions" for f in page.forms) else None
    form = at(browser.open(service.issuer + "/account/password"), "/account/password")
    fields = {"csrf": field(form, "csrf"), "current": service.binh.password, "password": GOOD, "again": GOOD}
    assert other.post(service.issuer + "/account/password", fields).status == 403
    # the same browser, another session of the same person
    for cookie in [c for c in browser.session.cookies if c.name == "sso"]:
        browser.session.cookies.clear(cookie.domain, cookie.path, cookie.name)
    enter(service, service.an, browser)
    fields["current"] = service.an.password
    page = browser.post(service.issuer + "/account/password", fields)
    assert page.status == 403 and "Chưa có gì thay đổi" in page.text
    for path, extra in (("/account/sessions", {"which": "others"}), ("/account/consents", {"client": "first"}),
                        ("/account/password", fields)):
        for csrf in (None, "", "x", which, fields["csrf"]):
            body = dict(extra)
            body.pop("csrf", None)
            if csrf is not None:
                body["csrf"] = csrf
            assert browser.post(service.issuer + path, body).status == 403
    twice = [("csrf", "x"), ("csrf", "y")]
    assert browser.post(service.issuer + "/account/sessions", twice).status == 400
    assert others_page.status == 200


def test_every_page_of_a_session_leads_to_the_logout(service, register):
    client = register(service, "leaves", scope="openid profile")
    browser, page = enter(service, service.an)
    consent = browser.open(client.url(Attempt(), scope="openid profile"))
    assert consent.kind == "consent"
    select = browser.open(client.url(Attempt(), scope="openid", prompt="select_account"))
    assert select.kind == "select"
    for page in (page, browser.open(service.issuer + "/account/password"), consent, select):
        assert 'href="/logout"' in page.text, page.url


def test_a_session_of_somebody_else_can_not_be_ended(service):
    binh, _ = enter(service, service.binh)
    stranger = service.query("SELECT id FROM session WHERE subject_id = %s AND ended_at IS NULL ORDER BY "
                             "created_at DESC LIMIT 1", service.binh.answer["id"])[0][0]
    enter(service, service.an)
    browser, page = enter(service, service.an)
    csrf = field(at(page, "/account/sessions"), "csrf")
    for which in (str(stranger), "7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90"):
        mark = service.log_mark()
        page = browser.post(service.issuer + "/account/sessions", {"csrf": csrf, "which": which})
        assert "done=" not in page.url and len(service.log_lines("form.refused", mark)) == 1
    refused = browser.post(service.issuer + "/account/sessions", {"csrf": csrf, "which": "all"})
    assert refused.status == 400
    other_language = re.search(r'href="(/language/en\?back=[^"]*)"', refused.text)[1]
    assert browser.open(service.issuer + other_language).status == 200, "a form that was refused can't be had by GET"
    assert binh.open(service.issuer + "/account").status == 200
    assert urlsplit(binh.open(service.issuer + "/account").url).path == "/account"


def test_sessions_are_told_apart_and_ended_one_by_one_or_all_but_this(service):
    service.ctl("session", "end", "--personal-number", service.an.number, "--yes")
    phone = browser_of(service)
    phone.session.headers["User-Agent"] = ("Mozilla/5.0 (Linux; Android 9; <script>) AppleWebKit/537.36 (KHTML, like "
                                           "Gecko) Chrome/120.0 Mobile Safari/537.36")
    enter(service, service.an, phone)
    desk = browser_of(service)
    desk.session.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0"
    enter(service, service.an, desk)
    third, page = enter(service, service.an)
    assert "Chrome, Android" in page.text and "Firefox, Linux" in page.text and "<script>" not in page.text
    one = next(f for f in page.forms if f.action == "/account/sessions" and
               re.search(f'{re.escape(f.buttons[0][1])}.{{0,200}}Chrome, Android', page.text, re.S))
    page = third.submit(page, one, {"which": one.buttons[0][1]})
    assert "Phiên đăng nhập đã kết thúc" in page.text and "Chrome, Android" not in page.text
    assert "/login/" in phone.open(service.issuer + "/account").url
    assert urlsplit(desk.open(service.issuer + "/account").url).path == "/account"
    form = next(f for f in page.forms if f.button("others") is not None)
    page = third.submit(page, form, {"which": "others"})
    assert "/login/" in desk.open(service.issuer + "/account").url
    assert urlsplit(third.open(service.issuer + "/account").url).path == "/account"
    assert not any(f.action == "/account/sessions" for f in page.forms)


def test_a_withdrawn_consent_ends_grants_and_tokens_at_once_and_the_service_is_told(service, receiver, register):
    everything = "openid profile email phone address personal_number offline_access forest.read"
    service.ctl_text("resource", "add", "--audience", "https://forest.example/", "--name", "Sổ <rừng>",
                     "--scopes", "forest.read forest.write")
    client = register(service, "withdrawn", backchannel_logout_uri=receiver.url, client_name="Sổ thử nghiệm",
                      agency="Cục thử nghiệm", scope=everything)
    browser = client.browser()
    tokens = client.log_in(service.an, browser, scope=everything)
    other = register(service, "untouched")
    kept = other.log_in(service.an, browser, scope="openid email")
    page = browser.open(service.issuer + "/account")
    assert "Sổ thử nghiệm" in page.text and "Cục thử nghiệm" in page.text and "Ngày sinh" in page.text
    assert not re.search(r">(claim|account|password)\.[a-z_:.]+", page.text), "a line without a text"
    assert "khi bạn không sử dụng dịch vụ" in page.text and "Sổ &lt;rừng&gt; thay mặt bạn" in page.text
    assert page.text.count("Số định danh cá nhân") == 2, "whose account this is, and what the service may read"
    form = next(f for f in page.forms if f.action == "/account/consents" and field(f, "client") == client.id)
    page = browser.submit(page, form, {})
    assert "Đã rút lại sự đồng ý" in page.text and "Sổ thử nghiệm" not in page.text
    assert client.introspect(tokens["access_token"]) == {"active": False}
    assert client.userinfo(tokens["access_token"]).status_code == 401
    assert client.refresh(tokens["refresh_token"]).status_code == 400
    assert other.introspect(kept["access_token"])["active"]
    assert receiver.wait(1)
    told = service.query("SELECT outcome, ground FROM audit WHERE event = 'consent.withdrawn' AND client_id = %s "
                         "AND subject_id = %s", client.id, service.an.answer["id"])
    assert told == [("ok", "own pages")]
    assert browser.open(client.url(Attempt(), scope="openid profile email")).kind == "consent", "asked again"
    again = browser.submit(page, form, {})  # the old form once more: what was wanted is so
    assert urlsplit(again.url).path == "/account"
    listed = service.ctl("consent", "list", "--personal-number", service.an.number)
    assert client.id not in [row["client_id"] for row in listed]
    assert other.id in [row["client_id"] for row in listed]


# change of password


def test_a_change_wants_the_present_password_and_a_good_new_one(service):
    browser, _ = enter(service, service.an)
    page = change(browser, service, "sai mật khẩu", GOOD)
    assert page.status == 200 and "Mật khẩu hiện tại không đúng" in page.text
    for password, again, told in (("ngắn quá", None, "ít nhất 15"), ("Nguyễn Văn An 14/03/1990!", None, "tên, ngày sinh"),
                                  (GOOD, BETTER, "không giống nhau"), (service.an.password, None, "chính là mật khẩu"),
                                  ("qwertyuiop1234567890", None, "rất dễ đoán")):
        page = change(browser, service, service.an.password, password, again)
        assert page.status == 200 and told in page.text, page.text
    assert "id_token" in service.first.log_in(service.an)


def test_a_change_ends_the_other_sessions_and_what_was_given_in_them(service):
    person, old = service.binh, service.binh.password
    elsewhere = service.first.browser()
    tokens = service.first.log_in(person, elsewhere, scope="openid email offline_access")
    here, _ = enter(service, person)
    page = change(here, service, old, BETTER)
    assert "Mật khẩu đã được đổi" in page.text
    assert service.first.introspect(tokens["access_token"]) == {"active": False}
    assert "/login/" in elsewhere.open(service.issuer + "/account").url
    page = browser_of(service)
    assert page.log_in(page.open(service.issuer + "/account"), person.number, old).kind == "login"
    person.password = BETTER
    assert "id_token" in service.first.log_in(person)
    service.set_password(person, old)


def test_other_sessions_stay_when_the_person_wants_them_to(service):
    person, old = service.binh, service.binh.password
    elsewhere = service.first.browser()
    tokens = service.first.log_in(person, elsewhere, scope="openid email")
    here, _ = enter(service, person)
    change(here, service, old, BETTER, others="keep")
    assert service.first.introspect(tokens["access_token"])["active"]
    assert urlsplit(elsewhere.open(service.issuer + "/account").url).path == "/account"
    service.set_password(person, old)
    assert "/login/" in elsewhere.open(service.issuer + "/account").url


def test_guessing_the_present_password_must_wait(make_service):
    service = make_service(LIMITED)
    browser, _ = enter(service, service.an)
    for _ in range(3):
        assert change(browser, service, "sai mật khẩu", GOOD).status == 200
    page = change(browser, service, service.an.password, GOOD)
    assert page.status == 429 and int(page.response.headers["Retry-After"]) > 0
    # who has no session of this person can not keep the person from changing it, nor the other way round
    assert "id_token" in service.first.log_in(service.an)


def test_of_two_changes_at_once_one_wins(service):
    person, old = service.binh, service.binh.password
    first, _ = enter(service, person)
    second, _ = enter(service, person)
    wanted, done = [GOOD, BETTER], [None, None]

    def act(i, browser):
        done[i] = change(browser, service, old, wanted[i], others="keep")
    threads = [threading.Thread(target=act, args=(i, b)) for i, b in enumerate((first, second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [i for i in range(2) if "Mật khẩu đã được đổi" in done[i].text]
    assert len(won) == 1
    person.password = wanted[won[0]]
    assert "id_token" in service.first.log_in(person)
    service.set_password(person, old)


def test_a_login_under_way_while_the_password_is_set_opens_no_session(service):
    """Judged by the old password, written when the new one is there: held at that moment by a lock on its login."""
    person, pages = service.binh, []
    browser = browser_of(service)
    page = browser.open(service.issuer + "/account")
    old, waiting = person.password, "SELECT 1 FROM pg_stat_activity WHERE usename = 'authd_web' AND wait_event_type = 'Lock'"
    with closing(service.postgres.connect(service.database, options="-c search_path=authd")) as held:
        held.autocommit = False
        held.cursor().execute("SELECT 1 FROM login ORDER BY created_at DESC LIMIT 1 FOR UPDATE")
        thread = threading.Thread(target=lambda: pages.append(browser.log_in(page, person.number, person.password)))
        thread.start()
        while not service.query(waiting):
            assert thread.is_alive(), "nothing held the login"
        service.set_password(person, BETTER)
        held.rollback()
    thread.join()
    try:
        assert "/login/" in pages[0].url and pages[0].kind == "login", "who came with the old password logs in again"
        page = browser.open(service.issuer + "/account")
        assert "/login/" in page.url
        assert urlsplit(browser.log_in(page, person.number, BETTER).url).path == "/account"
    finally:
        service.set_password(person, old)


def test_these_pages_are_not_kept_not_framed_and_say_nothing_in_their_addresses(service):
    browser, page = enter(service, service.an)
    browser.open(service.issuer + "/account/password")
    browser.open(service.issuer + "/account/first")
    for response in browser.seen:
        assert response.headers["Cache-Control"] == "no-store"
        policy = response.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy and "unsafe-inline" not in policy
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert service.an.number not in response.url and service.an.answer["id"] not in response.url
    assert page.response.headers["Content-Language"] == "vi"
    assert service.an.number not in page.text and service.an.answer["id"] not in page.text
