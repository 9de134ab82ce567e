r"""What tools say when they refuse or give up without a word such as error or failed.

Only what hardly anything but a tool that gives up prints: options that begin with a dash, and whole messages of
known tools. What applications say of a request in the same words (``Invalid token``, ``user not found``, ``email is
required``, ``MAIL_HOST is not set``) is none of it: a process that really gives up ends, or never gives its sign of
success, and that is seen anyway. A sentence that goes on to say what is done instead (``…, skipping it``)
is none, unless that is to take another port (`MOVED`).

By the word that must stand in the line, as in `signs`.
"""

from __future__ import annotations

from typing import Final

# Where a message begins: a line, what a service wrote in it, or what follows the tool's name (`shop: `, `[cli] `).
_START: Final = r"(?:^|(?<=^ )|(?<=\| )|(?<=\x82 ))"
_SAYS: Final = r"(?:^|(?<=^ )|(?<=[:\]|] )|(?<=\x82 ))"
_OPTION: Final = r"['\"`(]{0,2}--?\w"
_USAGE: Final = (
    rf"(?:(?:[\w-]+ )?(?:arguments?|flags?|options?|parameter|switch(?:es)?):? {_OPTION}"
    r"|command or argument '|option -- '|shorthand flag: '|vm option ')"
)
# What is done instead, in the rest of the sentence or with the first word of the next.
INSTEAD: Final = (
    r"(?:[^.\n]|\.(?! ))*(?:\. )?\b(?:continuing|default(?:ing|s)?|fall(?:s|ing)? ?back|ignor(?:ed|ing)|instead"
    r"|retr(?:ied|y(?:ing)?)|skipp(?:ed|ing)|sleeping|trying|using|waiting)\b"
)
# A server that leaves the port that it was told: whoever asks there meets what held it before, such as an older build.
_HELD: Final = r"(?:is |was )?(?:already )?(?:being used|busy|in use|not available|occupied|taken|unavailable)"
_INSTEAD_OF: Final = rf"port \d{{2,5}} {_HELD}(?: by [^\n,]{{1,60}})?[,;.:]? (?:trying|using)"
MOVED: Final = (
    rf"{_INSTEAD_OF} (?:(?:an?|the) )?(?:another|available|alternative|different|free|next|port)\b",
    rf"{_INSTEAD_OF} \d{{2,5}}\b",
    rf"port was picked because \d{{2,5}} {_HELD}\b",
)

