"""Trilinear lookups of sixteen points at once, as vector instructions.

A compiler does not make vectors of eight scattered reads per point by itself; written as vectors
they are three times as fast, and bit for bit what the same arithmetic gives point by point. Rows
must hold finite numbers up to the next multiple of `LANES`.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES: Final = 16
SIDE: Final = 129
"""Nodes along an edge of a noise tile: 128, and the first again."""
_INT32, _INT64, _FLOAT = ir.IntType(32), ir.IntType(64), ir.FloatType()
_FLOATS, _INTS = ir.VectorType(_FLOAT, LANES), ir.VectorType(_INT32, LANES)
_FOUR = ir.VectorType(_FLOAT, 4)
Value = Any


class _Writer:
    """Writes vector instructions for the sixteen places from ``at`` on."""

    def __init__(self, context: Any, builder: Any, signature: Any, arguments: Any) -> None:
        self.context, self.builder = context, builder
        self.types, self.arguments = signature.args, arguments
        self.at: Value = None

    def start(self, k: int) -> Value:
        """Return where the numbers of argument ``k``, an array, stand."""
        make = self.context.make_array(self.types[k])
        return make(self.context, self.builder, self.arguments[k]).data

    def place(self, k: int, at: Value, kind: ir.Type) -> Value:
        """Return where number ``at`` of argument ``k`` stands."""
        return self.builder.bitcast(self.builder.gep(self.start(k), [at]), kind.as_pointer())

    def row(self, k: int) -> Value:
        """Return sixteen numbers of argument ``k``."""
        return _aligned(self.builder.load(self.place(k, self.at, _FLOATS)))

    def write(self, k: int, numbers: Value) -> None:
        """Write sixteen numbers to argument ``k``."""
        _aligned(self.builder.store(numbers, self.place(k, self.at, _FLOATS)))

    def spread(self, scalar: Value) -> Value:
        """Return a value sixteen times."""
        kind = ir.VectorType(scalar.type, LANES)
        none = ir.Constant(kind, ir.Undefined)
        first = self.builder.insert_element(none, scalar, ir.Constant(_INT32, 0))
        return self.builder.shuffle_vector(first, none, _constant(_INTS, 0))

    def pairs(self, start: Value, places: Value, shift: Value, bits: int) -> Value:
        """Return what stands in pairs of neighbours at sixteen places, each as one number."""
        builder, size = self.builder, bits // 16
        kind = ir.IntType(bits)
        first = builder.gep(start, [builder.sext(shift, _INT64)])
        found = ir.Constant(ir.VectorType(kind, LANES), ir.Undefined)
        for lane in range(LANES):
            index = ir.Constant(_INT32, lane)
            place = builder.sext(builder.extract_element(places, index), _INT64)
            pair = builder.load(builder.bitcast(builder.gep(first, [place]), kind.as_pointer()))
            pair.align = size
            found = builder.insert_element(found, pair, index)
        return found

    def shorts(self, start: Value, places: Value, shift: Value) -> tuple[Value, Value]:
        """Return two neighbouring 16-bit numbers at each place."""
        builder, half = self.builder, _constant(_INTS, 16)
        pair = self.pairs(start, places, shift, 32)
        low = builder.ashr(builder.shl(pair, half), half)
        return builder.sitofp(low, _FLOATS), builder.sitofp(builder.ashr(pair, half), _FLOATS)

    def singles(self, start: Value, places: Value, shift: Value) -> tuple[Value, Value]:
        """Return two neighbouring float32 numbers at each place."""
        builder = self.builder
        pair = self.pairs(start, places, shift, 64)
        high = builder.lshr(pair, ir.Constant(pair.type, [32] * LANES))
        low, high = builder.trunc(pair, _INTS), builder.trunc(high, _INTS)
        return builder.bitcast(low, _FLOATS), builder.bitcast(high, _FLOATS)

    def between(self, a: Value, b: Value, share: Value) -> Value:
        """Return ``a + (b - a) * share``."""
        builder = self.builder
        return builder.fadd(a, builder.fmul(builder.fsub(b, a), share))

    def interpolated(
        self, pair: Callable[[Value], tuple[Value, Value]], row: Value, plane: Value,
        shares: Sequence[Value],
    ) -> Value:  # fmt: skip
        """Interpolate along x between pairs of neighbours, then along y, then along z."""
        x, y, z = shares
        corners = (ir.Constant(_INT32, 0), row, plane, self.builder.add(plane, row))
        a, b, c, d = (self.between(*pair(corner), x) for corner in corners)
        return self.between(self.between(a, b, y), self.between(c, d, y), z)

    def whole(self, x: Value) -> tuple[Value, Value]:
        """Return the whole numbers below ``x``, and what is left."""
        kind = ir.FunctionType(_FLOATS, [_FLOATS])
        floor = cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.floor.v{LANES}f32")
        low = self.builder.call(floor, [x])
        return self.builder.fptosi(low, _INTS), self.builder.fsub(x, low)

    def limited(self, x: Value, top: Value) -> Value:
        """Return ``x`` limited to 0 and ``top``."""
        zero = _constant(_FLOATS, 0.0)
        x = self.builder.select(self.builder.fcmp_ordered(">", x, zero), x, zero)
        return self.builder.select(self.builder.fcmp_ordered("<", x, top), x, top)


def _kernel(write: Callable[..., Any]) -> Any:
    """Make what writes instructions a function that kernels can call."""
    return intrinsic(write)


def _constant(kind: ir.VectorType, number: float) -> Value:
    return ir.Constant(kind, [number] * LANES)


def _aligned(instruction: Value) -> Value:
    instruction.align = 4
    return instruction


@_kernel
def read_tile(
    typing: Any, tile: Any, x: Any, y: Any, z: Any, at: Any, scale: Any, shift_x: Any,
    shift_y: Any, shift_z: Any, out: Any,
) -> Any:  # fmt: skip
    """Read a periodic noise tile at the points (x, y, z) times ``scale`` plus a shift."""
    signature = types.void(tile, x, y, z, at, scale, shift_x, shift_y, shift_z, out)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        write = _Writer(context, builder, sig, args)
        write.at = args[4]
        scale, last = write.spread(args[5]), _constant(_INTS, SIDE - 2)
        places: Value = None
        shares: list[Value] = []
        for k in (3, 2, 1):
            x = builder.fadd(builder.fmul(write.row(k), scale), write.spread(args[5 + k]))
            node, share = write.whole(x)
            node = builder.and_(node, last)
            if places is not None:
                node = builder.add(builder.mul(places, _constant(_INTS, SIDE)), node)
            places = node
            shares.insert(0, share)
        start = write.start(0)
        value = write.interpolated(
            lambda corner: write.singles(start, places, corner),
            ir.Constant(_INT32, SIDE), ir.Constant(_INT32, SIDE * SIDE), shares,
        )  # fmt: skip
        write.write(9, value)
        return context.get_dummy_value()

    return signature, generate


@_kernel
def read_solid(
    typing: Any, address: Any, x: Any, y: Any, z: Any, at: Any, low_x: Any, low_y: Any, low_z: Any,
    scale: Any, size_x: Any, size_y: Any, size_z: Any, out: Any,
) -> Any:  # fmt: skip
    """Read the baked solid at an address at points; beyond its lattice, what stands at its edge."""
    signature = types.void(
        address, x, y, z, at, low_x, low_y, low_z, scale, size_x, size_y, size_z, out
    )

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        write = _Writer(context, builder, sig, args)
        write.at = args[4]
        scale, edge = write.spread(args[8]), ir.Constant(_FLOAT, -1.001)
        places: Value = None
        shares: list[Value] = []
        for k in (3, 2, 1):
            x = builder.fmul(builder.fsub(write.row(k), write.spread(args[4 + k])), scale)
            top = builder.fadd(builder.sitofp(args[8 + k], _FLOAT), edge)
            x = write.limited(x, write.spread(top))
            node = builder.fptosi(x, _INTS)
            shares.insert(0, builder.fsub(x, builder.sitofp(node, _FLOATS)))
            if places is not None:
                node = builder.add(builder.mul(places, write.spread(args[8 + k])), node)
            places = node
        start = builder.inttoptr(args[0], ir.IntType(16).as_pointer())
        value = write.interpolated(
            lambda corner: write.shorts(start, places, corner),
            args[9], builder.mul(args[9], args[10]), shares,
        )  # fmt: skip
        write.write(12, builder.fmul(value, _constant(_FLOATS, 1.0 / 256.0)))
        return context.get_dummy_value()

    return signature, generate


@_kernel
def read_short(typing: Any, address: Any, place: Any) -> Any:
    """Read number ``place`` of the 16-bit numbers at an address."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        start = builder.inttoptr(args[0], ir.IntType(16).as_pointer())
        number = builder.load(builder.gep(start, [args[1]]))
        number.align = 2
        return number

    return types.int16(types.int64, types.int64), generate


