r"""What tools say when they refuse or give up without a word such as error or failed.

By the word that must stand in the line, as in `signs`. Most say what is wrong, then with what
(``Invalid configuration object``, ``Unknown option '--mod'``, ``Missing required argument: port``), so that a
few adjectives and a list of things make up the most of it. A sentence that goes on to say what is done instead
(``… not found, using the default``) is none.
"""

from __future__ import annotations

from typing import Final

# Where a message begins: a line, what follows the end of a prefix (`webpack: `, `[cli] `, `⨯ `).
_SAYS: Final = r"(?:^|(?<=^ )|(?<=[:\]>)|*!#] )|(?<=[\x80-\xbf] ))"
_ALONE: Final = r"(?:^|(?<=^ )|(?<=[\]>#] )|(?<=\| ))"  # … with no prefix of its own
# What is done instead, in the rest of the sentence or with the first word of the next.
INSTEAD: Final = (
    r"(?:[^.\n]|\.(?! ))*(?:\. )?\b(?:assuming|attempt|(?<!not )continuing|creat(?:e|ing)|default(?:ing|s)?"
    r"|disabl(?:ed|ing)|fall(?:s|ing)? ?back|(?:re)?fetching|(?:re)?generating|ignor(?:ed|ing)|instead|optional|polling"
    r"|pulling|rebuilding|reconnecting|re-?indexing|retr(?:ied|y(?:ing)?)|skipp(?:ed|ing)|sleeping|trying|using|waiting)\b"
)
# What is done already when something refuses, told where a line begins.
MEANWHILE: Final = (
    r"\W*(?:\w+ is )?(?:still )?(?:waiting (?:for|on|until)|retry \d+|retrying|reconnecting)\b"
    r"(?!.*\b(?:gave|giving) up\b|.*\btimed out\b)"
)
_OF: Final = r"(?:(?!(?:at|for|from|in|of|on|or|to|with) )[\w.$&-]+ ){0,3}"
_THING: Final = (
    r"(?:arguments?|attributes?|characters?|commands?|config(?:uration)?s?|dependenc(?:y|ies)|directives?|entry"
    r"|environment|expression|extension|fields?|files?|flags?|format|host ?name|identifier|import|input|instruction"
    r"|json|keys?|keyword|loader|lock ?file|manifest|module|names?|numbers?|operands?|options?|package|parameters?"
    r"|paths?|pattern|plugin|port|preset|profile|project|propert(?:y|ies)|protocol|provider|references?"
    r"|reg(?:ular )?exp?|resource|schema|scheme|script|section|separator|service|settings?|statement"
    r"|subcommand|switch|symbol|syntax|tag|target|task|template|toml|tokens?|type|ur[il]|usage|values?|variables?|version|workspace|xml|ya?ml)"
)
# A state, said of something: the title of a test has no subject.
_IS: Final = r"(?:(?<=\S is )|(?<=\S are )|(?<=\S was )|(?<=\S were ))"
# What shows that it is not the title of a test or a heading: the thing itself, or where it stands.
_GIVEN: Final = (
    r"(?=\s*[:='\"`(\[<{]|\s+-{1,2}\w|\s+(?:at|detected|for|found|given|in|is|object|on|passed|provided|specified"
    r"|supplied|was)\b|\s+\S*[./_]\w|\s+\S+ in )"
)
_WRONG: Final = rf"(?:{_SAYS}{{}} {_OF}{_THING}{_GIVEN}|(?<=[\w\"'`)]: ){{}} {_OF}{_THING}\.?\s*$)"


def _wrong(word: str) -> tuple[str, ...]:
    return (_WRONG.replace("{}", word),)


