"""Promise 1: a stolen database holds no readable personal data, no usable password, code, token or key.

A service is used in every way there is; then everything PostgreSQL keeps is searched as a thief would: the dump,
each binary value in it, whatever is base64, and the raw files with the log of transactions."""
import base64
import hashlib
import hmac
import os
import re
import time
import unicodedata
from urllib.parse import quote, urlencode, urlsplit

import pytest
from harness.browser import Left
from harness.dpop import Key
from harness.loot import Loot, binaries, decoded, dump, find, find_in_files, places_of
from harness.oidc import Attempt, b64, ec_jwk, ec_key, jwt_sign_es256, unb64
from harness.receiver import Receiver
from harness.service import Person, Service
from harness.world import BUILD, SCOPES, drop_postgres, new_client, new_postgres, populate

ALL = SCOPES + " personal_number"
V4, V6 = "203.0.113.77", "2001:db8:77:beef::4d"
TYPED = "Mật khẩu của nơi khác 4711"  # somebody else's password, typed here by mistake
STRANGER = "001090009876"             # nobody's number, typed here by mistake


# The use ------------------------------------------------------------------------------------------


def collect(loot, browser):
    """Cookies, handles and hidden fields a browser has seen."""
    for response in browser.seen:
        for path in (urlsplit(response.url).path, urlsplit(response.headers.get("Location", "")).path):
            handle = path.rsplit("/", 1)[-1]
            if re.fullmatch(r"[A-Za-z0-9_-]{40,}", handle):
                loot.bearer("handle", handle)
        for value in re.findall(r'type="hidden"[^>]*value="([A-Za-z0-9_-]{20,})"', response.text):
            loot.bearer("form field", value)
        for cookie in response.cookies:
            if len(cookie.value) >= 16:
                loot.bearer("cookie", cookie.value)
    for cookie in browser.session.cookies:
        if len(cookie.value) >= 16:
            loot.bearer("cookie", cookie.value)


def from_address(browser, address):
    browser.session.headers["X-Forwarded-For"] = address
    return browser


def use_one_time_codes(service, who, loot):
    """One replaced, one used for a password, one that waits in a letter."""
    for _ in range(2):
        code = service.ctl("identity", "code", "--personal-number", who.number, "--recover", "--yes")["code"]
        loot.text("one-time code", code)
        loot.text("one-time code", code.replace("-", ""))
    browser = from_address(service.first.browser(), V4)
    page = browser.open(service.issuer + "/account/first")
    page = browser.submit(page, page.forms[0], {"username": who.number, "code": code})
    who.password = "chín con cò đậu bờ ruộng"
    browser.submit(page, page.forms[0], {"password": who.password, "again": who.password})
    loot.text("password", who.password)
    waiting = service.binh
    code = service.ctl("identity", "code", "--personal-number", waiting.number, "--recover", "--yes")["code"]
    loot.text("one-time code", code)
    loot.text("one-time code", code.replace("-", ""))
    collect(loot, browser)


def add_people(service, loot):
    """One person with every attribute, and invented ones."""
    who = Person("038192007351", "Quách Đặng Thùy Dương", "1992-10-27", "thuy.duong.quach@thu-dien-tu.example")
    phone, address = "+84987160453", "Số 27 ngách 9 ngõ Giếng Mứt, Trương Định, Hai Bà Trưng"
    service.ctl("identity", "add", "--personal-number", who.number, "--name", who.name, "--birthdate",
                who.birthdate, "--sex", "female", "--email", who.email, "--phone", phone, "--address", address,
                "--level", "2", "--ground", "test")
    service.set_password(who, "ba con mèo gặm bánh xèo " + who.number[:3])
    loot.text("password", who.password)
    service.set_password(who, who.password + " và thứ hai")
    use_one_time_codes(service, who, loot)
    for what, value in (("phone", phone), ("phone", "0" + phone[3:]), ("address", address), ("address", "Giếng Mứt")):
        loot.text(what, value)
    everybody = service.people + [who]
    shown = [service.ctl("identity", "show", row[0], "--reason", "test")
             for row in service.query("SELECT id FROM identity")]
    assert len(shown) >= 7
    for one in shown:
        a = one["attributes"]
        everybody.append(Person(a["personal_number"], a["name"], a["birthdate"], a.get("email") or a["name"]))
        if a.get("phone_number"):
            loot.text("phone", a["phone_number"])
        if a.get("address"):
            loot.text("address", a["address"]["formatted"])
    for person in everybody:
        year, month, day = person.birthdate.split("-")
        for what, value in (("number", person.number), ("name", person.name), ("e-mail", person.email),
                            ("birth date", person.birthdate), ("birth date", f"{day}/{month}/{year}"),
                            ("family and middle name", person.name.rsplit(" ", 1)[0]),
                            ("given name and middle name", person.name.split(" ", 1)[1])):
            loot.text(what, value)
    for person in service.people + [who]:
        loot.text("password", person.password)
    for number in {person.number for person in everybody}:
        loot.text("number with spaces", " ".join(number[i:i + 3] for i in range(0, 12, 3)))
    loot.everybody = everybody
    return who


