"""Findings by cause and effect."""

from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.diagnosis import Finding, FindingName, Severity
from keras_xavier.diagnosis.causes import FAILURES, arrange, explains, without
from keras_xavier.diagnosis.finding import BY_SEVERITY
from keras_xavier.figure_spec import FigureSpec

N = FindingName


def finding(name, start=0, severity=Severity.WARNING):
    texts = ("Summary.", "Explanation.", "Remedy.", "Source")
    figure = FigureSpec("overview")
    return Finding(name, severity, (), (start, 100), (), figure, *texts)


def names(found):
    return [(one.name, [other.name for other in one.consequences]) for one in found]


findings = st.lists(
    st.builds(
        finding,
        st.sampled_from([*FindingName, "custom"]),
        st.sampled_from([0, 1, 50]),
        st.sampled_from(Severity),
    ),
    unique_by=lambda one: one.name,
)


@given(findings)
def test_every_finding_appears_once(found):
    causes = arrange(found)
    listed = [name for cause, others in names(causes) for name in (cause, *others)]
    assert sorted(listed) == sorted(one.name for one in found)


@given(findings)
def test_nothing_explains_a_cause(found):
    causes = arrange(found)
    assert not any(explains(one, other) for one in found for other in causes)
    if found:
        assert causes


@given(findings)
def test_the_order_of_findings_does_not_matter(found):
    assert names(arrange(found)) == names(arrange(found[::-1]))


@given(findings)
def test_a_cause_is_as_severe_as_its_consequences(found):
    for cause in arrange(found):
        worst = min([one.severity for one in found], key=BY_SEVERITY.index)
        assert BY_SEVERITY.index(cause.severity) >= BY_SEVERITY.index(worst) or (
            {one.name for one in cause.consequences} & FAILURES
        )
        for one in cause.consequences:
            place = BY_SEVERITY.index
            assert place(cause.severity) <= place(one.severity)


def test_a_chain_has_one_cause():
    chain = [N.INPUTS_NOT_SCALED, N.SATURATED_LAYER, N.VANISHING_GRADIENT]
    chain += [N.UPDATES_TOO_SMALL, N.LOSS_NOT_DECREASING]
    assert names(arrange([finding(one) for one in chain])) == [(chain[0], chain[1:])]


def test_a_network_at_chance_is_an_error():
    (cause,) = arrange([finding(N.TOO_MUCH_DROPOUT), finding(N.LOSS_NOT_DECREASING)])
    assert cause.severity == Severity.ERROR


def test_the_earlier_of_two_findings_is_the_cause():
    rate, units = finding(N.LEARNING_RATE_TOO_HIGH, 10), finding(N.DEAD_UNITS, 0)
    assert [one.name for one in arrange([rate, units])] == [rate.name, units.name]
    late = finding(N.DEAD_UNITS, 20)
    assert names(arrange([rate, late])) == [(rate.name, [late.name])]


def test_opposite_remedies_are_not_given_together():
    opposite = [N.LEARNING_RATE_TOO_LOW, N.UPDATES_TOO_SMALL]
    for cause in (N.VANISHING_SIGNAL, N.DEAD_UNITS, N.SYMMETRY_NOT_BROKEN):
        found = arrange([finding(cause), *map(finding, opposite)])
        assert [one.name for one in found] == [cause]


def test_names_are_left_out_at_any_place():
    found = arrange([finding(N.DEAD_UNITS), finding(N.LOSS_NOT_DECREASING)])
    assert names(without(found, [N.LOSS_NOT_DECREASING])) == [(N.DEAD_UNITS, [])]
    assert without(found, [N.DEAD_UNITS]) == []
