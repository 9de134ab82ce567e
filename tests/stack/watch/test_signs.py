"""What the built-in set takes for an error, and what it does not."""

from __future__ import annotations

import re

import pytest

from pytest_syncguard.stack.watch import Judge, Patterns
from pytest_syncguard.stack.watch.builtin import builtin
from pytest_syncguard.stack.watch.innocent import INNOCENT_LINES, INNOCENT_TEXTS
from pytest_syncguard.stack.watch.signs import SIGNS

ERRORS = """
Port 5173 is in use, trying another one...
 ⚠ Port 3000 is in use, using available port 3001 instead.
ui  | Port 3000 is in use, trying 3001 instead.
listen EADDRINUSE: port 3000 busy, trying 3001
The port 8888 is already in use, trying another port.
[2026-11-21 10:00:00] INFO: Port 8000 is not available, using port 8001
error: could not compile `kernel` (bin "kernel") due to 1 previous error
error[E0308]: mismatched types
error[E0432]: unresolved import `serde`
thread 'main' panicked at src/main.rs:2:5:
thread 'tokio-runtime-worker' (4711) panicked at src/net.rs:9:1:
warning: build failed, waiting for other jobs to finish...
test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out
npm ERR! code ELIFECYCLE
npm error Missing script: "build"
npm error code E404
127.0.0.1 - - [21/Nov/2026 12:00:00] code 500, message Internal error
error TS2688: Cannot find type definition file for 'node'.
src/x.ts(1,2): error TS2322: Type 'string' is not assignable to type 'number'.
Found 3 errors in 2 files.
Found 10 errors.
make: *** [Makefile:2: all] Error 1
make[2]: *** [Makefile:2: all] Killed
make: *** No rule to make target 'x', needed by 'all'.  Stop.
main.c:(.text+0x9): undefined reference to `foo'
/usr/bin/ld: cannot find -lfoo: No such file or directory
collect2: error: ld returned 1 exit status
warn.c:2:52: error: suggest parentheses [-Werror=parentheses]
2 errors generated.
fatal: not a git repository (or any of the parent directories): .git
Automatic merge failed; fix conflicts and then commit the result.
Traceback (most recent call last):
ModuleNotFoundError: No module named 'x'
AssertionError
requests.exceptions.ConnectionError: HTTPConnectionPool(host='db')
E   AssertionError: assert 1 == 2
Exception in thread Thread-1 (f):
FAILED tests/test_a.py::test_b - assert 1 == 2
ERROR tests/test_a.py - ImportError: no
=== 1 failed, 2 passed in 0.1s ===
exit code 1
Process exited with code 137
exit status 3
exit code: -9
exitCode=1
server exited (1)
Build Failed: Command "cargo build" failed: exit status 101
The command '/bin/sh -c false' returned a non-zero code: 1
panic: runtime error: index out of range [3] with length 3
--- FAIL: TestX (0.00s)
FAIL\tgithub.com/dev/project\t0.1s
./main.go:3:2: declared and not used: x
FAIL src/x.test.js
Tests:       1 failed, 2 passed, 3 total
 Tests  1 failed | 2 passed (3)
# fail 1
not ok 1 - adds
1 failing
✖ 3 problems (1 error, 2 warnings)
bash: line 1: foo: command not found
sh: 1: foo: not found
Segmentation fault (core dumped)
bash: line 1: 4711 Killed                  ./server
Killed
Aborted (core dumped)
 ELIFECYCLE  Command failed with exit code 1.
12:00:00 [vite] Internal server error: Failed to resolve import "./gone" from "src/main.ts"
error during build:
[vite]: Rollup failed to resolve import "x"
✘ [ERROR] Could not resolve "./gone"
ERROR: Could not find a version that satisfies the requirement x==99
ERROR: failed to solve: process "/bin/sh -c false" did not complete successfully: exit code: 1
Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?
Error: listen EADDRINUSE: address already in use :::3000
OSError: [Errno 98] Address already in use
TypeError [ERR_INVALID_ARG_TYPE]: The "path" argument must be of type string
FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
{"level":"error","msg":"database gone"}
time="2026-11-21T10:00:00Z" level=error msg="database gone"
2026-11-21 10:00:00,001 ERROR server: database gone
[ERROR] Failed to execute goal
[INFO] BUILD FAILURE
java.lang.IllegalStateException: no
terminate called after throwing an instance of 'std::runtime_error'
An error occurred while starting the server
server-1  | Error: connect ECONNREFUSED 127.0.0.1:5432
Debug Assertion Failed!
error: 0 bytes read from socket
error: no such command: `biuld`
3 errors, 0 warnings
2026-11-21 10:00:00,001 CRITICAL server: database gone
CRITICAL:root:database gone
[2026-11-21 10:00:00 +0000] [4711] [CRITICAL] WORKER TIMEOUT (pid:4712)
{"level":"critical","msg":"database gone"}
2026/11/21 10:00:00 [emerg] 1#1: host not found in upstream "api" in /etc/nginx/nginx.conf:3
** (Mix) Could not start application shop
server.rb:3:in `fetch': key not found: "PORT" (KeyError)
server.rb:3:in 'Hash#fetch': no port (ArgumentError)
rake aborted!
 3 fail
   Compiling thiserror v1.0.40 error: could not compile `shop` (lib) due to 1 previous error
(node:7) UnhandledPromiseRejectionWarning: undefined
Unhandled promise rejection: undefined
web-5d8c9f7b6-x2x4z   0/1   CrashLoopBackOff   3 (20s ago)   1m
[info] - adds to the cart *** FAILED ***
initdb: root execution of the server is not permitted.
0 retries left, failed to connect
no workers failed to start: error
2026-11-21 10:00:00.001 UTC [17] FATAL:  role "dev" does not exist
Cannot find type definition file for 'node'.
errors = 1
errors: 10 of 12
Errors (10)
errors: 0.5%
failed: 0, error: disk full
fail: Shop.Mail[3]
A server is already running. Check /home/dev/project/tmp/pids/server.pid.
A server is already running (pid: 4711, file: /home/dev/project/tmp/pids/server.pid).
Invalid TOML file "/home/dev/project/Trunk.toml"
[webpack-cli] Invalid configuration object. Webpack has been initialized using a configuration object
Unrecognized option: --add-opns
[webpack-cli] Unknown option '--mod'
shop: invalid value for --port
Missing required argument: port
The Deployment "shop" is invalid: spec.template: Required value
Vite requires Node.js version 20.19+ or 22.12+.
A compatible .NET SDK was not found.
flag provided but not defined: -prot
Waiting for the build. Error: connection refused
Waiting for the database: connection refused, giving up
# Can't handle RDB format version 12
 ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile"
 ⨯ Another next dev server is running
2026-11-21T10:00:00Z ERR Command stopped
write /var/lib/shop: no space left on device
Your Ruby version is 3.1.2, but your Gemfile specified 3.3.0
Unknown argument: prot
Not enough non-option arguments: got 0, need at least 1
unknown shorthand flag: 'x' in -x
ls: invalid option -- 'J'
curl: option --prot: is unknown
redis-server: option requires an argument -- 'p'
psql: option '--host' requires an argument
Unrecognized VM option 'MaxPermSiz=128m'
Unrecognized command or argument '--prot'.
  The "--prot" option does not exist.
Unknown command-line option '--foo'.
Something is already running on port 3000.
Port 5000 is in use by another program. Either identify and stop that program.
no such service: web
docker: invalid reference format.
No space left on device
listen EADDRINUSE :::3000
main.py requires Node.js version 20 or later (found 18)
thread 'main' has overflowed its stack
PORT must be set
2026/11/21 10:00:00 [crit] 7#7: pwrite() stopped
"""

