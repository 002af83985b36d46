"""authctl in the hands of a person: help, examples, completion, tables, colours, questions."""
import json
import os
import re
import subprocess
import time

import pytest
from harness.terminal import OnTerminal
from harness.world import BUILD

CTL = BUILD + "/authctl"
EXAMPLE_ID = "7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90"
EXAMPLE_KID = "2kWmZ3pQ8sLx0aBc"


def plain(*arguments, **other):
    return subprocess.run([CTL, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=60, check=False, **other)


def commands():
    """As `authctl --help` lists them: words without operands."""
    lines = plain("--help").stdout.splitlines()
    listed = [line[2:34] for line in lines if re.match(r"  [a-z]", line)]
    return [" ".join(w for w in line.split() if not w.startswith("[") and w not in (
        "kid", "count", "client_id", "shell")) for line in listed]


def examples(words):
    text = plain(*words.split(), "--help").stdout
    return re.search(r"\nExamples:\n((?:  .*\n)+)", text).group(1).replace("\n  ", "\n")[2:]


# -- what is refused ---------------------------------------------------------------------------------


DANGEROUS = [("keys revoke x", "stops being valid"),
             ("identity close 001090004821 --ground x", "for ever"), ("client disable first", "log in"),
             ("session end 001090004821", "logged out")]


@pytest.mark.parametrize("command,effect", DANGEROUS, ids=[c for c, _ in DANGEROUS])
def test_a_dangerous_act_is_refused_where_nobody_can_be_asked(service, command, effect):
    refused = service.ctl_run(*command.split())
    assert refused.returncode == 1 and not refused.stdout
    assert effect in refused.stderr and "--yes" in refused.stderr


@pytest.mark.parametrize("command,effect", DANGEROUS, ids=[c for c, _ in DANGEROUS])
def test_a_dangerous_act_names_its_effect_and_takes_anything_but_yes_for_no(service, command, effect):
    before = service.ctl("keys", "list", "--all"), service.ctl("client", "list")
    asked = OnTerminal([CTL, "-c", service.conf_path, *command.split()], answers=[("[y/N]", "\n")])
    assert asked.status == 1 and effect in asked.text and "nothing was done" in asked.text
    assert (service.ctl("keys", "list", "--all"), service.ctl("client", "list")) == before


def test_force_is_asked_about_on_a_terminal_and_suffices_for_a_script(service):
    words = ["keys", "rotate", "--now", "--force", "--alg", "PS256"]

    def active():
        return [k["kid"] for k in service.ctl("keys", "list") if k["alg"] == "PS256" and k["state"] == "active"]
    before = active()
    asked = OnTerminal([CTL, "-c", service.conf_path, *words], answers=[("[y/N]", "n\n")])
    assert asked.status == 1 and "refuse new tokens" in asked.text and active() == before
    service.ctl_text(*words)
    end = time.monotonic() + 60
    while active() == before:
        assert time.monotonic() < end, "the script's --force is its yes"
        time.sleep(0.1)


@pytest.mark.parametrize("typed,meant", [
    ("satus", "status"), ("keyz list", "keys list"), ("keys rotaet", "keys rotate"),
    ("client lsit", "client list"), ("keys rotate --froce", "--force"), ("--jsno status", "--json")])
def test_a_mistyped_word_gets_what_was_meant(typed, meant):
    refused = plain(*typed.split())
    assert refused.returncode == 2 and f"did you mean {meant}?" in refused.stderr


def test_a_shell_there_is_no_completion_for_is_refused():
    refused = plain("completion", "zsh")
    assert refused.returncode == 1 and not refused.stdout and "bash" in refused.stderr


def test_exit_statuses_are_those_of_the_help(service):
    assert service.ctl_run("keys", "list").returncode == 0
    assert service.ctl_run("--yes", "keys", "revoke", "no-such-key").returncode == 1
    assert service.ctl_run("keys", "dance").returncode == 2
    assert plain("--socket", service.directory + "/nobody", "status").returncode == 3
    told = plain("--help").stdout
    assert re.findall(r"^  (\d)  ", told[told.index("Exit status"):], re.M) == ["0", "1", "2", "3"]


# -- what works --------------------------------------------------------------------------------------


def test_yes_on_a_terminal_does_it(service, register):
    client = register(service, "doomed")
    done = OnTerminal([CTL, "-c", service.conf_path, "client", "disable", client.id],
                      answers=[("[y/N]", "y\n")])
    assert done.status == 0
    assert service.ctl("client", "show", client.id)["state"] == "disabled"


def test_a_country_s_services_are_all_listed(make_service):
    service = make_service()
    service.query("INSERT INTO client (id, metadata, sector) SELECT id || n, metadata, sector FROM client, "
                  "generate_series(1, 3000) n WHERE id = 'first'")
    listed = service.ctl("client", "list")
    assert sum(row["client_id"].startswith("first") for row in listed) == 3001
    assert len(service.ctl_text("client", "list").splitlines()) > 3000


def test_a_password_is_asked_for_twice_and_not_shown(service):
    done = OnTerminal([CTL, "-c", service.conf_path, "identity", "password", service.cuong.number],
                      answers=[("password: ", "mật khẩu lạ 8\n"), ("again: ", "mật khẩu khác\n")])
    assert done.status == 2 and "not the same" in done.text and "mật khẩu lạ 8" not in done.text


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("command", ["--help", "status", "keys list", "keys history", "keys schedule",
                                     "client list", "session list 001090004821", "keys rotate --help",
                                     "identity generate --help"])
def test_what_people_see_fits_their_terminal(service, command, columns):
    shown = OnTerminal([CTL, "-c", service.conf_path, *command.split()], columns)
    assert shown.status == 0
    lines = re.sub("\033\\[[0-9;]*m", "", shown.text).splitlines()
    example = False
    for line in lines:
        example = line == "Examples:" or (example and line.startswith("  "))
        assert example or len(line) <= columns, f"{len(line)} columns: {line}"
        assert line == line.rstrip()


def test_ids_are_whole_on_a_narrow_terminal_and_in_a_pipe(service):
    kids = [key["kid"] for key in service.ctl("keys", "list")]
    narrow = OnTerminal([CTL, "-c", service.conf_path, "keys", "list"], 40).text
    piped = service.ctl_text("keys", "list")
    for kid in kids:
        assert kid in narrow and kid in piped
    assert len(piped.splitlines()) == len(kids) + 1


def test_colours_are_for_terminals_that_want_them(service):
    command = [CTL, "-c", service.conf_path, "keys", "list"]
    assert "\033[32mactive" in OnTerminal(command, 120).text
    assert "\033" not in OnTerminal(command, 120, environment={"NO_COLOR": "1"}).text
    assert "\033" not in OnTerminal(command, 120, environment={"TERM": "dumb"}).text
    assert "\033" not in service.ctl_text("keys", "list")


def test_long_work_shows_how_far_it_is_on_a_terminal_only(service):
    command = [CTL, "-c", service.conf_path, "identity", "generate", "150", "--seed", "93"]
    shown = OnTerminal(command)
    assert shown.status == 0 and re.search(r"\[[#.]{10,}\] \d+ of 150", shown.text)
    quiet = service.ctl_run("identity", "generate", "100", "--seed", "94")
    assert quiet.returncode == 0 and not quiet.stderr


def test_every_command_gives_json(service):
    for words in ("status", "tasks", "keys list", "keys schedule", "keys history", "keys root", "client list",
                  "resource list", "session list 001090004821", "keys rotate --dry-run", "client show first"):
        for arguments in (["--json", *words.split()], [*words.split(), "--json"]):
            json.loads(service.ctl_text(*arguments))
    json.loads(service.ctl_text("migrate", "--dry-run", "--json"))


def test_every_example_in_the_help_works(make_service):
    """Read from the help, run by bash with the names that an example takes for granted."""
    service = make_service()
    service.first.log_in(service.binh)
    home = service.directory + "/home"
    os.makedirs(home + "/.local/share/bash-completion/completions")
    os.mkdir(home + "/bin")
    with open(home + "/bin/authctl", "w") as wrapper:
        wrapper.write(f'#!/bin/sh\nexec {CTL} -c {service.conf_path} --yes "$@"\n')
    os.chmod(home + "/bin/authctl", 0o755)
    portal = {"client_id": "portal", "client_name": "Cổng dịch vụ", "redirect_uris": ["https://portal.example/cb"]}
    for name, content in (("portal.json", json.dumps(portal)), ("change.json", '{"client_name": "Cổng mới"}'),
                          ("file", "năm con voi đỏ uống nước suối\n")):
        with open(home + "/" + name, "w") as out:
            out.write(content)
    service.new_client(dict(portal, client_id="registry"))
    issued = service.ctl("identity", "add", "--personal-number", "001090000021", "--name", "Phạm Văn Chờ", "--birthdate",
                         "1990-01-01", "--sex", "male", "--level", "1", "--issued", "--ground", "test")["id"]
    binh = service.ctl("identity", "show", service.binh.number)["id"]
    cuong = service.ctl("identity", "show", service.cuong.number)["id"]
    found = {words: examples(words) for words in commands()}
    assert len(found) > 25
    # others are about that person, who has no password when given a code
    order = sorted(found, key=lambda words: (words != "identity add", words != "identity code"))
    for words in order:
        who = {"identity activate": issued, "identity close": cuong, "identity erase": cuong}.get(words, binh)
        kid = next(k["kid"] for k in service.ctl("keys", "list") if k["use"] == "sign" and k["state"] == "active")
        script = found[words].replace(EXAMPLE_ID, who).replace(EXAMPLE_KID, kid)
        if words == "consent withdraw":
            script = script.replace("--client portal", "--client first")
        if words == "keys rewrap":
            continue  # wants the file of a previous master key: tests/flow/test_runbook.py
        if words.startswith("sandbox "):
            continue  # want a sandbox: tests/flow/test_sandbox.py
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=home, capture_output=True, text=True,
                              env=dict(os.environ, HOME=home, PATH=home + "/bin:" + os.environ["PATH"]),
                              timeout=120, check=False)
        assert done.returncode == 0, f"{words}: {script}\n{done.stdout}{done.stderr}"
        if words == "upgrade":
            service.adopt(service.ctl("status")["pid"])


