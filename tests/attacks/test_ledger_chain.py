"""Attacks on a stored chain: each change of the file is found by whoever verifies it, at the block where it is."""

import sqlite3
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ledgers import World, add

from assay.core.encoding import encode, encode_record
from assay.core.errors import InvalidInput, LedgerError, LimitError, ProofError, SignatureError
from assay.identity import SealingKey
from assay.ledger import (
    BrokenChain,
    Checkpoint,
    ContractRegistry,
    EmbeddedLedger,
    Entry,
    Genesis,
    Header,
    InclusionProof,
    SealedHeader,
    Transaction,
    merkle,
    verify_ledger,
)
from assay.ledger.state import MemoryStore, Overlay, SpaceState, StateDigest


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture
def path(world, tmp_path):
    """A chain of five blocks; blocks 2 and 4 hold two entries each."""
    path = tmp_path / "chain.ledger"
    with world.embedded(path) as ledger:
        user, operator = world.clients(ledger)
        user.submit("tally", "add", add(1))
        user.submit_many([("tally", "add", add(2)), ("tally", "add", add(3))])
        operator.submit("tally", "keep", encode_record("tally.keep", 1, "a"))
        user.submit_many([("tally", "add", add(4)), ("other", "add", add(5))])
        world.clock.turn(1000)
        operator.submit("tally", "add", add(6))
    return path


def change(path, statement, *values):
    database = sqlite3.connect(path, isolation_level=None)
    cursor = database.execute(statement, values)
    assert cursor.rowcount >= 1
    database.close()


def read(path, query):
    database = sqlite3.connect(path)
    row = database.execute(query).fetchone()
    database.close()
    return row


def verify(path, world, **options):
    with EmbeddedLedger(path) as ledger:
        return verify_ledger(ledger, world.registry, **options)


def broken(path, world, height, match=None, **options):
    with pytest.raises(BrokenChain, match=match) as verdict:
        verify(path, world, **options)
    assert verdict.value.height == height


def test_the_untouched_chain_verifies(path, world):
    report = verify(path, world, chain_id=world.genesis.chain_id)
    assert (report.height, report.transactions) == (5, 7)
    verify(path, world, checkpoint=Checkpoint(5, report.hash))


@pytest.mark.parametrize("column", ["header", "seals"])
@pytest.mark.parametrize("height", [0, 3, 5])
def test_any_flipped_bit_of_a_header_or_seal(path, world, column, height):
    (raw,) = read(path, f"SELECT {column} FROM blocks WHERE height = {height}")
    for at in range(0, len(raw), 3):
        changed = bytearray(raw)
        changed[at] ^= 1 << at % 8
        change(path, f"UPDATE blocks SET {column} = ? WHERE height = ?", bytes(changed), height)
        with pytest.raises(BrokenChain):
            verify(path, world)
    change(path, f"UPDATE blocks SET {column} = ? WHERE height = ?", raw, height)
    verify(path, world)


def test_any_flipped_bit_of_an_entry(path, world):
    (raw,) = read(path, "SELECT entry FROM entries WHERE height = 2 AND position = 1")
    for at in range(0, len(raw), 5):
        changed = bytearray(raw)
        changed[at] ^= 1 << at % 8
        change(path, "UPDATE entries SET entry = ? WHERE height = 2 AND position = 1", bytes(changed))
        broken(path, world, 2)


def test_reordered_entries(path, world):
    change(path, "UPDATE entries SET position = 9 WHERE height = 2 AND position = 0")
    change(path, "UPDATE entries SET position = 0 WHERE height = 2 AND position = 1")
    change(path, "UPDATE entries SET position = 1 WHERE height = 2 AND position = 9")
    broken(path, world, 2, "root")


def test_missing_added_and_misnumbered_entries(path, world):
    (raw,) = read(path, "SELECT entry FROM entries WHERE height = 2 AND position = 1")
    change(path, "DELETE FROM entries WHERE height = 2 AND position = 1")
    broken(path, world, 2, "holds 1 entries, not 2")
    change(path, "INSERT INTO entries VALUES (2, 2, ?)", raw)
    broken(path, world, 2, "numbered")
    change(path, "UPDATE entries SET position = 1 WHERE position = 2")
    change(path, "INSERT INTO entries VALUES (3, 1, ?)", raw)
    broken(path, world, 3, "holds 2 entries")


def test_a_block_moved_to_another_height(path, world):
    change(path, "UPDATE blocks SET height = 9 WHERE height = 3")
    change(path, "UPDATE blocks SET height = 3 WHERE height = 4")
    change(path, "UPDATE blocks SET height = 4 WHERE height = 9")
    broken(path, world, 3, "stands where block 3 is due")