@_kernel
def read_shift(
    typing: Any, table: Any, node: Any, row: Any, plane: Any, x: Any, y: Any, z: Any, at: Any,
    out: Any,
) -> Any:  # fmt: skip
    """Interpolate triples from a node on, and write one, and a number more, at ``at``."""
    signature = types.void(table, node, row, plane, x, y, z, at, out)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        write = _Writer(context, builder, sig, args)
        four = [ir.Constant(ir.VectorType(_INT32, 4), [0] * 4), ir.Constant(_FOUR, ir.Undefined)]

        def triple(shift: Value) -> Value:
            place = builder.add(args[1], shift)
            return _aligned(builder.load(write.place(0, place, _FOUR)))

        def pair(corner: Value) -> tuple[Value, Value]:
            return triple(corner), triple(builder.add(corner, ir.Constant(corner.type, 3)))

        shares = [
            builder.shuffle_vector(
                builder.insert_element(four[1], args[k], ir.Constant(_INT32, 0)), four[1], four[0]
            )
            for k in (4, 5, 6)
        ]
        zero = ir.Constant(args[2].type, 0)
        corners = (zero, args[2], args[3], builder.add(args[2], args[3]))
        a, b, c, d = (write.between(*pair(corner), shares[0]) for corner in corners)
        near, far = write.between(a, b, shares[1]), write.between(c, d, shares[1])
        value = write.between(near, far, shares[2])
        _aligned(builder.store(value, write.place(8, args[7], _FOUR)))
        return context.get_dummy_value()

    return signature, generate


@_kernel
def bits_of(typing: Any, number: Any) -> Any:
    """Return the bits of a float32 as a whole number."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], _INT32)

    return types.int32(types.float32), generate


@_kernel
def number_of(typing: Any, bits: Any) -> Any:
    """Return the float32 that has these bits."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], _FLOAT)

    return types.float32(types.int32), generate


__all__ = [
    "LANES", "SIDE", "bits_of", "number_of", "read_shift", "read_short", "read_solid", "read_tile",
]  # fmt: skip