def log_in_badly(service, who, loot):
    """Wrong passwords, numbers of nobody, other names in the field of the number."""
    browser = from_address(service.first.browser(), V6)
    page = browser.open(service.first.url(Attempt()))
    for number, password in ((who.number, TYPED), (STRANGER, TYPED), (who.email, who.password),
                             (TYPED, who.number)):
        page = browser.log_in(page, number, password)
    loot.text("typed password", TYPED)
    loot.text("typed number", STRANGER)
    collect(loot, browser)


def keep(loot, tokens):
    for kind in ("access_token", "id_token", "refresh_token"):
        if kind in tokens:
            loot.bearer(kind, tokens[kind])


def use_codes(service, who, loot):
    """Logins with hints and claims in every way of asking; codes used, used twice, and not used."""
    client, browser = service.full, from_address(service.full.browser(), V4)
    claims = '{"userinfo":{"name":{"value":"%s"}},"id_token":{"email":{"essential":true,"value":"%s"}}}' % (
        who.name, who.email)
    attempt, left = client.authorize(browser, who, scope=ALL, claims=claims, login_hint=who.number)
    loot.bearer("used code", left.parameters["code"])
    loot.text("verifier", attempt.verifier)
    tokens = client.redeem(attempt, left).json()
    keep(loot, tokens)
    second = client.refresh(tokens["refresh_token"]).json()
    keep(loot, second)
    info = client.userinfo(second["access_token"]).json()
    assert info["name"] == who.name and info["urn:authd:personal_number"] == who.number and info["address"]
    attempt, left = client.authorize(browser, who, scope=ALL, id_token_hint=tokens["id_token"], prompt="login")
    loot.bearer("unused code", left.parameters["code"])
    uri = client.push(Attempt(), login_hint=who.email, id_token_hint=tokens["id_token"]).json()["request_uri"]
    loot.bearer("request_uri", uri.rsplit(":", 1)[1])
    waiting = from_address(client.browser(), V4)
    waiting.post(client.discovery["authorization_endpoint"], client.parameters(Attempt(), login_hint=who.number))
    attempt, left = client.authorize(browser, who, prompt="none", scope=ALL)
    keep(loot, client.redeem(attempt, left).json())
    client.redeem(attempt, left)
    collect(loot, browser)
    collect(loot, waiting)
    return browser, second


