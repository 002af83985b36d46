"""Debian's Prometheus reads our numbers, our rules and the dashboard's questions."""
import json
import os
import re
import shutil
import subprocess
import time

import pytest
import requests
from harness.ports import free_port
from harness.postgres import ROOT
from harness.wait import until

METRICS = os.path.join(ROOT, "packaging", "metrics")


def promtool(*arguments, cwd=METRICS, stdin=None):
    done = subprocess.run(["promtool", *arguments], cwd=cwd, input=stdin, capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def measured(postgres):
    """A service with /metrics; its address."""
    from harness.service import Service
    from harness.world import BUILD, populate
    port = free_port()
    one = Service(postgres, BUILD, {"metrics": {"listen": f"127.0.0.1:{port}"}})
    try:
        one.migrate()
        one.start()
        yield populate(one), f"http://127.0.0.1:{port}"
    finally:
        one.close()


def sample(url, line):
    """The value of the metric with this name and these labels."""
    for text in requests.get(url + "/metrics", timeout=60).text.splitlines():
        if text.startswith(line + " "):
            return float(text.rsplit(" ", 1)[1])
    return 0.0


def test_metrics_are_not_served_beside_the_service(measured):
    service, _ = measured
    assert service.get("/metrics").status_code == 404


def test_metrics_are_for_loopback_only(make_service):
    service = make_service(start=False)
    service.options["metrics"] = {"listen": "0.0.0.0:9464"}
    service.write_config()
    done = subprocess.run([service.build + "/authd", "-n", "-c", service.conf_path], capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.returncode == 1 and "metrics.listen" in done.stderr and "loopback" in done.stderr


def test_nothing_else_and_no_other_host_is_answered_there(measured):
    _, url = measured
    assert requests.get(url + "/health/live", timeout=60).status_code == 404
    assert requests.post(url + "/metrics", timeout=60).status_code == 405
    stranger = requests.get(url + "/metrics", headers={"Host": "rebinding.example"}, timeout=60)
    assert stranger.status_code == 421, "a page that rebinds its name must not read the numbers"


def test_all_processes_count_into_one_answer_whoever_is_asked(measured):
    service, url = measured
    issued = 'authd_events_total{event="token.issued"}'
    refused = 'authd_events_total{event="login.refused"}'
    requests_ = 'authd_http_requests_total{route="/token",status="2xx"}'
    before = [sample(url, line) for line in (issued, requests_, refused)]
    for _ in range(4):
        service.first.log_in(service.an)
    after = [sample(url, line) for line in (issued, requests_, refused)]
    assert [b - a for a, b in zip(before, after)] == [4, 4, 0]
    seen = {sample(url, requests_) for _ in range(12)}
    assert seen == {after[1]}, "each process tells the same"
    below = sample(url, 'authd_http_request_seconds_bucket{route="/token",le="+Inf"}')
    assert below == after[1] == sample(url, 'authd_http_request_seconds_count{route="/token"}')


def test_counters_go_on_when_a_process_is_started_again(measured):
    service, url = measured
    service.first.log_in(service.an)
    line = 'authd_http_requests_total{route="/token",status="2xx"}'
    before = sample(url, line)
    for pid in service.roles()["web"]:
        os.kill(pid, 9)
    service.wait_log("event=process.died", 2)
    service.wait_ready()
    assert sample(url, line) >= before > 0
    assert sample(url, 'authd_events_total{event="process.died"}') >= 2, "the parent counts too"


def test_no_person_and_no_client_stands_in_the_numbers(measured):
    service, url = measured
    service.first.log_in(service.an)
    text = requests.get(url + "/metrics", timeout=60).text
    for secret in (service.an.number, service.an.name, service.an.email, service.first.id):
        assert secret not in text


def test_promtool_accepts_numbers_and_rules(measured):
    _, url = measured

    def told():
        """All numbers, once each gauge has a sample: promtool judges no others."""
        text = requests.get(url + "/metrics", timeout=60).text
        gauges = set(re.findall(r"^# TYPE (\S+) gauge$", text, re.M)) - {"authd_sandbox"}
        assert len(gauges) == 10
        return text if all(f"\n{gauge}{{" in text for gauge in gauges) else None
    promtool("check", "metrics", stdin=until(told))
    promtool("check", "rules", "alerts.yml")
    promtool("test", "rules", "alerts_test.yml")


def test_prometheus_answers_what_alerts_and_dashboard_ask(measured, tmp_path):
    service, url = measured
    shutil.copy(METRICS + "/alerts.yml", tmp_path)
    (tmp_path / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        "rule_files: [alerts.yml]\n"
        f"scrape_configs: [{{job_name: authd, static_configs: [{{targets: ['{url[7:]}']}}]}}]\n")
    port = free_port()
    process = subprocess.Popen(["prometheus", f"--config.file={tmp_path}/prometheus.yml",
                                f"--storage.tsdb.path={tmp_path}/data",
                                f"--web.listen-address=127.0.0.1:{port}"],
                               stdout=subprocess.DEVNULL, stderr=open(tmp_path / "log", "w"))

    def ask(expression):
        answer = requests.get(f"http://127.0.0.1:{port}/api/v1/query", {"query": expression}, timeout=60).json()
        assert answer["status"] == "success", (expression, answer)
        return answer["data"]["result"]
    try:
        end = time.monotonic() + 40
        while True:
            try:
                if len(ask('count_over_time(authd_tasks{number="0"}[1m]) >= 3')) == 1:
                    break
            except (requests.RequestException, AssertionError):
                pass
            assert time.monotonic() < end, (tmp_path / "log").read_text()
            service.first.log_in(service.an)
            time.sleep(0.3)
        with open(METRICS + "/dashboard.json") as file:
            board = json.load(file)
        for panel in board["panels"]:
            for target in panel["targets"]:
                found = ask(target["expr"].replace("$__rate_interval", "1m"))
                assert found or "5xx" in target["expr"], f"{panel['title']}: nothing behind {target['expr']}"
        rules = requests.get(f"http://127.0.0.1:{port}/api/v1/rules", timeout=60).json()["data"]["groups"][0]["rules"]
        assert len(rules) >= 14 and all(rule["health"] in ("ok", "unknown") for rule in rules)
        firing = {rule["name"] for rule in rules if rule["state"] == "firing"}
        assert not firing, "a healthy service raises no alarm at once"
    finally:
        process.terminate()
        process.wait(20)
