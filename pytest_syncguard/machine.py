"""What the machine refuses (room, permission, handles), as one line that says where and what to do."""

from __future__ import annotations

import errno
import os

CURES = {
    errno.ENOSPC: "free space on its disk",
    errno.EDQUOT: "free space within the quota",
    errno.EFBIG: "raise the limit of file sizes (ulimit -f)",
    errno.EROFS: "make it writable",
    errno.EACCES: "correct its permissions",
    errno.EPERM: "correct its permissions",
    errno.EIO: "check the disk",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "raise the system's limit of open files",
    errno.ENOMEM: "free memory",
    errno.EAGAIN: "end other processes, or raise their limit (ulimit -u)",
    errno.EEXIST: "move away what stands there",
    errno.ENOTDIR: "move away the file that stands where a folder must be",
    errno.EISDIR: "move away the folder that stands where a file must be",
    errno.ELOOP: "correct the symbolic link",
    errno.ENAMETOOLONG: "shorten the path",
}


def refusal(error: OSError, doing: str = "") -> str:
    """``a/b: No space left on device: free space on its disk``; empty for what is not the machine's to refuse.

    ``doing`` stands in for the path where the error names none.
    """
    if error.errno not in CURES:
        return ""
    where = doing if error.filename is None else os.fsdecode(error.filename)
    return ": ".join(part for part in (where, error.strerror or "", CURES[error.errno]) if part)
