"""Consent, line by line: what is shown, what is agreed to, what is left out and stays left out."""
import base64
import json
import re

import pytest

from harness.browser import Left
from harness.oidc import Attempt, jwt_parts
from harness.picture import png

EVERYTHING = "openid profile email phone offline_access"


def asked(client, person, browser=None, **over):
    """The consent page, or whatever else comes after the login."""
    browser, attempt = browser or client.browser("en"), Attempt()
    page = browser.open(client.url(attempt, **over))
    if page.kind == "login":
        page = browser.log_in(page, person.number, person.password)
    return browser, attempt, page


def choosing(browser, page):
    link = re.search(r'href="(/consent/[^"]+choose=yes)"', page.text)
    return browser.open(browser.issuer + link.group(1))


def tick(browser, page, *lines):
    """Presses "share only what is ticked" with these boxes ticked; tokens' code in Left."""
    form = page.forms[0]
    with pytest.raises(Left) as left:
        browser.submit(page, form, dict({f"share.{line}": "yes" for line in lines}, decision="chosen"))
    return left.value


def boxes(page):
    return [i["name"] for i in page.forms[0].inputs if i.get("type") == "checkbox"]


def tokens_of(client, attempt, left):
    assert "code" in left.parameters, left.url
    answer = client.redeem(attempt, left)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_nothing_is_ticked_beforehand(service, register):
    """Law 91/2025/QH15: silence is not consent."""
    client = register(service, "unticked", voluntary_claims=["gender"])
    browser, _, page = asked(client, service.an, scope=EVERYTHING)
    assert boxes(page) == ["share.gender"]
    page = choosing(browser, page)
    assert set(boxes(page)) >= {"share.name", "share.birthdate", "share.email", "share.phone_number",
                                "share.offline_access", "share.gender"}
    assert not any("checked" in i for i in page.forms[0].inputs)


def test_what_was_left_out_is_in_no_token_and_no_answer_now_or_later(service, register):
    client = register(service, "picky")
    claims = json.dumps({"id_token": {"birthdate": None, "name": None, "email": None}})
    over = {"scope": EVERYTHING, "claims": claims}
    browser, attempt, page = asked(client, service.an, **over)
    left = tick(browser, choosing(browser, page), "name", "phone_number", "offline_access")
    tokens = tokens_of(client, attempt, left)

    def check(tokens):
        assert set(tokens["scope"].split()) == {"openid", "profile", "phone", "offline_access"}
        inside = jwt_parts(tokens["id_token"])[1]
        assert inside["name"] == service.an.name
        assert not {"birthdate", "email"} & set(inside)
        info = client.userinfo(tokens["access_token"]).json()
        assert info["name"] == service.an.name
        assert not {"birthdate", "gender", "locale", "email", "email_verified"} & set(info), info
        told = client.introspect(tokens["access_token"])
        assert "email" not in told["scope"].split() and not {"birthdate", "email"} & set(told)
        assert "email" not in jwt_parts(tokens["access_token"])[1]["scope"].split()
    check(tokens)
    again = client.refresh(tokens["refresh_token"])
    assert again.status_code == 200
    check(again.json())
    wider = client.refresh(again.json()["refresh_token"], scope=EVERYTHING)
    assert wider.status_code == 400 and wider.json()["error"] == "invalid_scope"
    # remembered: no page, and still left out
    attempt, left = client.authorize(client.browser(), service.an, consent="none", **over)
    check(tokens_of(client, attempt, left))
    row = service.query("SELECT scope, claims::text, declined::text FROM consent WHERE client_id = %s", client.id)[0]
    assert "birthdate" in json.loads(row[2]) and "birthdate" not in json.loads(row[1])
    assert "profile" not in row[0].split(), "the program before this one would give all of it"


def test_only_what_was_never_decided_is_asked(service, register):
    client = register(service, "growing")
    browser, attempt, page = asked(client, service.binh, scope="openid email")
    tick(browser, choosing(browser, page))
    browser, attempt, page = asked(client, service.binh, scope="openid email profile")
    assert page.kind == "consent"
    assert "Date of birth" in page.text and "E-mail address" not in page.text
    with pytest.raises(Left) as left:
        browser.press(page, "consent", "allow")
    info = client.userinfo(tokens_of(client, attempt, left.value)["access_token"]).json()
    assert "birthdate" in info and "email" not in info
    # asked again: everything, with what was decided
    browser, attempt, page = asked(client, service.binh, scope="openid email profile", prompt="consent")
    page = choosing(browser, page)
    ticked = {i["name"]: "checked" in i for i in page.forms[0].inputs if i.get("type") == "checkbox"}
    assert ticked.pop("share.email") is False and ticked and all(ticked.values())
    tick(browser, page, "email")
    info = client.userinfo(client.log_in(service.binh, scope="openid email profile")["access_token"]).json()
    assert "email" in info and "birthdate" not in info


def test_what_is_required_has_no_box_and_is_asked_again_when_it_was_declined(service, register):
    client = register(service, "strict")
    browser, _, page = asked(client, service.an, scope="openid email")
    tick(browser, choosing(browser, page))
    client.log_in(service.an, scope="openid email")
    needed = json.dumps({"userinfo": {"email": {"essential": True}}})
    browser, attempt, page = asked(client, service.an, scope="openid email", claims=needed)
    assert page.kind == "consent" and "required" in page.text and not boxes(page)
    with pytest.raises(Left) as left:
        browser.press(page, "consent", "deny")
    assert left.value.parameters["error"] == "access_denied"
    browser, attempt, page = asked(client, service.an, scope="openid email", claims=needed)
    with pytest.raises(Left) as left:
        browser.press(page, "consent", "allow")
    info = client.userinfo(tokens_of(client, attempt, left.value)["access_token"]).json()
    assert info["email"] == service.an.email


