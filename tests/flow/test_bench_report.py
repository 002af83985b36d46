"""How `./dev bench` shows what it measured: a table whose columns stand under each other, a chart that is SVG."""
import os
import sys
import time
from collections import namedtuple
from xml.etree import ElementTree

from harness.postgres import ROOT

sys.path.insert(0, os.path.join(ROOT, "tests", "bench"))
import population  # noqa: E402
import report  # noqa: E402


def row(what, ratio, aim, at_most):
    return {"what": what, "ours": 1.0, "unit": "us", "limit": 1.0, "against": "raw", "ratio": ratio, "aim": aim,
            "at_most": at_most, "per_s": 10, "p99_ms": 1.0}


TOLD = {"cores": 2, "machine": "a <machine>", "limits": [{"what": "inserts", "per_s": 5.0}],
        "rows": [row("met, less is better", 5.0, 6, True), row("open, less is better", 9.0, 6, True),
                 row("met, more is better", 0.95, 0.9, False), row("open, more & better", 0.3, 0.9, False)]}


def test_an_aim_that_is_not_reached_is_not_called_met():
    lines = report.table(TOLD).splitlines()[1:5]
    assert ["met" in line.split()[6:] for line in lines] == [True, False, True, False]
    assert [" open " in line[20:] for line in lines] == [False, True, False, True]


def test_columns_stand_under_each_other():
    lines = report.table(TOLD).splitlines()[:5]
    assert len({line.index("raw") for line in lines[1:]}) == 1


def test_the_chart_has_a_bar_for_each_row_and_longer_ones_for_worse():
    picture = ElementTree.fromstring(report.chart(TOLD))
    bars = [one for one in picture.iter("{http://www.w3.org/2000/svg}rect") if one.get("class") != "ground"]
    assert [one.get("class") for one in bars] == ["met", "open", "met", "open"]
    widths = [float(one.get("width")) for one in bars]
    aim = float(next(picture.iter("{http://www.w3.org/2000/svg}line")).get("x1")) - report.LABEL
    assert [width <= aim for width in widths] == [True, False, True, False]


def loaded(wanted, people, us, buffers, **more):
    statements = {"vault_account": {"us": us, "buffers": buffers}}
    return {"wanted": wanted, "people": people, "rows_per_s": 2000.0, "bytes_per_person": 2146.9, "hash_us": 40000.0,
            "cpu_us_per_row": {"authctl": 10.0, "authd": 60.0, "postgresql": 80.0},
            "login": {"us": us, "buffers": buffers, "statements": statements}, **more}


def test_a_population_that_was_not_loaded_whole_is_not_called_whole(capsys):
    first = loaded(1000, 1000, 200.0, 36, index_seconds=0.5)
    population.table([first, loaded(15000000, 2500000, 300.0, 45, login_of_the_first=first["login"])])
    head, small, large, ratio = capsys.readouterr().out.splitlines()
    assert small.split()[:4] == ["1,000", "2000", "150", "2147"] and " of " not in small
    assert large.startswith("2,500,000 of 15,000,000 ")
    assert "2,500,000 / at 1,000" in ratio and " 1.002" in ratio and " 1.500" in ratio and " 1.250" in ratio


def test_a_load_ends_at_its_hour_and_before_the_disk_is_full(monkeypatch):
    free = population.DISK_FREE
    monkeypatch.setattr(population.shutil, "disk_usage", lambda path: namedtuple("usage", "free")(free))
    assert not population.Limit(None).reached("/")
    soon = population.Limit(time.strftime("%H:%M", time.localtime(time.time() + 120)))
    assert not soon.reached("/")
    monkeypatch.setattr(population.time, "time", lambda: soon.at)
    assert soon.reached("/")
    free -= 1
    assert population.Limit(None).reached("/")


def test_the_time_of_a_process_that_ended_is_not_taken_back():
    assert population.cpu_since({1: 5.0, 2: 7.0}, {1: 6.5, 3: 0.5}) == 2.0
