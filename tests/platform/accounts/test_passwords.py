"""Length and a list of common passwords instead of composition rules (NIST SP 800-63B-4, 3.1.1.2)."""

import pytest

from tuoju.accounts.errors import PasswordRefused
from tuoju.accounts.passwords import PasswordProblem, check_password


class TestCheckPassword:
    @pytest.mark.parametrize(
        "password",
        [
            "right horse battery",
            "nine lanterns over the lake",
            "滁州西涧独怜幽草涧边生",
            "k7Qm-t2vX-9r+w",
            "x4!" + "lantern " * 15,
        ],
    )
    def test_a_long_and_rare_one_needs_no_kinds_of_characters(self, password: str) -> None:
        check_password(password, username="worker")

    @pytest.mark.parametrize(
        ("password", "problem"),
        [
            ("short one", PasswordProblem.too_short),
            ("x" * 129, PasswordProblem.too_long),
            ("worker-worker", PasswordProblem.has_username),
            ("my-WORKER-pw", PasswordProblem.has_username),
            ("password123", PasswordProblem.too_common),
            ("qwertyuiop123", PasswordProblem.too_common),
            ("1qaz2wsx3edc", PasswordProblem.too_common),
            ("aaaaaaaaaaaa", PasswordProblem.too_common),
            ("woaini1314520", PasswordProblem.too_common),
            ("5201314520", PasswordProblem.too_common),
            ("zhangwei1990", PasswordProblem.too_common),
            ("Chuzhou2026!", PasswordProblem.too_common),
            ("13805501234", PasswordProblem.too_common),
            ("P@ssw0rd2026", PasswordProblem.too_common),
        ],
    )
    def test_it_is_refused_with_its_problem(self, password: str, problem: PasswordProblem) -> None:
        with pytest.raises(PasswordRefused) as refusal:
            check_password(password, username="worker")
        assert refusal.value.problem is problem