def test_what_the_service_can_do_without_needs_a_tick(service, register):
    """spec: OpenID Core §5.5.1 voluntary claims"""
    client = register(service, "modest")
    wish = json.dumps({"userinfo": {"birthdate": {"essential": False}, "name": None}})
    browser, attempt, page = asked(client, service.an, claims=wish)
    assert boxes(page) == ["share.birthdate"]
    with pytest.raises(Left) as left:
        browser.press(page, "consent", "allow")
    info = client.userinfo(tokens_of(client, attempt, left.value)["access_token"]).json()
    assert info["name"] == service.an.name and "birthdate" not in info
    browser, attempt, page = asked(client, service.an, claims=wish, prompt="consent")
    with pytest.raises(Left) as left:
        form = page.form("consent")
        browser.submit(page, form, {"share.birthdate": "yes", "decision": "allow"})
    info = client.userinfo(tokens_of(client, attempt, left.value)["access_token"]).json()
    assert info["birthdate"] == "1990-03-14"


def test_nothing_can_be_agreed_to_that_was_not_shown(service, register):
    client = register(service, "switch")
    browser, attempt, page = asked(client, service.an, scope="openid email phone")
    form = page.form("consent")
    for shown in ("email", "", "email phone_number offline_access"):
        again = browser.submit(page, form, {"shown": shown, "decision": "allow"})
        assert again.kind == "consent"
    assert not service.query("SELECT 1 FROM consent WHERE client_id = %s", client.id)


def test_the_page_tells_who_asks_for_what_and_why(service, register):
    logo = base64.b64encode(png(96, 96)).decode()
    client = register(service, "known", agency="Department of Justice", **{
        "agency#vi": "Sở Tư pháp", "purpose": "Registering a household", "logo": logo,
        "claim_purposes": {"birthdate": "To tell people of one name apart"},
        "claim_purposes#vi": {"birthdate": "Để phân biệt người trùng tên"}})
    browser, _, page = asked(client, service.an, scope="openid profile")
    for text in ("Department of Justice", "Registering a household", "To tell people of one name apart"):
        assert text in page.text
    picture = re.search(r'src="(/logo/[0-9a-f]{64}\.png)"', page.text).group(1)
    answer = service.get(picture)
    assert answer.content == png(96, 96) and answer.headers["Content-Type"] == "image/png"
    assert "immutable" in answer.headers["Cache-Control"] and "sandbox" in answer.headers["Content-Security-Policy"]
    browser, _, page = asked(client, service.an, client.browser("vi"), scope="openid profile")
    assert "Sở Tư pháp" in page.text and "Để phân biệt người trùng tên" in page.text
    assert service.get("/logo/" + "0" * 64 + ".png").status_code == 404
    for tail in ("", "x", "0" * 64 + ".svg"):
        assert service.get("/logo/" + tail).status_code == 404
    shown = service.ctl("client", "show", client.id)
    assert shown["logo"] == picture.rsplit("/", 1)[1]
    assert "logo" not in service.ctl("client", "update", client.id, "--json", "-",
                                       stdin={"logo": None})


def test_the_page_tells_how_long_it_lasts(service, register):
    client = register(service, "lasting", scope="openid profile offline_access",
                      grant_types=["authorization_code", "refresh_token"])
    _, _, page = asked(client, service.an, scope="openid profile")
    assert "ends when you log out, at most 12 hours" in page.text
    _, _, page = asked(client, service.an, scope="openid profile offline_access")
    assert "lasts at most 30 days" in page.text and "even when you log out" in page.text


def test_an_exempt_service_must_name_the_law_and_the_person_and_the_audit_see_it(service, register):
    with pytest.raises(Exception, match="legal_ground"):
        register(service, "groundless", consent_exempt=True)
    client = register(service, "registry", consent_exempt=True, legal_ground="Decree 69/2024/NĐ-CP, Article 20")
    browser = client.browser("en")
    page = browser.open(client.url(Attempt(), scope="openid profile"))
    assert "Legal ground" in page.text and "Decree 69/2024/NĐ-CP, Article 20" in page.text
    tokens = client.log_in(service.an, scope="openid profile")
    assert client.userinfo(tokens["access_token"]).json()["name"] == service.an.name
    ground, detail = service.query("SELECT ground, detail::text FROM audit WHERE event = 'grant.issued'"
                                   " AND client_id = %s ORDER BY at DESC LIMIT 1", client.id)[0]
    assert ground == "Decree 69/2024/NĐ-CP, Article 20"
    told = json.loads(detail)
    assert told["consent"] == "exempt" and "birthdate" in told["claims"]


def test_the_audit_names_what_was_granted_and_declined_never_values(service, register):
    client = register(service, "noted")
    browser, _, page = asked(client, service.an, scope="openid profile email")
    tick(browser, choosing(browser, page), "name")
    detail = json.loads(service.query("SELECT detail::text FROM audit WHERE event = 'consent.given'"
                                      " AND client_id = %s", client.id)[0][0])
    assert "name" in detail["claims"] and "email" in detail["declined"]
    assert service.an.email not in json.dumps(detail)


@pytest.mark.parametrize("member", [
    {"logo": "PHN2Zz48L3N2Zz4="}, {"logo": "https://portal.example/logo.png"}, {"claim_purposes": {"shoe_size": "why"}},
    {"required_claims": ["shoe_size"]}, {"required_claims": ["name"], "voluntary_claims": ["name"]},
    {"claim_purposes": {"name": "?"}}, {"claim_purposes": []}])
def test_bad_metadata_are_refused_with_their_name(service, register, member):
    with pytest.raises(Exception, match=sorted(member)[0]):
        register(service, "bad", **member)
