"""Promise 5: assurance is never lowered silently.  What a service asked for is met, or refused with a reason; what a
token says was reached, and nothing on the way from login to the last refresh makes it more or less."""
import json
import time

import pytest
from harness.browser import Left
from harness.oidc import Attempt, jwt_parts, jwt_verify

NAMES = [f"urn:authd:acr:{account}:{authentication}" for account in (0, 1, 2) for authentication in (1, 2, 3, 4)]
REFUSED = "unmet_authentication_requirements"


def levels(acr):
    return tuple(int(n) for n in acr.rsplit(":", 2)[1:])


def meets(have, wanted):
    return all(h >= w for h, w in zip(levels(have), levels(wanted)))


def essential(*values):
    return json.dumps({"id_token": {"acr": {"essential": True, "values": list(values)}}})


def answer_of(client, person, browser=None, **over):
    """("acr", what the ID token says) or ("error", …); nothing else may come of a request."""
    attempt, left = client.authorize(browser or client.browser(), person, **over)
    if "error" in left.parameters:
        assert left.parameters.get("error_description"), "a refusal has a reason"
        return "error", left.parameters["error"]
    tokens = client.redeem(attempt, left).json()
    return "acr", jwt_verify(tokens["id_token"], client.jwks())[1]["acr"]


@pytest.fixture(scope="module")
def reached(service):
    """What the two accounts reach with a password."""
    return {person: answer_of(service.first, person)[1] for person in (service.an, service.cuong)}


@pytest.mark.parametrize("wanted", NAMES)
def test_an_essential_class_is_met_or_refused_for_every_account(service, reached, wanted):
    for person, have in reached.items():
        kind, said = answer_of(service.first, person, claims=essential(wanted))
        if meets(have, wanted):
            assert kind == "acr" and meets(said, wanted), (wanted, said)
        else:
            assert (kind, said) == ("error", REFUSED), (wanted, said)


def test_what_is_said_is_what_was_reached_whatever_was_asked(service, reached):
    for wanted in (" ".join(NAMES[::2]), " ".join(reversed(NAMES[6:])), NAMES[-1], "urn:authd:acr:2:1 nonsense", "nonsense"):
        for person, have in reached.items():
            kind, said = answer_of(service.first, person, acr_values=wanted)
            assert kind == "acr" and meets(have, said), (wanted, said)


def test_several_essential_classes_are_alternatives_and_one_of_them_is_met(service, reached):
    assert answer_of(service.first, service.cuong, claims=essential("urn:authd:acr:2:1", "urn:authd:acr:2:4"))[1] == REFUSED
    kind, said = answer_of(service.first, service.an, claims=essential("urn:authd:acr:2:4", "urn:authd:acr:2:1"))
    assert kind == "acr" and meets(said, "urn:authd:acr:2:1")


def test_neither_a_session_nor_silence_gets_around_a_floor(service, register):
    """The session of a weaker login, opened by a service that asks for less, then used where more is asked."""
    strict = register(service, "strict", account_level_floor=2)
    browser = service.second.browser()
    assert answer_of(service.second, service.cuong, browser)[0] == "acr"
    for over in ({}, {"prompt": "none"}, {"acr_values": "urn:authd:acr:0:1"}, {"max_age": "100000"},
                 {"claims": essential("urn:authd:acr:0:1")}, {"login_hint": service.cuong.number}):
        kind, said = answer_of(strict, service.cuong, browser, **over)
        assert kind == "error" and said in (REFUSED, "login_required", "interaction_required"), (over, said)
    attempt = Attempt()
    pushed = strict.push(attempt, acr_values="urn:authd:acr:0:1").json()["request_uri"]
    try:
        page = browser.open(strict.discovery["authorization_endpoint"] + f"?client_id={strict.id}&request_uri={pushed}")
        left = browser.finish(page, service.cuong)
    except Left as gone:
        left = gone
    assert left.parameters["error"] == REFUSED
    assert answer_of(strict, service.an)[0] == "acr"