# -- completion --------------------------------------------------------------------------------------


def completed(service, line):
    """What bash offers at the end of this line."""
    script = f"""
source /dev/stdin <<< "$({CTL} completion bash)"
COMP_WORDS=({' '.join(line.split()[:-1] if not line.endswith(' ') else line.split())} "{'' if line.endswith(' ') else line.split()[-1]}")
COMP_WORDS[0]={CTL}
COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_authctl
printf '%s\\n' "${{COMPREPLY[@]}}"
complete -p authctl >&2
"""
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False,
                          env=dict(os.environ, AUTHD_CONFIG=service.conf_path), cwd=service.directory)
    assert "complete -F _authctl authctl" in done.stderr
    return done.stdout.split()


def test_bash_completes_commands_options_and_values(service):
    assert set(completed(service, "authctl k")) == {"keys"}
    assert {"list", "rotate", "revoke", "rewrap"} <= set(completed(service, "authctl keys "))
    assert set(completed(service, "authctl keys ro")) == {"rotate", "root"}
    assert {"--alg", "--dry-run", "--json"} <= set(completed(service, "authctl keys rotate --"))
    assert completed(service, "authctl keys rotate --alg E") == ["ES256", "EdDSA"]
    assert set(completed(service, "authctl --json keys rotate --f")) == {"--force"}
    assert "authd.conf" in completed(service, "authctl client create --json auth")


