"""The bank's keys: the one that signs heads of the log, those who check them, and the master key of names."""

from contextlib import suppress
from pathlib import Path

from huitong.app.settings import Settings
from huitong.app.workspace import disk_refused, write_whole
from huitong.kernel import DataError, HuitongError
from huitong.store import FileSigner, MasterKey, make_key, make_master_key, master_from, public_pem

SIGNING_FILE, PUBLIC_FILE, MASTER_FILE = "signing.pem", "public.pem", "master.key"


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

    def signer(self) -> FileSigner:
        """The signing key; made, with its public key, where there never was one.

        Raises:
            InputError: If it is gone.
            DataError: If it is no key.
            ExternalError: If the system refuses.
        """
        path = self.folder / SIGNING_FILE
        if not path.exists() and not self.public_file.exists():
            self._publish(make_key(path))
        return FileSigner(path)

    def _publish(self, signer: FileSigner) -> None:
        known = self.public_file.read_bytes() if self.public_file.exists() else b""
        pem = public_pem(signer.public_key)
        if pem not in known:
            write_whole(self.public_file, known + pem)

    def rotate_signer(self, retired: str) -> FileSigner:
        """A new signing key; the old one is kept under another name, its public key stays among those that auditors get.

        Args:
            retired: Name of the file that the old key goes to.

        Raises:
            InputError: If the old key is gone.
            ExternalError: If the system refuses.
        """
        self.signer()
        path, fresh = self.folder / SIGNING_FILE, self.folder / f".{SIGNING_FILE}.new"
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        signer = make_key(fresh)
        self._publish(signer)
        try:
            path.replace(self.folder / retired)
            fresh.replace(path)
        except OSError as error:
            raise disk_refused(path, error) from error
        return signer

    def master(self, *, known: bool) -> MasterKey:
        """The master key; made where the log knows no name yet and none is set elsewhere.

        Args:
            known: Whether the log holds names under a master key already.

        Raises:
            InputError: If it is gone.
            DataError: If it is no key.
            ExternalError: If the system refuses.
        """
        path = self.folder / MASTER_FILE
        if self._settings.master is None and not known and not path.exists():
            return make_master_key(path)
        return master_from(self._settings.master or f"file:{path}")

    def new_master(self) -> tuple[MasterKey, Path]:
        """A new master key beside the one in use, and where it lies until it takes its place.

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
        fresh = self.folder / f"{MASTER_FILE}.new"
        try:
            return master_from(f"file:{fresh}"), fresh  # of a rotation that was cut off: the log may be under it already
        except HuitongError:
            return make_master_key(fresh), fresh

    def take_over(self, fresh: Path) -> None:
        """Puts a new master key in the place of the one before.

        Raises:
            ExternalError: If the system refuses.
        """
        try:
            fresh.replace(self.folder / MASTER_FILE)
        except OSError as error:
            raise disk_refused(fresh, error) from error
