"""How measurements are shown: an aligned table, and a chart (SVG, readable on light and on dark ground)."""
from html import escape

WIDTH, LABEL, BAR, ROW = 860, 250, 420, 34
STYLE = """
text { font: 14px system-ui, sans-serif; fill: #1b1f24 }
.small { font-size: 12px; fill: #57606a }
.met { fill: #2da44e } .open { fill: #bf8700 }
.aim { stroke: #cf222e; stroke-width: 2; stroke-dasharray: 4 3 }
.ground { fill: #ffffff }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9da7b3 } .ground { fill: #0d1117 }
  .met { fill: #3fb950 } .open { fill: #d29922 } .aim { stroke: #ff7b72 }
}"""


def distance(row):
    """1 is the aim; below it is better, whichever way the ratio counts."""
    return row["ratio"] / row["aim"] if row["at_most"] else row["aim"] / row["ratio"]


def aim_text(row):
    return ("≤ " if row["at_most"] else "≥ ") + f"{row['aim']:g}"


def aligned(lines, left):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(c.ljust(w) if i in left else c.rjust(w)
                               for i, (c, w) in enumerate(zip(line, widths))).rstrip() for line in lines)


def table(told):
    lines = [("", "ours", "", "limit", "", "ratio", "aim", "", "per s", "p99 ms")]
    for r in told["rows"]:
        lines.append((r["what"], f"{r['ours']:.1f}", r["unit"], f"{r['limit']:.1f}", r["against"],
                      f"{r['ratio']:.2f}", aim_text(r), "met" if distance(r) <= 1 else "open",
                      f"{r['per_s']:.0f}" if r["per_s"] else "", f"{r['p99_ms']:.1f}" if r["p99_ms"] else ""))
    limits = [("limit of this machine", "per s", "ours beside it", "per s")]
    for r in told["limits"]:
        limits.append((r["what"], f"{r['per_s']:.0f}", r.get("ours", ""),
                       f"{r['ours_per_s']:.0f}" if "ours" in r else ""))
    return aligned(lines, (0, 2, 4, 7)) + "\n\n" + aligned(limits, (0, 2))


def chart(told):
    """A bar for each row; the dashed line is the aim."""
    rows = told["rows"]
    most = max(1.25, max(map(distance, rows)) * 1.05)
    height = 70 + ROW * len(rows)
    aim_x = LABEL + BAR / most
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
           "<title>Measured ratios against their aims</title>", f"<style>{STYLE}</style>",
           f'<rect class="ground" width="{WIDTH}" height="{height}"/>',
           f'<text class="small" x="{aim_x:.1f}" y="20" text-anchor="middle">aim</text>']
    for i, r in enumerate(rows):
        y = 32 + ROW * i
        width = max(2.0, BAR * distance(r) / most)
        kind = "met" if distance(r) <= 1 else "open"
        out += [f'<text x="{LABEL - 10}" y="{y + 16}" text-anchor="end">{escape(r["what"])}</text>',
                f'<rect class="{kind}" x="{LABEL}" y="{y}" width="{width:.1f}" height="22" rx="3"/>',
                f'<text x="{LABEL + BAR + 12}" y="{y + 16}">{r["ratio"]:.2f}'
                f' <tspan class="small">aim {escape(aim_text(r))}</tspan></text>']
    out += [f'<line class="aim" x1="{aim_x:.1f}" x2="{aim_x:.1f}" y1="26" y2="{height - 30}"/>',
            f'<text class="small" x="{LABEL}" y="{height - 10}">shorter is better; '
            f'{told["cores"]} cores, {escape(told["machine"])}</text>', "</svg>"]
    return "\n".join(out) + "\n"
