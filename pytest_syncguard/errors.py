"""What every fault that a user can cure is. Apart from the other words, so that whoever starts first need not wait
for those.
"""


class SyncguardError(Exception):
    """Something that a user can cure: shown as one line, without a traceback."""

    exit_code = 1
