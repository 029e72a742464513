"""The bank's keys: the one that signs heads of the log, those who check them, and the master key of names."""

from contextlib import suppress
from pathlib import Path

from huitong.app.settings import Settings
from huitong.app.workspace import disk_refused, write_whole
from huitong.kernel import DataError, InputError, Text
from huitong.store import FileSigner, MasterKey, make_key, make_master_key, master_from, public_pem
from huitong.store.signing import sync_folder
from huitong.store.vault import Opens

SIGNING_FILE, PUBLIC_FILE, MASTER_FILE = "signing.pem", "public.pem", "master.key"
_BACK_OR_NEW: Text = {
    "en": "put the key file back; if it is lost for good, `huitong keys new --ground TEXT` begins with a new key",
    "zh": "请放回密钥文件；若确已丢失，请运行 `huitong keys new --ground 依据`，启用新密钥",
}


class Custody:
    """The keys in ``keys/`` of a bank's folder.

    Args:
        root: The bank's folder.
        settings: Its settings: the master key may be kept elsewhere.
    """

    def __init__(self, root: Path, settings: Settings) -> None:
        self.folder = root / "keys"
        self._settings = settings

    @property
    def public_file(self) -> Path:
        """The public keys, PEM, for auditors: today's and those before it."""
        return self.folder / PUBLIC_FILE

    @property
    def founded(self) -> bool:
        """Whether there is, or was, a signing key."""
        return self.public_file.exists() or (self.folder / SIGNING_FILE).exists()

    @property
    def master_file(self) -> Path:
        """Where the master key is, unless it is kept elsewhere."""
        return self.folder / MASTER_FILE

    def found(self) -> None:
        """Makes the first signing key, with its public key.

        Raises:
            ExternalError: If the system refuses.
        """
        self._publish(make_key(self.folder / SIGNING_FILE))

    def signer(self) -> FileSigner:
        """The signing key.

        Raises:
            InputError: If it is gone.
            DataError: If it is no key.
            ExternalError: If the system refuses.
        """
        try:
            return FileSigner(self.folder / SIGNING_FILE)
        except (InputError, DataError) as error:
            raise type(error)(error.code, error.cause, _BACK_OR_NEW) from None

    def _publish(self, signer: FileSigner) -> None:
        known = self.public_file.read_bytes() if self.public_file.exists() else b""
        pem = public_pem(signer.public_key)
        if pem not in known:
            write_whole(self.public_file, known + pem)

    def new_signer(self) -> FileSigner:
        """A new signing key beside the one in use; auditors get its public key with those before it, before it signs anything.

        Raises:
            InputError: If the key in use is gone.
            ExternalError: If the system refuses.
        """
        self.signer()
        return self._new_signer()

    def _new_signer(self) -> FileSigner:
        fresh = self._fresh(SIGNING_FILE)
        with suppress(OSError):
            fresh.unlink(missing_ok=True)  # of a rotation that was cut off: the key in use went on
        signer = make_key(fresh)
        self._publish(signer)
        return signer

    def successor(self) -> FileSigner:
        """A new signing key for a bank whose own is lost; auditors get its public key with those before it, before it signs anything.

        Raises:
            InputError: If the key is there.
            ExternalError: If the system refuses.
        """
        try:
            self.signer()
        except (InputError, DataError):
            return self._new_signer()
        raise _key_not_lost(self.folder / SIGNING_FILE)

    def take_over_signer(self, retired: str) -> None:
        """Puts the new signing key in the place of the one before, which is kept under another name if it is there.

        Raises:
            ExternalError: If the system refuses.
        """
        path = self.folder / SIGNING_FILE
        try:
            if path.exists():
                (self.folder / retired).hardlink_to(path)  # at no moment is there no key
        except OSError as error:
            raise disk_refused(path, error) from error
        self._take_over(SIGNING_FILE)

    def master(self, opens: Opens | None, *, writable: bool) -> MasterKey | None:
        """The master key of the bank's log. It is made where a log that is to be written knows no name yet and none is set elsewhere.

        A rotation that was cut off may have left the log under the new key and the key before in its place: then the new one is found,
        and put there by whoever writes.

        Args:
            opens: Whether a key is that of the log; ``None`` where it holds no name yet.
            writable: Whether the log is opened for writing.

        Raises:
            InputError: If it is gone.
            DataError: If it is no key.
            ExternalError: If the system refuses.
        """
        path = self.master_file
        if self._settings.master is not None:
            return master_from(self._settings.master) if writable or opens is not None else None
        if opens is None:
            return None if not writable else master_from(f"file:{path}") if path.exists() else make_master_key(path)
        key, fresh = master_from(f"file:{path}"), self._fresh(MASTER_FILE)
        if not opens(key) and fresh.exists():
            turned = master_from(f"file:{fresh}")
            if opens(turned):
                if writable:
                    self.take_over_master()
                return turned
        return key

    def new_master(self) -> MasterKey:
        """A new master key beside the one in use.

        It stays there until the log is under it, and ``take_over_master`` is called or the log opened for writing.

        Raises:
            DataError: If the master key is kept elsewhere: then it is turned there.
            ExternalError: If the system refuses.
        """
        if self._settings.master is not None:
            raise DataError(
                "bank.master.elsewhere",
                {"en": f"the master key is kept in {self._settings.master}", "zh": f"主密钥保存在 {self._settings.master}"},
                {"en": "make the new key there and give its source with --to", "zh": "请在该处生成新密钥，并用 --to 给出其来源"},
            )
        fresh = self._fresh(MASTER_FILE)
        try:
            return master_from(f"file:{fresh}") if fresh.exists() else make_master_key(fresh)  # that of a rotation that was cut off
        except DataError:  # half written, so that nothing can have been wrapped with it
            fresh.unlink()
            return make_master_key(fresh)

    def take_over_master(self) -> None:
        """Puts the new master key in the place of the one before.

        Raises:
            ExternalError: If the system refuses.
        """
        self._take_over(MASTER_FILE)

    def _fresh(self, name: str) -> Path:
        return self.folder / f"{name}.new"

    def _take_over(self, name: str) -> None:
        try:
            self._fresh(name).replace(self.folder / name)
            sync_folder(self.folder)
        except OSError as error:
            raise disk_refused(self.folder / name, error) from error


def _key_not_lost(path: Path) -> InputError:
    return InputError(
        "bank.key.there",
        {"en": f"the signing key is not lost: {path}", "zh": f"签名密钥并未丢失：{path}"},
        {
            "en": "`huitong keys rotate` turns it, so that the key before vouches for the new one",
            "zh": "请用 `huitong keys rotate` 轮换，使原密钥为新密钥作证",
        },
    )