def test_a_missing_block(path, world):
    change(path, "DELETE FROM blocks WHERE height = 3")
    broken(path, world, 3, "no block 3")


def test_a_missing_first_block(path, world):
    change(path, "DELETE FROM blocks WHERE height = 0")
    broken(path, world, 0)
    change(path, "DELETE FROM blocks")
    broken(path, world, 0)


def test_an_end_cut_off(path, world):
    """Without the state cut off too, it shows; with a checkpoint, it shows always."""
    head = verify(path, world)
    change(path, "DELETE FROM blocks WHERE height = 5")
    broken(path, world, 4, "stored state")
    broken(path, world, 5, "cut off", checkpoint=Checkpoint(5, head.hash))


def test_a_checkpoint_on_another_branch(path, world):
    broken(path, world, 3, "its hash is", checkpoint=Checkpoint(3, bytes(32)))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE state SET value = X'010300000001FF' WHERE space = 'tally' AND key = CAST('total' AS BLOB)",
        "DELETE FROM state WHERE space = 'tally' AND key = CAST('total' AS BLOB)",
        "UPDATE clients SET position = 1",
        "UPDATE clients SET digest = zeroblob(32) WHERE sender = 1",
        "DELETE FROM clients WHERE sender = 0",
        "INSERT INTO clients VALUES (7, 1, zeroblob(32), 1, 0)",
        "UPDATE history SET node = zeroblob(32) WHERE position = 8",
        "DELETE FROM history WHERE position = 9",
        "INSERT INTO state VALUES ('tally', X'ff', X'0100')",
        "UPDATE state SET space = 'other' WHERE key = CAST('kept/a' AS BLOB)",
    ],
)
def test_a_changed_state(path, world, statement):
    change(path, statement)
    broken(path, world, 5, "stored|node 9 of the history is missing")


def test_a_changed_state_is_found_even_when_the_signer_goes_on(path, world):
    """The signer's own file was changed under it: what it seals after that does not follow from its blocks."""
    change(path, "UPDATE state SET value = ? WHERE space = 'tally' AND key = CAST('total' AS BLOB)", encode(1000))
    with world.reopen(path) as ledger:
        world.clients(ledger)[1].submit("tally", "add", add(1))
    broken(path, world, 6, "another result")


# --- what a signer itself may try -------------------------------------------------------------------------------------


def forge(path, world, at, *, entries=None, key=None, **changes):
    """Replace block `at` and seal it again, with the right root and with `changes` of the header."""
    with EmbeddedLedger(path) as ledger:
        block = ledger.block(at)
    entries = block.entries if entries is None else tuple(entries)
    root = merkle.root([entry.encoded for entry in entries])
    header = replace(block.header, **{"count": len(entries), "entries_root": root} | changes)
    keys = [key or world.key]
    sealed = SealedHeader(header, tuple((0, signer.seal(header.hash)) for signer in keys))
    change(path, "UPDATE blocks SET header = ?, seals = ? WHERE height = ?", header.encoded, sealed.encoded_seals, at)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("DELETE FROM entries WHERE height = ?", (at,))
    rows = [(at, position, entry.encoded) for position, entry in enumerate(entries)]
    database.executemany("INSERT INTO entries VALUES (?, ?, ?)", rows)
    database.close()


def entries_of(path, height):
    with EmbeddedLedger(path) as ledger:
        return ledger.block(height).entries


def test_a_seal_of_another_key(path, world):
    forge(path, world, 5, key=SealingKey.generate())
    broken(path, world, 5, "seal does not verify")


def test_sealed_blocks_whose_contents_break_the_rules(path, world):
    """Each sealed properly, by the signer itself: executing it again shows it."""
    one, two = entries_of(path, 2)
    user, operator = world.user, world.operator
    stolen = replace(one.transaction, payload=add(100))
    unsigned_by_holder = stolen.signed(operator.key)
    as_user = replace(one.transaction, contract="tally", method="reset", payload=b"").signed(user.key)
    cases = {
        "a changed result": ([replace(one, result=encode(99)), two], "another result"),
        "a dropped entry": ([two], "must be refused: counter"),
        "another order": ([two, one], "must be refused: counter"),
        "an entry twice": ([one, two, two], "stands on the chain already"),
        "an old entry again": ([one, two, entries_of(path, 1)[0]], "must be refused: counter"),
        "a payload nobody signed": ([replace(one, transaction=stolen), two], "signature does not verify"),
        "a foreign signature": ([replace(one, transaction=unsigned_by_holder), two], "signature does not verify"),
        "a role that may not": ([replace(one, transaction=as_user), two], "may not call"),
        "no entries": ([], "digest"),
    }
    for entries, match in cases.values():
        forge(path, world, 2, entries=entries)
        broken(path, world, 2, match)
    forge(path, world, 2, entries=[one, two])
    verify(path, world)