def use_clients(service, loot):
    """Secrets given and rotated, an assertion signed."""
    key = ec_key()
    signs = new_client(service, "loot-signs", token_endpoint_auth_method="private_key_jwt", redirect_uris=None,
                       jwks={"keys": [ec_jwk(key, "k1")]}, grant_types=["client_credentials"],
                       response_types=None, post_logout_redirect_uris=None, scope="x.read")
    now = int(time.time())
    assertion = jwt_sign_es256(key, {"alg": "ES256", "kid": "k1"}, {
        "iss": signs.id, "sub": signs.id, "aud": service.issuer, "iat": now, "exp": now + 60,
        "jti": "jti-of-the-loot-4711"})
    answer = signs.http.post(signs.discovery["token_endpoint"], timeout=60, data={
        "grant_type": "client_credentials", "client_assertion": assertion,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"})
    assert answer.status_code == 200, answer.text
    loot.bearer("machine token", answer.json()["access_token"])
    loot.bearer("assertion", assertion)
    loot.text("jti", "jti-of-the-loot-4711")
    loot.bytes["private key"] = key.private_numbers().private_value.to_bytes(32, "big")
    loot.bearer("client secret", service.full.secret)
    service.full.secret = service.ctl("client", "rotate-secret", service.full.id, "--overlap-s", "600")["client_secret"]
    loot.bearer("client secret", service.full.secret)


def live_on(service, loot):
    """The rest of a day: DPoP, a password of one's own, a consent taken back, keys turned, people imported, an account
    locked by its person, codes and passwords tried that are wrong."""
    key = Key()
    bound = new_client(service, "loot-dpop", scope=ALL, dpop_bound_access_tokens=True)
    browser = from_address(bound.browser(), V6)
    proofs = [key.proof("POST", bound.discovery["token_endpoint"]) for _ in range(2)]
    attempt, left = bound.authorize(browser, service.an, scope=ALL)
    tokens = bound.redeem(attempt, left, headers={"DPoP": proofs[0]}).json()
    keep(loot, tokens)
    keep(loot, bound.refresh(tokens["refresh_token"], headers={"DPoP": proofs[1]}).json())
    for one in proofs:
        loot.bearer("DPoP proof", one)
    loot.bytes["private key of DPoP"] = unb64(key.private_jwk()["d"])
    pages = from_address(service.full.browser(), V4)
    page = pages.log_in(pages.open(service.issuer + "/account/login"), service.an.number, service.an.password)
    withdraw = next(f for f in page.forms if f.action == "/account/consents")
    pages.submit(page, withdraw, {})
    page = pages.open(service.issuer + "/account/password")
    fresh = "bảy cánh diều vướng cột thu lôi"
    form = next(f for f in page.forms if f.has_type("password"))
    pages.submit(page, form, {"current": service.an.password, "password": fresh, "again": fresh, "others": "end"})
    service.an.password = fresh
    loot.text("password", fresh)
    page = pages.open(service.issuer + "/account/first")
    pages.submit(page, page.forms[0], {"username": service.binh.number, "code": "WRNG-4711-CODE-0815"})
    loot.text("wrong one-time code", "WRNG-4711-CODE-0815")
    service.ctl("keys", "rotate", "--now", "--force", "--alg", "ES256")
    people = [("038095%06d" % (234567 + 7919 * i), f"Tôn Nữ Hoàng Kim Sa {chr(65 + i)}", f"nhap.{i}@import.example")
              for i in range(12)]
    path = service.directory + "/people.csv"
    with open(path, "w", encoding="utf-8") as out:
        out.write("personal_number,name,birthdate,email,sex,account_level\n")
        out.writelines(f"{number},{name},1995-0{1 + i % 9}-1{i % 9},{email},male,1\n"
                       for i, (number, name, email) in enumerate(people))
    service.ctl_text("identity", "import", path, "--ground", "test")
    os.unlink(path)
    assert service.query("SELECT count(*) FROM identity")[0][0] >= 12
    for number, name, email in people:
        for what, value in (("number", number), ("name", name), ("e-mail", email)):
            loot.text("imported " + what, value)
    page = pages.open(service.issuer + "/account/lock")
    form = next(f for f in page.forms if f.has_type("password"))
    locked = pages.submit(page, form, {"current": fresh})
    assert locked.status == 200 and "/account/lock" not in [f.action for f in locked.forms]
    collect(loot, browser)
    collect(loot, pages)


def leave(service, who, loot, browser, tokens, receiver):
    """Revocations, logouts of both kinds, a lock."""
    client = service.full
    other = client.log_in(service.an, from_address(client.browser(), V4), scope=ALL)
    keep(loot, other)
    collect(loot, other["browser"])
    client.revoke(other["refresh_token"])
    try:
        page = browser.open(client.discovery["end_session_endpoint"] + "?" + urlencode(
            {"id_token_hint": tokens["id_token"], "state": "s",
             "post_logout_redirect_uri": client.registration["post_logout_redirect_uris"][0]}))
        browser.press(page, "logout", "logout")
    except Left:
        pass
    for call in receiver.wait(1):
        loot.bearer("logout token", call[3]["logout_token"])
    receiver.statuses = [503]
    late = client.log_in(service.binh, from_address(client.browser(), V6), scope=ALL)
    keep(loot, late)
    collect(loot, late["browser"])
    service.ctl_text("--yes", "session", "end", "--personal-number", service.binh.number)
    receiver.wait(len(receiver.calls) + 1)
    service.identity("lock", service.cuong)
    alive = client.log_in(who, from_address(client.browser(), V4), scope=ALL)
    keep(loot, alive)
    collect(loot, alive["browser"])
    return alive


@pytest.fixture(scope="module")
def robbed():
    """A service that was used, and what was used in it."""
    postgres, receiver = new_postgres(), Receiver()
    service = Service(postgres, BUILD, {"server": {"trusted_proxy": "127.0.0.1"},
                                        "development": {"login_throttle": True}})
    try:
        service.migrate()
        service.start()
        yield rob(populate(service), receiver)
    finally:
        service.close()
        receiver.close()
        drop_postgres(postgres)


def rob(service, receiver):
    service.full = new_client(service, "loot", scope=ALL, backchannel_logout_uri=receiver.url + "/b",
                              backchannel_logout_session_required=True)
    loot = Loot()
    who = add_people(service, loot)
    use_clients(service, loot)
    browser, tokens = use_codes(service, who, loot)
    log_in_badly(service, who, loot)
    service.alive = leave(service, who, loot, browser, tokens, receiver)
    live_on(service, loot)
    loot.address(V4)
    loot.address(V6)
    for name in os.listdir(service.directory + "/secrets"):
        with open(service.secret_path(name)) as file:
            text = file.read().strip()
        loot.text("file " + name, text)
        if re.fullmatch("[0-9a-f]{32,}", text):
            loot.bytes["file " + name + ", binary"] = bytes.fromhex(text)
    return service, loot


# The theft ----------------------------------------------------------------------------------------


def unkeyed(values):
    """Digests anybody can compute, of a value as it is and with the names a programmer would put beside it."""
    out = {}
    kinds = ("", "personal_number", "number", "phone", "email", "address", "ip", "throttle", "account", "lookup")
    for value in values:
        for kind in kinds:
            for text in {kind + join + value for join in ("", ":", " ", "\0", "|", "=")} | {value + kind, value + "\n"}:
                for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s"):
                    out[hashlib.new(name, text.encode()).digest()] = f"{name}({text!r})"
    return out


def test_the_search_finds_what_is_there():
    name, secret = "Quách Đặng Thùy Dương", bytes(range(100, 134))
    loot = Loot()
    loot.text("name", name)
    loot.bearer("code", b64(secret))
    raw = name.encode()
    for around in range(6):
        pad = b"~" * around
        for hidden in (raw, secret, secret[2:]):
            for text in (hidden, hidden[::-1], pad + hidden.hex().encode(), base64.b64encode(pad + hidden + pad),
                         base64.urlsafe_b64encode(hidden + pad).rstrip(b"="), base64.b32encode(hidden),
                         b"'\\x" + (pad + hidden + pad).hex().encode() + b"'", (pad + hidden[::-1]).hex().encode()):
                assert find(loot, places_of(b"INSERT INTO x VALUES (" + text + b");")), (around, text)
    for text in (name.upper(), unicodedata.normalize("NFD", name), "quach dang thuy duong".title(), quote(name),
                 name.replace(" ", ""), name.encode("unicode_escape").decode()):
        assert find(loot, places_of(text.encode())), text
    assert not find(loot, places_of(b"INSERT INTO x VALUES ('Qu\xc3\xa1ch', '\\x00ff');"))


def test_a_stolen_database_is_worthless(robbed):
    service, loot = robbed
    text = dump(service)
    values = binaries(text)
    assert len(values) > 50 and len(loot.texts) > 100 and len(loot.bytes) > 30
    assert not find(loot, places_of(text))
    assert b"PRIVATE KEY" not in text and not re.search(rb'"(d|p|q|dp|dq|qi|k)"\s*:', text)
    assert not any(value.startswith(b"\x30\x81\x87\x02\x01\x00\x30\x13") or b"-----BEGIN" in value for value in values)

    guesses = {p.number for p in loot.everybody} | {p.email for p in loot.everybody} | {
        V4, V6, STRANGER, "+84987160453", "0987160453"}
    digests = unkeyed(guesses)
    heap = set(values) | set(decoded(text))
    assert not [digests[d] for d in digests.keys() & heap], "a digest without a key"
    lower = text.lower()
    assert not [what for d, what in digests.items() if d.hex().encode() in lower]
    keys = {v for v in values if 16 <= len(v) <= 64} | {b"", service.issuer.encode(), b"authd"}
    keyed = {hmac.new(key, guess.encode(), "sha256").digest() for key in keys for guess in guesses}
    assert not keyed & heap, "a digest whose key lies beside it"
    rows = service.query("SELECT kind, count(*), count(DISTINCT digest) FROM lookup_digest GROUP BY kind")
    assert {"personal_number", "phone", "email"} <= {row[0] for row in rows}
    assert all(row[1] == row[2] for row in rows)
    assert service.query("SELECT count(*) > 0 FROM throttle")[0][0], "throttles were looked through, too"


def test_the_files_of_the_database_are_worthless(robbed):
    """Tables, indexes, the log of transactions, the server's own log."""
    service, loot = robbed
    service.query("CHECKPOINT")
    folders = ["postgres/base", "postgres/global", "postgres/pg_wal", "log"]
    control = Loot()
    control.texts, control.bytes = dict(loot.texts, control="authorization_request_expiry"), loot.bytes
    found = find_in_files(control, service.postgres.directory, folders)
    assert not [one for one in found if one[0] != "control"]
    assert {"postgres/base", "postgres/pg_wal"} <= {"/".join(name.split("/")[:2]) for _, name in found}


def test_the_log_holds_nobody_and_no_secret(robbed):
    service, loot = robbed
    log = service.log().encode()
    assert b"event=login" in log
    assert not [one for one in find(loot, places_of(log)) if not one.startswith("IP address")]


def test_what_is_stored_opens_nothing(robbed):
    """Digests are not accepted in place of what they were made of."""
    service, _ = robbed
    client = service.full
    for (stored,) in service.query("SELECT hash FROM client_secret WHERE client_id = %s", client.id):
        for text in (bytes(stored).hex(), b64(bytes(stored))):
            client.secret, kept = text, client.secret
            assert client.refresh("x").status_code == 401
            client.secret = kept
    for table, redeem in (("refresh", client.refresh),
                          ("code", lambda text: client.token({"grant_type": "authorization_code", "code": text,
                                                              "redirect_uri": client.redirect_uri}))):
        rows = service.query(f'SELECT bucket, hash, proof FROM "{table}" ORDER BY created_at DESC LIMIT 5')
        assert rows
        for bucket, stored, proof in rows:
            for raw in (bytes(stored), bucket.to_bytes(2, "big") + bytes(stored), bytes(proof)):
                assert redeem(b64(raw)).json()["error"] == "invalid_grant"
    kept = {cookie.name: cookie.value for cookie in service.alive["browser"].session.cookies}

    def silently(cookies):
        thief = client.browser()
        for name, value in cookies.items():
            thief.session.cookies.set(name, value, domain="localhost.local", path="/")
        with pytest.raises(Left) as left:
            thief.open(client.url(Attempt(), prompt="none"))
        return left.value.parameters.get("error")
    assert silently(kept) is None, "the cookies themselves do"
    for bucket, stored, proof in service.query("SELECT bucket, hash, proof FROM session WHERE ended_at IS NULL"):
        for raw in (bytes(stored), bucket.to_bytes(2, "big") + bytes(stored), bytes(proof)):
            assert silently(dict.fromkeys(kept, b64(raw))) == "login_required"


def test_every_act_leaves_an_audit_entry(make_service):
    service = make_service()
    client = service.first
    tokens = client.log_in(service.an, scope="openid profile offline_access")
    refreshed = client.refresh(tokens["refresh_token"]).json()
    client.userinfo(refreshed["access_token"])
    client.revoke(refreshed["refresh_token"])
    browser = client.browser()
    browser.log_in(browser.open(client.url(Attempt())), service.an.number, "wrong")
    service.ctl_text("--yes", "client", "disable", service.second.id)
    service.identity("lock", service.an)
    seen = {row[0] for row in service.query("SELECT DISTINCT event FROM audit")}
    wanted = {"login", "login.refused", "consent.given", "grant.issued", "token.code", "token.refresh",
              "userinfo", "grant.revoked", "client.created", "client.disabled", "identity.added",
              "identity.locked", "credential.set"}
    assert wanted <= seen, wanted - seen
