r"""What looks like a sign of error and is none.

All expressions here are bytes in ASCII semantics, matched against a line without escapes and in lower case.

- `INNOCENT_TEXTS`: a line that begins so holds no error up to where the match ends; what follows is judged as
  a line of its own, for two writers may have put two lines into one. Where it ends with ``.*$`` the whole
  line is excused.
- `INNOCENT_LINES`: the whole of a line that begins so holds free text that is no error (a warning, the title
  of a passed test, the words of a commit), but for what is in `GRAVE`.
- `GRAVE`: a sign of error that free text has no reason to hold, so that another line must have run into it.
- `INNOCENT_PHRASES`: what lies within such a phrase, which begins where a word does, is no error
  (``0 errors``, ``no tests failed``).
- `INNOCENT_TOKENS`: the same, wherever they begin.
"""

from __future__ import annotations

from typing import Final

from pytest_syncguard.stack.watch.refusals import MOVED

# What may come before a level: a time.
_DAY: Final = r"(?:\d+:[a-z] )?\d{1,2} [a-z]{3} (?=\d{4})"  # redis: process and role, day and month
_WHEN: Final = (
    rf"(?:[ \t]*(?:{_DAY})?\[?\d[\d:.,/t+ -]{{4,40}}[sz]?\]?\s*"
    r"(?:[a-z]{3,4} \[\d+(?:-\d+)?\] )?)?\W{0,9}"  # postgres: time zone, process
)
_ZERO: Final = r"""(?:0|none|null|nil|false|undefined|""|''|\[\]|\{\})"""
_ANY: Final = r"(?:errors?|fail(?:ed|ure)?|panics?)"
_NEXT: Final = r"(?=\s*(?:[,;)}\]|\"]|\s[\w\"]+\s*[:=]|$)| *\w+=)"
_NONE: Final = r"(?:(?<![\d.,])0|no|zero|without(?: any)?|free of|never)"
_KIND: Final = (
    r"(?:(?:build|compile|compilation|console|critical|eslint|failed|failing|fatal|further|known|lint|linter|more"
    r"|new|other|previous|runtime|serious|syntax|test|tests|type|type-?check|typescript|unexpected|validation)\s+)?"
)

# The prefixes with which such a line may begin: docker compose's, Tilt's, one within the other, or BuildKit's.
SERVICE: Final = r"(?:\s*[\w.-]+\s+(?:\||\xe2\x94\x82)\s?){0,2}(?:#\d+ \d+\.\d+ )?"

_CRATE: Final = r"[\w-]+(?:\([^()]*\))?(?![\w:-])"
_CRATES: Final = rf"{_CRATE}(?:, {_CRATE})*"

INNOCENT_TEXTS: Final[tuple[str, ...]] = (
    r"running cmd: .*$",  # Tilt writes the command that it runs in one piece, whatever it says
    r"\s*running `[^`]*`?",
    # names of packages
    r"\s*(?:[a-z]+ing|dirty|downloaded|fresh|ignored|installed|packaged) \S+ v\d\S*(?: \([^()]*\))*",
    r"\W*[\w-]+ v\d+\.\d+\S*(?: \(\S*\))*\s*$",
    r"\s*(?:building|fetch|checking) \[[=> -]*\] +\d+/\d+(?:: " + _CRATES + ")?",
    r"\s*doc-tests \S+\s*$",
    r"\s*errors\s*$",
    r"\s*(?:collecting|requirement already satisfied:|using cached) \S+(?: \(from [^()]*\))?",
    r"\s*installing collected packages: [\w.-]+(?:, [\w.-]+)*",
    r"\s*successfully (?:installed|built|uninstalled)(?: [\w.+-]+(?!\S))+",
    r"\s*downloading \S+(?= \(|\s*$)",
    # tests that passed, and the announcement of one that starts
    r"ok\s+\S+\s+(?:[\d.]+s|\(cached\))",
    r"\s*--- (?:pass|skip): \S+(?: \([\d.]+s\))?",
    r"\s*=== (?:run|pause|cont|name)\s+\S+",
    r"\s*\d+/\d+ [^\n]*?\s{2,}ok\s+[\d.]+ ?m?s\b|\s*\d+/\d+ \S[^\n]*? ok\s{2,}[\d.]+ ?m?s\b",
    # what a configuration asks of the machine, and images by their names
    r"-- (?:check|detect|look|perform|test)ing [^\n]* - (?:failed|no|not found)",
    r"\s*- [\w./-]+(?: -> \S+|: not found\. building)",
    r"unable to find image '\S+' locally",  # so docker pulls it
    r"\W*packages in scope: [\w@/.-]+(?:, [\w@/.-]+)*",
    r"\s*#\s*error \"[^\"\n]*\"",  # the source of a header
    # what is allowed to fail
    r"(?:rm|rmdir|ls|cat|find|grep): .*?(?:no such file or directory|permission denied)",
)

