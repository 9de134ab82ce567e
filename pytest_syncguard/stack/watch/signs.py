r"""The built-in signs of error.

All expressions here are bytes in ASCII semantics, matched against a line without escapes and in lower case.

- `SIGNS`: by a word that must stand in the line, the expressions that begin with this word. A sign counts
  where it stands unless it is excused.
- `FORMS`: for a word that others begin or end with, those of which one must stand alone in the line; any other
  word is as long as the sign needs it. So a text is taken apart once, and most words are not looked for.
- `ANYWHERE`: words that also count at the end of others.
- `STRICT`: the literal reading of the procedure's list, any of which anywhere is an error.
"""

from __future__ import annotations

from typing import Final

from pytest_syncguard.stack.watch.refusals import MOVED, REFUSALS

# Not in the middle of a word, a path, an option, a variable or an address …
_L: Final = r"(?<![\w./\\@$?&-])"
# … and not the beginning of one (`error_handler.rs`, `errors.ts`, `error-chain`, `error::Error`, `error()`).
_R: Final = r"(?![\w/\\(-]|\.\w|::)"
# The start of a line, or of what a service wrote after the prefix that docker compose and Tilt give it.
_START: Final = r"(?:^|(?<=^ )|(?<=\| )|(?<=\x82 ))"
# Where a level stands: in brackets or quotes, after an equals sign, or behind a time.
_AFTER_TIME: Final = r"(?:(?<=[\[=\"])|(?<=[:.,]\d\d )|(?<=[.,]\d{3} )|(?<=\dz )|(?<=[\]-] ))"
_CODE: Final = r"-?(?:0x0*[1-9a-f]|[1-9])"
_THINGS: Final = (
    r"access|allocate|assign|be (?:bound|executed|found|imported|loaded|opened|parsed|read|resolved|started)|bind"
    r"|build|compile|connect|create|exec|execute|find|fork|import|initiali[sz]e|install|launch|listen|load|locate"
    r"|mkdir|mount|open|parse|read|redeclare|resolve|satisfy|spawn|start|stat|unmarshal|use|write"
)