INNOCENT = """
   Compiling thiserror v1.0.40
   Compiling error-chain v0.12.4
   Compiling failure v0.1.8 (/home/dev/project/vendor/failure)
    Building [=======>       ] 4/7: thiserror, failure
    Finished `dev` profile [unoptimized + debuginfo] target(s) in 0.50s
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out
test parser::error::tests::failed ... ok
test panics_on_fatal_error - should panic ... ok
   | ^^^^^ error is never read
12 |     let error = failed();
   = note: this error can be silenced
127.0.0.1 - - [21/Nov/2026 12:00:00] code 404, message File not found
127.0.0.1 - - [21/Nov/2026 12:00:00] "GET /health HTTP/1.1" 404 -
2026/11/21 12:00:00 http: TLS handshake error from 127.0.0.1:53412: EOF
0 errors
0 errors, 2 warnings
10 passed, 0 failed
no errors found
No TypeScript errors found
Found 0 errors. Watching for file changes.
errors: 0, warnings: 2
Tests run: 3, Failures: 0, Errors: 0, Skipped: 0
ok=3 changed=1 unreachable=0 failed=0 skipped=0
100% tests passed, 0 tests failed out of 3
error_handler.rs
errors.ts
dist/assets/error-abc123.js   0.50 kB
copying src/errors.py -> build/lib/errors.py
rustc --error-format=json --crate-name client
gcc -Wall -Werror -c error.c -o error.o
src/main.c:3:5: warning: unused variable 'error' [-Wunused-variable]
  3:7  warning  'error' is assigned a value but never used  no-unused-vars
✖ 2 problems (0 errors, 2 warnings)
npm warn optional failed optional dependency fsevents
npm WARN optional SKIPPING OPTIONAL DEPENDENCY: fsevents@2 failed
make: [Makefile:3: clean] Error 1 (ignored)
exit code 0
Process exited with code 0
unresolved
warning: unresolved link to `Error`
tests/test_error.py::test_failed PASSED [ 33%]
run-last-failure: no previously failed tests, not deselecting items.
=== 2 passed, 1 xfailed in 0.1s ===
ok      errors  0.005s
--- PASS: TestError (0.00s)
ok 1 - shows an error
# fail 0
  ✓ shows an error when the server is down (12 ms)
PASS src/error.test.js
[       OK ] Foo.Error (0 ms)
{"error":null,"ok":true}
Settings { error: None, failed: 0 }
GET /error 200 3ms
Switched to a new branch 'fix-error'
[main 4933e84] Fix error when login failed
4933e8a Fix error when login failed
Running cmd: make || echo "build failed"
    Running `target/debug/server --on-error exit`
> tsc -p . || echo failed
+ echo 'build failed'
2026-11-21T10:00:00Z  WARN server: failed to load optional settings
2026-11-21T10:00:00.123Z  INFO server: error rate 0
2026-11-21 10:00:00,001 INFO server.errors: error handler registered
server-1  | 2026-11-21 10:00:00 WARNING last request failed
restart: on-failure
panic = "abort"
-- Looking for pthread_create in pthreads - not found
-- Could NOT find BZip2 (missing: BZIP2_LIBRARIES)
(node:1) [DEP0001] DeprecationWarning: the error callback is deprecated
127.0.0.1 - - "GET /failed HTTP/1.1" 404 -
killed 3 stale workers
INFO: Elapsed time: 3.201s, Critical Path: 1.20s
Critical path: 12 s
found 3 vulnerabilities (1 moderate, 2 critical)
 0 fail
0 migrations failed
1:M 21 Nov 2026 10:00:00.778 # WARNING Memory overcommit must be enabled! It can also cause failures
2026-11-21 10:00:00.006 UTC [17] DEBUG:  mmap with MAP_HUGETLB failed, huge pages disabled
2026-11-21 10:00:00.006 UTC [17-1] WARNING:  could not open statistics file
  Error Load (0.3ms)  SELECT "errors".* FROM "errors"
2/2 shop:failed login OK              0.02s
stderr | cart.test.js > error handling > shows a message
Nov 21 10:00:00 dev systemd[1]: Started error-reporter.service - Reports errors.
test_refuses (tests.test_net.TestNetworkError)
  + errors = 1
server.rb:3:in `fetch': warning: error is deprecated
Migrating schema "public" to version "3 - add error log"
int main(){ printf("error %d", 1); return 0; }
stderr is a pipe
2026-11-21 10:00:00.001 UTC [17] STATEMENT:  SELECT error FROM failed
serde-error v0.1.0
   Doc-tests errors
ERRORS
Collecting errors (from shop)
Installing collected packages: failure, errors
Successfully installed errors-1.0 failure-2.1
  Downloading errors
=== RUN   TestFailure/error
rm: cannot remove 'error.log': No such file or directory
[4711:0x1] 12 ms: Mark-Compact 2.0 (3.0) -> 1.9 (4.0) MB, 1.0 / 0.0 ms allocation failure
shop.py:3: UserWarning: error   warnings.warn("error")
<w> [webpack.cache] an error was not stored
/home/dev/project/CMakeLists.txt(3):  message(error )
Program.cs(3,5): warning CS0168: The variable 'error' is declared but never used
note: an error here is fine
# Subtest: shows an error
[gw0] [ 33%] PASSED tests/test_a.py::test_b[an error]
1/2 Test #1: shows an error ..........   Passed    0.01 sec
     Running unittests src/error.rs (target/debug/deps/error-1a2b3c)
Running unittests src/error.rs
$ make error
#7 [2/3] RUN make error
Step 2/3 : RUN make error
 * [new branch]      fix error -> fix-error
The (deprecated) error logs on error are there; treat warnings as errors
DONE if an error occurs
(node:7) [DEP0018] DeprecationWarning: Unhandled promise rejections are deprecated.
The server is already running
 - errors -> errors:4933e8a-dirty
 - errors: Not found. Building
 ⚠ Invalid next.config.js options detected:
10:00:00 AM [vite] (client) warning: invalid import "./x" could not be analyzed
-- Performing Test HAVE_ERROR_CODE - Failed
Unable to find image 'redis:7' locally
 • Packages in scope: errors, invalid
2026-11-21T10:00:00.000Z DEBUG 7 --- [main] c.s.Config : Property 'x' is not defined
File '/home/dev/project/package.json' does not exist.
    is not valid
    must have at least one item
  Skipping link: unsupported archive format: .egg: https://localhost/a.egg
debconf: unable to initialize frontend: Dialog
#5 3.101 debconf: unable to initialize frontend: Dialog
  The item was not found.
invoke-rc.d: could not determine current runlevel
# error "A C++ compiler has been selected for C."
   0.159970890s  WARN main:exec: cargo::util::rustc: failed to update rustc info cache
[0.064s][info][logging     ] Available log levels: off, trace, debug, info, warning, error
max_errors = 1
max errors: 3
error limit: 3
failures allowed: 3
stop after errors: 3
error count: 0
errors: 0 of 12
errors: 0.0%
Errors (0)
errors - 0
The file shop.toml was not found, using the defaults
Unknown option 'swcMinify' will be ignored.
Invalid value for port. Using 3000.
Unable to verify the cached copy, trying again
Waiting for database... connection refused
web-1  | waiting for db: connection refused
[retry 1/5] connect ECONNREFUSED 127.0.0.1:5432
proxy: ECONNREFUSED, will be retried
Cache version mismatch, rebuilding cache
Cannot preload the fonts; continuing without
The database is not available - sleeping
Unauthorized: /api/login
Missing keys: 0
Unexpected tokens: 0, missing files: none
Image "redis:7" not found locally
package "shop" not found in cache
idle connection timed out after 30s
Forbidden (Permission denied): /admin/
Resolved [org.springframework.web.HttpRequestMethodNotSupportedException: Request method 'POST' is not supported]
GET /login?error=denied&failed=1 302
Unknown option '--turbo' will be ignored.
Invalid value for --port. Using 3000.
listen EADDRINUSE :::3000, retrying in 1s
"""