INNOCENT_LINES: Final[tuple[str, ...]] = (
    # a tool that calls it a warning, a note or a piece of information says itself that it is no error
    r"npm (?:warn|notice|info|http|timing|verb|verbose|sill|silly)\b",
    _WHEN + r"warn(?:ing)?(?=[:\]|)\s]|$)(?!.*\bbuild failed)",
    _WHEN
    + r"(?:info|debug|trace|notice|hint)(?=[:\]|)\t]|\s\s|\s+[\w:.-]+:\s|\s+\d+ --- )"
    + r"(?!.*(?:build fail|exit|fatal|killed|panic|\*{3} (?:failed|\d)))",
    _WHEN + r"(?:[ap]m )?(?:\[[\w-]+\] |\(\w+\) ){1,3}warn(?:ing)?\b",
    r"\s*\xe2\x9a\xa0",
    r"\s*\S*(?::\d+){1,2}: (?:\w*warning|note|info|remark):",
    r".*\bwarnings\.warn\(",
    r"<[itw+-]> ",  # webpack's logger
    r"\S+\.(?:cmake|txt)\(\d+\):\s+\w+\(",  # cmake --trace
    r"\S+\(\d+(?:,\d+)*\): (?:warning|info)\b",
    r"(?:\S+ )?\S+: warning: ",
    r"\s*\d+:\d+\s+warning\s",
    r"\(node:\d+\) (?:\[\w+\] )?(?!unhandled)\w*warning: ",
    r"(?:note|help): ",
    _WHEN + r"(?:statement|detail|context|query):  ",  # postgres, after the error that it belongs to
    # the lines of source that a compiler quotes
    r"(?:\s*\d+\s+|\s+)\|(?:\s|$)",
    r"\s*(?:= (?:note|help): |-->)",
    # tests that passed, and the announcement of one that starts
    r"\s*(?:\xe2\x9c\x93|\xe2\x9c\x94|\xe2\x88\x9a|\xe2\x9c\x85)",
    r"\s*ok \d+\b",
    r"\s*# subtest: ",
    r"(?:.*\s)?\.\.\.\s?(?:ok|skipped.*|ignored.*|expected failure)\s*$",
    r"\[\s*(?:ok|run|skipped|passed)\s*\]",
    r"\s*pass\s",
    r".*::.* (?:passed|xfail|skipped|xpass)(?:\s+\(.*\))?(?:\s+\[\s*\d+%\])?\s*$",
    r"\[gw\d+\]\s*\[\s*\d+%\]\s*(?:passed|skipped|xfail|xpass)\b",
    r".*\.{3,}\s+passed\b",
    r"std(?:out|err) \| \S+ > ",
    # commands that are echoed before they run, and the words of a commit
    r"running (?:unittests |tests/)",
    r"> (?!task |build error|(?:cannot|can't|could not|couldn't|failed to|unable to) )",
    r"\++ (?!error:|fatal:)",
    r"\$ ",
    r"#\d+ \[[^\]]*\] (?:add|arg|copy|env|from|run|workdir)\b",
    r"step \d+/\d+ : ",
    r"(?:\d{7}|(?=\d*[a-f])[0-9a-f]{7,40}) (?!(?:error|fatal|panic)\b[:\[])",
    r"(?:head is now at|switched to|already on|deleted branch) ",
    r"\[[\w/.-]+(?: \(root-commit\))? [0-9a-f]{7,40}\] ",
    r"[ *+!-]{1,3}\[(?:new|up to date|deleted)[^\]]*\] ",
    # what systemd starts and stops, with its description; the values that a plan changes
    r"(?:\S+\s+){0,5}systemd\[\d+\]: (?:started|starting|stopped|stopping|reached target|listening on)\s",
    r"\s*[+~-]\s+\w+\s+= ",
    # what a server says of a request that was wrong: whoever asked it, it is none of its own faults
    r"\S+ \S+ \S+ \[[^\]]*\] code 4\d\d, message ",
    _WHEN + r"http: tls handshake error from ",
    r".*\bforbidden \([^()]*\): /",  # Django
    r".*\bresolved \[[\w.]+exception: ",  # Spring
    # what is allowed to fail
    r"\s*(?:ignored|ignoring|skipped|skipping)\b",
    r"(?:debconf|invoke-rc\.d): ",  # within apt, where nobody can be asked and nothing is started
    r".*\b(?:mark-compact|scavenge)\b.*allocation failure",  # how V8 traces its garbage collector
    r".*\(ignored\)\s*$",
    r".*\b(?:will retry|retrying (?:in|after)|non-?fatal|not fatal|optional (?:dep|peer)\w*)\b",
)

GRAVE: Final[tuple[str, ...]] = (
    r"(?<!\S)error: (?:aborting|build failed|cannot find|could not|command failed|linking with|unable to)\b",
    r"(?<!\S)error: failed to (?:bind|build|compile|load|parse|read|resolve|run|solve|start)\b",
    r"(?<!\S)error(?:\[e\d{4}\]| ts\d+): ",
    r"(?<=:\d: )(?:fatal )?error: ",  # where a compiler found it
    # after a time
    r"(?:(?<=[:.,]\d\d )|(?<=[.,]\d{3} )|(?<=\dz )|(?<=\d\d\] ))\[?(?:critical|error|fatal)(?=[\]:]|\s)",
    r"(?<=\[)(?:error|fatal)\] ",
    r": \*\*\* \[",
    r"undefined reference to [`']",
    r"panicked at \S+:\d+:\d+",
    r"(?<!\S)fatal error: ",
    r"npm err!",
    r"segmentation fault \(core",
    r"(?<!\S)traceback \(most recent call last\):",
    *MOVED,
)

