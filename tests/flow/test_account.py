"""The person's own pages: refusals first.  Nothing here needs a service; passwords are decided by the verifier."""
import re
import threading
from contextlib import closing
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from harness.account import BETTER, GOOD, LIMITED, at, browser_of, change, enter, field
from harness.oidc import Attempt, ec_jwk
from harness.world import new_client


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


def test_a_hundred_services_with_much_to_say_of_themselves_are_all_shown(make_service):
    service = make_service()
    keys = [dict(ec_jwk(ec.generate_private_key(ec.SECP256R1()), "k%d" % n), x5c=["MIIC" + "A" * 1996] * 2) for n in range(3)]
    wordy = new_client(service, "wordy", client_name="Cổng nhiều lời", token_endpoint_auth_method="private_key_jwt",
                     jwks={"keys": keys})
    browser, _ = enter(service, service.an)
    service.query("INSERT INTO client (id, metadata, sector) SELECT 'wordy' || n, metadata, sector FROM client, "
                  "generate_series(1, 100) n WHERE id = %s", wordy.id)
    service.query("INSERT INTO consent (bucket, subject_id, actor_id, client_id, scope, claims) SELECT bucket, id, id, "
                  """'wordy' || n, 'openid profile', '["name"]' FROM identity, generate_series(1, 100) n WHERE id = %s""",
                  service.an.answer["id"])
    for _ in range(2):  # read from the database, and from memory
        page = browser.open(service.issuer + "/account")
        assert page.status == 200 and len(re.findall(r">\s*Cổng nhiều lời\s*<", page.text)) == 100


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