def findings(line: str, patterns: Patterns) -> list[str]:
    judge = Judge(patterns)
    return [finding.kind for finding in judge.feed(line.encode() + b"\n") + judge.close()]


@pytest.mark.parametrize("line", ERRORS.strip("\n").splitlines())
def test_real_error_is_found(line: str) -> None:
    """A line by which a real tool reports an error is one."""
    assert findings(line, Patterns.builtin()) == ["error"]


@pytest.mark.parametrize("line", INNOCENT.strip("\n").splitlines())
def test_innocent_line_is_no_error(line: str) -> None:
    """A line that only looks like an error is none."""
    assert findings(line, Patterns.builtin()) == []


@pytest.mark.parametrize("joint", [" ", "\t", "\r", "    ", " server-1  | "])
@pytest.mark.parametrize("line", [line for line in INNOCENT.strip("\n").splitlines() if "Running cmd:" not in line])
def test_innocent_line_hides_no_error_that_ran_into_it(line: str, joint: str) -> None:
    """Where two writers put two lines into one, the innocent one excuses itself and not the other."""
    assert findings(f"{line}{joint}error: could not compile", Patterns.builtin()) == ["error"]


@pytest.mark.parametrize(
    "first", ["npm warn optional failed", "WARN last request failed", "  ✓ shows an error (12 ms)"]
)
@pytest.mark.parametrize(
    "second",
    [
        "src/a.c:3:5: error: expected ';'",
        "2026-11-21 10:00:00,001 ERROR server: database gone",
        "2026-11-21T10:00:00Z FATAL no database",
        "[ERROR] Failed to execute goal",
        "make: *** [Makefile:2: all] Error 1",
        "main.c:(.text+0x9): undefined reference to `foo'",
    ],
)
def test_whole_innocent_line_hides_no_line_of_a_log(first: str, second: str) -> None:
    """Free text has no place of a compiler's error and no level behind a time: those are another's line."""
    assert findings(f"{first} {second}", Patterns.builtin()) == ["error"]
    assert findings(first, Patterns.builtin()) == []