INNOCENT_PHRASES: Final[tuple[str, ...]] = (
    rf"{_NONE} {_KIND}errors?(?:\(s\)|\b)(?!: )",
    rf"{_NONE} {_KIND}(?:fail(?:ed|ures?|ing)?|panics?|fatal)\b(?!: )",
    r"(?:no|0|zero) tests? (?:have )?failed\b",
    r"(?:no|(?<![\d.,])0|zero) [a-z-]+s failed\b(?!:| to\b)",
    r"(?:can|may|might|could) (?!not )(?:\w+ ){0,3}fail(?:ures?)?\b(?!:)",
    r"errors? load \(\d",  # ActiveRecord reads a table of that name
    r"(?:from|into|update|join|table) [\"`]\w+[\"`]",
    r"can't be found in the cache\b",
    rf"(?:errors?|fail(?:ed|ures?|s)?|fatal|panics?|exception)(?:\(s\))?[\"']?\s*[:=]\s*{_ZERO}{_NEXT}",
    r"(?:errors?|fail(?:ed|ures?)?)\s+0\b(?=[\s,;]*$|[,;]|\s+\|)",
    (
        r"(?:errors?|fail(?:ed|ures?)?)"
        r"(?:(?: count| total| per \w+)?\s*[:=]| -) *0(?: of \d+|/\d+|(?:\.0+)?%| ?ms)?"
        r"(?=[\s,;)]*$|[,;])"
    ),
    r"(?:errors?|fail(?:ed|ures?)?) \(0\)",
    r"not found (?:locally|in (?:the )?(?:\w+ )?cache)\b",
    # a setting, whatever its value
    r"(?:allowed|max(?:imum)?|permitted|retry|tolerated) (?:errors?|failures?)\s*[:=]",
    r"(?:errors?|failures?) (?:allowed|limit|max(?:imum)?|permitted|tolerated)\s*[:=]",
    r"(?:abort|exit|give up|stop) after (?:errors?|failures?)\s*[:=]",
    rf"(?<!ed )(?:on|upon|in case of(?: an)?|when(?: an)?) {_ANY}\b(?!:)",
    rf"if(?: an| any| it)? {_ANY}\b(?!:)",
    r"(?:treat\w*|warnings?)(?: \w+)? as (?:an )?errors?\b",
    r"errors? (?:boundar(?:y|ies)|handlers?|loggers?|logs?|middleware|overlay|pages?)\b(?!: )",
    r"errors? (?:paths?|reporters?|streams?|templates?)\b(?!: )",
    r"errors? (?:bars?|budget|classes|codes|correction|format(?:ter|ting)|levels?)\b",
    r"errors? (?:rates?|threshold|tolerance)\b",
    r"error (?:handling|reporting|logging|tracking|recovery|monitoring)\b(?=\s*(?:$|[.,;)]))",
    r"error (?:handling|reporting|logging|tracking) (?:is|enabled|disabled|on|off|ready|tests?|via|configured)\b",
    r"(?:warnings and errors|errors and warnings|standard error|failed optional|404 not found)\b(?!: )",
    r"(?:on|continueon|failon|stopon|exiton|is|has|show|set|get|last|ignore|handle)error\b",
    r"\w+error[\"']?: (?:true|false)\b",
    r"error: \[(?:async)?function[^\]]*\]",
    r"(?:previously|last|not|should|never|allow\w* to|expected to|optional(?:ly)?) (?:fail(?:ed)?|panic)\b",
    r"failure (?:modes?|domains?|threshold|rates?)\b",
    r"expected exit code \d+",
    r"thiserror\b|packagefile errors=",
)

INNOCENT_TOKENS: Final[tuple[str, ...]] = (
    r"(?<!\S)--?[a-z][\w-]*(?:=\S+)?",  # an option of a command
    r"'(?:errors?|fail(?:ed|ure)?|fatal|panic)'(?! event)",
    r"`(?:errors?|fail(?:ed|ure)?|fatal|panic)`",
    r"(?<=[(\[,\s]):[a-z]\w*",  # a symbol of Ruby or an atom of Elixir
    r"\(name: [\w-]+\)",
    r"identifier \(\w+\)",  # a node of a syntax tree
    r"\(\w+(?:\.\w+)+error\)",  # the class that a test stands in
    r"\"\w+\"\.[*\"]",  # a column in SQL
    # what a quoted line of a script or of a source prints
    r"\b(?:echo|printf)(?: -\w+)* (?:\"[^\"]*|'[^']*)",
    r"\b(?:e?print(?:f|ln)?!?|puts|console\.\w+|log(?:ger|ging)?\.\w+)\([\"'`][^\"'`]*",
)
