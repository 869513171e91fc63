"""The options that the commands of `onevisit keys` share, and the desk that they lead to."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home

if TYPE_CHECKING:
    from certificates.sealing.directory import SealDirectory
    from certificates.sealing.keys import KeyDesk, KeyStore

Directory = Annotated[
    Path | None,
    typer.Option(
        "--directory",
        envvar="ONEVISIT_SEAL_DIRECTORY",
        file_okay=False,
        help="The key directory; that of the data directory if left out.",
        show_default=False,
    ),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        envvar="ONEVISIT_SEAL_PASSPHRASE_FILE",
        help="File whose first line opens the key files.",
        show_default=False,
    ),
]
RootKey = Annotated[
    Path | None,
    typer.Option("--root-key", help="The root's key; root.key in the directory if left out.", show_default=False),
]
RootPassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--root-passphrase-file",
        help="File whose first line opens the root's key; the passphrase of the others if left out.",
        show_default=False,
    ),
]
Module = Annotated[
    Path | None,
    typer.Option(
        "--pkcs11",
        envvar="ONEVISIT_SEAL_PKCS11_MODULE",
        metavar="MODULE",
        help="PKCS#11 library; keys are then in a token, not in files.",
        show_default=False,
    ),
]
TokenLabel = Annotated[
    str | None,
    typer.Option(
        "--token", envvar="ONEVISIT_SEAL_PKCS11_TOKEN", metavar="LABEL", help="Which token.", show_default=False
    ),
]
PinFile = Annotated[
    Path | None,
    typer.Option(
        "--pin-file",
        envvar="ONEVISIT_SEAL_PKCS11_PIN_FILE",
        help="File whose first line opens the token.",
        show_default=False,
    ),
]
Department = Annotated[
    str | None, typer.Option("--department", metavar="CODE", help="A department's seal.", show_default=False)
]
Office = Annotated[
    str | None,
    typer.Option("--office", metavar="NAME", help="An office of the platform: status, timestamp.", show_default=False),
]


@dataclass(frozen=True)
class Place:
    """Where the keys are that a command is about."""

    directory: Path | None
    data_dir: Path
    passphrase_file: Path | None = None
    root_key: Path | None = None
    root_passphrase_file: Path | None = None
    pkcs11: Path | None = None
    token: str | None = None
    pin_file: Path | None = None

    @property
    def path(self) -> Path:
        """The key directory."""
        return Home(self.data_dir).seals if self.directory is None else self.directory

    def existing(self) -> Path:
        """The key directory; refuses where there is none."""
        if not (self.path / "root.pem").exists():
            raise LaunchError(f"There are no keys in {self.path}; make some with: onevisit keys init")
        return self.path

    def desk(self) -> "KeyDesk":
        """The desk at which these keys are administered."""
        from certificates.sealing.directory import ROOT_KEY_FILE, SealDirectory  # noqa: PLC0415
        from certificates.sealing.keys import KeyDesk  # noqa: PLC0415

        directory, passphrase = SealDirectory(self.path), new_secret(self.passphrase_file)
        return KeyDesk(
            directory,
            self._store(directory, passphrase),
            self.root_key or self.path / ROOT_KEY_FILE,
            new_secret(self.root_passphrase_file) or passphrase,
        )

    def _store(self, directory: "SealDirectory", passphrase: bytes | None) -> "KeyStore":
        from certificates.sealing.directory import read_secret  # noqa: PLC0415
        from certificates.sealing.keys import KeyFiles  # noqa: PLC0415

        if self.pkcs11 is None:
            return KeyFiles(directory, passphrase)
        if self.token is None or self.pin_file is None:
            raise LaunchError("A token needs --token LABEL and --pin-file FILE besides --pkcs11")
        # Its library comes with an extra, and is needed by nobody else.
        from certificates.sealing.hsm import Token, TokenKeys  # noqa: PLC0415

        return TokenKeys(directory, Token(self.pkcs11, self.token, pin=read_secret(self.pin_file)))


def new_secret(path: Path | None) -> bytes | None:
    """The passphrase in a file; None where no file is named. Refuses one that can be guessed."""
    from certificates.sealing.directory import read_secret  # noqa: PLC0415

    if path is None:
        return None
    secret = read_secret(path)
    if len(secret) < 16:
        raise LaunchError(f"The passphrase in {path} is too short; make one with: openssl rand -base64 32")
    return secret


def holder_of(department: str | None, office: str | None) -> str:
    """Whom the options name: exactly one."""
    from certificates.sealing.authority import Office as Offices  # noqa: PLC0415
    from shared.schemas import CODE_PATTERN  # noqa: PLC0415

    if (department is None) == (office is None):
        raise LaunchError("Name either --department CODE or --office NAME")
    if department is not None:
        # It becomes a part of file names.
        if not re.fullmatch(CODE_PATTERN, department):
            raise LaunchError(f"{department!r} is no department's code")
        return department
    names = {each.name.lower(): each.value for each in Offices}
    if office not in names:
        raise LaunchError(f"The platform has no office {office}; there are: {', '.join(names)}")
    return names[office]


@contextmanager
def refused_clearly() -> Generator[None]:
    """What the keys refuse is one line."""
    from certificates.sealing.errors import CeremonyRefused, SealDeviceAway, UnsafeSealKey  # noqa: PLC0415

    try:
        yield
    except (CeremonyRefused, UnsafeSealKey) as refusal:
        raise LaunchError(str(refusal)) from None
    except SealDeviceAway as away:
        raise LaunchError(f"The token cannot be reached ({away.__cause__!r})") from None
    except PermissionError as refusal:
        raise LaunchError(f"{refusal.filename} may not be read or written by this user") from None