@pytest.mark.parametrize(
    "first", ["Compiling thiserror v1.0.40", "ok  errors  0.005s", "   Compiling failure v0.1.8 (a)"]
)
@pytest.mark.parametrize("second", ["   Compiling error-chain v0.12.4", " ✓ shows an error", " npm warn failed"])
def test_innocent_lines_in_one_are_innocent(first: str, second: str) -> None:
    """What is left of a line is held against the innocent ones too, until nothing is left."""
    assert findings(f"{first}{second}", Patterns.builtin()) == []


@pytest.mark.parametrize("expression", [*INNOCENT_TEXTS, *INNOCENT_LINES])
def test_each_innocent_expression_has_a_sample(expression: str) -> None:
    """What is said of all innocent lines is tried on each expression."""
    regex = re.compile(expression.encode("latin-1"))

    assert any(regex.match(line.lower().encode()) for line in INNOCENT.strip("\n").splitlines())


@pytest.mark.parametrize("service", ["server-1  | ", "       server │ "])
def test_prefix_of_a_service_changes_nothing(service: str) -> None:
    """What docker compose or Tilt puts before a line makes no error innocent, and nothing innocent an error."""
    missed = [line for line in ERRORS.strip("\n").splitlines() if not findings(service + line, Patterns.builtin())]
    alarms = [line for line in INNOCENT.strip("\n").splitlines() if findings(service + line, Patterns.builtin())]

    assert (missed, alarms) == ([], [])


