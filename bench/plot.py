"""Draws the results of bench/run.py as SVG: one picture per measure that has figures to compare, and one of all goals.

    python3 bench/plot.py bench/results.json bench/plots
"""

import json
import math
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "build/python/bench"))
try:
    import matplotlib
except ImportError:
    print("matplotlib is missing (scripts/install.sh bench), so nothing is drawn", file=sys.stderr)
    sys.exit(0)
matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

NO_SIDES = ("ratios", "rounds", "goals", "machine")
OURS, OTHERS, MISSED = "#2b6cb0", "#a0aec0", "#c05621"
# Text as text and no random ids: small files that change only where figures do.
plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "slipway", "font.size": 9, "axes.spines.top": False,
                     "axes.spines.right": False})


def save(figure, file):
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    plt.close(figure)


def write_below(figure, caption):
    figure.text(0, -0.3 / figure.get_figheight(), caption, fontsize=7, color="#4a5568", va="top")


def written(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def sides_of(report, figure):
    """Who has this figure: {side: value}."""
    return {side: values[figure] for side, values in report.items()
            if side not in NO_SIDES and isinstance(values, dict) and isinstance(values.get(figure), (int, float))}


def draw_measure(report, caption, file):
    panels = [(figure, sides) for figure in report.get("draw", []) if (sides := sides_of(report, figure))]
    if not panels:
        return
    heights = [len(sides) + 0.8 for _, sides in panels]
    figure, axes = plt.subplots(len(panels), 1, figsize=(7, 0.34 * sum(heights) + 0.7), squeeze=False,
                                gridspec_kw={"height_ratios": heights, "hspace": 0.9})
    for axis, (name, sides) in zip(axes[:, 0], panels, strict=True):
        bars = axis.barh(list(sides), list(sides.values()), color=[OURS if "slipway" in side else OTHERS for side in sides])
        axis.bar_label(bars, [written(value) for value in sides.values()], padding=3)
        axis.set_title(name, loc="left", fontsize=9)
        axis.invert_yaxis()
        axis.set_xticks([])
        axis.spines["bottom"].set_visible(False)
    write_below(figure, caption)
    save(figure, file)


def draw_goals(goals, caption, file):
    """How many times better than its goal each figure is; left of the line it is missed."""
    rows = []
    for goal in goals:
        comparison, wanted = goal["goal"].split()
        value, wanted = goal["value"], float(wanted)
        if value is None:
            continue
        if wanted == 0:  # nothing lost, nothing failed: there is no ratio
            rows.append((goal, 1.0 if goal["met"] else 0.01))
        else:
            better = max(value, 1e-9) / wanted
            rows.append((goal, 1 / better if comparison == "<=" else better))
    if not rows:
        return
    figure, axis = plt.subplots(figsize=(7, 0.34 * len(rows) + 0.7))
    labels = [f"{goal['label']} ({goal['goal']})" for goal, _ in rows]
    bars = axis.barh(labels, [math.log10(better) for _, better in rows], color=[OURS if goal["met"] else MISSED for goal, _ in rows])
    axis.bar_label(bars, [written(goal["value"]) for goal, _ in rows], padding=3)
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set_xticks([-1, 0, 1, 2], ["10× worse", "goal", "10× better", "100× better"])
    axis.invert_yaxis()
    write_below(figure, caption)
    save(figure, file)


def caption_of(run):
    place = run["machine"]
    return f"{place['cores']} cores of {place['cpu']}, {place['system']}, commit {run['commit']}, {run['date'][:10]}"


def main(source, folder):
    results = json.loads(pathlib.Path(source).read_text())
    for name, report in results["measures"].items():
        draw_measure(report, f"{report['title']}. {caption_of(results | report)}", pathlib.Path(folder) / f"{name}.svg")
    goals = [goal for report in results["measures"].values() for goal in report["goals"]]
    draw_goals(goals, caption_of(results), pathlib.Path(folder) / "goals.svg")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
