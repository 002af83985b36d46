"""A planned rotation breaks nobody; a revoked key's tokens die within the published maximum age."""
import os
import secrets
import signal
import threading
import time
from contextlib import closing

import pytest
from harness.oidc import BadToken, jwt_parts, jwt_verify


def kid_of(client, person):
    tokens = client.log_in(person)
    return jwt_parts(tokens["id_token"])[0]["kid"], tokens


def test_a_rotation_can_be_watched(make_service):
    service = make_service({"keys": {"jwks_max_age_s": 3, "publish_min_s": 4}})
    client = service.first
    old, tokens = kid_of(client, service.an)
    cached = client.jwks()
    assert len([k for k in cached["keys"] if k["alg"] == "ES256"]) >= 2, "a next key is always published"
    service.ctl("keys", "rotate", "--alg", "ES256")
    again = service.ctl("keys", "rotate", "--alg", "ES256")
    assert again is not None
    end, kid = time.monotonic() + 60, old
    while kid == old and time.monotonic() < end:
        time.sleep(0.3)
        kid, _ = kid_of(client, service.an)
    assert kid != old
    assert kid in [k["kid"] for k in cached["keys"]], "a key that nobody could know signs"
    jwt_verify(tokens["id_token"], client.jwks())
    now = [k["kid"] for k in client.jwks()["keys"]]
    assert old in now, "the predecessor is published while its tokens live"
    end = time.monotonic() + 60
    while len([k for k in client.jwks()["keys"] if k["alg"] == "ES256"]) < 3:
        assert time.monotonic() < end, "the next one is published"
        time.sleep(0.1)


def test_asking_again_changes_nothing(make_service):
    service = make_service({"keys": {"jwks_max_age_s": 600, "publish_min_s": 600}})
    one = service.ctl("keys", "rotate", "--alg", "ES256")
    before = service.query("SELECT kid, state, activate_at FROM keystore_key ORDER BY kid")
    two = service.ctl("keys", "rotate", "--alg", "ES256")
    assert service.query("SELECT kid, state, activate_at FROM keystore_key ORDER BY kid") == before
    assert one and two


def test_a_dry_run_changes_nothing(make_service):
    service = make_service({"keys": {"jwks_max_age_s": 600, "publish_min_s": 600}})
    before = service.query("SELECT kid, state, activate_at FROM keystore_key ORDER BY kid")
    assert service.ctl_text("keys", "rotate", "--dry-run")
    assert service.query("SELECT kid, state, activate_at FROM keystore_key ORDER BY kid") == before


def test_a_rotation_that_would_break_caches_is_refused_without_force(make_service):
    service = make_service({"keys": {"jwks_max_age_s": 600, "publish_min_s": 600}})
    refused = service.ctl_run("--yes", "keys", "rotate", "--now", "--alg", "ES256")
    assert refused.returncode != 0
    assert "--force" in refused.stderr + refused.stdout
    service.ctl("--yes", "keys", "rotate", "--now", "--force", "--alg", "ES256")


def test_a_token_under_a_key_that_is_a_moment_old_is_good_at_once(make_service):
    """Two keys revoked, one after the other: the second's successor is one that no web process has heard of.  (With
    several signers one may have it some milliseconds before the others.)"""
    service = make_service({"processes": {"web": 1, "signer": 1}})
    client = service.first
    tokens = client.log_in(service.an, scope="openid offline_access")

    def kid():
        return jwt_parts(tokens["access_token"])[0]["kid"]
    for _ in range(3):
        assert client.introspect(tokens["access_token"])["active"] is True
        for _ in range(2):
            revoked, end = kid(), time.monotonic() + 60
            service.ctl_text("--yes", "keys", "revoke", revoked, "--reason", "test")
            while kid() == revoked:  # signers hear of it in a moment
                assert time.monotonic() < end
                tokens = client.refresh(tokens["refresh_token"]).json()
        assert client.introspect(tokens["access_token"])["active"] is True


def test_a_revoked_key_is_refused_at_once_by_us(make_service):
    service = make_service()
    client = service.first
    kid, tokens = kid_of(client, service.an)
    for _ in range(8):  # so that every process has seen it verify
        assert client.introspect(tokens["access_token"])["active"]
    service.ctl_text("--yes", "keys", "revoke", kid, "--reason", "test")
    end = time.monotonic() + 60
    while client.introspect(tokens["access_token"])["active"]:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert client.userinfo(tokens["access_token"]).status_code == 401
    assert kid not in [k["kid"] for k in client.jwks()["keys"]]
    with pytest.raises(BadToken):
        jwt_verify(tokens["id_token"], client.jwks())
    new, fresh = kid_of(client, service.an)
    assert new != kid
    jwt_verify(fresh["id_token"], client.jwks())


