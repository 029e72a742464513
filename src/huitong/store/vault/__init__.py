"""Personal data in the log: encrypted under a key for each name, so that erasure is the destruction of keys and every proof still holds."""

from huitong.store.vault.master import FindMaster, LocalMasterKey, MasterKey, Opens, make_master_key, master_from
from huitong.store.vault.names import Names
from huitong.store.vault.tokens import is_token
from huitong.store.vault.vault import Vault, vault_of

__all__ = ["FindMaster", "LocalMasterKey", "MasterKey", "Names", "Opens", "Vault", "is_token", "make_master_key", "master_from", "vault_of"]