ERRORS: Final[dict[str, tuple[str, ...]]] = {
    "error": (
        _L + r"(?:(?<!\b0 )|(?=error: ))errors?(?:\(s\))?(?!(?<=s):\w)" + _R,
        # TypeError: …, AssertionError, TypeError [ERR_…], and Ruby's … (NameError)
        r"(?<=[a-z])error(?=:(?!:)|\s*$|\s\[err_|\)\s*$| \(\s*$)",
    ),
    "fail": (
        _L + r"(?<!\b0 )fail(?:ed|ure|ures)(?:(?=--)|" + _R + ")",
        rf"(?:{_START}|(?<=--- )|(?<=\[)|(?<=[:*!] )|(?<=\t))fail(?=:|\s*$|\]|\s+[\w@.~-]*[/.\[]|\t)",
        r"(?<![\w./-])fail(?:s|ed|ing)?:?\s+[1-9]\d*\b",
        r"(?<=\d )failing\b",
        r"(?<=\d )(?<!\b0 )fail\s*$",
    ),
    "panic": (
        _L
        + r"panic(?:ked|s)?(?![\w/\\(=-]|\.\w|::|\s?=\s)"
        + r"(?! (?:handlers?|hooks?|strategy|mode|runtime|unwind|abort)\b)",
    ),
    "fatal": (_L + r"fatal(?![\w/\\(=-]|\.\w|::| warnings\b)",),
    # as a level, not in "critical path"
    "critical": (
        _START + r"critical:(?! path)",
        _AFTER_TIME + r"critical(?=[\]:\"|]| - | +[\w.]+[:=])",
    ),
    "[emerg]": (r"\[emerg\]",),
    "exit": (
        r"(?<![\w./-])exit(?:ed|s|ing)?(?: with)?(?: an?)?(?: exit)? ?(?:code|status|value)s?"
        r"(?: was| is| of)?[\s:=(]*" + _CODE,
        r"(?<![\w./-])exit_?(?:code|status)[\"']?\s*[:=]\s*" + _CODE,
        r"(?<![\w./-])exited\s+\([1-9]",
        r"(?<![\w./-])exited (?:abnormally|unexpectedly|with (?:an? )?(?:error|non-?zero|signal))",
        r"(?<=\d )exit status\b(?<=[1-9] exit status)",
    ),
    "non-zero code": (r"non-zero code",),  # docker build
    "not ": (
        rf"(?<=\bcan)not (?:{_THINGS})\b",
        rf"(?<=\bcan )not (?:{_THINGS})\b",
        rf"(?<=could )(?<!-- could )not (?:{_THINGS})\b",
        r"(?:(?<=command )|(?<=file )|(?<=module )|(?<=package )|(?<=script ))not found\b",
        r"(?<=: )not found\s*$",
        rf"(?:{_START}|(?<=    ))not ok \d+(?!.*# (?:todo|skip))",
        r"(?<=is )not (?:in (?:std|goroot)|defined|recogni[sz]ed as|installed)\b",
        r"(?<=declared and )not used",
        r"(?<=imported and )not used",
        r"(?<=did )not complete successfully",
        r"(?<=is )not permitted\b",
    ),
    "can't ": (rf"can't (?:cd|{_THINGS})\b",),
    "unable to ": (rf"unable to (?:{_THINGS})\b",),
    "undefined": (
        r"undefined (?:function|identifier|method)\b",
        r"undefined (?:reference|subroutine|symbols?|variable)\b",
        r"(?<=: )undefined: ",
    ),
    "unresolved ": (
        r"unresolved (?:dependency|externals?|identifier|imports?|inclusion|items?|macro|modules?|names?)\b",
        r"unresolved (?:paths?|references?|symbols?|type)\b",
    ),
    "no such file": (r"no such file or directory\b",),
    "traceback": (r"traceback \(most recent call last\)",),
    "killed": (
        rf"{_START}killed(?=\s*$|: \d)",
        r"(?:(?<=\d )|(?<=\] ))killed(?=\s*$|\s\s+\S)",
        r"(?<=signal: )killed",
        r"(?<=oom)killed",
        r"killed by signal|killed process \d",
        r"(?<=process )killed|(?<=was )killed|(?<=been )killed",
    ),
    "segmentation fault": (r"segmentation fault",),
    "core dumped": (r"core dumped",),
    "aborted": (rf"{_START}aborted(?=\s*$|[!:])", r"(?<=\d )aborted(?=\s\s+\S)", r"(?<=\w )aborted!(?=\s*$)"),
    "terminate called": (r"terminate called (?:after|without)",),
    "exception": (
        r"(?<=[a-z.])exception(?=:(?!:)|\s*$)",
        rf"{_START}exception(?= in | occurred|:)",
        r"(?:(?<=unhandled )|(?<=uncaught )|(?<=unexpected ))exception",
        r"(?<=task )exception was never retrieved",
        r"(?<=an )exception (?:occurred|was thrown|has occurred)",
    ),
    "permission denied": (r"permission denied",),
    "already in use": (r"already in use",),
    "port ": MOVED,
    "npm err!": (r"npm err!",),
    "unknown command": (r"unknown command\b",),
    "out of memory": (r"out of memory",),
    ".go:": (r"\.go:\d+:\d+: (?!note|warning|info)",),
    "crash": (r"(?<!not )crashed\b(?!\s?[:=]\s?(?:0|false))", r"crashloopbackoff\b"),
    "unhandled": (
        r"unhandledpromiserejection(?:warning)?(?=[:\]]|\s*$)",
        r"unhandled promise rejection\b(?! (?:handl|hook|test|track))",
    ),
    ": *** ": (r": \*\*\* ",),  # make gives up
    "** (": (rf"{_START}\*\* \([a-z]",),  # ** (RuntimeError) …, ** (Mix) …
    ":in `": (r":in `[^']+': (?!warning)",),  # what Ruby was doing when an exception ended it
}

SIGNS: Final = ERRORS | REFUSALS

FORMS: Final[dict[str, tuple[str, ...]]] = {
    "fail": ("fail", "failed", "failing", "fails", "failure", "failures"),
    "panic": ("panic", "panicked", "panics"),
    "exit": (
        *("exit", "exit_code", "exit_status", "exitcode", "exitcodes", "exited", "exiting", "exits", "exitstatus"),
        *("exitvalue", "exit_value"),
    ),
    "not ": ("cannot", "not"),
    "killed": ("killed", "oomkilled"),
    "crash": ("crashed", "crashloopbackoff"),
    "unhandled": ("unhandled", "unhandledpromiserejection", "unhandledpromiserejectionwarning"),
    "the ": ("invalid",),
    ":in `": (),
}

ANYWHERE: Final = ("error", "exception", "err_pnpm_")

STRICT: Final[tuple[str, ...]] = (
    "error",
    "failed",
    "panic",
    "compilation error",
    "cannot find",
    "unresolved",
    "undefined reference",
    "error[E",
    "thread 'main' panicked",
    "build failed",
    "exit code",
)
