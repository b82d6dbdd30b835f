"""Writes what was measured as a page of the documentation."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

from networks.faults import FAULTS, Fault
from networks.measuring import KILLED_BELOW, Outcome

SEEN = (
    "Thresholds were set on the seeds 0 to 2. The rules on gradient clipping, decaying "
    "learning rates, initial saturation and batch normalization are newer than the "
    "runs of seed 3 and were checked on them. The remedy that removes functions "
    "without a gradient, such as rounding, is newer than the remedies tried. The "
    "threshold `lost_share` was set after a false alarm in a variant of a healthy "
    "program with seed 4, and was not checked on further seeds."
)
PUBLISHED = """\
## Published figures

| tool | faulty programs | detected | cause named | healthy programs with an alarm |
|---|---|---|---|---|
| DeepLocalize (Wardat et al. 2021) | | | | 78 of 78 |
| DeepDiagnosis (Wardat et al. 2022) | 53 | 46 | 38, with a fix 28 | 68 of 188 |
| DeepFD (Cao et al. 2022) | 52 | 47 | 27, with the line 22 | |
| DEFault (2025) | 52 | 94% | 63% | |
| AUTOTRAINER (Zhang et al. 2021) | 422 | | 414 repaired | |

These figures do not compare directly with those above. The published programs come \
from Stack Overflow and GitHub, and many have several faults; the programs here have \
one fault each, which was put into a healthy program on purpose, as in mutation \
testing (DeepCrime, Humbatova et al. 2021). The faults here were chosen by the \
authors of the rules. Of the published tools, DeepDiagnosis and AUTOTRAINER also name \
symptoms, such as a vanishing gradient, as a cause; here, a symptom counts as a \
detection only.
"""


def report(
    outcomes: Sequence[Outcome],
    seeds: Sequence[int],
    seconds: float,
    healthy_seeds: Sequence[int] = (),
    *,
    load: float,
) -> str:
    """Returns the page.

    Args:
        outcomes: Sequence of `Outcome`.
        seeds: Sequence of int.
        seconds: float. Processor time of a diagnosis with 200 layers.
        healthy_seeds: Sequence of int. Further seeds, of healthy programs only.
        load: float. Load of the machine while processor times were measured.
    """
    healthy = [one for one in outcomes if not one.task.fault]
    scores = scores_of(outcomes)
    weak = [one for one in healthy if is_weak(one, scores)]
    healthy = [one for one in healthy if one not in weak]
    faulty = [one for one in outcomes if one.task.fault]
    killed = [one for one in faulty if is_killed(one, scores)]
    alive = [one for one in faulty if not is_killed(one, scores)]
    faults = {fault.name: fault for fault in FAULTS}
    alarms = sum(bool(one.alarms) for one in healthy)
    times = [one.seconds for one in outcomes]
    lines = [
        "# Accuracy of the diagnosis",
        "",
        "Written by `python scripts/measure_diagnosis.py`, which trains the programs "
        "in `scripts/networks`, without and with faults, and diagnoses their runs with "
        "the default [thresholds](reference/thresholds.md). The programs learn real "
        "data and Shapeset. Seeds, of weights, data and order: "
        f"{', '.join(map(str, seeds))}. {further(healthy_seeds)}{SEEN}",
        "",
        "A fault has an effect if the network loses more than "
        f"{1 - KILLED_BELOW:.0%} of the score of the healthy program on the test set. "
        "The score is 0 for guessing and 1 for a perfect network: R² of a regression, "
        "or the accuracy, rescaled. Faults without an effect are listed separately, "
        "as in DeepCrime.",
        "",
        "- **Detected**: an error or a warning names the cause or one of its symptoms.",
        "- **Cause named**: the first problem in the report is the cause. *Any*: one "
        "of the problems is.",
        "- **Unrelated**: problems that are neither the cause nor a symptom of it.",
        "- **False alarm**: any error or warning in a healthy program, even if its "
        f"curves confirm the problem.{about_variants(outcomes)}",
        "- **Repaired**: one of the first three changes that `kx.try_remedies` makes "
        f"to the faulty program reaches {KILLED_BELOW:.0%} of the healthy score, with "
        "as many updates.",
        "",
        "| | |",
        "|---|---|",
        f"| training runs of faulty programs, with an effect | {len(killed)} |",
        f"| detected | {share(detected(one, faults) for one in killed)} |",
        f"| cause named | {share(names_cause(one, faults) for one in killed)} |",
        f"| cause among the problems | "
        f"{share(has_cause(one, faults) for one in killed)} |",
        f"| with unrelated problems | "
        f"{share(bool(unrelated(one, faults)) for one in killed)} |",
        *repaired_rows(killed, scores),
        f"| training runs of healthy programs | {len(healthy)} |",
        f"| with a false alarm | {with_interval(alarms, len(healthy))} |",
        "| processor time of a diagnosis, median and longest | "
        f"{median(times):.3f} s, {max(times):.3f} s |",
        f"| processor time with 200 layers | {seconds:.3f} s |",
        "",
        f"Processor times were measured with a load of {load:.0f} on {os.cpu_count()} "
        "processors.",
        "",
        "## Healthy programs",
        "",
        "| program | scores | false alarms |",
        "|---|---|---|",
        *(healthy_row(group) for group in grouped(healthy, "program")),
        "",
        "## Faulty programs",
        "",
        "Numbers count training runs. "
        "Findings in parentheses are the first problem where it is not the cause.",
        "",
        "| fault | with an effect | detected | cause named | any | unrelated "
        "| first problem, if not the cause |",
        "|---|---|---|---|---|---|---|",
        *(faulty_row(group, faults) for group in grouped(killed, "fault")),
        "",
        *not_repaired(killed, scores),
        *untouched(alive, faults),
        PUBLISHED,
    ]
    return "\n".join(lines)


def further(seeds: Sequence[int]) -> str:
    listed = ", ".join(map(str, seeds))
    return f"Further seeds, of healthy programs only: {listed}. " if seeds else ""


def about_variants(outcomes: Iterable[Outcome]) -> str:
    if not any(one.task.variant for one in outcomes):
        return ""
    return (
        " Variants of the programs, with other activations, optimizers, rates, depths, "
        "batches and regularization, count as programs if they reach "
        f"{KILLED_BELOW:.0%} of the score."
    )


def scores_of(outcomes: Iterable[Outcome]) -> dict[tuple[str, int], float]:
    """Returns the scores of the healthy programs by program and seed."""
    return {
        (one.task.program, one.task.seed): one.score
        for one in outcomes
        if not (one.task.fault or one.task.variant)
    }


def is_weak(one: Outcome, scores: dict[tuple[str, int], float]) -> bool:
    """Returns whether a variant of a program is worse than the program."""
    return bool(one.task.variant) and is_killed(one, scores)


def is_killed(one: Outcome, scores: dict[tuple[str, int], float]) -> bool:
    """Returns whether a fault has an effect on the score of a program."""
    return one.score < KILLED_BELOW * scores[one.task.program, one.task.seed]


def detected(one: Outcome, faults: dict[str, Fault]) -> bool:
    fault = faults[one.task.fault]
    return bool(one.reported & (fault.causes | fault.symptoms))


def names_cause(one: Outcome, faults: dict[str, Fault]) -> bool:
    return bool(one.alarms) and one.alarms[0] in faults[one.task.fault].causes


def has_cause(one: Outcome, faults: dict[str, Fault]) -> bool:
    return bool({*one.alarms} & faults[one.task.fault].causes)


def unrelated(one: Outcome, faults: dict[str, Fault]) -> list[str]:
    fault = faults[one.task.fault]
    return [name for name in one.alarms if name not in fault.causes | fault.symptoms]


def repaired_rows(
    killed: Sequence[Outcome], scores: dict[tuple[str, int], float]
) -> list[str]:
    tried = [one for one in killed if one.repaired is not None]
    if not tried:
        return []
    repaired = [one for one in tried if is_repaired(one, scores)]
    found = with_interval(len(repaired), len(tried))
    return [
        f"| of which, drawn at random, remedies were tried | {len(tried)} |",
        f"| repaired by one of the first three remedies | {found} |",
    ]


def is_repaired(one: Outcome, scores: dict[tuple[str, int], float]) -> bool:
    """Returns whether the best remedy makes up for a fault."""
    healthy = scores[one.task.program, one.task.seed]
    return one.repaired is not None and one.repaired >= KILLED_BELOW * healthy


def not_repaired(
    killed: Sequence[Outcome], scores: dict[tuple[str, int], float]
) -> list[str]:
    """Lists the faults that no remedy repaired."""
    failed = [
        one
        for one in killed
        if one.repaired is not None and not is_repaired(one, scores)
    ]
    if not failed:
        return []
    return [
        "Not repaired, with the score of the healthy program and of the best remedy:",
        "",
        *(
            f"- {one.task.fault}, {one.task.program}: "
            f"{scores[one.task.program, one.task.seed]:.2f}, {one.repaired:.2f}"
            for one in failed
        ),
        "",
    ]


def with_interval(count: int, total: int) -> str:
    """Writes a count with its share and the 95% interval of Wilson.

    >>> with_interval(9, 10)
    '9 of 10 (90%; 95% interval: 60% to 98%)'
    """
    if not total:
        return "none"
    z, share_found = 1.96, count / total
    middle = (share_found + z**2 / 2 / total) / (1 + z**2 / total)
    spread = share_found * (1 - share_found) / total + z**2 / 4 / total**2
    half = z * spread**0.5 / (1 + z**2 / total)
    low, high = max(middle - half, 0.0), min(middle + half, 1.0)
    return (
        f"{count} of {total} ({share_found:.0%}; 95% interval: {low:.0%} to {high:.0%})"
    )


def share(conditions: Iterable[bool]) -> str:
    found = [*conditions]
    return f"{sum(found)} ({percent(sum(found), len(found))})"


def percent(count: int, total: int) -> str:
    return f"{count / total:.0%}" if total else "none"


def grouped(outcomes: Sequence[Outcome], key: str) -> list[list[Outcome]]:
    """Groups outcomes by program or fault, in the order of the tables."""
    order = {fault.name: place for place, fault in enumerate(FAULTS)}
    names = {getattr(one.task, key): None for one in outcomes}
    ordered = sorted(names, key=lambda name: (order.get(name, 0), name))
    return [
        [one for one in outcomes if getattr(one.task, key) == name] for name in ordered
    ]


def healthy_row(group: Sequence[Outcome]) -> str:
    scores = ", ".join(f"{one.score:.2f}" for one in sorted(group, key=by_seed))
    alarms = tally(name for one in group for name in one.alarms)
    return f"| {group[0].task.program} | {scores} | {alarms or 'none'} |"


def by_seed(one: Outcome) -> int:
    return one.task.seed


def faulty_row(group: Sequence[Outcome], faults: dict[str, Fault]) -> str:
    counts = [
        sum(detected(one, faults) for one in group),
        sum(names_cause(one, faults) for one in group),
        sum(has_cause(one, faults) for one in group),
        sum(bool(unrelated(one, faults)) for one in group),
    ]
    firsts = tally(
        one.alarms[0] if one.alarms else "no problems"
        for one in group
        if not names_cause(one, faults)
    )
    cells = (group[0].task.fault, len(group), *counts, firsts)
    return f"| {' | '.join(map(str, cells))} |"


def untouched(alive: Sequence[Outcome], faults: dict[str, Fault]) -> list[str]:
    if not alive:
        return []
    return [
        "## Faults without an effect",
        "",
        "These networks learned as well as the healthy programs. Detections are no "
        "false alarms, as the fault is real.",
        "",
        "| fault | training runs | detected | cause named |",
        "|---|---|---|---|",
        *(
            f"| {group[0].task.fault} | {len(group)} "
            f"| {sum(detected(one, faults) for one in group)} "
            f"| {sum(names_cause(one, faults) for one in group)} |"
            for group in grouped(alive, "fault")
        ),
        "",
    ]


def tally(names: Iterable[str]) -> str:
    return ", ".join(
        f"{name if ' ' in name else f'`{name}`'} ({count})"
        for name, count in Counter(names).most_common()
    )
