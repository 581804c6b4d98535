"""Routes: every door of the surface, one file a noun."""

from typing import Final

from doorstep.web.door import Door
from doorstep.web.routes import (
    actions,
    assets,
    board,
    carriers,
    cases,
    contacts,
    deliveries,
    driver,
    driver_page,
    imports,
    incidents,
    log,
    orders,
    packets,
    pages,
    pairings,
    parcels,
    promises,
    report,
    returns,
    routing,
    sessions,
    tracking,
    webhooks,
)

DOORS: Final[tuple[Door, ...]] = (
    # The router asks them in turn: what a day of driving asks most often comes first.
    *driver.DOORS,
    *board.DOORS,
    *orders.DOORS,
    *packets.DOORS,
    *promises.DOORS,
    *deliveries.DOORS,
    *contacts.DOORS,
    *carriers.DOORS,
    *routing.DOORS,
    *cases.DOORS,
    *actions.DOORS,
    *incidents.DOORS,
    *imports.DOORS,
    *log.DOORS,
    *parcels.DOORS,
    *returns.DOORS,
    *pages.DOORS,
    *tracking.DOORS,
    *webhooks.DOORS,
    *report.DOORS,
    *sessions.DOORS,
    *driver_page.DOORS,
    *pairings.DOORS,
    *assets.DOORS,
)
