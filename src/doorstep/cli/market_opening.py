"""Market opening: a market from its files, or the sentence that says why it cannot be."""

from doorstep.adapters.maps.streets import StreetMap
from doorstep.app import Doorstep, HubAddressUnknown, Settings, hub_points
from doorstep.cli.failure import BadInput, FoundBroken
from doorstep.engine.checkpoints import SplitLogError
from doorstep.engine.log import LogBrokenError
from doorstep.engine.network import Network
from doorstep.engine.ports.signer import KeyUnreadableError
from doorstep.engine.ports.store import SchemaMismatchError, StoreUnavailableError
from doorstep.engine.ports.travel import OffMap
from doorstep.engine.ports.vault import UnreadableError
from doorstep.policy.book import PolicyBook


def check_hubs(network: Network, streets: StreetMap) -> None:
    """See that every hub has its place on the map; nothing is opened or written.

    Raises:
        BadInput: one has none, or lies off the map.
    """
    try:
        hub_points(network, streets)
    except HubAddressUnknown as unknown:
        raise BadInput(f"{unknown}; give it lat and lon.") from unknown
    except OffMap as off:
        raise BadInput(f"a hub of the network lies off the map: {off or OffMap.__doc__}") from off


def open_market(network: Network, streets: StreetMap, book: PolicyBook, settings: Settings) -> Doorstep:
    """The market of a network on a map, in its folder or in memory.

    Raises:
        BadInput: a hub has no place on the map, or the folder cannot be used.
        FoundBroken: the folder's log is not what was written.
    """
    folder = settings.folder
    check_hubs(network, streets)
    try:
        return Doorstep(network, streets, settings, book=book)
    except (StoreUnavailableError, SchemaMismatchError, KeyUnreadableError, UnreadableError) as fault:
        raise BadInput(f"the market in {folder} cannot be opened: {fault}.") from fault
    except OSError as fault:
        raise BadInput(f"{folder} cannot be used: {fault.strerror}.") from fault
    except (LogBrokenError, SplitLogError) as broken:
        raise FoundBroken(f"the log in {folder} is not what was written: {broken}.") from broken