REFUSALS: Final[dict[str, tuple[str, ...]]] = {
    # what the command line is wrong in
    "unknown ": (rf"{_SAYS}unknown {_USAGE}", rf"{_START}unknown arguments?: [\w-]+(?:, [\w-]+)*\s*$"),
    "unrecognized ": (rf"{_SAYS}unrecognized {_USAGE}", rf"{_SAYS}unrecognized arguments: (?!none\b)"),
    "unrecognised ": (rf"{_SAYS}unrecognised {_USAGE}",),
    "unsupported ": (rf"{_SAYS}unsupported {_USAGE}",),
    "illegal ": (rf"{_SAYS}illegal {_USAGE}",),
    "bad ": (
        rf"{_SAYS}bad {_USAGE}",
        r"bad directive or wrong number of arguments\b",
        r"(?<=: )bad (?:interpreter|substitution)\b",
    ),
    "invalid ": (
        rf"{_SAYS}invalid {_USAGE}",
        rf"{_SAYS}invalid value for {_OPTION}",
        rf"{_SAYS}invalid (?:toml|json|xml|ya?ml|config(?:uration)?) file ['\"`./]",
        r"invalid configuration object\. webpack\b",
        r"(?:^|(?<=\x8c ))invalid environment variables: ",
    ),
    "missing required ": (
        rf"{_SAYS}missing required (?:arguments?|flags?|options?|env(?:ironment)? variables?)(?:: | ['\"`<\[(-]|\s*$)",
    ),
    "non-option arguments": (r"(?<=not enough )non-option arguments: got ",),
    "option ": (
        rf"{_SAYS}option requires an argument -- ",
        rf"{_SAYS}option {_OPTION}\S* requires an argument",
        rf"{_SAYS}option {_OPTION}\S*: (?:is unknown|requires parameter)\s*$",
        r"(?<=\" )option does not exist\.\s*$",
    ),
    "missing operand": (r"(?<=: )missing operand\s*$",),
    "missing file operand": (r"(?<=: )missing file operand\s*$",),
    "no such ": (rf"{_SAYS}no such option: --?\w", rf"{_START}no such service: \S+\s*$"),
    "flag provided but ": (rf"{_START}flag provided but not defined: -",),
    "no command named": (r"(?<=has )no command named ['\"]",),
    "requires ": (
        r"(?<=['\"] )requires (?:(?:exactly|at least|at most|a minimum of) )?\d+ argument",
        r"(?<=go\.mod )requires go >= ",
        r"(?<=the angular cli )requires a minimum node",
        r"(?<=vite )requires node\.js version \d",
        r"requires node\.js (?:version )?[\w .<=>^|~]+[,;(] ?(?:but |the )?(?:current|found)\b",
        r"(?<=notcapable: )requires ",
    ),
    "required variable ": (r"required variable \w+ is missing a value",),
    "parameter ": (r"(?<=: )parameter (?:null or not set|not set or null)\s*$",),
    **{f"{name} must be set": (rf"{_START}{name} must be set\s*$",) for name in ("database_url", "port", "secret_key")},
    "unbound variable": (r"(?<=: )unbound variable\s*$",),
    # who is there already, and what has run out
    "a server is ": (rf"{_SAYS}a server is already running(?:\. check | \(pid: )",),
    "something is ": (rf"{_START}something is already running on port \d",),
    "another ": (
        r"another next (?:build|dev) (?:process|server) is running",
        r"another instance of next \w+ running\?",
    ),
    "is in use by ": (r"(?<=\d )is in use by another (?:application|process|program)\b",),
    "already allocated": (r"(?<=port is )already allocated[.)]*\s*$",),
    "eaddrinuse": (r"(?:(?<=bind )|(?<=listen ))eaddrinuse\b", r"eaddrinuse(?:: (?:address|port)\b|,? \S*:\d)"),
    "no space left on ": (rf"(?:{_START}|(?<=: ))no space left on device(?=\s*$|[,.;:)])",),
    "cannot allocate ": (r"(?<=: )cannot allocate memory\s*$",),
    "disk quota ": (r"(?<=: )disk quota exceeded\s*$",),
    "text file busy": (r"(?<=: )text file busy\s*$",),
    "too many open ": (r"(?<=: )too many open files\s*$",),
    "illegal instruction": (rf"{_START}illegal instruction(?:\s*$| \()",),
    # versions
    "node.js version": (r"(?<=for next\.js, )node\.js version \S+ is required",),
    "your ruby ": (r"your ruby version is \S+, but your gemfile specified",),
    "your composer ": (r"your composer dependencies require a php version",),
    "your bundle ": (r"your bundle only supports platforms\b",),
    "a compatible ": (rf"{_START}a compatible \.net sdk was not found",),
    "you must install ": (rf"{_START}you must install or update \.net\b",),
    # levels of log lines, cut short
    **{
        level: (rf"(?:(?<=[:.,]\d\d )|(?<=[.,]\d{{3}} )|(?<=\dz )|(?<=level=)){level}(?=\s)(?!\s*[=:])",)
        for level in ("err", "ftl")
    },
    "level=crit": (r"level=crit\s",),
    "[crit]": (r"\[crit\] \d+#\d+: ",),
    "[alert]": (r"\[alert\] \d+#\d+: ",),
    "crit:": (rf"{_START}crit: ",),
    "severe": (rf"{_START}severe: [a-z]", r"(?<=\[)severe\] "),
    "err_pnpm_": (r"(?:^|(?<=^ )|(?<=\[)|(?<=\| ))err_pnpm_\w+",),
    # a cross and how long it took: a test
    **{cross: (rf"{cross} [^\n]+ [(\[]\d+\.\d+ ?m?s[)\]]\s*$",) for cross in ("\xe2\x9c\x96", "\xe2\x9c\x97")},
    # single messages
    "no module named": (r"(?:(?<=/python: )|(?<=/python3: )|(?<=python3\.\d: )|(?<=python3\.\d\d: ))no module named ",),
    "no file named": (rf"{_START}no file named \S+\.exs?\s*$",),
    "no main manifest": (r"no main manifest attribute, in ",),
    "no solution found": (r"no solution found when resolving\b",),
    "no application ": (r"no application encryption key has been specified",),
    "improperlyconfigured": (r"(?<=exceptions\.)improperlyconfigured: ",),
    "assetnotprecompiled": (r"assetnotprecompiled \(",),
    "migrations are ": (r"migrations are pending\. to resolve\b",),
    "need to install": (r"(?<=command you )need to install: ",),
    "command is ": (
        r"command is not available when running the angular cli outside\b",
        r"command is only supported from within a workspace\b",
    ),
    "couldn't find ": (r"couldn't find (?:a project to run|any `pages` or `app` directory)",),
    "can't handle ": (r"can't handle rdb format version\b",),
    "changed significantly": (r"changed significantly since poetry\.lock\b",),
    "lockfile would ": (r"lockfile would have been modified by this install",),
    "these packages ": (r"these packages do not match the hashes\b",),
    "dependency is ": (r"(?<=  the )dependency is not available(?:, run |\s*$)",),
    "not found in root": (r"(?<=' )not found in root project\b",),
    "does not exist in the ": (r"does not exist in the current database\b",),
    "base table or ": (r"base table or view not found: \d",),
    "executable doesn't ": (r"executable doesn't exist at ",),
    "unable to prepare": (r"unable to prepare context: (?:path|unable to) ",),
    "validating ": (rf"{_START}validating \S+\.ya?ml: (?:\(root\)|\w+\.\w)",),
    "undefined service": (r"(?<=depends on )undefined service\b",),
    "declared as ": (r"declared as external, but could not be found",),
    "connection to ": (r"connection to the server \S+ was refused - did you\b",),
    "the ": (rf"{_START}the \w+ \"[^\"\n]+\" is invalid: \w+[.\[]\S*: ",),
    "parsing skaffold ": (rf"{_SAYS}parsing skaffold config: (?:invalid|unknown|yaml)\b",),
    "yaml: ": (r"(?<![\w.])yaml: (?:did not|unmarshal errors|line \d+: (?:cannot|could not|did not|found|mapping))",),
    "manifest unknown": (r"manifest unknown(?=:|\s*$)",),
    "invalid reference ": (r"(?<=docker: )invalid reference format\b",),
    **{reason: (rf"\b{reason}\b",) for reason in ("errimagepull", "imagepullbackoff", "invalidimagename")},
    "timed out waiting ": (r"timed out waiting for the condition\b",),
    "overflowed its ": (r"(?<=has )overflowed its stack\b",),
    "giving up": (r"(?:(?<=attempts, )|(?<=out, )|(?<=refused, )|(?<=retries, )|(?<=tries, ))giving up[.!]?\s*$",),
}
