"""A warrant the signer refuses is an alarm, raised once; what is merely over is none."""
import re
import time


def alarms(service, mark):
    return service.log_lines("warrant.refused", mark), service.log_lines("peer.refused", mark)


def test_a_proof_of_somebody_else_is_one_alarm_and_names_the_request(make_service):
    service = make_service({"processes": {"web": 1}})
    client = service.first
    mine = client.log_in(service.an, scope="openid offline_access")["refresh_token"]
    client.log_in(service.binh, scope="openid offline_access")
    assert client.refresh(mine).status_code == 200  # from now on it is read (decision 0027), and good for its grace
    proofs = service.query("SELECT hash, proof FROM refresh WHERE predecessor IS NULL")
    assert len(proofs) == 2
    for (bearer, _), (_, other) in zip(proofs, reversed(proofs)):
        service.query("UPDATE refresh SET proof = %s WHERE hash = %s RETURNING 1", bytes(other), bytes(bearer))
    mark = service.log_mark()
    answer = client.refresh(mine)
    assert answer.status_code == 400 and answer.json()["error"] == "invalid_grant"
    service.wait_log("event=http.request", service.log()[:mark].count("event=http.request") + 1)
    by_signer, by_web = alarms(service, mark)
    assert len(by_signer) == 1 and "process=signer" in by_signer[0], by_signer
    assert len(by_web) == 1 and "process=web" in by_web[0], by_web
    request, = re.findall(r"request(?:_id)?=([0-9a-f]{32})", by_web[0])
    assert any(request in line for line in service.log_lines("http.request", mark))


def test_a_code_that_expired_on_the_way_is_no_alarm(make_service):
    service = make_service({"lifetimes": {"code_s": 1}})
    client = service.first
    attempt, left = client.authorize(client.browser(), service.an)
    service.query("UPDATE code SET expires_at = expires_at + interval '1 hour' RETURNING 1")
    time.sleep(1.5)
    mark = service.log_mark()
    answer = client.redeem(attempt, left)
    assert answer.status_code == 400 and answer.json()["error"] == "invalid_grant"
    assert "expired" in answer.json()["error_description"]
    assert alarms(service, mark) == ([], [])
