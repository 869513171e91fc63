"""Children that cannot outlive their parent.

The kernel signals each child when the thread that started it dies, so kill -9 of the supervisor leaves nothing
running. Start children from a thread that lives as long as they should: the main thread.
"""

import ctypes
import os
import pwd
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_SET_NAME = 15
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilityData(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


@dataclass(frozen=True)
class Account:
    """The operating-system account a child runs as."""

    uid: int
    gid: int

    def owns(self, path: Path) -> None:
        """Hand over `path` with everything below it."""
        for directory, _, files in os.walk(path):
            os.chown(directory, self.uid, self.gid)
            for name in files:
                os.chown(Path(directory, name), self.uid, self.gid, follow_symlinks=False)
        if path.is_file():
            os.chown(path, self.uid, self.gid)


def unprivileged_account() -> Account | None:
    """The account for programs that refuse to run as root; None where we are an ordinary user already."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Account(uid=65534, gid=65534)
    return Account(uid=nobody.pw_uid, gid=nobody.pw_gid)


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path,
    on_parent_death: signal.Signals,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own (Ctrl-C reaches only us), writing to `log`, dying with this thread."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environment is None else dict(environment),
            start_new_session=True,
            pass_fds=pass_fds,
            preexec_fn=_in_child(account, on_parent_death),  # noqa: PLW1509 - only system calls, from the main thread
        )


def run(argv: Sequence[str | Path], *, account: Account | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program to its end as `account`; the caller judges the exit status."""
    return subprocess.run(
        [str(part) for part in argv],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_in_child(account, signal.SIGKILL),
    )


class Child(Protocol):
    """A process that we started."""

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, number: int, /) -> None: ...

    def kill(self) -> None: ...


def stop(child: Child, *, with_signal: signal.Signals, patience_seconds: float) -> None:
    """Ask the child to end and wait; kill it when patience runs out."""
    if child.poll() is not None:
        return
    child.send_signal(with_signal)
    try:
        child.wait(patience_seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def last_line(log: Path) -> str:
    """What a program said last, as a continuation of a sentence; nothing where it said nothing."""
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return f": {lines[-1]}" if lines else ""


def _in_child(account: Account | None, on_parent_death: signal.Signals) -> Callable[[], None]:
    """What the child does between fork and exec."""
    parent = os.getpid()

    def prepare() -> None:
        if account is not None:
            _become(account)
        # After the change of account, because that change clears it.
        die_with_parent(parent, on_parent_death)

    return prepare


def die_with_parent(parent: int, number: signal.Signals) -> None:
    """In a child: the kernel sends `number` when the parent's thread ends; at once where it has ended already."""
    _prctl(_PR_SET_PDEATHSIG, int(number))
    if os.getppid() != parent:
        os._exit(1)


def name_this(name: str) -> None:
    """What `ps` and `top` call this process, at most 15 characters."""
    _libc.prctl(ctypes.c_int(_PR_SET_NAME), ctypes.c_char_p(name.encode()))


def _become(account: Account) -> None:
    """Give up root, keeping only the right to pass directories closed to others.

    PostgreSQL refuses to run as root, while a virtual environment or a data directory below /root is reachable by
    root alone. Keeping CAP_DAC_OVERRIDE across the exec opens no directory to anybody else, as chmod would. Where
    the capability may not be kept (a container without it), the child simply goes without.
    """
    _prctl(_PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)
    kept = 1 << _CAP_DAC_OVERRIDE
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    data = (_CapabilityData * 2)(_CapabilityData(kept, kept, kept), _CapabilityData(0, 0, 0))
    if _libc.capset(ctypes.byref(header), data) == 0:
        _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE)


def _prctl(option: int, *arguments: int) -> None:
    values = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)][:4]
    _libc.prctl(ctypes.c_int(option), *values)
