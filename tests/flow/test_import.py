"""Loading people: `authctl identity import`.  What is refused comes first, then what is cut off half way."""
import csv
import io
import json
import os
import signal
import stat
import subprocess
import time

import pytest
from harness.terminal import OnTerminal
from harness.world import BUILD

CTL = BUILD + "/authctl"
GROUND = ("--ground", "decree of the test")


@pytest.fixture(scope="module")
def loaded(postgres):
    """An authd of this module's own: what is counted here nobody else enters."""
    from harness.service import Service
    made = Service(postgres, BUILD)
    try:
        made.migrate()
        made.start()
        yield made
    finally:
        made.close()


def generated(count, seed, output="csv"):
    return subprocess.run([CTL, "identity", "generate", str(count), "--seed", str(seed), "--output", output],
                          capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.fixture(scope="module")
def lines():
    """lines(n): a file of n people that no other test of this module has: of one seed nobody shares anything."""
    everybody = iter(generated(13000, 91).splitlines(keepends=True))
    header = next(everybody)
    return lambda n: header + "".join(next(everybody) for _ in range(n))


def written(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def load(service, path, *more, **other):
    done = subprocess.run([CTL, "-c", service.conf_path, "--json", "identity", "import", path, *GROUND, *more],
                          capture_output=True, timeout=120, check=False, **other)
    return done, json.loads(done.stdout) if done.stdout else None


def aside(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def people(service):
    return service.query("SELECT count(*) FROM identity")[0][0]


def all_are_whole(service, number):
    """Every identity has its key, its document, its history and one audit entry of its own."""
    for table, column in (("identity_key", "identity_id"), ("identity_document", "identity_id"),
                          ("identity_change", "identity_id")):
        assert service.query(f"SELECT count(DISTINCT {column}) FROM {table}")[0][0] == number, table
    assert service.query("SELECT count(*), count(DISTINCT subject_id) FROM audit WHERE event = 'identity.added'"
                         )[0] == (number, number)


HEADER = "personal_number,name,birthdate,account_level\n"

BAD_ROWS = [
    (b"001090700001,An,1991-01-01,2", "birth"),
    (b"00109070000,An,1990-01-01,2", "12 digits"),
    (b"001090700002,An,1990-02-30,2", "birthdate"),
    (b"001090700003,An,1990-01-01,3", "account_level"),
    (b"001090700003,An,1990-01-01,two", "account_level"),
    (b"001090700004,An", "2 fields"),
    (b"001090700005,A\"n,1990-01-01,2", "quote"),
    (b"001090700005,\"An\"x,1990-01-01,2", "closing quote"),
    (b"001090700006,A\xffn,1990-01-01,2", "UTF-8"),
    (b"001090700007,A\x00n,1990-01-01,2", "UTF-8"),
    (b"001090700008,,1990-01-01,2", "name"),
    (b"001090700009," + b"x" * 40000 + b",1990-01-01,2", "longer"),
    (b"001090700010,\"An,1990-01-01,2", "quote is not closed"),
]


def test_bad_rows_are_set_aside_with_line_and_reason_and_the_rest_is_entered(loaded, tmp_path):
    before = people(loaded)
    good = b"001090710001,Nguy\xe1\xbb\x85n V\xc4\x83n An,1990-01-01,2"
    also = "001090710002,Trần Bình,1990,1".encode()
    text = b"\xef\xbb\xbf" + HEADER.encode() + good + b"\r\n\r\n" + b"\n".join(r for r, _ in BAD_ROWS) + b"\n" + also
    path = written(tmp_path / "people.csv", text)
    done, told = load(loaded, path)
    assert done.returncode == 1 and (told["added"], told["refused"], told["set_aside"]) == (2, 13, 13)
    rejected = aside(told["rejects"])
    assert [r["line"] for r in rejected] == list(range(4, 17))
    for (row, reason), found in zip(BAD_ROWS, rejected):
        assert reason in found["reason"], found
        if len(row) < 1000 and b"\xff" not in row and b"\x00" not in row:
            assert found["row"].encode() == row
    assert stat.S_IMODE(os.stat(told["rejects"]).st_mode) == 0o600
    assert people(loaded) == before + 2 and not os.path.exists(told["rejects"] + ".state")


@pytest.mark.parametrize("row,reason", [
    ('{"name":"A","name":"B"}', "duplicate"), ("[1]", "object"), ("7", ""), ('{"name":"A"', ""), ("\x01\x02junk", ""),
    ('{"personal_number":"001090720001","name":"An","birthdate":"1990-01-01","shoe_size":41}', "shoe_size"),
    ('{"personal_number":"001090720001","name":"An","birthdate":"1990-01-01","state":"locked"}', "state"),
    ('{"personal_number":1090720001,"name":"An","birthdate":"1990-01-01"}', "personal_number"),
    ('{"name":"' + "x" * 33000 + '"}', "longer"), ("[" * 5000, ""),
], ids=lambda v: str(v)[:30])
def test_a_line_of_json_that_is_none_is_set_aside(loaded, tmp_path, row, reason):
    before = people(loaded)
    done, told = load(loaded, written(tmp_path / "people.jsonl", row + "\n"))
    assert done.returncode == 1 and told["refused"] == told["set_aside"] == 1
    assert reason in aside(told["rejects"])[0]["reason"] and people(loaded) == before


@pytest.mark.parametrize("text,reason", [
    ("personal_number,nmae\n", "number 2"), ("name,name\n", "twice"), ("sex,gender\n", "twice"), ("", "empty"),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "UTF-8"), (b"x" * 70000, "first line"),
], ids=lambda v: str(v)[:20])
def test_a_file_that_is_no_list_of_people_is_refused_whole(loaded, tmp_path, text, reason):
    done, told = load(loaded, written(tmp_path / "people.csv", text))
    assert done.returncode == 1 and told is None and reason in done.stderr.decode()


def test_files_that_cannot_be_and_options_that_do_not_fit_are_refused(loaded, tmp_path):
    path = written(tmp_path / "p.csv", HEADER)
    assert load(loaded, str(tmp_path / "none.csv"))[0].returncode == 1
    assert load(loaded, str(tmp_path))[0].returncode == 1
    assert load(loaded, path, "--dry-run", "--resume")[0].returncode == 1
    assert load(loaded, path, "--format", "xml")[0].returncode == 2
    assert load(loaded, path, "--rows", "1")[0].returncode == 2
    assert loaded.ctl_run("identity", "import", path).returncode == 2  # no ground


def test_other_data_of_somebody_who_is_there_is_a_conflict_and_changes_nothing(loaded, tmp_path):
    row = "001090730001,Lê Hòa,1990-01-01,{level}\n"
    path = written(tmp_path / "first.csv", HEADER + row.format(level=1))
    assert load(loaded, path)[1]["added"] == 1
    shown = loaded.ctl("identity", "show", "001090730001")
    for other in (row.format(level=2), "001090730001,Lê Hoà,1990-01-02,1\n"):
        again = written(tmp_path / "again.csv", HEADER + other)
        done, told = load(loaded, again)
        assert done.returncode == 1 and told["conflicts"] == 1 and told["added"] == 0
        assert "is there already" in aside(told["rejects"])[0]["reason"]
        os.unlink(told["rejects"])
    now = loaded.ctl("identity", "show", "001090730001")
    assert now["attributes"] == shown["attributes"] and now["account_level"] == 1


def test_of_two_rows_with_one_number_the_second_is_there_already_or_in_conflict(loaded, tmp_path):
    one, other = "001090740001,Lê Hai,1990-01-01,1\n", "001090740001,Lê Ba,1990-01-01,1\n"
    path = written(tmp_path / "twice.csv", HEADER + one + one + other)
    dry, told = load(loaded, path, "--dry-run")
    assert (told["would_be_added"], told["present"], told["conflicts"]) == (1, 1, 1) and dry.returncode == 1
    done, told = load(loaded, path)
    assert (told["added"], told["present"], told["conflicts"]) == (1, 1, 1) and done.returncode == 1


def test_a_verified_address_that_is_somebody_elses_is_a_conflict(loaded, tmp_path):
    base = {"name": "Lê Tư", "birthdate": "1990-01-01", "email": "tu@example.vn", "email_verified": True}
    rows = [dict(base, personal_number=f"00109075000{i}") for i in (1, 2)]
    path = written(tmp_path / "mail.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    _, told = load(loaded, path)
    assert (told["added"], told["conflicts"]) == (1, 1)
    assert "email" in aside(told["rejects"])[0]["reason"]


def test_a_rejects_file_is_never_written_over(loaded, tmp_path):
    path = written(tmp_path / "p.csv", HEADER + "x,y,z,1\n")
    assert load(loaded, path)[1]["set_aside"] == 1
    done, told = load(loaded, path)
    assert done.returncode == 1 and told is None and "--rejects" in done.stderr.decode()
    assert len(aside(path + ".rejected")) == 1
    # nor by a dry run that is given its name: it holds the rows of the real one
    done, told = load(loaded, path, "--dry-run", "--rejects", path + ".rejected")
    assert done.returncode == 1 and told is None and "--rejects" in done.stderr.decode()
    assert len(aside(path + ".rejected")) == 1


def test_a_dry_run_enters_nobody(loaded, tmp_path, lines):
    before = people(loaded)
    path = written(tmp_path / "p.csv", lines(20) + "x\n")
    for _ in range(2):
        done, told = load(loaded, path, "--dry-run")
        assert done.returncode == 1 and (told["would_be_added"], told["refused"]) == (20, 1)
    assert people(loaded) == before and not os.path.exists(path + ".rejected")


def test_the_state_of_another_file_is_not_gone_on_with(loaded, tmp_path):
    path = written(tmp_path / "p.csv", HEADER)
    written(tmp_path / "p.csv.rejected.state", json.dumps({
        "offset": 3, "line": 1, "rejects_bytes": 0, "rows": 0, "added": 0, "present": 0, "conflicts": 0,
        "refused": 0, "beginning": "A" * 43}))
    done, told = load(loaded, path, "--resume")
    assert done.returncode == 1 and told is None and "another file" in done.stderr.decode()
    written(tmp_path / "p.csv.rejected.state", "{}")
    assert load(loaded, path, "--resume")[0].returncode == 1


def test_without_a_daemon_it_ends_soon_and_says_how_to_go_on(loaded, tmp_path, lines):
    path = written(tmp_path / "p.csv", lines(5))
    done = subprocess.run([CTL, "--socket", str(tmp_path / "nobody"), "identity", "import", path, *GROUND],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3 and "--resume" in done.stderr and "0 rows are done" in done.stderr
    done, told = load(loaded, path, "--resume")
    assert done.returncode == 0 and told["added"] == 5


def test_a_file_that_changed_meanwhile_is_not_gone_on_with(loaded, tmp_path, lines):
    path = written(tmp_path / "p.csv", lines(5))
    subprocess.run([CTL, "--socket", str(tmp_path / "nobody"), "identity", "import", path, *GROUND],
                   capture_output=True, timeout=60, check=False)
    written(tmp_path / "p.csv", lines(5))
    done, told = load(loaded, path, "--resume")
    assert done.returncode == 1 and told is None and "another file" in done.stderr.decode()


# -- what works ---------------------------------------------------------------------------------------


def test_csv_and_json_lines_say_the_same_and_coming_again_changes_nothing(loaded, tmp_path):
    before = people(loaded)
    rows = list(csv.DictReader(io.StringIO(generated(40, 72))))
    done, told = load(loaded, written(tmp_path / "p.csv", generated(40, 72)))
    assert done.returncode == 0 and told["added"] == 40 and told["rejects"] is None
    again, told = load(loaded, written(tmp_path / "p.csv", generated(40, 72)))
    assert again.returncode == 0 and (told["added"], told["present"]) == (0, 40)
    shown = loaded.ctl("identity", "show", rows[0]["personal_number"])["attributes"]
    assert shown["name"] == rows[0]["name"] and shown["address"]["formatted"] == rows[0]["address"]
    lines = [json.loads(line) for line in generated(40, 72, "jsonl").splitlines()]
    assert [line["personal_number"] for line in lines] == [row["personal_number"] for row in rows]
    for line in lines:  # what the file of CSV leaves to the rules
        for name in ("family_name", "middle_name", "given_name"):
            line.pop(name)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    done, told = load(loaded, "-", input=text.encode(), cwd=tmp_path)
    assert (told["read"], told["added"]) == (40, 0), told
    assert people(loaded) == before + 40


def test_a_quoted_field_may_hold_line_ends_and_quotes(loaded, tmp_path):
    text = ("personal_number,name,birthdate,address\n"
            "001090760001,\"Lê Năm\",1990-01-01,\"12 \"\"Phố\"\" Huế,\nHà Nội\"\r\nbad\n")
    done, told = load(loaded, written(tmp_path / "p.csv", text))
    assert done.returncode == 1 and told["added"] == 1 and aside(told["rejects"])[0]["line"] == 4
    shown = loaded.ctl("identity", "show", "001090760001")["attributes"]
    assert shown["address"]["formatted"] == '12 "Phố" Huế,\nHà Nội'


def test_the_people_of_a_batch_share_a_bucket_and_batches_go_round_all_buckets(loaded, tmp_path, lines):
    question = "SELECT DISTINCT bucket, left(identity_id::text, 3), request_id::text FROM identity_change"
    before = set(loaded.query(question))
    done, told = load(loaded, written(tmp_path / "p.csv", lines(3 * 256)))
    assert done.returncode == 0 and told["added"] == 3 * 256
    batches = set(loaded.query(question)) - before
    assert len(batches) == len({request for _, _, request in batches}) == 3
    assert all(int(beginning, 16) == bucket for bucket, beginning, _ in batches)
    first, second, third = sorted(bucket for bucket, _, _ in batches)
    assert min(second - first, third - second, first + 4096 - third) > 900  # wide steps, so they fill evenly


def test_names_come_in_one_spelling(loaded, tmp_path):
    decomposed = "Trâ\u0300n Sáu"
    load(loaded, written(tmp_path / "p.csv", HEADER + f"001090770001,{decomposed},1990-01-01,1\n"))
    assert loaded.ctl("identity", "show", "001090770001")["attributes"]["name"] == "Trần Sáu"
    _, told = load(loaded, written(tmp_path / "q.csv", HEADER + "001090770001,Trần Sáu,1990-01-01,1\n"))
    assert told["present"] == 1


def test_organisations_come_too(loaded, tmp_path):
    text = "organisation_code,name\n0100109106,Công ty Thử\n"
    done, told = load(loaded, written(tmp_path / "o.csv", text))
    assert done.returncode == 0 and told["added"] == 1


def test_a_terminal_shows_rate_and_time_and_a_pipe_nothing(loaded, tmp_path, lines):
    path = written(tmp_path / "p.csv", lines(1500))
    shown = OnTerminal([CTL, "-c", loaded.conf_path, "identity", "import", path, *GROUND])
    assert shown.status == 0 and "a second" in shown.text and "[##" in shown.text
    done, told = load(loaded, path)
    assert done.returncode == 0 and not done.stderr and told["present"] == 1500


@pytest.mark.parametrize("victim", ["authctl", "admin", "signer"])
def test_killed_half_way_a_second_run_completes_what_was_acknowledged(loaded, tmp_path, lines, victim):
    before, count = people(loaded), 3000
    rows = lines(count).splitlines(keepends=True)
    rows[101:101] = ["an early bad row\n"]
    rows.append("a late bad row\n")
    path = str(tmp_path / "p.csv")
    os.mkfifo(path)  # so that it can't be done before the victim is hit
    command = [CTL, "-c", loaded.conf_path, "--json", "identity", "import", path, *GROUND]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        with open(path, "w", encoding="utf-8") as feeding:
            feeding.write("".join(rows[:count // 2]))
            feeding.flush()
            while people(loaded) < before + 300:
                assert running.poll() is None, running.stderr.read()
                time.sleep(0.01)
            os.kill(running.pid if victim == "authctl" else loaded.roles()[victim][0], signal.SIGKILL)
            if victim != "authctl":
                feeding.write("".join(rows[count // 2:]))
        out, err = running.communicate(timeout=90)
    os.unlink(path)
    written(tmp_path / "p.csv", "".join(rows))
    if victim == "authctl":
        with open(path + ".rejected.state", encoding="utf-8") as file:
            acknowledged = json.load(file)["rows"]
        assert people(loaded) >= before + acknowledged
        done, told = load(loaded, path, "--resume")
        assert done.returncode == 1, done.stderr
    else:
        assert running.returncode == 1, err  # for the bad row; the rest was sent again
        told = json.loads(out)
    assert told["read"] == count + 2 and told["added"] + told["present"] == count, told
    assert (told["conflicts"], told["refused"]) == (0, 2)
    assert [row["line"] for row in aside(path + ".rejected")] == [102, count + 3]
    assert people(loaded) == before + count
    os.unlink(path + ".rejected")
    assert load(loaded, path)[1]["present"] == count


def test_standard_input_is_gone_on_with_behind_what_is_done(loaded, tmp_path, lines):
    text = lines(700).encode()
    command = [CTL, "-c", loaded.conf_path, "identity", "import", "-", *GROUND]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=tmp_path) as running:
        before = people(loaded)
        running.stdin.write(text[:len(text) * 2 // 3])
        running.stdin.write(b"x" * 140000)  # what is behind it is not waited for, and is no row
        running.stdin.flush()
        while people(loaded) < before + 256:
            assert running.poll() is None
            time.sleep(0.01)
        running.kill()
    state = json.loads((tmp_path / "import.rejected.state").read_text())
    state_of_nothing = dict(state, offset=len(text) + 1)
    written(tmp_path / "import.rejected.state", json.dumps(state_of_nothing))
    done, told = load(loaded, "-", "--resume", input=text, cwd=tmp_path)
    assert done.returncode == 1 and "shorter" in done.stderr.decode()
    written(tmp_path / "import.rejected.state", json.dumps(state))
    done, told = load(loaded, "-", "--resume", input=text, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert told["read"] == 700 == told["added"] + told["present"] and people(loaded) == before + 700


def test_everybody_entered_is_whole_and_in_the_audit_once(loaded):
    number = people(loaded)
    assert number > 9000
    all_are_whole(loaded, number)
