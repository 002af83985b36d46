"""Authorization requests: what is refused, and how prompt, max_age, acr and claims steer a login."""
import time

import pytest
from harness.browser import Left
from harness.oidc import Attempt, jwt_parts


def ask(service, browser=None, client=None, **over):
    """A page, or Left when the provider sent us back at once."""
    client = client or service.first
    try:
        return (browser or client.browser()).open(client.url(Attempt(), **over))
    except Left as left:
        return left


def error(outcome):
    assert isinstance(outcome, Left), outcome.text[:500]
    return outcome.parameters["error"]


@pytest.mark.parametrize("over", [
    {"redirect_uri": "http://localhost:9999/evil"},
    {"redirect_uri": "http://localhost:9999/first/"},
    {"redirect_uri": "http://localhost:9999/first?x=1"},
    {"redirect_uri": "https://evil.example/first"},
    {"redirect_uri": None},
    {"client_id": "nobody"},
    {"client_id": None},
    {"client_id": "first' OR '1'='1"},
], ids=str)
def test_nobody_is_sent_to_an_unregistered_place(service, over):
    """spec: OpenID Core §3.1.2.1:redirect
    spec: RFC 6749 §4.1.2.1:place, §3.1.2.4, RFC 9700 §4.11.2, §2.1:exact MUST NOT automatically redirect"""
    page = ask(service, **over)
    assert not isinstance(page, Left), page.url
    assert 400 <= page.status < 500


@pytest.mark.parametrize("over,expected", [
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "code id_token"}, "unsupported_response_type"),
    ({"response_type": None}, "invalid_request"),
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"prompt": "none login"}, "invalid_request"),
    ({"prompt": "dance"}, "invalid_request"),
    ({"max_age": "-1"}, "invalid_request"),
    ({"max_age": "soon"}, "invalid_request"),
    ({"claims": "{"}, "invalid_request"),
    ({"claims": "[]"}, "invalid_request"),
    ({"request": "e30.e30."}, "request_not_supported"),
    ({"request_uri": "https://evil.example/r"}, None),
    ({"response_mode": "fragment"}, "invalid_request"),
], ids=str)
def test_bad_requests_come_back_with_the_right_error(service, over, expected):
    """spec: RFC 6749 §3.1.1, §4.1.2.1:state, RFC 7636 §4.4.1, RFC 9207 §2:error,
    OpenID Core §3.1.2.6, RFC 9700 §2.1.2"""
    outcome = ask(service, **over)
    if expected is None:
        assert isinstance(outcome, Left) or 400 <= outcome.status < 500
        if isinstance(outcome, Left):
            assert outcome.parameters["error"] in ("request_uri_not_supported", "invalid_request_uri",
                                                   "invalid_request")
        return
    assert error(outcome) == expected
    assert outcome.base == service.first.redirect_uri
    assert outcome.parameters["iss"] == service.issuer
    assert "state" in outcome.parameters
    assert "code" not in outcome.parameters


def test_scopes_nobody_knows_are_ignored_and_not_granted(service):
    """spec: OpenID Connect Core §3.1.2.1:scope scope values that are not understood SHOULD be ignored"""
    tokens = service.first.log_in(service.an, scope="openid nothing:such")
    assert tokens["scope"] == "openid"


def test_a_repeated_parameter_is_refused(service):
    """spec: RFC 6749 §3.1:once MUST NOT be included more than once"""
    browser = service.first.browser()
    try:
        page = browser.open(service.first.url(Attempt()) + "&scope=openid")
        assert 400 <= page.status < 500
    except Left as left:
        assert left.parameters["error"] == "invalid_request"


def test_prompt_none_without_a_session_needs_login(service):
    assert error(ask(service, prompt="none")) == "login_required"


def test_prompt_none_with_a_session_gives_a_code(service):
    browser = service.first.browser()
    service.first.log_in(service.an, browser)
    assert "code" in ask(service, browser, prompt="none").parameters


def test_prompt_none_without_consent_needs_consent(service, register):
    client, browser = register(service, "quiet"), service.first.browser()
    service.first.log_in(service.an, browser)
    outcome = ask(service, browser, client, prompt="none", scope="openid profile")
    assert error(outcome) in ("consent_required", "interaction_required")


def test_prompt_login_asks_again_and_renews_auth_time(service):
    browser = service.first.browser()
    before = service.first.id_token(service.first.log_in(service.an, browser))["auth_time"]
    time.sleep(1.1)
    assert ask(service, browser, prompt="login").kind == "login"
    after = service.first.id_token(service.first.log_in(service.an, browser, prompt="login"))["auth_time"]
    assert after > before


def test_logging_in_again_keeps_the_session_that_services_know(service):
    browser = service.first.browser()
    first = service.first.id_token(service.first.log_in(service.an, browser))
    again = service.first.id_token(service.first.log_in(service.an, browser, prompt="login"))
    assert again["sid"] == first["sid"]
    live = service.query("""SELECT count(*) FROM authd.session s JOIN authd."grant" g
        ON g.bucket = s.bucket AND g.session_id = s.id WHERE g.sid = %s AND s.ended_at IS NULL""", first["sid"])
    assert live[0][0] == 2, "two grants, one live session"


