"""Storage: all that a market keeps, as one choice between memory and a folder."""

import hmac
from hashlib import sha256
from pathlib import Path
from typing import Final

from doorstep.adapters.blobs.files import FileBlobs, MemoryBlobs
from doorstep.adapters.keyfiles import read_or_create_secret
from doorstep.adapters.signing import Ed25519Signer
from doorstep.adapters.store.memory import MemoryKeys, MemoryPositions, MemoryStore, MemoryWebhookAttempts
from doorstep.adapters.store.registers import (
    RelationalKeys,
    RelationalPositions,
    RelationalWebhookAttempts,
)
from doorstep.adapters.store.relational import RelationalStore
from doorstep.adapters.store.sqlite import open_sqlite
from doorstep.adapters.store.vault import MemoryVault, SqliteVault
from doorstep.engine.ports.blobs import Blobs
from doorstep.engine.ports.chance import Chance
from doorstep.engine.ports.keys import Keys
from doorstep.engine.ports.positions import Positions
from doorstep.engine.ports.store import Store
from doorstep.engine.ports.vault import Vault
from doorstep.engine.ports.webhooks import WebhookAttempts

MASTER_KEY_BYTES: Final = 32
TRACKING_KEY_SAYS: Final = b"doorstep tracking links"
"""What the house's secret is asked, so that links have a key of their own."""
WEBHOOK_KEY_SAYS: Final = b"doorstep webhooks"
"""What the same secret is asked for the key that the webhooks' secrets follow from."""


class Storage:
    """The stores of a market: in memory, or in a folder, with the keys that they are sealed and signed by.

    What is `seeded` has keys that repeat. What is `relaxed` keeps its people in memory.
    """

    def __init__(self, folder: Path | None, chance: Chance, *, seeded: bool, relaxed: bool) -> None:
        self.store: Store
        self.keys: Keys
        self.positions: Positions
        self.webhook_attempts: WebhookAttempts
        self.vault: Vault
        self.blobs: Blobs
        assert not seeded or folder is None or relaxed, "a seed would repeat nonces"
        if seeded or folder is None:
            master = chance.token(MASTER_KEY_BYTES)
            self.signer = Ed25519Signer.from_seed(chance.token(MASTER_KEY_BYTES))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            master = read_or_create_secret(folder / "vault.key", chance.token(MASTER_KEY_BYTES))
            self.signer = Ed25519Signer.load_or_create(folder / "signing.pem", chance)
        self.tracking_key = hmac.digest(master, TRACKING_KEY_SAYS, sha256)
        self.webhook_key = hmac.digest(master, WEBHOOK_KEY_SAYS, sha256)
        if folder is None:
            self.store, self.keys, self.positions = MemoryStore(), MemoryKeys(), MemoryPositions()
            self.webhook_attempts = MemoryWebhookAttempts()
            self.vault = MemoryVault(master, chance)
            self.blobs = MemoryBlobs(self.vault, chance)
            return
        folder.mkdir(parents=True, exist_ok=True)
        engine = open_sqlite(folder / "market.db", relaxed=relaxed)
        self.store = RelationalStore(engine)
        self.keys, self.positions = RelationalKeys(engine), RelationalPositions(engine)
        self.webhook_attempts = RelationalWebhookAttempts(engine)
        if relaxed:
            # A simulated day's people are nobody; their secrets need not outlive the process.
            self.vault = MemoryVault(master, chance)
            self.blobs = MemoryBlobs(self.vault, chance)
        else:
            self.vault = SqliteVault(folder / "vault.db", folder / "vault-keys.db", master, chance)
            self.blobs = FileBlobs(folder / "blobs", self.vault, chance)
