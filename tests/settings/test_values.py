"""What each type of setting takes, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_syncguard.settings import values
from pytest_syncguard.settings.faults import Faults, Place, Wrong
from pytest_syncguard.settings.model import Settings

Parse = Callable[..., Settings]
FaultsOf = Callable[..., tuple[str, ...]]


def read(reader: values.Reader[Any], value: object) -> Any:
    """What the reader makes of a value, or its faults as text."""
    faults = Faults("f")
    try:
        result = reader(Place(faults, "k"), value)
    except Wrong:
        assert faults.lines()
        return "\n".join(faults.lines())
    return "\n".join(faults.lines()) or result


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5m", 300.0),
        ("10s", 10.0),
        ("1m30s", 90.0),
        ("250ms", 0.25),
        ("1h", 3600.0),
        ("1h1m1s1ms", 3661.001),
        ("1.5s", 1.5),
        ("24h", 86400.0),
        ("0s", 0.0),
        (90, 90.0),
        (0.5, 0.5),
        (0, 0.0),
    ],
)
def test_a_duration_is_read_as_seconds(value: object, seconds: float) -> None:
    """Text with units, or a number of seconds."""
    assert read(values.duration, value) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("-5m", '"-5m"'),
        (-1, "-1"),
        (-0.001, "-0.001"),
        ("25h", '"25h"'),
        (86401, "86401"),
        (10**400, "an integer"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        ("5", '"5"'),
        ("", '""'),
        ("5 m", '"5 m"'),
        ("30s1m", '"30s1m"'),
        ("5minutes", '"5minutes"'),
        ("٣s", '"٣s"'),
        (True, "true"),
        ([5], "an array"),
    ],
)
def test_what_is_no_duration_is_told_as_found(value: object, found: str) -> None:
    """Negative, absurd, unit-less, of another type: found and required stand in one line."""
    assert read(values.duration, value).startswith(f'f: k: found {found}, required a duration from 0 to "24h"')


def test_a_limit_of_zero_is_a_fault(faults_of: FaultsOf) -> None:
    """A time limit that is over before it begins cannot be meant."""
    for zero in ('"0s"', "0", "0.0"):
        (fault,) = faults_of(f'[[stack.stage]]\nname="a"\nserve=["a"]\nsuccess=["x"]\ntimeout={zero}\nsettle=0')
        assert 'stack.stage["a"].timeout: found' in fault
        assert "required a duration above 0" in fault


@pytest.mark.parametrize(
    ("pattern", "because"),
    [
        ("a(b", "missing ), unterminated subpattern at position 1"),
        ("*", "nothing to repeat at position 0"),
        (r"x[z-a]", "bad character range z-a at position 2"),
        (r"\p", r"bad escape \p at position 0"),
        ("[[a]", "Possible nested set at position 1"),
        ("a{99999999999}", "the repetition number is too large"),
    ],
)
def test_a_bad_pattern_is_told_with_its_position(pattern: str, because: str) -> None:
    """The pattern as written, and what `re` says of it."""
    assert read(values.pattern, pattern) == f'f: k: found "{pattern}", required a regular expression ({because})'


@pytest.mark.parametrize("pattern", [".*", "x?", "^", "a|", "(?:)"])
def test_a_pattern_that_matches_everything_is_no_sign(pattern: str) -> None:
    """A success that every line shows would be found in a failed build, too."""
    assert "required a regular expression that does not match an empty line" in read(values.pattern, pattern)


@pytest.mark.parametrize("pattern", ["Finished", r"\bready in\b", "(?i)ok", "a|b", r"^\[vite\]"])
def test_a_good_pattern_stays_as_written(pattern: str) -> None:
    assert read(values.pattern, pattern) == pattern


def test_an_identity_needs_a_group() -> None:
    """Without a group there is nothing that names what runs."""
    assert read(values.grouped_pattern, r"id=(\w+)") == r"id=(\w+)"
    assert "required a regular expression with a group" in read(values.grouped_pattern, r"id=\w+")


@pytest.mark.parametrize("value", [1, 65535])
def test_a_port_is_within_its_range(value: int) -> None:
    assert read(values.port, value) == value


@pytest.mark.parametrize("value", [0, 65536, -1, "10350", 10350.0, True])
def test_what_is_no_port_is_a_fault(value: object) -> None:
    """Neither text nor floats nor booleans are taken for numbers."""
    assert read(values.port, value).endswith("required an integer from 1 to 65535")


@pytest.mark.parametrize("value", [1, 0, "true", "yes", None])
def test_only_true_and_false_are_booleans(value: object) -> None:
    assert read(values.flag, value).endswith("required true or false")


@pytest.mark.parametrize(
    ("reader", "url"),
    [
        (values.web_url, "http://localhost:5173"),
        (values.web_url, "https://ui.example.org/path?x=1#top"),
        (values.web_url, "http://[::1]:8080/"),
        (values.any_url, "tcp://127.0.0.1:8080"),
        (values.any_url, "tcp://[::1]:1"),
        (values.any_url, "http://a"),
    ],
)
def test_a_url_stays_as_written(reader: values.Reader[str], url: str) -> None:
    assert read(reader, url) == url


@pytest.mark.parametrize(
    ("reader", "url"),
    [
        (values.web_url, "localhost:5173"),
        (values.web_url, "tcp://localhost:5173"),
        (values.web_url, "ftp://localhost"),
        (values.web_url, "http://"),
        (values.web_url, "http://local host/"),
        (values.web_url, "http://localhost:0"),
        (values.web_url, "http://localhost:65536"),
        (values.web_url, "http://localhost:"),
        (values.any_url, "tcp://localhost"),
        (values.any_url, "tcp://localhost:80/path"),
        (values.any_url, "tcp://:80"),
    ],
)
def test_what_is_no_url_is_a_fault(reader: values.Reader[str], url: str) -> None:
    """Scheme, host and port are required as the setting needs them."""
    assert read(reader, url).startswith(f'f: k: found "{url}", required ')


@pytest.mark.parametrize(
    ("reader", "url", "meant"),
    [
        (values.any_url, "127.0.0.1:18944", "tcp://127.0.0.1:18944"),
        (values.any_url, "localhost:18944/health", "http://localhost:18944/health"),
        (values.any_url, "localhost", "http://localhost"),
        (values.web_url, "localhost:5173", "http://localhost:5173"),
        (values.web_url, "ui.example.org", "http://ui.example.org"),
        (values.web_url, "yes", ""),
        (values.web_url, "tcp://localhost:5173", ""),
        (values.any_url, "localhost:many", ""),
    ],
)
def test_an_address_without_its_scheme_gets_it_offered(reader: values.Reader[str], url: str, meant: str) -> None:
    """What opens a port gets tcp, what has a path gets http; what is no address gets nothing."""
    hint = f'; did you mean "{meant}"?' if meant else ""
    assert read(reader, url).endswith(f"{'tcp://host:port' if reader is values.any_url else 'https://…'}{hint}")


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    """Secrets stay out of settings, and out of what is said of them."""
    fault = read(values.web_url, "http://dev:hunter2@localhost/")

    assert "without secrets" in fault
    assert "hunter2" not in fault


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("src/**", "src/**"),
        ("./src/**", "src/**"),
        ("!src/docs/**", "!src/docs/**"),
        ("!./docs", "!docs"),
        ("src/", "src"),
        ("a..b/c", "a..b/c"),
        ("*.toml", "*.toml"),
    ],
)
def test_a_glob_is_kept_in_its_plain_form(written: str, kept: str) -> None:
    """Git names files without `./`, so a glob must, too."""
    assert read(values.glob, written) == kept


def test_a_glob_of_outputs_takes_nothing_away() -> None:
    """What is there is there: no other glob need be taken back."""
    assert read(values.plain_glob, "./dist/**") == "dist/**"
    assert read(values.plain_glob, "!dist/x") == "f: k: found \"!dist/x\", required a glob without a leading '!'"


@pytest.mark.parametrize("path", ["/etc/**", "../x", "a/../../x", "~/x", "!/etc", "!../x", "!"])
def test_a_path_that_leaves_the_project_is_a_fault(path: str) -> None:
    """Sources and working directories lie inside the root."""
    assert read(values.glob, path) == (
        f'f: k: found "{path}", required a path inside the project, relative to its root'
    )


def test_a_command_in_one_string_is_answered_with_the_array() -> None:
    """No shell reads a command, so it comes as words; the fault writes them out."""
    assert read(values.argv, "cargo build") == (
        'f: k: found "cargo build", required an array of words; did you mean ["cargo", "build"]?'
    )
    assert read(values.argv, ["", "x"]).startswith('f: k[#1]: found "", required a string that is not empty')
    assert read(values.argv, ["a", 3]) == "f: k[#2]: found 3, required a string without NUL"
    assert read(values.argv, ["a", ""]) == ("a", "")


@pytest.mark.parametrize("operator", ["&&", "||", "2>&1"])
def test_a_command_of_a_shell_is_none(operator: str) -> None:
    """The second command would be an argument of the first, and never run."""
    said = read(values.argv, ["make", operator, "echo"])

    assert said.startswith(f'f: k[#2]: found "{operator}", required words of one command, for no shell reads it: write')
    assert read(values.argv, ["sh", "-c", f"make {operator} echo"]) == ("sh", "-c", f"make {operator} echo")
    assert read(values.argv, ["find", ".", "-exec", "touch", "{}", ";"])[-1] == ";"
    assert read(values.command, []).startswith("f: k: found an empty array")


@pytest.mark.parametrize(
    ("word", "unknown"),
    [
        ("{resource}", ""),
        ("{{.State}}", ""),
        ("${HOME}", ""),
        ('{"a": 1}', ""),
        ("x{since}y{tail}", ""),
        ("{resourc}", "{resourc}"),
        ("--since={moment}", "{moment}"),
    ],
)
def test_only_unknown_placeholders_are_faults(word: str, unknown: str) -> None:
    """Go templates, shell variables and JSON in a command are none of ours."""
    result = read(values.template, ["x", word])

    assert result == ("x", word) if not unknown else f'k[#2]: found "{unknown}"' in result


def test_the_driver_fills_in_the_very_placeholders_that_are_allowed() -> None:
    """Settings may not import drivers, so the list stands twice; it is the same."""
    from pytest_syncguard.stack.drivers.command import templates

    assert set(values.PLACEHOLDERS) == set(templates.PLACEHOLDERS)


def test_what_the_environment_holds_is_never_repeated() -> None:
    """Values of variables may be secrets."""
    assert read(values.environment, {"A": "x", "B_2": ""}) == (("A", "x"), ("B_2", ""))
    assert read(values.environment, {"TOKEN": 424242}) == (
        "f: k.TOKEN: found an integer, required a string without NUL"
    )
    assert read(values.environment, {"A=B": "x"}) == (
        "f: k.\"A=B\": found this name, required a variable's name, without '='"
    )


@pytest.mark.parametrize("name", ["server", "a.b", "9", "A_b-c.d"])
def test_a_stage_may_be_called(name: str) -> None:
    assert read(values.name, name) == name


@pytest.mark.parametrize("name", ["a b", "a/b", "stack:a", "-a", ".a", "a\n", "é", "x" * 101, "stack", "registry"])
def test_a_stage_may_not_be_called(name: str) -> None:
    """Names become targets, arguments and file names; bare kinds mean all of the kind."""
    assert read(values.name, name).startswith("f: k: found ")


def test_an_engine_name_is_never_an_option() -> None:
    """`tilt trigger --help` would be no trigger."""
    assert read(values.argument, "(Tiltfile)") == "(Tiltfile)"
    assert "does not begin with '-'" in read(values.argument, "--help")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "[::1]", "a-b.example.org"])
def test_a_host_is_a_name_or_an_address(host: str) -> None:
    assert read(values.host, host) == host


@pytest.mark.parametrize("host", ["http://localhost", "localhost:10350", "a b", "-x"])
def test_a_host_has_neither_scheme_nor_port(host: str) -> None:
    assert "required a host name or address alone" in read(values.host, host)


def test_text_from_a_file_cannot_steer_a_terminal() -> None:
    """Control characters and line breaks are written out, long text is cut: a fault is one line."""
    fault = read(values.flag, "\x1b[2J\n\u202e" + "x" * 200)

    assert fault == rf'f: k: found "\x1b[2J\n\u202e{"x" * 74}…", required true or false'


def test_every_wrong_element_of_an_array_is_told() -> None:
    """An array is not given up at its first fault."""
    fault = read(values.array(values.pattern), ["(", "fine", 3])

    assert [line.split(":")[1] for line in fault.splitlines()] == [" k[#1]", " k[#3]"]