@pytest.mark.parametrize("line", ERRORS.strip("\n").splitlines())
def test_case_does_not_matter(line: str) -> None:
    """Errors are found whatever the case they are written in."""
    assert findings(line.upper(), Patterns.builtin()) == ["error"]


@pytest.mark.parametrize(
    "line",
    [
        "Compiling thiserror v1.0.40",
        "0 errors",
        "BUILD FAILED",
        "note: panic hooks",
        "cannot find it",
        "unresolved",
        "Undefined Reference to x",
        "exit code 0",
        "error[E0308]",
    ],
)
def test_strict_reading_takes_each_word_literally(line: str) -> None:
    """`strict` finds every word of the seed's list, anywhere and in any case."""
    assert findings(line, Patterns.builtin("strict")) == ["error"]


@pytest.mark.parametrize("line", ["Finished in 0.1s", "failure", "errand", "exit status 1", "erro r"])
def test_strict_reading_takes_nothing_else(line: str) -> None:
    """`strict` finds nothing but its words."""
    assert findings(line, Patterns.builtin("strict")) == []


def test_every_sign_begins_with_its_word() -> None:
    """Each expression matches only where its word begins, so that looking for the word misses no match."""
    for line in ERRORS.lower().encode().splitlines():
        for sign in builtin().signs:
            for match in sign.any.finditer(line):
                assert line.startswith(sign.word, match.start()), (sign.word, line)


def test_every_word_is_in_lower_case() -> None:
    """Words are compared with lines in lower case, so they hold no capital; what is not ASCII is UTF-8."""
    for word in SIGNS:
        assert word.encode("latin-1").decode() == word.encode("latin-1").lower().decode()
