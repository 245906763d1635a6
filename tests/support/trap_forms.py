"""Every operand form of the trapped instructions, as assembly, beside a model in plain integers.

Run as a program under the trap it compares all of them and prints how many; a mismatch ends it with the form's name.
Expected values come from the definitions (Intel SDM volume 2; FIPS 180-4 for the SHA functions), register numbers and
addresses from the text of the form, never from its encoding.
"""

from __future__ import annotations

import ctypes
import itertools
import mmap
import random
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

MASK52 = 2**52 - 1
EDGES = [0, 1, 2, MASK52, MASK52 - 1, 2**51, 2**52, 2**52 + 1, 2**63, 2**64 - 1, 2**26, 2**26 - 1, 2**64 - 2**52]
SPAN = 1 << 16  # bytes of memory on either side of the address in rsi
# the parts of the memory that forms read: offset from rsi, count of 8 bytes
WINDOWS = [(-256, 96), *((offset, 8) for offset in (-32767, -8192, 1016, 8128, 8192))]
VECTOR_BYTES = {"xmm": 16, "ymm": 32, "zmm": 64}


class State(ctypes.Structure):
    """The vector and mask registers, before and after."""

    _fields_ = [("zmm", (ctypes.c_uint64 * 8) * 32), ("k", ctypes.c_uint64 * 8)]


@dataclass
class Form:
    """One function: `text` runs with rsi on the memory's middle and rcx = 24; `apply` does it to a world."""

    text: str
    apply: Callable[[World], None]
    before: str = ""


class World:
    """Registers and memory as Python integers."""

    def __init__(self, state: State, memory: bytes | mmap.mmap) -> None:
        self.zmm = [list(row) for row in state.zmm]
        self.k = list(state.k)
        self.memory = memory

    def qwords(self, offset: int, count: int) -> list[int]:
        at = SPAN + offset
        return [int.from_bytes(self.memory[at + 8 * i : at + 8 * i + 8], "little") for i in range(count)]


# --- vpmadd52 -------------------------------------------------------------------------------------------------------


def madd52(
    half: str, width: str, dst: int, first: int, second: int | None, offset: int, broadcast: bool, k: int, zeroing: bool
) -> Callable[[World], None]:
    lanes = VECTOR_BYTES[width] // 8

    def apply(world: World) -> None:
        a, old = world.zmm[first], world.zmm[dst]
        if second is not None:
            b = world.zmm[second]
        else:
            b = world.qwords(offset, 1) * lanes if broadcast else world.qwords(offset, lanes)
        out = [0] * 8
        for i in range(lanes):
            if k and not world.k[k] >> i & 1:
                out[i] = 0 if zeroing else old[i]
                continue
            product = (a[i] & MASK52) * (b[i] & MASK52)
            out[i] = (old[i] + (product >> 52 if half == "h" else product & MASK52)) % 2**64
        world.zmm[dst] = out

    return apply


# text of the address, its offset from rsi, the instruction that prepares it
ADDRESSES: list[tuple[str, int, str]] = [
    ("(%rsi)", 0, ""),
    ("8(%rsi)", 8, ""),
    ("64(%rsi)", 64, ""),
    ("-64(%rsi)", -64, ""),
    ("8128(%rsi)", 8128, ""),
    ("-8192(%rsi)", -8192, ""),
    ("8192(%rsi)", 8192, ""),
    ("1016(%rsi)", 1016, ""),
    ("1(%rsi)", 1, ""),
    ("-32767(%rsi)", -32767, ""),
    ("(%rsi,%rcx)", 24, ""),
    ("(%rsi,%rcx,2)", 48, ""),
    ("64(%rsi,%rcx,4)", 160, ""),
    ("-5(%rsi,%rcx,8)", 187, ""),
    ("(%rcx,%rsi)", 24, ""),
    ("(,%rsi,1)", 0, ""),
    ("320(,%rsi,1)", 320, ""),
    ("(%rbp)", 40, "lea 40(%rsi), %rbp"),
    ("128(%rbp,%rcx,2)", 216, "lea 40(%rsi), %rbp"),
    *[(f"(%{r})", -16, f"lea -16(%rsi), %{r}") for r in ("rax", "rbx", "rdx", "rdi", "r8", "r11", "r12", "r13", "r15")],
    *[(f"64(%{r})", 48, f"lea -16(%rsi), %{r}") for r in ("r9", "r12", "r13", "r14")],
    ("(%rsi,%r12,4)", -128, "mov $-32, %r12"),
    ("64(%r13,%r12,4)", -64, "mov $-32, %r12; mov %rsi, %r13"),
    ("(%r12,%r13)", 96, "mov $96, %r12; mov %rsi, %r13"),
    ("(%rsp)", 64, "lea 64(%rsi), %rsp"),
    ("64(%rsp,%rcx,2)", 176, "lea 64(%rsi), %rsp"),
    # the memory's middle, copied behind the code
    ("copy+256(%rip)", 0, ""),
]


