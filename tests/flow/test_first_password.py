"""One-time codes and the first password, and the rules every password must meet: refusals first.  Passwords are decided
by the verifier."""
import os
import re
import tempfile
import threading
from urllib.parse import urlsplit

import pytest
from harness.account import BETTER, GOOD, LIMITED, at, browser_of, change, enter, field
from harness.service import Person

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


def give_code(browser, number, code, service):
    page = browser.open(service.issuer + "/account/first")
    return browser.submit(page, at(page, "/account/first"), {"username": number, "code": code})


def choose(browser, page, password, again=None):
    return browser.submit(page, at(page, "/account/first/password"),
                          {"password": password, "again": password if again is None else again})


def neutral(page):
    return re.sub(r'name="(csrf|username)" value="[^"]*"', "", page.text)


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
