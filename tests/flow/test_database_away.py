"""While PostgreSQL is away: 503 with Retry-After; discovery, keys and offline verification keep working."""
import time

from harness.oidc import Attempt, jwt_verify


def connected_again(service):
    """One listening socket serves all web processes, so readiness asked over it may always meet the same one."""
    service.wait_ready(30)
    for _ in range(300):
        webs = service.ctl("status")["web"]
        if webs and all(web["database"] for web in webs):
            return
        time.sleep(0.1)
    raise AssertionError(f"not all connected: {webs}")


def refresh(service, token):
    """503 may be answered until every web process is connected again; nothing else may."""
    for _ in range(100):
        answer = service.first.refresh(token)
        if answer.status_code != 503:
            assert answer.status_code == 200, answer.text
            return answer.json()["refresh_token"]
        time.sleep(0.1)
    raise AssertionError("still 503")


def test_without_its_database_authd_says_when_to_come_back(make_service, own_postgres):
    service = make_service(on=own_postgres)
    client = service.first
    tokens = client.log_in(service.an, scope="openid offline_access")
    own_postgres.kill()
    for _ in range(3):
        answer = client.refresh(tokens["refresh_token"])
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) >= 1
    page = client.http.get(client.url(Attempt()), timeout=60)
    assert page.status_code == 503 and "Retry-After" in page.headers
    assert service.get("/health/ready").status_code == 503
    assert service.get("/health/live").status_code == 200
    for _ in range(5):
        discovery = service.get("/.well-known/openid-configuration")
        assert discovery.status_code == 200
        jwks = service.get(discovery.json()["jwks_uri"][len(service.issuer):])
        assert jwks.status_code == 200
        jwt_verify(tokens["id_token"], jwks.json())
    own_postgres.start()
    connected_again(service)
    assert client.refresh(tokens["refresh_token"]).status_code == 200
    assert client.log_in(service.an)["access_token"]


def test_authd_started_before_its_database_waits_for_it(make_service, own_postgres):
    service = make_service(on=own_postgres)
    service.stop()
    own_postgres.stop()
    service.start(wait=False)
    time.sleep(2)
    assert service.process.poll() is None, service.log()[-2000:]
    own_postgres.start()
    connected_again(service)
    assert service.first.log_in(service.an)["access_token"]


def test_what_was_acknowledged_survives_a_crash_of_the_database(make_service, own_postgres):
    """DESIGN.md promise 3"""
    service = make_service(on=own_postgres)
    token = service.first.log_in(service.an, scope="openid offline_access")["refresh_token"]
    for _ in range(4):
        token = refresh(service, token)
        own_postgres.kill()
        own_postgres.start()
        connected_again(service)
    refresh(service, token)
