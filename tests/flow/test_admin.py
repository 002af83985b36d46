"""What an administrator does by authctl; refusals come before successes."""
import json

import pytest
from harness.service import CommandFailed


@pytest.mark.parametrize("over,hint", [
    ({"redirect_uris": ["http://evil.example/cb"]}, "redirect"),
    ({"redirect_uris": ["https://portal.example/*"]}, "redirect"),
    ({"redirect_uris": ["https://portal.example/cb#x"]}, "redirect"),
    ({"grant_types": ["implicit"]}, "grant"),
    ({"response_types": ["token"]}, "response"),
    ({"token_endpoint_auth_method": "client_secret_jwt"}, "auth"),
    ({"application_type": "native", "redirect_uris": ["javascript:/alert(1)"]}, "redirect"),
    ({"redirect_uris": ["data:text/html,x"]}, "redirect"),
    ({"redirect_uris": ["https://portal.example@evil.example/"]}, "redirect"),
    ({"policy_uri": "javascript:alert(1)"}, "policy_uri"),
], ids=str)
def test_a_bad_registration_is_refused_with_the_cure(service, register, over, hint):
    with pytest.raises(CommandFailed) as refused:
        register(service, "bad", **over)
    assert hint in str(refused.value)


def test_members_that_are_not_known_are_left_out_and_named(service):
    made = service.ctl("client", "create", "--json", "-", stdin={
        "redirect_uris": ["https://plain.example/cb"], "no_such_member": 1, "subject_type": "public"})
    assert made["ignored"] == ["no_such_member"] and "no_such_member" not in service.ctl("client", "show", made["client_id"])
    assert made["subject_type"] == "pairwise" and made["client_name"] == "plain.example"


@pytest.mark.parametrize("number,birthdate", [
    ("00109000482", "1990-03-14"), ("0010900048211", "1990-03-14"), ("001090004821x", "1990-03-14"),
    ("003090004821", "1990-03-14"), ("001090004822", "1991-03-14"), ("001290004822", "1990-03-14"),
], ids=str)
def test_a_personal_number_that_cannot_be_is_refused(service, number, birthdate):
    refused = service.ctl_run("identity", "add", "--personal-number", number, "--name", "Nguyễn Văn Sai",
                              "--birthdate", birthdate, "--level", "2", "--ground", "test")
    assert refused.returncode != 0
    assert number not in refused.stderr or len(number) != 12


def test_a_number_is_entered_once(service):
    refused = service.ctl_run("identity", "add", "--personal-number", service.an.number, "--name",
                              service.an.name, "--birthdate", service.an.birthdate, "--level", "2",
                              "--ground", "test")
    assert refused.returncode != 0


def test_clients_are_listed_and_shown_without_secrets(service):
    assert service.first.id in service.ctl_text("client", "list")
    shown = service.ctl("client", "show", service.first.id)
    assert service.first.secret not in json.dumps(shown)
    assert service.first.redirect_uri in json.dumps(shown)


def test_status_names_processes_and_sandbox(service):
    told = json.dumps(service.ctl("status"))
    for role in ("web", "signer", "verifier", "clerk", "courier"):
        assert role in told


def test_a_wrong_command_is_refused_with_the_help(service):
    done = service.ctl_run("keys", "dance")
    assert done.returncode != 0 and done.stderr


def test_migrate_again_does_nothing(service):
    service.migrate()
    told = service.ctl_text("migrate", "--dry-run")
    assert "pending" not in told


def test_two_nodes_migrate_at_once(make_service):
    import threading
    service = make_service(start=False)
    service.query("DROP SCHEMA authd CASCADE")
    failures = []

    def go():
        try:
            service.migrate()
        except CommandFailed as error:
            failures.append(error)
    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    service.start()


def test_sessions_are_listed_and_ended(make_service):
    service = make_service()
    tokens = service.first.log_in(service.an)
    assert "pwd" in service.ctl_text("session", "list", "--personal-number", service.an.number)
    service.ctl_text("--yes", "session", "end", "--personal-number", service.an.number)
    assert service.first.introspect(tokens["access_token"]) == {"active": False}


def test_withdrawing_consent_asks_again(make_service):
    from harness.oidc import Attempt
    service = make_service()
    browser = service.first.browser()
    service.first.log_in(service.an, browser)
    service.ctl_text("--yes", "consent", "withdraw", "--personal-number", service.an.number, "--client",
                     service.first.id)
    assert browser.open(service.first.url(Attempt())).kind == "consent"