def register_form(half: str, width: str, dst: int, first: int, second: int, k: int = 0, zeroing: bool = False) -> Form:
    text = f"vpmadd52{half}uq %{width}{second}, %{width}{first}, %{width}{dst}{opmask(k, zeroing)}"
    return Form(text, madd52(half, width, dst, first, second, 0, False, k, zeroing))


def memory_forms(half: str, width: str) -> Iterator[Form]:
    choices = [(0, 1, 0, False), (31, 17, 0, False), (9, 9, 3, False), (20, 4, 6, True)]
    for (address, offset, before), broadcast in itertools.product(ADDRESSES, (False, True)):
        source = address + (f"{{1to{VECTOR_BYTES[width] // 8}}}" if broadcast else "")
        for dst, first, k, zeroing in choices:
            text = f"vpmadd52{half}uq {source}, %{width}{first}, %{width}{dst}{opmask(k, zeroing)}"
            yield Form(text, madd52(half, width, dst, first, None, offset, broadcast, k, zeroing), before)


def opmask(k: int, zeroing: bool) -> str:
    return (f"{{%k{k}}}" if k else "") + ("{z}" if zeroing else "")


def vpmadd52_forms() -> Iterator[Form]:
    numbers = [0, 7, 8, 16, 23, 31]
    for half, width in itertools.product("lh", VECTOR_BYTES):
        for dst, first, second in itertools.product(numbers, repeat=3):  # every aliasing too
            yield register_form(half, width, dst, first, second)
        for k, zeroing in itertools.product(range(1, 8), (False, True)):
            yield register_form(half, width, 3, 14, 29, k, zeroing)
            yield register_form(half, width, 18, 18, 18, k, zeroing)
        yield from memory_forms(half, width)
    yield a_run()


def a_run() -> Form:
    """Three in a row, which one signal serves, then an instruction of the processor's own."""
    steps = [
        register_form("l", "zmm", 0, 1, 2),
        register_form("h", "zmm", 3, 0, 2),
        register_form("l", "zmm", 3, 3, 3),
    ]

    def apply(world: World) -> None:
        for step in steps:
            step.apply(world)
        world.zmm[4] = [(x + y) % 2**64 for x, y in zip(world.zmm[3], world.zmm[0], strict=True)]

    return Form("; ".join([*(step.text for step in steps), "vpaddq %zmm3, %zmm0, %zmm4"]), apply)


# --- SHA-256 --------------------------------------------------------------------------------------------------------


def rotr(x: int, n: int) -> int:
    return (x >> n | x << (32 - n)) % 2**32


def words(lanes: list[int]) -> list[int]:
    return [x >> shift & 0xFFFFFFFF for x in lanes[:2] for shift in (0, 32)]


def rounds2(one: list[int], two: list[int], zero: list[int]) -> list[int]:
    """FIPS 180-4, 6.2.2 step 3, twice, with the sums K_t + W_t in `zero`."""
    a, b, c, d, e, f, g, h = two[3], two[2], one[3], one[2], two[1], two[0], one[1], one[0]
    for kw in zero[:2]:
        t1 = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (e & f ^ ~e & g) + kw
        t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + (a & b ^ a & c ^ b & c)
        a, b, c, d, e, f, g, h = (t1 + t2) % 2**32, a, b, c, (d + t1) % 2**32, e, f, g
    return [f, e, b, a]


def message1(one: list[int], two: list[int], _: list[int]) -> list[int]:
    schedule = one + two
    return [(w + (rotr(n, 7) ^ rotr(n, 18) ^ n >> 3)) % 2**32 for w, n in zip(one, schedule[1:5], strict=True)]


def message2(one: list[int], two: list[int], _: list[int]) -> list[int]:
    out = two[2:]
    for w in one:
        out.append((w + (rotr(out[-2], 17) ^ rotr(out[-2], 19) ^ out[-2] >> 10)) % 2**32)
    return out[2:]


def sha256_forms() -> Iterator[Form]:
    for name, function in [("sha256rnds2", rounds2), ("sha256msg1", message1), ("sha256msg2", message2)]:

        def apply(dst: int, second: int | None, offset: int, function: Callable = function) -> Callable[[World], None]:
            def change(world: World) -> None:
                two = words(world.zmm[second]) if second is not None else words(world.qwords(offset, 2))
                out = function(words(world.zmm[dst]), two, words(world.zmm[0]))
                world.zmm[dst][:2] = [out[0] | out[1] << 32, out[2] | out[3] << 32]

            return change

        zero = "%xmm0, " if name == "sha256rnds2" else ""
        for dst, second in itertools.product(range(16), repeat=2):
            yield Form(f"{name} {zero}%xmm{second}, %xmm{dst}", apply(dst, second, 0))
        for address, offset, before in ADDRESSES:
            if offset % 16 == 0:  # others are refused by the processor
                for dst in (0, 5, 8, 15):
                    yield Form(f"{name} {zero}{address}, %xmm{dst}", apply(dst, None, offset), before)


# --- the comparison ---------------------------------------------------------------------------------------------------

PROLOGUE = "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; mov %rsp, saved(%rip)"
EPILOGUE = "mov saved(%rip), %rsp; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx"