def test_another_person_in_the_same_browser_ends_the_session_of_the_first(service):
    browser = service.first.browser()
    first = service.first.id_token(service.first.log_in(service.an, browser))
    other = service.first.id_token(service.first.log_in(service.binh, browser, prompt="login"))
    assert other["sid"] != first["sid"]
    ended = service.query("""SELECT s.ended_at IS NOT NULL FROM authd.session s JOIN authd."grant" g
        ON g.bucket = s.bucket AND g.session_id = s.id WHERE g.sid = %s""", first["sid"])
    assert ended == [(True,)]


def test_prompt_consent_asks_again(service):
    """spec: OpenID Core §3.1.2.1:consent"""
    browser = service.first.browser()
    service.first.log_in(service.an, browser)
    assert ask(service, browser, prompt="consent").kind == "consent"


def test_prompt_select_account_offers_the_account_and_another(service):
    browser = service.first.browser()
    service.first.log_in(service.an, browser)
    page = ask(service, browser, prompt="select_account")
    assert page.kind == "select"
    assert browser.press(page, "select", "other").kind == "login"


def test_max_age_zero_asks_for_the_password(service):
    browser = service.first.browser()
    service.first.log_in(service.an, browser)
    assert ask(service, browser, max_age="0").kind == "login"


def test_max_age_is_kept_and_told(service):
    """spec: OpenID Core §2:auth_time, §3.1.2.1:max_age"""
    browser = service.first.browser()
    service.first.log_in(service.an, browser)
    time.sleep(2.1)
    assert ask(service, browser, max_age="1").kind == "login"
    claims = service.first.id_token(service.first.log_in(service.an, browser, max_age="3600"))
    assert "auth_time" in claims


def test_prompt_none_with_a_session_too_old_needs_login(service):
    browser = service.first.browser()
    service.first.log_in(service.an, browser)
    time.sleep(2.1)
    assert error(ask(service, browser, prompt="none", max_age="1")) == "login_required"


def test_an_id_token_hint_of_somebody_else_is_not_served_silently(service):
    """spec: OpenID Core §3.1.2.2:person"""
    browser = service.first.browser()
    hint = service.first.log_in(service.binh)["id_token"]
    service.first.log_in(service.an, browser)
    assert error(ask(service, browser, prompt="none", id_token_hint=hint)) == "login_required"


def test_an_essential_acr_that_cannot_be_met_is_an_error(service):
    """DESIGN.md promise 5"""
    claims = '{"id_token":{"acr":{"essential":true,"values":["urn:authd:acr:2:4"]}}}'
    _, left = service.first.authorize(service.first.browser(), service.an, claims=claims)
    assert left.parameters["error"] == "unmet_authentication_requirements"


def test_a_voluntary_acr_is_answered_with_what_was_reached(service):
    tokens = service.first.log_in(service.an, acr_values="urn:authd:acr:2:4 urn:authd:acr:2:1")
    assert service.first.id_token(tokens)["acr"] == "urn:authd:acr:2:1"


def test_an_account_below_the_clients_floor_is_refused(service):
    claims = '{"id_token":{"acr":{"essential":true,"value":"urn:authd:acr:2:1"}}}'
    _, left = service.first.authorize(service.first.browser(), service.cuong, claims=claims)
    assert left.parameters["error"] in ("unmet_authentication_requirements", "access_denied")


def test_the_claims_parameter_puts_claims_into_the_id_token(service):
    tokens = service.first.log_in(service.an, scope="openid profile email",
                                  claims='{"id_token":{"email":null},"userinfo":{"name":{"essential":true}}}')
    assert service.first.id_token(tokens)["email"] == service.an.email
    assert service.first.userinfo(tokens["access_token"]).json()["name"] == service.an.name


def test_unknown_parameters_are_ignored(service):
    """spec: RFC 6749 §3.1:unknown MUST ignore unrecognized request parameters"""
    assert ask(service, foo="bar", display="page").kind == "login"


def test_the_page_speaks_the_language_asked_for(service):
    def language(accept, **over):
        page = ask(service, service.first.browser(accept), **over)
        return page.text.split('lang="')[1][:2]
    assert language("vi") == "vi"
    assert language("en-US,en;q=0.9") == "en"
    assert language("vi", ui_locales="en") == "en"
    assert language("en", ui_locales="vi-VN") == "vi"
    assert language("de") == "vi"


def test_a_login_belongs_to_the_browser_that_began_it(service):
    """A link to somebody else's login in progress must not work (login CSRF)."""
    victim, attacker = service.first.browser(), service.first.browser()
    page = attacker.open(service.first.url(Attempt()))
    try:
        seen = victim.open(page.url)
        assert seen.kind != "login" or seen.status >= 400
    except Left as left:
        assert "code" not in left.parameters


def test_a_form_without_its_csrf_token_is_refused(service):
    """spec: OpenID Core §3.1.2.3:csrf, RFC 6749 §10.12"""
    browser = service.first.browser()
    page = browser.open(service.first.url(Attempt()))
    form = page.form("login")
    for hidden in form.inputs:
        if hidden.get("name") == "csrf":
            hidden["value"] = "A" * len(hidden["value"])
    answer = browser.log_in(page, service.an.number, service.an.password)
    assert answer.kind == "other" and 400 <= answer.status < 500


def test_the_token_head_names_its_key(service):
    """spec: OpenID Core §10.1"""
    head, _, _ = jwt_parts(service.first.log_in(service.an)["id_token"])
    assert head["kid"] in [k["kid"] for k in service.first.jwks()["keys"]]