def test_tokens_of_a_client_that_registered_rs256_are_rs256(service, register):
    client = register(service, "rsa", id_token_signed_response_alg="RS256")
    tokens = client.log_in(service.an)
    head, _ = jwt_verify(tokens["id_token"], client.jwks(), alg="RS256")
    assert head["alg"] == "RS256"


@pytest.mark.parametrize("alg", ["EdDSA", "PS256"])
def test_other_algorithms_sign_where_registered(service, register, alg):
    client = register(service, "alg-" + alg.lower(), id_token_signed_response_alg=alg)
    tokens = client.log_in(service.an)
    assert jwt_verify(tokens["id_token"], client.jwks(), alg=alg)


def test_none_cannot_be_registered(service, register):
    from harness.service import CommandFailed
    with pytest.raises(CommandFailed):
        register(service, "unsigned", id_token_signed_response_alg="none")


def change_master_key(service):
    """A new master key beside the previous one, and authd started anew with both."""
    with open(service.secret_path("master.key")) as old:
        service.write_secret("previous.key", old.read())
    service.write_secret("master.key", secrets.token_hex(32))
    service.options["keys"]["master_key_previous_file"] = service.secret_path("previous.key")
    service.write_config()
    service.stop()
    service.start()


def forget_previous_master_key(service):
    service.stop()
    service.options["keys"]["master_key_previous_file"] = ""
    service.write_config()
    service.start()


def check_first_person(service, tokens):
    """A token and a person's row from before the change are as good as ever."""
    answer = service.first.refresh(tokens["refresh_token"])
    assert answer.status_code == 200, answer.text
    info = service.first.userinfo(answer.json()["access_token"]).json()
    assert info["name"] == service.an.name


def test_the_master_key_can_be_changed(make_service):
    service = make_service()
    tokens = service.first.log_in(service.an, scope="openid profile offline_access")
    change_master_key(service)
    service.ctl_text("--yes", "keys", "rewrap")
    forget_previous_master_key(service)
    check_first_person(service, tokens)


def rewrapped(service, before):
    """Bucket keys under another wrapping than before, and how many the audit speaks of."""
    now = dict(service.query("SELECT bucket, wrapped FROM bucket_key"))
    changed = sum(bytes(now[bucket]) != bytes(old) for bucket, old in before.items())
    (audited,), = service.query("SELECT coalesce(sum((detail::jsonb->>'bucket_keys')::bigint), 0) "
                                "FROM audit WHERE event = 'key.rewrapped'")
    return changed, audited


def test_a_rewrap_killed_half_way_has_audited_what_it_did_and_is_started_again(make_service):
    service = make_service()
    tokens = service.first.log_in(service.an, scope="openid profile offline_access")
    service.ctl("identity", "generate", "--count", "250", "--seed", "7")
    before = dict(service.query("SELECT bucket, wrapped FROM bucket_key"))
    assert len(before) > 200, "several steps of 64"
    change_master_key(service)
    halt = sorted(before)[150]
    done = []
    with closing(service.postgres.connect(service.database)) as stopper:
        stopper.autocommit = False
        with stopper.cursor() as cursor:
            cursor.execute("SELECT 1 FROM authd.bucket_key WHERE bucket = %s FOR UPDATE", (halt,))
        runner = threading.Thread(
            target=lambda: done.append(service.ctl_run("--yes", "keys", "rewrap")))
        runner.start()
        end = time.monotonic() + 60
        while not service.query("SELECT 1 FROM pg_stat_activity WHERE usename = 'authd_admin' "
                                "AND wait_event_type = 'Lock'"):
            assert time.monotonic() < end, "the third step waits for the row"
            time.sleep(0.05)
        assert rewrapped(service, before) == (128, 128)
        for pid in service.roles()["admin"]:
            os.kill(pid, signal.SIGKILL)
        runner.join()
        assert done[0].returncode != 0, "an interrupted run is not called done"
        stopper.rollback()
    changed, audited = rewrapped(service, before)
    assert changed == audited and changed < len(before)
    service.wait_log("event=process.died")
    service.ctl_text("--yes", "keys", "rewrap")
    assert rewrapped(service, before) == (len(before), len(before))
    forget_previous_master_key(service)
    check_first_person(service, tokens)