def assembly(forms: list[Form], wide: bool) -> str:
    """Function form_i(state, middle of the memory): loads the registers, runs the form, stores them."""
    registers = [(f"vmovdqu64 {{}}, %zmm{i}", f"vmovdqu64 %zmm{i}, {{}}", 64 * i) for i in range(32)]
    registers += [(f"kmovq {{}}, %k{i}", f"kmovq %k{i}, {{}}", 2048 + 8 * i) for i in range(8)]
    if not wide:
        registers = [(f"movdqu {{}}, %xmm{i}", f"movdqu %xmm{i}, {{}}", 64 * i) for i in range(16)]
    out = [".bss", ".balign 64", "saved: .skip 8", "saved_state: .skip 8", ".globl copy", "copy: .skip 512", ".text"]
    for number, form in enumerate(forms):
        out += [f".globl form_{number}", f"form_{number}:", PROLOGUE, "mov %rdi, saved_state(%rip)", "mov $24, %ecx"]
        out += [load.format(f"{at}(%rdi)") for load, _, at in registers]
        out += [form.before, form.text, "mov saved_state(%rip), %rdi"]
        out += [store.format(f"{at}(%rdi)") for _, store, at in registers]
        out += [EPILOGUE, "vzeroupper" if wide else "", "ret"]
    return "\n".join([*out, '.section .note.GNU-stack,"",@progbits', ""])


def compile_forms(forms: list[Form], wide: bool, folder: Path) -> ctypes.CDLL:
    source, library = folder / "forms.s", folder / "forms.so"
    source.write_text(assembly(forms, wide), encoding="ascii")
    subprocess.run(["cc", "-shared", "-Wl,-Bsymbolic", str(source), "-o", str(library)], check=True)
    return ctypes.CDLL(str(library))


def pick(rng: random.Random) -> int:
    return rng.choice(EDGES) if rng.random() < 0.4 else rng.getrandbits(64)


def compare(forms: list[Form], wide: bool) -> None:
    rng = random.Random(52)
    buffer = mmap.mmap(-1, 2 * SPAN)
    middle = ctypes.addressof(ctypes.c_char.from_buffer(buffer)) + SPAN
    with tempfile.TemporaryDirectory() as folder:
        library = compile_forms(forms, wide, Path(folder))
        copy = (ctypes.c_char * 512).in_dll(library, "copy")
        for number, form in enumerate(forms):
            function = library[f"form_{number}"]
            function.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
            for _ in range(2):  # the second time by the stub, where there is one
                state = State()
                for i in range(32 if wide else 16):
                    state.zmm[i][:] = [pick(rng) for _ in range(8)]
                state.k[:] = [rng.getrandbits(64) for _ in range(8)]
                # Some forms move the stack pointer into the memory, so the parts in use are filled afresh each time.
                for at, count in WINDOWS:
                    buffer[SPAN + at : SPAN + at + 8 * count] = struct.pack(
                        f"<{count}Q", *(pick(rng) for _ in range(count))
                    )
                copy[:] = buffer[SPAN - 256 : SPAN + 256]
                world = World(state, buffer)
                form.apply(world)
                function(ctypes.addressof(state), middle)
                got = World(state, b"")
                if (got.zmm, got.k) != (world.zmm, world.k):
                    wrong = [i for i in range(32) if got.zmm[i] != world.zmm[i]]
                    sys.exit(f"{form.text}: registers {wrong} differ from the model")


def masked_out_lanes_do_not_fault() -> None:
    """The upper four lanes of the operand lie on a page without access; their mask bits are 0."""
    form = Form("vpmadd52luq -32(%rsi), %zmm1, %zmm0{%k1}", lambda world: None)
    libc = ctypes.CDLL(None, use_errno=True)
    pages = mmap.mmap(-1, 2 * mmap.PAGESIZE)
    second = ctypes.addressof(ctypes.c_char.from_buffer(pages)) + mmap.PAGESIZE
    if libc.mprotect(ctypes.c_void_p(second), mmap.PAGESIZE, 0) != 0:
        sys.exit("mprotect failed")
    pages[mmap.PAGESIZE - 32 : mmap.PAGESIZE] = (3).to_bytes(8, "little") * 4
    state = State()
    state.zmm[1][:] = [5] * 8
    state.k[1] = 0x0F
    with tempfile.TemporaryDirectory() as folder:
        function = compile_forms([form], True, Path(folder))["form_0"]
        function.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        function(ctypes.addressof(state), second)
    if list(state.zmm[0]) != [15] * 4 + [0] * 4:
        sys.exit("a masked load gave a wrong result")
    libc.mprotect(ctypes.c_void_p(second), mmap.PAGESIZE, 3)


def main() -> None:
    wide = "wide" in sys.argv
    forms = list(sha256_forms())
    compare(forms, wide)
    if wide:
        wider = list(vpmadd52_forms())
        compare(wider, wide)
        masked_out_lanes_do_not_fault()
        forms += wider
    print(f"{len(forms)} forms agree, {ctypes.CDLL(None).instruction_trap_count()} instructions emulated")


if __name__ == "__main__":
    main()
