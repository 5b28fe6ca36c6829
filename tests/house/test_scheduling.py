"""Which worker runs which test."""

from tests.scheduling import unit_of


def test_tests_of_one_house_are_one_unit_of_work_and_others_are_each_their_own():
    assert unit_of("tests/chaos/test_a.py::test_one") == unit_of("tests/chaos/test_b.py::test_two[1]")
    assert unit_of("tests/core/test_a.py::test_one") != unit_of("tests/core/test_a.py::test_two")
