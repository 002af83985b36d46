"""Erasing an identity: what is gone, what remains, and the ledger outside the database that no restored backup escapes."""
import os

import pytest
from harness.oidc import Attempt
from harness.service import CommandFailed
from harness.wait import until


def ledger(service):
    with open(service.options["erasures"]["ledger_file"]) as file:
        return file.read().splitlines()


def without_keys(service):
    answer = service.get("/health/ready")
    return answer.status_code == 503 and "keys" in answer.json()["missing"]


def erase(service, person):
    return service.ctl("--yes", "identity", "erase", person.number, "--ground", "Law 91/2025, request 114")


def test_an_erased_person_is_gone_and_a_restored_database_serves_nobody_until_it_knows(make_service):
    service = make_service({"processes": {"web": 1, "signer": 1}})
    # not without a ledger, which no backup undoes, and not without a ground
    given = service.options["erasures"]
    service.options["erasures"] = {"ledger_file": "", "key_file": ""}
    service.write_config()
    service.reload()
    with pytest.raises(CommandFailed) as refused:
        erase(service, service.an)
    assert "a restored backup would undo" in str(refused.value)
    service.options["erasures"] = given
    service.write_config()
    service.reload()
    with pytest.raises(CommandFailed) as refused:
        service.ctl("--yes", "identity", "erase", service.an.number)
    assert "--ground" in str(refused.value)

    an = service.ctl("identity", "show", service.an.number)["id"]
    binh = service.ctl("identity", "show", service.binh.number)["id"]
    tokens = service.first.log_in(service.an, scope="openid profile offline_access")
    others = service.first.log_in(service.cuong, scope="openid offline_access")
    assert service.ctl("erasures", "check")["erasures"] == 0

    assert erase(service, service.an)["number"] == 1
    # gone, at once
    assert service.first.refresh(tokens["refresh_token"]).status_code == 400
    assert service.first.introspect(tokens["access_token"]) == {"active": False}
    assert service.first.userinfo(tokens["access_token"]).status_code == 401
    with pytest.raises(CommandFailed) as unknown:
        service.ctl("identity", "show", service.an.number)
    assert "nobody has this personal number" in str(unknown.value)
    browser = service.first.browser()
    page = browser.open(service.first.url(Attempt()))
    assert page.kind == "login"
    for table, column in (("identity_key", "identity_id"), ("identity_document", "identity_id"),
                          ("lookup_digest", "identity_id"), ("credential", "identity_id"), ("consent", "subject_id")):
        assert service.query(f"SELECT count(*) FROM {table} WHERE {column} = %s", an) == [(0,)], table
    # what remains
    assert service.query("SELECT state, province FROM identity WHERE id = %s", an) == [("closed", None)]
    assert service.query("SELECT operator, ground FROM audit WHERE event = 'identity.erased' AND subject_id = %s",
                         an)[0][1] == "Law 91/2025, request 114"
    with pytest.raises(CommandFailed) as again:
        service.ctl("--yes", "identity", "erase", an, "--ground", "again")
    assert "erased before" in str(again.value)
    # the ledger had it before it was acknowledged
    assert [line.split()[0] for line in ledger(service)] == ["0", "1"] and an in ledger(service)[1]
    erase(service, service.binh)
    assert binh in ledger(service)[2]
    told = service.ctl("erasures", "check")
    assert told["erasures"] == 2 and f"head={told['head']}" in service.log()
    assert service.first.refresh(others["refresh_token"]).status_code == 200

    # As a backup from before would have it: binh lives again, the database does not know better.
    service.stop()
    service.query("DELETE FROM erasure WHERE seq = 2")
    mark = service.log_mark()
    service.start(wait=False)
    until(lambda: service.log_lines("erasures.refused", mark))
    assert "lacks 1 erasures of the ledger" in service.log_lines("erasures.refused", mark)[0]
    until(lambda: without_keys(service))
    with pytest.raises(CommandFailed):
        erase(service, service.cuong)  # a new number would be one of the ledger's
    with pytest.raises(CommandFailed) as shortened:
        service.ctl("--yes", "erasures", "replay", "--head", "0" * 64)
    assert "it was shortened" in str(shortened.value)
    assert service.ctl("--yes", "erasures", "replay", "--head", told["head"])["erased"] == 1
    service.wait_ready()
    assert service.query("SELECT identity_id::text FROM erasure ORDER BY seq") == [(an,), (binh,)]
    assert service.ctl("--yes", "erasures", "replay")["erased"] == 0
    assert service.first.log_in(service.cuong)["access_token"]

    # Whoever changes the ledger is found out, and no key is given away meanwhile.
    path = service.options["erasures"]["ledger_file"]
    lines = ledger(service)
    for forged, why in (([lines[0], lines[2]], "does not follow"), ([], "bring a copy"),
                        ([lines[0], lines[1].replace(an[:8], "00000000"), lines[2]], "does not follow")):
        service.stop()
        with open(path, "w") as out:
            out.write("".join(line + "\n" for line in forged))
        mark = service.log_mark()
        service.start(wait=False)
        until(lambda: service.log_lines("erasures.refused", mark))
        assert why in service.log_lines("erasures.refused", mark)[0]
        assert without_keys(service)
    # A line that was begun: the database says what it was to be, or nobody does.
    service.stop()
    with open(path, "w") as out:
        out.write("\n".join(lines) + "\n3 17")
    mark = service.log_mark()
    service.start(wait=False)
    until(lambda: service.log_lines("erasures.refused", mark))
    assert "this database does not know" in service.log_lines("erasures.refused", mark)[0]
    assert without_keys(service)
    service.stop()
    with open(path, "w") as out:
        out.write("\n".join(lines)[:-30])  # as a full disk leaves it
    service.start()
    until(lambda: ledger(service) == lines)
    service.stop()
    with open(path, "w") as out:
        out.write(lines[0] + "\n")  # the end is missing, and the database knows what it was
    # A crash between file and database when the ledger was begun: the file has it first.
    service.query("DELETE FROM erasure_ledger")
    service.start()
    until(lambda: ledger(service) == lines)
    assert os.stat(path).st_mode & 0o777 == 0o600
