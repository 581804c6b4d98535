"""Order check: a file of orders read by a market's own rules, without a server."""

from contextlib import closing
from io import BytesIO

from doorstep.adapters.maps.geocoder import StreetGeocoder
from doorstep.adapters.maps.streets import StreetMap
from doorstep.app import Settings
from doorstep.cli.market_opening import open_market
from doorstep.cli.order_file import OrderFile
from doorstep.cli.order_results import Row, RowError
from doorstep.engine.intake import OrderRow, RejectedRow, read_csv, read_ndjson
from doorstep.engine.network import Network
from doorstep.engine.ports.geocoder import Unresolved
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.ids import MerchantId

CREATED = 201
REJECTED = 422


def check_rows(
    orders: OrderFile, network: Network, streets: StreetMap, book: PolicyBook, merchant: str | None
) -> list[Row]:
    """What a server would say to each row, but for what only its orders and its plan can tell.

    `merchant` is the one whose key would bring the file; None is an operator's.
    """
    geocoder = StreetGeocoder(streets)
    # The very rules of a server, so that the two cannot come apart.
    with closing(open_market(network, streets, book, Settings())) as market:
        rules = market.orders.rules(MerchantId(merchant) if merchant else None)
        read = read_csv if orders.is_csv else read_ndjson
        return [_row(found, geocoder) for found in read(BytesIO(orders.content), rules)]


def _row(found: OrderRow | RejectedRow, geocoder: StreetGeocoder) -> Row:
    if isinstance(found, RejectedRow):
        errors = tuple(RowError(error.field, str(error.code), error.detail) for error in found.errors)
        return Row(found.line, REJECTED, found.external_id, errors=errors)
    if found.recipient.point is None:
        place = geocoder.resolve(found.recipient.address)
        if isinstance(place, Unresolved):
            error = RowError("address", place.reason, "the map has no certain place for it")
            return Row(found.line, CREATED, found.external_id, state="address_case", errors=(error,))
    return Row(found.line, CREATED, found.external_id)