def floor(service, client, level):
    keep = ("client_id", "client_name", "redirect_uris", "post_logout_redirect_uris", "grant_types", "response_types",
            "token_endpoint_auth_method", "scope")
    service.ctl("client", "update", client.id, "--json", "-",
                stdin=dict({k: client.registration[k] for k in keep}, account_level_floor=level))


def test_a_floor_that_is_raised_counts_for_sessions_that_are_there(service, register):
    client = register(service, "raised")
    browser = client.browser()
    assert answer_of(client, service.cuong, browser)[0] == "acr"
    floor(service, client, 2)
    assert service.ctl("client", "show", client.id)["account_level_floor"] == 2
    end = time.monotonic() + 60  # web processes hear of it by a notification
    while answer_of(client, service.cuong, browser) != ("error", REFUSED):
        assert time.monotonic() < end
    kind, said = answer_of(client, service.cuong, browser, prompt="none")
    assert kind == "error" and said in (REFUSED, "interaction_required"), said


def test_a_refresh_below_a_floor_that_was_raised_is_refused_and_the_grant_stays(service, register):
    client = register(service, "raised-later")
    low = client.log_in(service.cuong, scope="openid offline_access")["refresh_token"]
    high = client.log_in(service.an, scope="openid offline_access")["refresh_token"]
    attempt, left = client.authorize(client.browser(), service.cuong, scope="openid")
    floor(service, client, 2)
    end = time.monotonic() + 60  # web processes hear of it by a notification
    while (answer := client.refresh(low)).status_code == 200:
        low = answer.json()["refresh_token"]
        assert time.monotonic() < end
    said = client.refresh(low).json()
    assert answer.status_code == 400 and said["error"] == "invalid_grant" and "floor" in said["error_description"]
    assert "again" in said["error_description"]
    answer = client.redeem(attempt, left)
    assert answer.status_code == 400 and answer.json()["error_description"] == said["error_description"]
    answer = client.refresh(high)
    assert answer.status_code == 200, "who reached it goes on"
    floor(service, client, 0)
    end = time.monotonic() + 60
    while (answer := client.refresh(low)).status_code != 200:
        assert time.monotonic() < end, answer.text


def test_refreshing_makes_it_neither_more_nor_less(service):
    for person in (service.an, service.cuong):
        tokens = service.first.log_in(person, scope="openid offline_access")
        before = service.first.id_token(tokens)
        for _ in range(3):
            answer = service.first.refresh(tokens["refresh_token"])
            assert answer.status_code == 200, answer.text
            tokens = dict(tokens, **answer.json())
            access = jwt_parts(tokens["access_token"])[1]
            assert access["acr"] == before["acr"] and access["auth_time"] == before["auth_time"]
            if "id_token" in answer.json():
                after = service.first.id_token(tokens)
                assert (after["acr"], after["auth_time"], after.get("amr")) == (
                    before["acr"], before["auth_time"], before.get("amr"))


def test_a_login_that_is_too_old_is_made_anew_and_not_called_new(service):
    """spec: OpenID Core §3.1.2.1 (max_age); by another service, too"""
    browser = service.first.browser()
    old = service.first.id_token(service.first.log_in(service.an, browser))["auth_time"]
    while time.time() < old + 1.2:
        time.sleep(0.1)
    assert answer_of(service.second, service.an, browser, prompt="none", max_age="0") == ("error", "login_required")
    tokens = service.second.log_in(service.an, browser, max_age="0")
    assert service.second.id_token(tokens)["auth_time"] > old
    silent = service.first.log_in(service.an, browser, prompt="none")
    assert service.first.id_token(silent)["auth_time"] >= old, "never said to be older or newer than it is"


def test_a_client_says_the_same_in_every_place(service):
    """ID token, access token and introspection agree."""
    tokens = service.first.log_in(service.cuong)
    said = service.first.id_token(tokens)
    access = jwt_parts(tokens["access_token"])[1]
    asked = service.first.introspect(tokens["access_token"])
    assert said["acr"] == access["acr"] == asked["acr"] and said["auth_time"] == access["auth_time"]