def test_sealed_headers_that_break_the_rules(path, world):
    with EmbeddedLedger(path) as ledger:
        before, here = ledger.block(4).header, ledger.block(5).header
    for changes, match in [
        ({"state_digest": bytes(32)}, "digest"),
        ({"previous": bytes(32)}, "does not name the hash"),
        ({"time": before.time - 1}, "older than the block before"),
        ({"height": 6}, "where block 5 is due"),
        ({"chain_id": bytes(32)}, "belongs to chain"),
        ({"count": 2}, "holds 1 entries, not 2"),
        ({"entries_root": bytes(32)}, "root"),
        ({"history_root": bytes(32)}, "history root"),
    ]:
        forge(path, world, 5, **changes)
        broken(path, world, 5, match)
        forge(path, world, 5, **{name: getattr(here, name) for name in changes})
    verify(path, world)


def test_a_sealed_block_dated_past_the_certificates(path, world):
    """At its own time everybody in it had expired."""
    with EmbeddedLedger(path) as ledger:
        time = ledger.block(5).header.time
    forge(path, world, 5, time=time + 8 * 86_400_000)
    broken(path, world, 5, "stale")


# --- another genesis --------------------------------------------------------------------------------------------------


def test_a_replaced_genesis(path, world):
    twin = world.new_genesis("twin")
    change(path, "UPDATE genesis SET genesis = ?", twin.encoded)
    broken(path, world, 0, "belongs to chain")
    broken(path, world, 0, "the chain is", chain_id=world.genesis.chain_id)


def test_a_replaced_chain(path, world, tmp_path):
    """A whole other chain in place of ours verifies, and has another id."""
    other = World()
    with other.embedded(tmp_path / "other") as ledger:
        other.clients(ledger)[0].submit("tally", "add", add(1))
    verify(tmp_path / "other", other)
    broken(tmp_path / "other", other, 0, "the chain is", chain_id=world.genesis.chain_id)


def test_blocks_of_another_chain(path, world, tmp_path):
    twin = world.new_genesis("twin")
    with world.embedded(tmp_path / "twin", twin) as ledger:
        user, _ = world.clients(ledger)
        user.submit("tally", "add", add(1))
        block = ledger.block(1)
    header, seals = block.sealed.header.encoded, block.sealed.encoded_seals
    change(path, "UPDATE blocks SET header = ?, seals = ? WHERE height = 1", header, seals)
    broken(path, world, 1, "belongs to chain")


def test_a_genesis_with_other_code(world, tmp_path):
    first, *rest = world.genesis.contracts
    changed = replace(world.genesis, contracts=(first, replace(rest[0], code=bytes(32)), rest[1]))
    with pytest.raises(LedgerError, match="is here with code"):
        world.embedded(tmp_path / "x", changed)
    assert not (tmp_path / "x").exists()


def test_parameters_that_a_contract_cannot_read(world, tmp_path):
    first, tally, _ = world.genesis.contracts
    for bad in (replace(tally, parameters=b"junk"), replace(first, parameters=b"")):
        contracts = (bad,) if bad.instance == "accounts" else (first, bad)
        with pytest.raises(InvalidInput):
            world.embedded(tmp_path / "x", replace(world.genesis, contracts=contracts))
        assert list(tmp_path.iterdir()) == []


def test_bad_geneses_are_refused(world):
    genesis = world.genesis
    for changes in [
        {"signers": ()},
        {"signers": genesis.signers * 2},
        {"signers": (b"short",)},
        {"quorum": 0},
        {"quorum": 2},
        {"contracts": ()},
        {"contracts": genesis.contracts[1:]},
        {"contracts": (replace(genesis.contracts[1], instance="accounts"),)},
        {"contracts": genesis.contracts + genesis.contracts[1:]},
        {"contracts": (*genesis.contracts, replace(genesis.contracts[1], instance="ledger"))},
        {"contracts": (*genesis.contracts, replace(genesis.contracts[1], instance=""))},
        {"time": -1},
    ]:
        with pytest.raises(InvalidInput):
            replace(genesis, **changes)
    raw = genesis.encoded
    assert Genesis.decode(raw) == genesis
    for end in range(0, len(raw), 17):
        with pytest.raises(InvalidInput):
            Genesis.decode(raw[:end])


def test_a_genesis_whose_revocation_list_is_forged(world, tmp_path):
    genesis = Genesis.begin(
        "x",
        signers=[world.key.public],
        authority=world.authority.certificate,
        revocations=World().authority.revocation_list(),
        registry=world.registry,
    )
    with pytest.raises(SignatureError):
        world.embedded(tmp_path / "x", genesis)


