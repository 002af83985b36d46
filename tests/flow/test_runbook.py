"""docs/keys.md as an administrator would follow it: every shell block of the runbook is run as it stands, on an
installation made like the packages', and what the text promises is looked at."""
import json
import os
import re
import shutil
from contextlib import closing

import pytest
from harness.installed import Installed
from harness.oidc import Attempt, BadToken, jwt_parts, jwt_verify
from harness.postgres import ROOT
from harness.service import CommandFailed
from harness.wait import until
from harness.world import BUILD, drop_postgres, new_client, new_postgres, populate

EXAMPLE_KID = "2kWmZ3pQ8sLx0aBc"


def runbook():
    """{heading: [shell block…]} of everything behind "# Runbook"."""
    with open(ROOT + "/docs/keys.md") as text:
        pages = re.split(r"\n# Runbook\n", text.read())
    assert len(pages) == 2
    parts = re.split(r"\n## (.+)\n", "\n## Before\n" + pages[1])
    return {heading: re.findall(r"```sh\n(.*?)```", body, re.S) for heading, body in zip(parts[1::2], parts[2::2])}


BLOCKS = runbook()
BEFORE, = BLOCKS.pop("Before")
FOLLOWED = {"Routine rotation", "Emergency: a signing key may have leaked", "A new root key",
            "A new master key",
            "Everything may be known", "Losing the master key: a copy exists",
            "Losing the master key: no copy exists", "Moving to another machine"}


def test_every_procedure_with_commands_is_followed_here():
    assert {heading for heading, blocks in BLOCKS.items() if blocks} == FOLLOWED


@pytest.fixture
def machine():
    """machine() gives an installation on a PostgreSQL of its own."""
    made, clusters = [], []

    def make(empty=False):
        clusters.append(new_postgres())
        one = Installed(clusters[-1], BUILD, empty=empty)
        made.append(one)
        if not empty:
            one.migrate()
            one.start()
            populate(one)
        return one
    yield make
    for one in made:
        one.close()
        assert "AddressSanitizer" not in one.last_log and "runtime error:" not in one.last_log
    for cluster in clusters:
        drop_postgres(cluster)


def follow(where, block, **replaced):
    text = BEFORE + block
    for name, value in replaced.items():
        assert name in text
        text = text.replace(name, value)
    return where.run(text)


def sure(result, area):
    """Nothing to be done there, says doctor (which ends with 1 for the test cluster's fsync)."""
    return [f for f in result["findings"] if f["area"] == area and f["severity"] != "note"] == []


def examine(where):
    done = where.ctl_run("--json", "doctor")
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def active(where):
    return {k["alg"]: k["kid"] for k in where.ctl("keys", "list") if k["use"] == "sign" and k["state"] == "active"}


def keep_promises(where):
    """doctor is to end with 0, as it would on a machine that is set up for work."""
    with closing(where.postgres.connect()) as connection, connection.cursor() as cursor:
        for setting in ("fsync", "full_page_writes"):
            cursor.execute(f"ALTER SYSTEM SET {setting} = on")
        cursor.execute("SELECT pg_reload_conf()")
        shown = None
        while shown != ("on",):
            cursor.execute("SHOW fsync")
            shown = cursor.fetchone()


def check_goes_on(where, tokens):
    """Tokens, sessions and people from before are as good as ever."""
    answer = where.first.refresh(tokens["refresh_token"])
    assert answer.status_code == 200, answer.text
    assert where.first.userinfo(answer.json()["access_token"]).json()["name"] == where.an.name
    return answer.json()


def test_rotations_by_the_runbook(machine):
    """Routine, then emergency, on one installation."""
    one = machine()
    tokens = one.first.log_in(one.an, scope="openid profile offline_access")
    block, = BLOCKS["Routine rotation"]
    old = active(one)
    told = follow(one, block)
    assert "ES256" in told and "signs from then on" in told
    jwt_verify(tokens["id_token"], one.first.jwks())
    until(lambda: all(active(one)[alg] != old[alg] for alg in old))
    states = {k["kid"]: k["state"] for k in one.ctl("keys", "list")}
    assert all(states[kid] == "retiring" for kid in old.values())
    assert sum(state == "next" for state in states.values()) == 4
    jwt_verify(tokens["id_token"], one.first.jwks())
    tokens = check_goes_on(one, tokens)
    assert jwt_parts(tokens["id_token"])[0]["kid"] == active(one)["ES256"]
    assert jwt_parts(tokens["access_token"])[0]["kid"] == active(one)["ES256"]

    leaked = active(one)["ES256"]
    first, second = BLOCKS["Emergency: a signing key may have leaked"]
    follow(one, first, **{EXAMPLE_KID: leaked})
    assert active(one)["ES256"] != leaked
    until(lambda: not one.first.introspect(tokens["access_token"])["active"], seconds=5)
    with pytest.raises(BadToken):
        jwt_verify(tokens["id_token"], one.first.jwks())
    fresh = check_goes_on(one, tokens)
    jwt_verify(fresh["id_token"], one.first.jwks())
    assert "ready" in follow(one, second)
    with open(one.root + "/root/keys-history.json") as history:
        row, = [k for k in json.load(history) if k["kid"] == leaked]
    assert row["state"] == "revoked" and row["reason"] == "found on a stolen disk"


    first, second = BLOCKS["A new root key"]
    old_root = one.ctl("keys", "root")
    follow(one, first)
    with open(one.root + "/root/roots.jwks") as file:
        both = json.load(file)["keys"]
    assert both[0] == old_root
    follow(one, second)
    with open(one.root + "/root/root.jwk") as file:
        assert json.load(file) == both[1] == one.ctl("keys", "root")
    check_goes_on(one, fresh)