def test_bash_completes_ids_that_the_daemon_knows(service):
    kids = {key["kid"] for key in service.ctl("keys", "list") if key["use"] == "sign"}
    assert set(completed(service, "authctl keys revoke ")) == kids
    assert "first" in completed(service, "authctl client show f")
    assert "second" in completed(service, "authctl consent withdraw --client s")


def test_completion_is_silent_where_there_is_no_daemon(service):
    done = plain("__complete", "--socket", "/nonexistent", "client", "show", "")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert completed(service, "authctl identity show ") == []  # people are nobody's suggestion


def test_the_packaged_completion_is_what_authctl_prints():
    from harness.postgres import ROOT
    with open(ROOT + "/docs/completion/authctl.bash") as packaged:
        assert plain("completion", "bash").stdout == packaged.read()


@pytest.mark.parametrize("program", ["authd", "authctl"])
def test_the_manual_has_the_options_of_the_programs_own_help(program):
    from harness.postgres import ROOT
    told = subprocess.run([f"{BUILD}/{program}", "--help"], capture_output=True, text=True, timeout=60, check=True)
    helped = set(re.findall(r"^ +(?:-\w, )?--([a-z]+)", told.stdout, re.M))
    with open(f"{ROOT}/docs/man/{program}.8") as page:
        text = page.read()
    text = re.sub(r"(?s)\n\.\\\" begin .*?\n\.\\\" end [^\n]*", "", text)  # of its commands
    assert helped and set(re.findall(r"^\.It .*?Fl Fl ([a-z]+)", text, re.M)) == helped