# --- quorum -----------------------------------------------------------------------------------------------------------


def test_quorum_of_seals(world):
    keys = [SealingKey.generate() for _ in range(3)]
    genesis = replace(world.genesis, signers=tuple(key.public for key in keys), quorum=2)
    header = Header(genesis.chain_id, 1, bytes(32), 0, 0, merkle.root([]), bytes(32), bytes(32))
    header.sealed(genesis, keys[:2]).check_seals(genesis)
    header.sealed(genesis, keys).check_seals(genesis)
    full = header.sealed(genesis, keys)
    for seals in [
        full.seals[:1],
        full.seals[:1] * 2,
        full.seals[::-1],
        (full.seals[0], (1, full.seals[2][1])),
        (full.seals[0], (3, full.seals[2][1])),
        ((-1, full.seals[0][1]), full.seals[1]),
    ]:
        with pytest.raises(SignatureError):
            replace(full, seals=seals).check_seals(genesis)


# --- parts ------------------------------------------------------------------------------------------------------------


def test_the_tree_is_that_of_rfc_6962():
    """Roots of the test data of RFC 6962's reference implementation (google/certificate-transparency)."""
    leaves = [
        bytes.fromhex(leaf)
        for leaf in (
            "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
        )
    ]  # fmt: skip
    roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    assert [merkle.root(leaves[:n]).hex() for n in range(9)] == roots


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=40), st.data())
def test_paths(entries, data):
    root = merkle.root(entries)
    position = data.draw(st.integers(0, len(entries) - 1))
    path = merkle.path(entries, position)
    merkle.check_path(root, entries[position], position, len(entries), path)
    other = data.draw(st.integers(0, len(entries) - 1))
    if entries[other] != entries[position]:
        with pytest.raises(ProofError):
            merkle.check_path(root, entries[other], position, len(entries), path)


def test_a_node_is_no_leaf():
    entries = [b"a", b"b", b"c", b"d"]
    root = merkle.root(entries)
    left = merkle.leaf_hash(b"a") + merkle.leaf_hash(b"b")
    right = merkle.root([b"c", b"d"])
    with pytest.raises(ProofError):
        merkle.check_path(root, left, 0, 2, [right])


operations = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from(["k", "l", "é"]), st.none() | st.integers(0, 3)), max_size=30
)


@given(operations, operations)
def test_the_state_digest_is_that_of_the_set(first, second):
    """However a state came about, its digest is that of the pairs in it."""
    store, moved = MemoryStore(), StateDigest()
    model = {}
    for writes in (first, second):
        overlay = Overlay(store)
        for space, key, value in writes:
            if value is None:
                SpaceState(overlay, space).delete(key)
                model.pop((space, key), None)
            else:
                SpaceState(overlay, space).put(key, value)
                model[space, key] = value
        overlay.move(moved)
        store.write(overlay.writes)
    fresh = StateDigest()
    for (space, key), value in sorted(model.items(), reverse=True):
        fresh.add(space, key, encode(value))
    assert moved.digest() == fresh.digest()
    assert StateDigest(moved.lanes).digest() == moved.digest()
    for space in "ab":
        seen = {(space, key): value for key, value in SpaceState(Overlay(store), space).items()}
        assert seen == {pair: value for pair, value in model.items() if pair[0] == space}


def test_state_digests_tell_spaces_and_keys_apart():
    digests = set()
    for space, key, value in [("a", "bc", b"d"), ("ab", "c", b"d"), ("a", "b", b"cd"), ("a", "bc", b"")]:
        state = StateDigest()
        state.add(space, key, value)
        digests.add(state.digest())
    assert len(digests) == 4


def test_keys_and_values_have_limits():
    state = SpaceState(Overlay(MemoryStore()), "a")
    for key in ("", "k" * 257, "é" * 129):
        with pytest.raises(LimitError):
            state.put(key, 1)
    with pytest.raises(InvalidInput):
        state.put("k", None)
    with pytest.raises(LimitError):
        state.put("k", bytes(1 << 20))


@given(st.binary(max_size=300))
def test_hostile_bytes_never_crash(data):
    for decoder in (Transaction.decode, Entry.decode, Header.decode, Genesis.decode, InclusionProof.decode):
        for raw in (data, b"\x01\x08" + data):
            with pytest.raises(InvalidInput):
                decoder(raw)


def test_registry_refuses_what_it_does_not_know(world):
    with pytest.raises(LedgerError, match="unknown contract"):
        ContractRegistry().find("nothing", bytes(32))