_SUFFIX: Final = "(?:csproj|gradle|js|json|lock|mod|py|sln|toml|ts|xml|ya?ml)"
_NEEDED: Final = (
    "(?:application|dockerfile|entry ?point|gemfile|input file|main class|makefile|manifest|package|pom|project|script"
    "|solution|target|task|workspace)"
)
_RUNNING: Final = "(?:application|container|copy|daemon|instance|postmaster|process|program|server)"
_ERRNO: Final = (
    *("cannot allocate memory", "device or resource busy", "disk quota exceeded", "illegal instruction"),
    *("name or service not known", "network is unreachable", "no route to host", "no space left on device"),
    *("operation not permitted", "text file busy", "too many open files"),
)
_ERRNO_CODES: Final = (
    *("eacces", "eaddrinuse", "eaddrnotavail", "eai_again", "ebusy", "econnrefused", "eisdir", "emfile", "enfile"),
    *("enoent", "enospc", "enotdir", "enotfound", "eperm", "erofs"),
)
_KUBE: Final = ("errimagepull", "failedmount", "failedscheduling", "imagepullbackoff", "invalidimagename")
_CROSSES: Final = (
    *("\xe2\x9c\x95", "\xe2\x9c\x96", "\xe2\x9c\x97", "\xe2\x9c\x98", "\xe2\x9d\x8c", "\xe2\xa8\xaf", "\xc3\x97"),
    *("\xf0\x9f\x9a\xa8", "\xe2\x9b\x94", "\xf0\x9f\x92\xa5"),
)