def test_a_new_master_key_by_the_runbook(machine):
    one = machine()
    keep_promises(one)
    tokens = one.first.log_in(one.an, scope="openid profile offline_access")
    with open(one.etc + "/secrets/master.key") as file:
        before = file.read().strip()
    first, second, third = BLOCKS["A new master key"]
    follow(one, first)
    with open(one.etc + "/secrets/master.key") as file:
        assert file.read().strip() != before
    tokens = check_goes_on(one, tokens)
    assert not sure(examine(one), "keys")
    follow(one, second)
    follow(one, third)
    assert sure(examine(one), "keys") and sure(examine(one), "configuration")
    assert "master.previous" not in os.listdir(one.etc + "/secrets")
    check_goes_on(one, tokens)
    # what was sealed under the old key alone is not needed any more: the old file would open nothing
    one.write_secret("master.key", before)
    assert not sure(examine(one), "keys")


def test_after_a_takeover_everybody_logs_in_again(machine):
    one = machine()
    browser = one.first.browser()
    tokens = one.first.log_in(one.an, browser, scope="openid profile offline_access")
    old = active(one)
    block, = BLOCKS["Everything may be known"]
    assert "ready" in follow(one, block)
    assert not set(active(one).values()) & set(old.values())
    assert one.first.refresh(tokens["refresh_token"]).status_code == 400
    assert one.first.introspect(tokens["access_token"]) == {"active": False}
    assert one.ctl("session", "list", one.an.number) == []
    assert browser.open(one.first.url(Attempt())).kind == "login"
    jwt_verify(one.first.log_in(one.an)["id_token"], one.first.jwks())


def test_losing_the_master_key(machine):
    """First a copy exists, then none does."""
    one = machine()
    keep_promises(one)
    tokens = one.first.log_in(one.an, scope="openid profile offline_access")
    subject = jwt_parts(tokens["id_token"])[1]["sub"]
    shutil.copy(one.etc + "/secrets/master.key", one.root + "/media/safe/master.key")

    one.write_secret("master.key", "0f" * 32)
    one.stop()
    with pytest.raises(RuntimeError):
        one.start(wait=False).wait_ready(seconds=4)
    told, = [f for f in examine(one)["findings"] if f["area"] == "keys"]
    assert "wait for another master key than the one configured" in told["text"]
    block, = BLOCKS["Losing the master key: a copy exists"]
    assert "ready" in follow(one, block)
    assert sure(examine(one), "keys")
    tokens = check_goes_on(one, tokens)

    root = one.ctl("keys", "root")
    audit = one.query("SELECT count(*) FROM audit")[0][0]
    os.unlink(one.root + "/media/safe/master.key")
    os.unlink(one.etc + "/secrets/master.key")
    first, second = BLOCKS["Losing the master key: no copy exists"]
    follow(one, first)
    told = follow(one, second)
    assert "first" in told and "second" in told and "authd is well" in told
    with open(one.root + "/root/root.jwk") as file:
        assert json.load(file)["kid"] != root["kid"]
    # what is gone
    assert one.first.refresh(tokens["refresh_token"]).status_code == 400
    with pytest.raises(CommandFailed):
        one.ctl("identity", "show", one.an.number)
    # what remains
    old, one.database = one.database, "authd_lost"
    assert one.query("SELECT count(*) FROM audit")[0][0] >= audit
    assert one.query("SELECT count(*) FROM identity WHERE state = 'active'")[0][0] > 0
    one.database = old
    # services go on with their own secrets, people are entered again, as strangers
    one.new_person(one.an)
    again = one.first.log_in(one.an)
    jwt_verify(again["id_token"], one.first.jwks())
    assert jwt_parts(again["id_token"])[1]["sub"] != subject


def test_moving_to_another_machine(machine):
    old = machine()
    keep_promises(old)
    tokens = old.first.log_in(old.an, scope="openid profile offline_access")
    subject = jwt_parts(tokens["id_token"])[1]["sub"]
    first, second = BLOCKS["Moving to another machine"]
    follow(old, first)

    new = machine(empty=True)
    keep_promises(new)
    for name in ("authd.dump", "etc-authd.tar", "erasures.tar"):
        shutil.copy(f"{old.root}/root/{name}", f"{new.root}/root/{name}")
    # The machines share a disk here, so directories differ where they would not: the archive is written again with
    # those of the new one.
    shutil.copytree(old.etc, new.etc)
    with open(old.conf_path) as file:
        text = file.read().replace(old.postgres.socket, new.postgres.socket).replace(old.directory, new.directory)
    new.conf_path = new.etc + "/authd.conf"
    with open(new.conf_path, "w") as file:
        file.write(text)
    new.run("umask 077; tar -C /etc -cf etc-authd.tar authd")
    shutil.rmtree(new.etc)
    shutil.rmtree(new.directory + "/secrets")
    new.issuer, new.port = old.issuer, old.port

    # doctor ends with 1, because authd does not run yet; the page says so
    parts = second.split("authctl doctor\n")
    assert len(parts) == 2
    follow(new, parts[0])
    os.symlink(new.etc + "/secrets", new.directory + "/secrets")
    findings = [f["text"] for f in examine(new)["findings"] if f["severity"] != "note"]
    assert [f for f in findings if "is not reached" not in f] == ["authd does not run here, or not with this configuration"]
    assert "ready" in follow(new, parts[1])

    new.an, new.first = old.an, type(old.first)(new, old.first.registration, old.first.redirect_uri)
    fresh = check_goes_on(new, tokens)
    assert jwt_parts(fresh["id_token"])[1]["sub"] == subject
    jwt_verify(new.first.log_in(new.an)["id_token"], new.first.jwks())
    assert new_client(new, "third").log_in(new.an)
