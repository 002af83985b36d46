"""How `./dev bench` shows what it measured: a table whose columns stand under each other, a chart that is SVG."""
import os
import sys
from xml.etree import ElementTree

from harness.postgres import ROOT

sys.path.insert(0, os.path.join(ROOT, "tests", "bench"))
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
