"""What most stories start from: three people, two clients, a PostgreSQL for the run."""
import os
import shutil
import tempfile

from harness.oidc import Client
from harness.postgres import ROOT, Postgres
from harness.service import Person

BUILD = os.path.abspath(os.environ.get("BUILD_DIR") or os.path.join(ROOT, "build"))
SCOPES = "openid profile email phone address offline_access"


def people():
    return [Person("001090004821", "Nguyễn Văn An", "1990-03-14", "an@example.vn"),
            Person("079185007316", "Trần Thị Bình", "1985-11-02", "binh@example.vn"),
            Person("048095001234", "Lê Hoàng Cường", "1995-06-30", "cuong@example.vn", level=1)]


def new_postgres():
    directory = tempfile.mkdtemp(prefix="authd-pg-")
    os.chmod(directory, 0o711)
    postgres = Postgres(directory)
    postgres.start()
    return postgres


def drop_postgres(postgres):
    postgres.drop()
    shutil.rmtree(postgres.directory, ignore_errors=True)


def new_client(service, client_id, **over):
    """Registers a client; None takes a member of the usual registration away."""
    metadata = {"client_id": client_id, "client_name": "Test " + client_id,
                "redirect_uris": [f"http://localhost:9999/{client_id}"],
                "post_logout_redirect_uris": [f"http://localhost:9999/{client_id}/bye"],
                "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
                "token_endpoint_auth_method": "client_secret_basic", "scope": SCOPES}
    metadata.update(over)
    metadata = {k: v for k, v in metadata.items() if v is not None}
    registration = service.new_client(metadata)
    return Client(service, dict(metadata, **registration),
                  redirect_uri=(metadata.get("redirect_uris") or [None])[0])


def populate(service):
    """Adds an, binh, cuong (account level 1), first and second to the service."""
    service.people = people()
    service.ctl_text("identity", "generate", "--count", "3", "--seed", "7")
    for person in service.people:
        service.new_person(person)
    service.an, service.binh, service.cuong = service.people
    service.first = new_client(service, "first")
    # another host: another sector, so other names for the same people
    service.second = new_client(service, "second", redirect_uris=["http://127.0.0.1:9999/second"],
                                post_logout_redirect_uris=["http://127.0.0.1:9999/second/bye"])
    return service
