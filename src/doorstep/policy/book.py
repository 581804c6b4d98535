"""The policy book: every policy of a market, each with its version, read from TOML.

A decision names the policy, the version and the rule it followed, so that yesterday can be replayed under
tomorrow's book before anyone switches it on.
"""

import tomllib
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec

from doorstep.policy.attempts import AttemptPolicy
from doorstep.policy.contracts import ContractPolicy
from doorstep.policy.dispatch import DispatchPolicy
from doorstep.policy.incidents import IncidentPolicy
from doorstep.policy.messages import MessagePolicy
from doorstep.policy.playbooks import PlaybookPolicy
from doorstep.policy.promises import PromisePolicy
from doorstep.policy.proof import ProofPolicy
from doorstep.policy.returns import ReturnPolicy
from doorstep.policy.routing import RoutingPolicy
from doorstep.policy.services import ServicePolicy
from doorstep.policy.tariffs import TariffPolicy

POLICIES: Final = (
    "attempts", "contracts", "dispatch", "incidents", "messages", "playbooks", "promises", "proof", "returns",
    "routing", "services", "tariffs",
)  # fmt: skip
"""The names of the files that make a book, without `.toml`."""

T = TypeVar("T")


class PolicyUnreadable(ValueError):
    """The policy file cannot be used."""


class PolicyBook(msgspec.Struct, frozen=True):
    """All that the firm chose, for one market."""

    attempts: AttemptPolicy
    contracts: ContractPolicy
    dispatch: DispatchPolicy
    incidents: IncidentPolicy
    messages: MessagePolicy
    playbooks: PlaybookPolicy
    promises: PromisePolicy
    proof: ProofPolicy
    returns: ReturnPolicy
    routing: RoutingPolicy
    services: ServicePolicy
    tariffs: TariffPolicy


def read_book(texts: Mapping[str, str]) -> PolicyBook:
    """The book from the TOML text of each policy, by name.

    Raises:
        PolicyUnreadable: a text is missing, is no TOML, or has a wrong key or value; names file and key.
    """
    missing = sorted(set(POLICIES) - set(texts))
    if missing:
        raise PolicyUnreadable(f"the policy book lacks {', '.join(missing)}")
    return PolicyBook(
        attempts=_read("attempts", texts, AttemptPolicy),
        contracts=_read("contracts", texts, ContractPolicy),
        dispatch=_read("dispatch", texts, DispatchPolicy),
        incidents=_read("incidents", texts, IncidentPolicy),
        messages=_read("messages", texts, MessagePolicy),
        playbooks=_read("playbooks", texts, PlaybookPolicy),
        promises=_read("promises", texts, PromisePolicy),
        proof=_read("proof", texts, ProofPolicy),
        returns=_read("returns", texts, ReturnPolicy),
        routing=_read("routing", texts, RoutingPolicy),
        services=_read("services", texts, ServicePolicy),
        tariffs=_read("tariffs", texts, TariffPolicy),
    )


def _read(name: str, texts: Mapping[str, str], kind: type[T]) -> T:
    try:
        table: dict[str, Any] = tomllib.loads(texts[name])
        return msgspec.convert(table, kind)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise PolicyUnreadable(f"policy {name}: {error}") from error
