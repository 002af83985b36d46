"""What PostgreSQL makes of the statements on a new database, where it knows nothing of the tables: every row is found by
its whole key.  A plan that reads a bucket, or all that has not expired, costs the more the more people there are."""
import os
import re
import sys
from contextlib import closing

import pytest
from harness.postgres import ROOT
from harness.service import Service
from harness.world import BUILD

sys.path.insert(0, os.path.join(ROOT, "tests", "bench"))
import login_cost  # noqa: E402

STATEMENTS = ["vault_account", "vault_code", "vault_session_account", "login_create", "login_create_pushed",
              "login_find", "login_attach", "login_move", "request_find", "session_create", "session_find",
              "session_touch", "consent_find", "grant_create", "grant_create_remembered", "grant_find", "grant_revoke",
              "documents_find", "code_find", "code_redeem", "refresh_find", "refresh_rotate"]
# what alone is no key: the bucket, the kind, the time
PART = {"bucket", "kind", "expires_at", "client_id", "state"}


def columns(condition):
    """Of `Index Cond: ((bucket = i.bucket) AND (hash = i.hash))`: bucket and hash."""
    return set(re.findall(r"\(+(?:\w+\.)?(\w+) [=<>]", condition))


@pytest.fixture(scope="module")
def plans(postgres):
    service = Service(postgres, BUILD)
    try:
        service.migrate()
        with closing(postgres.connect(service.database)) as connection, connection.cursor() as cursor:
            cursor.execute(login_cost.SETTINGS)
            found = {}
            for name in STATEMENTS:
                text = login_cost.statement(BUILD, name)
                count = max(map(int, re.findall(r"\$(\d+)", text)))
                cursor.execute(f"PREPARE {name} AS {text}")
                cursor.execute(f"EXPLAIN EXECUTE {name}({', '.join(['NULL'] * count)})")
                found[name] = [line for line, in cursor.fetchall()]
            yield found
    finally:
        service.close()


@pytest.mark.parametrize("name", STATEMENTS)
def test_finds_each_row_by_its_whole_key(plans, name):
    found = [line.strip() for line in plans[name]]
    assert not [line for line in found if "Seq Scan" in line], "\n".join(plans[name])
    conditions = [columns(line) for line in found if line.startswith("Index Cond:")]
    assert conditions or name in ("login_create", "request_push", "grant_create_remembered")
    assert not [one for one in conditions if one <= PART], "\n".join(plans[name])
