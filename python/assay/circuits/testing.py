"""What tests of circuits use: one circuit through every stage, and the search for missing constraints."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from assay.circuits.builder import wire_name
from assay.circuits.circuit import Circuit
from assay.circuits.native import callers, compile_main, free_wires, site_of, trace_of
from assay.circuits.reference import solve, violations
from assay.circuits.signal import MODULUS
from assay.circuits.system import R1CS, Witness
from assay.core.errors import InvalidInput, ProofError, UnsatisfiedError
from assay.crypto.field import Fr

__all__ = ["Finding", "Removal", "check_circuit", "removal_search", "soundness_search"]


@dataclass(frozen=True)
class Finding:
    """A second witness for the same inputs: `name`, computed at `line`, also takes the value `other`.

    If `partner` is set, that value changes too, to make up for the first.
    """

    name: str
    line: str
    honest: int
    other: int
    partner: str | None = None

    def __str__(self) -> str:
        also = f" together with {self.partner}" if self.partner else ""
        return f"{self.name} at {self.line}: {self.honest} may as well be {self.other}{also}"


@dataclass(frozen=True)
class Removal:
    """A constraint, named by its line, that can be taken away without the search noticing."""

    message: str
    line: str


def _unrolled(circuit: Circuit) -> Any:
    native = getattr(circuit, "_search_form", None)
    if native is None:
        native = compile_main(circuit._trace, unroll=True)
        circuit._search_form = native  # type: ignore[attr-defined]
    return native


def _name(serial: int, wire: int) -> str:
    trace = trace_of(serial)
    return f"{trace.name}.{wire_name(trace, wire)}"


def soundness_search(
    circuit: Circuit,
    inputs: Mapping[str, Any],
    *,
    dropped: int | None = None,
    max_findings: int = 20,
    progress: Any = None,
) -> list[Finding]:
    """Looks for a second witness; an empty list if none was found.

    Each hint value is changed (next value, negative, other bit, zero, a random one), what depends on it is computed
    again, and where one constraint then fails, every hint value in it is solved for to make up. If all constraints hold
    in the end, the same inputs have two witnesses. Likewise each private input, but then all public outputs must stay:
    a finding is an input that nothing ties to the statement. Values declared `free` are not changed first. A finding is
    a fault or wants to be declared free; no finding is no proof.

    `dropped` takes away one constraint (see `removal_search`).
    """
    found, _ = _unrolled(circuit).search(
        Fr.to_limbs(circuit._flat_inputs(inputs)), free_wires(), dropped, max_findings, progress
    )
    findings = []
    for serial, wire, places, honest, other, partner in found:
        line = str(site_of(places)) if places else "the inputs"
        if len(places) > 1:
            line += "".join(callers(places))
        beside = None if partner is None else f"{_name(*partner[:2])} ({partner[2]} -> {partner[3]})"
        findings.append(Finding(_name(serial, wire), line, honest, other, beside))
    return findings


def removal_search(circuit: Circuit, inputs: Sequence[Mapping[str, Any]]) -> list[Removal]:
    """Takes away each constraint in turn and searches; returns those whose loss no search over `inputs` notices.

    For a circuit without redundant constraints, and with inputs that reach each of its cases, the list is empty: every
    line is needed, and the search would have missed none of them.
    """
    native = _unrolled(circuit)
    unnoticed = []
    for step in native.constraint_steps():
        if not any(soundness_search(circuit, given, dropped=step, max_findings=1) for given in inputs):
            site = site_of(native.step_places(step))
            unnoticed.append(Removal(site.message, str(site)))
    return unnoticed


def check_circuit(
    circuit: Circuit,
    *,
    good: Sequence[Mapping[str, Any]],
    bad: Sequence[Mapping[str, Any]] = (),
    counts: Mapping[str, int] | Path | None = None,
    sound: bool = True,
    prove: bool = True,
) -> None:
    """One circuit through solver, R1CS, files, soundness search, prover and verifier; AssertionError says what failed.

    `good` inputs must be satisfied. `bad` ones must be refused by the solver, and the false witness it would compute by
    the R1CS (the latter only if every private input is a wire of the R1CS: one that elimination expressed by others is
    the prover's to choose). `counts`: {circuit name: constraints}, or a JSON file of it, with exactly this circuit's
    number. With `prove` the first good input is proved, verified, and the proof refused for each public value changed.
    """
    if not good:
        raise InvalidInput("check_circuit needs at least one good input")
    witnesses = [circuit.witness(given) for given in good]
    for given, witness in zip(good, witnesses, strict=True):
        circuit.check(witness)
        _agree_with_reference(circuit, given, witness.public)
    for given in bad:
        _refused(circuit, given)
    _through_files(circuit, witnesses[0])
    if sound:
        for given in good:
            findings = soundness_search(circuit, given)
            assert not findings, f"{circuit.name} accepts other witnesses:\n" + "\n".join(map(str, findings))
    if counts is not None:
        known = json.loads(counts.read_text()) if isinstance(counts, Path) else counts
        stored = known.get(circuit.name)
        assert stored == circuit.constraints, (
            f"{circuit.name!r} is stored as {stored}, now it has {circuit.constraints} constraints"
        )
    if prove:
        _prove(circuit, witnesses[0])


def _agree_with_reference(circuit: Circuit, given: Mapping[str, Any], public: list[int]) -> None:
    trace = circuit._trace
    wires = [w for item in trace.inputs for w in item.wires]
    frame = solve(trace, dict(zip(wires, circuit._flat_inputs(given), strict=True)))
    assert next(violations(frame), None) is None, f"{circuit.name}: the reference refuses good inputs"
    expected = [frame.values[w] for item in (*trace.public_outputs, *trace.public_inputs) for w in item.wires]
    assert public == expected, f"{circuit.name}: public values differ from the reference"


def _refused(circuit: Circuit, given: Mapping[str, Any]) -> None:
    try:
        values = circuit._flat_inputs(given)
    except InvalidInput:
        return
    try:
        circuit.witness(given)
    except UnsatisfiedError:
        pass
    else:
        raise AssertionError(f"{circuit.name} accepts inputs that it must refuse: {given}")
    declared = sum(len(item.wires) for item in circuit._trace.private_inputs)
    if circuit.r1cs.num_private < declared:
        return
    repeats = [None] * len(circuit._repeats)
    forced, _ = circuit._native.witness(Fr.to_limbs(values), repeats, None, False)
    assert circuit.r1cs.check(forced) is not None, f"{circuit.name}: the R1CS accepts what the solver refuses: {given}"


def _through_files(circuit: Circuit, witness: Witness) -> None:
    with TemporaryDirectory() as folder:
        system, values = Path(folder) / "c.r1cs", Path(folder) / "c.wtns"
        circuit.save_r1cs(system)
        witness.save(values)
        loaded = R1CS.load(system)
        assert loaded.digest() == circuit.digest(), f"{circuit.name}: the digest changes in a file"
        assert loaded.load_witness(values).public == witness.public


def _prove(circuit: Circuit, witness: Witness) -> None:
    groth16: Any = import_module("assay.crypto.groth16")
    key = groth16.setup(circuit)
    proof = groth16.prove(key, circuit, witness)
    groth16.verify(key.verifying_key, witness.public, proof)
    for position, name in enumerate(circuit.public_names):
        forged = list(witness.public)
        forged[position] = (forged[position] + 1) % MODULUS
        try:
            groth16.verify(key.verifying_key, forged, proof)
        except ProofError:
            continue
        raise AssertionError(f"{circuit.name}: the proof verifies with {name} changed")
