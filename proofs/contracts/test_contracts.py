"""Each contract holds for all numbers, and fails if what it is about is wrong."""

import pytest

from proofs.contracts import (
    agreement,
    impl_batch,
    impl_cache,
    impl_config,
    impl_paging,
    impl_scheduler,
    impl_tree,
    spec_lengths,
    spec_texts,
    spec_worlds,
)
from proofs.contracts.contract import Contract
from proofs.contracts.equivalent import EQUIVALENT
from proofs.contracts.judge import SECONDS, _in_a_process_of_its_own, _once, verdict
from proofs.contracts.wrong import Wrong

SPEC = (spec_lengths, spec_texts, spec_worlds)
IMPL = (impl_paging, impl_cache, impl_scheduler, impl_batch, impl_tree, impl_config)
CONTRACTS = [
    each
    for module in (*SPEC, *IMPL, agreement)
    for each in vars(module).values()
    if isinstance(each, Contract)
]
NAMED = {str(wrong): wrong for each in CONTRACTS for wrong in each.wrong_variants}
WRONG = [wrong for name, wrong in NAMED.items() if name not in EQUIVALENT]


def test_the_numbers_of_contracts_and_wrong_variants_change_only_on_purpose() -> None:
    bounded = [each for each in CONTRACTS if each.within]
    assert (len(CONTRACTS), len(bounded), len(WRONG), len(EQUIVALENT)) == (66, 11, 223, 4)


def test_each_entry_of_the_equivalence_table_is_a_wrong_variant() -> None:
    assert not EQUIVALENT.keys() - NAMED.keys()


@pytest.mark.parametrize("contract", CONTRACTS, ids=str)
def test_a_contract_is_confirmed_over_all_paths(contract: Contract) -> None:
    assert verdict(contract).is_confirmed, verdict(contract).words


@pytest.mark.parametrize("contract", CONTRACTS, ids=str)
def test_a_contract_is_refuted_of_a_wrong_variant(contract: Contract) -> None:
    assert any(verdict(contract, wrong).is_refuted for wrong in contract.wrong_variants)


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_wrong_variant_is_refuted(wrong: Wrong) -> None:
    about = [each for each in CONTRACTS if wrong.function in each.about]
    assert any(verdict(each, wrong).is_refuted for each in about)


def test_an_undecided_contract_is_put_again_to_a_process_of_its_own() -> None:
    contract = CONTRACTS[0]
    found = _in_a_process_of_its_own(contract)
    assert found == _once(contract, None, SECONDS)
    assert found.is_confirmed