REFUSALS: Final[dict[str, tuple[str, ...]]] = {
    **{word: _wrong(word) for word in ("unknown", "unrecognized", "unrecognised", "unsupported")},
    **{word: _wrong(word) for word in ("malformed", "unexpected")},
    "invalid": (*_wrong("invalid"), _IS + r"invalid(?=\s*(?:[.:]|$))"),
    "missing": (*_wrong("missing"), _IS + r"missing(?=\s*(?:[.:]|$)| an? )"),
    "bad ": (_SAYS + r"bad (?:config\w*|directive|flag|interpreter|magic number|option|substitution|syntax)\b",),
    "illegal ": (_SAYS + r"illegal (?:argument|character|number|option|value)\b",),
    **{text: (rf"(?<=: ){text}\b",) for text in _ERRNO},
    **{code: (rf"(?<![\w./-]){code}\b(?!\.\w)",) for code in _ERRNO_CODES},
    **{reason: (rf"\b{reason}\b",) for reason in _KUBE},
    # a cross where the line begins, unless what it counts is none
    **{
        cross: (rf"(?:^|(?<=^ )|(?<=\s\s)|(?<=\| )){cross}\xef?\xb8?\x8f?\s(?!\s*(?:0 |\d+ problems? \(0 errors))",)
        for cross in _CROSSES
    },
    "err_": (r"(?:^|(?<=^ )|(?<=\[))err_[a-z]+_\w+",),
    # levels of log lines, cut short
    **{
        level: (
            rf"(?:(?<=[:.,]\d\d )|(?<=[.,]\d{{3}} )|(?<=\d[z\]] )|(?<=\[)|(?<=level=)){level}(?=[\s\]])(?!\s*[=:])",
        )
        for level in ("err", "ftl", "crit", "alert")
    },
    "crit:": (r"(?:^|(?<=^ )|(?<=\| ))crit: ",),
    "severe": (r"(?:^|(?<=\| )|(?<=\d )|(?<=\[))severe(?=:|\]| \[)",),
    "exceptions.": (r"(?<=\.)exceptions\.\w+(?=: |\s*$)",),
    "couldn't ": (r"couldn't (?:be )?[a-z]+",),
    "unable ": (r"unable to [a-z]+",),
    "not found": (
        r"(?:(?<=was )|(?<=were ))not found\s*\.?\s*$",
        r"(?:(?<=directory )|(?<=executable )|(?<=image )|(?<=[\"'`)] )|(?<=project )|(?<=\.service ))not found\b",
    ),
    **{
        f"not {adjective}": (rf"{_IS}not {adjective}\b",)
        for adjective in (
            "allowed",
            "available",
            "compatible",
            "declared",
            "recognised",
            "recognized",
            "supported",
            "valid",
        )
    },
    "not a ": (_IS + r"not a (?:known|recogni[sz]ed|valid) \w",),
    "not set": (_IS + r"not set\s*[.!]?\s*$",),
    "not exist": (r"(?<=\S does )not exist in\b",),
    "n't exist": (r"(?<=\S does)n't exist\b",),
    "not match": (r"(?:(?<=\S do )|(?<=\S does )|(?<=\S did ))not match (?:any|expected|its|the|their)\b",),
    "incompatible ": (_IS + r"incompatible with\b",),
    "can't": (_ALONE + r"can't [a-z]+",),
    "cannot ": (_ALONE + r"cannot [a-z]+",),
    "could not ": (_ALONE + r"could not [a-z]+",),
    "need to ": (r"(?<=you )need to (?:configure|define|install|provide|set|specify)\b",),
    "required": (_IS + r"required\s*(?:[.!:]|$)",),
    "not run": (r"(?<=did )not run successfully\b",),
    "not enough": (r"not enough (?:arguments|disk|memory|space)\b",),
    "no such ": (
        r"no such (?:column|command|container|crate|device|element|function|host|image|key|method|module|network)\b",
        r"no such (?:option|package|plugin|property|script|service|subcommand|table|target|task|variable|volume)\b",
    ),
    "no module named": (r"no module named\b",),
    "no main manifest": (r"no main manifest attribute\b",),
    "parameter ": (r"(?<=: )parameter (?:null or )?not set\b",),
    "no ": (
        rf"(?:{_SAYS}|(?<= has ))no (?:\w+ ){{1,2}}named\b",
        rf"{_SAYS}no (?:\w+ ){{0,2}}['\"`]?[\w./-]*\.{_SUFFIX}['\"`]? (?:file )?(?:was |were )?found\b",
        rf"{_SAYS}no (?:\w+ ){{0,2}}{_NEEDED}s? (?:\w+ )?(?:defined|found|given|provided|specified)\b",
    ),
    "already ": (
        r"already (?:allocated|being used|bound)\b",
        r"(?<=is )already running(?= \(| (?:at|as|in|on|with) |\. \S)",
    ),
    "another ": (
        (
            rf"(?<!waiting for )another (?:[\w.-]+ ){{0,4}}{_RUNNING}\b"
            r"(?=[^.]{0,60}?\b(?:holds|in use|is using|listening|owns|running)\b)"
        ),
        rf"(?<=by )another {_RUNNING}\b",
    ),
    "must ": (
        r"must not be (?:blank|empty|none|null|undefined)\b",
        r"(?<=\S )must be (?:at least|between|defined|greater|less|of type|one of|provided|root|run (?:as|from)|set)\b",
        r"(?<=\S )must (?:be specified|be supplied|contain|define|have|match|specify)\b",
        r"(?<=you )must (?:configure|define|install|pass|provide|set|specify|supply|use)\b",
    ),
    "but ": (
        (
            r"but (?!no |none |not |nothing )(?:[^\s,]+ ){0,4}?"
            r"(?:expected|expects?|found|got|given|needs?|received|requires?|specified|wants?)\b"
        ),
    ),
    "but not ": (r"but not (?:declared|defined|found|given|installed|provided|set|specified)\b",),
    "requires ": (
        r"(?<=\S )requires (?:[\w.]+ ){1,3}(?:>=? ?)?v?\d",
        r"requires [\w -]+ access\b",
        r"requires (?:(?:at least|at most|exactly|a minimum of) )?\d+ \w*arg",
    ),
    "require ": (r"(?<=dependencies )require an? ",),
    "only ": (r"(?<=is )only (?:allowed|supported)\b", r"(?<=\S )only supports\b"),
    "refused": (r"(?:(?<=was )|(?<=connection ))refused\b",),
    "mismatch": (r"(?:(?<=checksum )|(?<=integrity )|(?<=version )|(?<=hash )|(?<=type ))mismatch(?:ed)?\b",),
    "lock": (
        (
            r"(?<![\w-])lock(?:file)?(?:\.\w+)?['\"`]?,? (?:[\w'\"`,.-]+ ){0,6}?"
            r"(?:inconsistent|needs? (?:to be )?updat\w+|not up to date|out of (?:date|sync)|outdated"
            r"|would (?:have been|be) modified)\b"
        ),
    ),
    "changed significantly": (r"changed significantly since\b",),
    "yaml: ": (r"(?<![\w.])yaml: (?:did not|invalid|line \d|unknown|unmarshal)",),
    "pending": (r"(?<=migrations are )pending\b", r"pending migrations for\b"),
    "giving up": (r"giving up\b(?! on\b)",),
    "no solution": (r"no solution found\b",),
    "unsatisfiable": (r"unsatisfiable\b",),
    "unhealthy": (r"(?<=is )unhealthy\b",),
    "access denied": (r"access denied\b",),
    "unauthorized: ": (_SAYS + r"unauthorized: (?!/)",),  # Django logs the path of a request without a login
    "manifest unknown": (r"manifest unknown\b",),
    "unbound variable": (r"unbound variable\b",),
    "unreachable!": (r"unreachable!",),
    "stack overflow": (r"stack overflow\b",),
    "timed out": (r"timed out (?=waiting for (?:the )?condition|after \d)",),
}
