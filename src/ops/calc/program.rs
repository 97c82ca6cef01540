//! What a program does: operations on blocks of samples, register by register.
//!
//! Samples are `f64`. A missing one is NaN: an operation that has no result (0/0,
//! log(-1)) and one without a value to work on mean the same to what follows, and
//! a block needs no second array. So no valid sample is ever NaN.

use std::collections::HashMap;

use multiversion::multiversion;

use crate::kernel::{interpolate_ranks, ranks_beside};

/// The samples of one block: a register of them stays in the nearest cache.
pub(super) const BLOCK: usize = 1024;

/// An operation's place in the list that a builder makes.
pub(super) type Id = u32;

/// A coordinate of the pixel at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Axis {
    X,
    Y,
    Longitude,
    Latitude,
}

/// Columns and rows from the pixel at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Shift {
    pub(super) dx: i32,
    pub(super) dy: i32,
}

/// One operation; `R` says where its operands are: in the list, or in registers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Op<R> {
    /// The bits of a number; NaN is missing.
    Constant(u64),
    /// A sample of a band (from 0) of an input, some pixels away.
    Load {
        input: usize,
        band: u16,
        shift: Shift,
    },
    Coordinate {
        axis: Axis,
        shift: Shift,
    },
    Unary(Unary, R),
    Binary(Binary, R, R),
    /// The second where the first is not 0, else the third.
    Choose(R, R, R),
    /// The percentile, given by its bits, of those that are there.
    Percentile(u64, Box<[R]>),
}

/// Defines the operators of one arity: what each does to one sample, and a loop
/// over blocks for each.
macro_rules! operators {
    ($(#[$doc:meta])* $kind:ident $n:literal $operands:tt { $($name:ident: $body:expr,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(super) enum $kind { $($name,)* }

        impl $kind {
            /// Returns whether some sample has all its operands and no result.
            fn run(self, out: &mut [f64], from: [&[f64]; $n]) -> bool {
                #[multiversion(targets("x86_64+avx2"))]
                fn run(kind: $kind, out: &mut [f64], from: [&[f64]; $n]) -> bool {
                    match kind {
                        $($kind::$name => each(out, from, |$operands: [f64; $n]| $body),)*
                    }
                }
                run(self, out, from)
            }
        }
    };
}

#[inline(always)]
fn each<const N: usize>(out: &mut [f64], from: [&[f64]; N], of: impl Fn([f64; N]) -> f64) -> bool {
    let from = from.map(|samples| &samples[..out.len()]);
    let mut failed = false;
    for (at, out) in out.iter_mut().enumerate() {
        let operands = from.map(|samples| samples[at]);
        let result = of(operands);
        // Without a branch, so that it vectorises.
        failed |=
            operands.iter().fold(result.is_nan(), |failed, operand| failed & !operand.is_nan());
        *out = result;
    }
    failed
}

operators! {
    /// From one sample to one.
    Unary 1 [a] {
        Negate: -a,
        Not: truth(a, a == 0.0),
        BitNot: integer(a).map_or(f64::NAN, |a| exact(!a)),
        IsMissing: f64::from(u8::from(a.is_nan())),
        Abs: a.abs(),
        Sign: if a == 0.0 || a.is_nan() { a } else { a.signum() },
        Sqrt: a.sqrt(),
        Cbrt: a.cbrt(),
        Exp: a.exp(),
        Expm1: a.exp_m1(),
        // The logarithm of 0 is as little a number as x/0.
        Log: if a > 0.0 { a.ln() } else { f64::NAN },
        Log2: if a > 0.0 { a.log2() } else { f64::NAN },
        Log10: if a > 0.0 { a.log10() } else { f64::NAN },
        Log1p: if a > -1.0 { a.ln_1p() } else { f64::NAN },
        Sin: a.sin(),
        Cos: a.cos(),
        Tan: a.tan(),
        Asin: a.asin(),
        Acos: a.acos(),
        Atan: a.atan(),
        Sinh: a.sinh(),
        Cosh: a.cosh(),
        Tanh: a.tanh(),
        Floor: a.floor(),
        Ceil: a.ceil(),
        Round: a.round_ties_even(),
        Trunc: a.trunc(),
        Degrees: a * (180.0 / std::f64::consts::PI),
        Radians: a * (std::f64::consts::PI / 180.0),
    }
}

operators! {
    /// From two samples to one.
    Binary 2 [a, b] {
        Add: a + b,
        Subtract: a - b,
        Multiply: a * b,
        Divide: if b == 0.0 { f64::NAN } else { a / b },
        FloorDivide: floor_divide(a, b).0,
        Modulo: floor_divide(a, b).1,
        Power: power(a, b),
        Equal: compare(a, b, a == b),
        NotEqual: compare(a, b, a != b),
        Less: compare(a, b, a < b),
        LessEqual: compare(a, b, a <= b),
        And: compare(a, b, a != 0.0 && b != 0.0),
        Or: compare(a, b, a != 0.0 || b != 0.0),
        BitAnd: integers(a, b, |a, b| Some(a & b)),
        BitOr: integers(a, b, |a, b| Some(a | b)),
        BitXor: integers(a, b, |a, b| Some(a ^ b)),
        ShiftLeft: integers(a, b, |a, b| (0..64).contains(&b).then(|| a.checked_mul(1i64.checked_shl(b as u32)?))?),
        ShiftRight: integers(a, b, |a, b| (0..64).contains(&b).then(|| a >> b)),
        Atan2: if a.is_nan() || b.is_nan() { f64::NAN } else { a.atan2(b) },
        Hypot: if a.is_nan() || b.is_nan() { f64::NAN } else { a.hypot(b) },
        AtLeast: if a.is_nan() || b.is_nan() { f64::NAN } else if a < b { b } else { a },
        AtMost: if a.is_nan() || b.is_nan() { f64::NAN } else if a > b { b } else { a },
        // These four skip what is missing.
        Coalesce: if a.is_nan() { b } else { a },
        FoldSum: if a.is_nan() { b } else if b.is_nan() { a } else { a + b },
        FoldMin: if a.is_nan() || b < a { b } else { a },
        FoldMax: if a.is_nan() || b > a { b } else { a },
        // How many are there: a count so far, and one more sample.
        FoldCount: a + f64::from(u8::from(!b.is_nan())),
    }
}

/// 1 for true, 0 for false, missing if `of` is.
#[inline(always)]
fn truth(of: f64, is: bool) -> f64 {
    if of.is_nan() { f64::NAN } else { f64::from(u8::from(is)) }
}

#[inline(always)]
fn compare(a: f64, b: f64, is: bool) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { f64::from(u8::from(is)) }
}

/// Integers beyond this have neighbours that an `f64` has not.
const LARGEST: i64 = 1 << 53;

fn integer(value: f64) -> Option<i64> {
    (value.abs() <= LARGEST as f64 && value.fract() == 0.0).then_some(value as i64)
}

fn exact(value: i64) -> f64 {
    if (-LARGEST..=LARGEST).contains(&value) { value as f64 } else { f64::NAN }
}

/// Bits of numbers that are no integers are missing.
fn integers(a: f64, b: f64, of: impl Fn(i64, i64) -> Option<i64>) -> f64 {
    match (integer(a), integer(b)) {
        (Some(a), Some(b)) => of(a, b).map_or(f64::NAN, exact),
        _ => f64::NAN,
    }
}

/// The quotient rounded down and the remainder of the divisor's sign, as numpy has
/// them (npy_divmod).
fn floor_divide(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    if b == 0.0 || rest.is_nan() {
        return (f64::NAN, f64::NAN);
    }
    let mut quotient = (a - rest) / b;
    if rest == 0.0 {
        rest = 0f64.copysign(b);
    } else if (b < 0.0) != (rest < 0.0) {
        rest += b;
        quotient -= 1.0;
    }
    let whole = quotient.floor();
    let whole = if quotient == 0.0 {
        0f64.copysign(a / b)
    } else if quotient - whole > 0.5 {
        whole + 1.0
    } else {
        whole
    };
    (whole, rest)
}

fn power(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() || a == 0.0 && b < 0.0 { f64::NAN } else { a.powf(b) }
}

/// A finished program: operations in order, each into a register.
#[derive(Debug)]
pub(super) struct Program {
    steps: Vec<(Op<u32>, u32)>,
    constants: Vec<(f64, u32)>,
    outputs: Vec<u32>,
    registers: usize,
}

impl Program {
    /// Keeps of a list what the outputs need, and finds registers for it.
    pub(super) fn new(list: &[Op<Id>], outputs: &[Id]) -> Self {
        // Operands stand before what uses them: one walk backwards marks all.
        let mut last = vec![None; list.len()];
        for &id in outputs {
            last[id as usize] = Some(usize::MAX);
        }
        for (at, op) in list.iter().enumerate().rev() {
            if last[at].is_some() {
                op.each(|id| {
                    last[id as usize].get_or_insert(at);
                });
            }
        }
        let mut place: HashMap<Id, u32> = HashMap::new();
        let (mut steps, mut constants, mut registers) = (Vec::new(), Vec::new(), 0);
        let needed = || list.iter().enumerate().filter(|(at, _)| last[*at].is_some());
        // Filled once, before the first step: no step may have these registers.
        for (at, op) in needed() {
            if let Op::Constant(bits) = op {
                constants.push((f64::from_bits(*bits), registers));
                place.insert(at as Id, registers);
                registers += 1;
            }
        }
        let mut free: Vec<u32> = Vec::new();
        for (at, op) in needed().filter(|(_, op)| !matches!(op, Op::Constant(_))) {
            let register = free.pop().unwrap_or(registers);
            registers = registers.max(register + 1);
            place.insert(at as Id, register);
            steps.push((op.map(|id| place[&id]), register));
            // An operand's register is free after its last use, not during it.
            let mut ended = Vec::new();
            op.each(|id| {
                let is_constant = matches!(list[id as usize], Op::Constant(_));
                if last[id as usize] == Some(at) && !is_constant && !ended.contains(&id) {
                    ended.push(id);
                }
            });
            free.extend(ended.iter().map(|id| place[id]));
        }
        let outputs = outputs.iter().map(|id| place[id]).collect();
        Self { steps, constants, outputs, registers: registers as usize }
    }

    /// Returns the bytes that the registers take.
    pub(super) fn bytes(&self) -> u64 {
        ((self.registers + 1) * BLOCK * size_of::<f64>()) as u64
    }

    pub(super) fn steps(&self) -> impl Iterator<Item = &Op<u32>> {
        self.steps.iter().map(|(op, _)| op)
    }

    /// Returns the input and the band of each load.
    pub(super) fn loads(&mut self) -> impl Iterator<Item = (&mut usize, &mut u16)> {
        self.steps.iter_mut().filter_map(|(op, _)| match op {
            Op::Load { input, band, .. } => Some((input, band)),
            _ => None,
        })
    }

    pub(super) fn start(&self) -> Registers<'_> {
        let mut blocks = vec![vec![0.0; BLOCK]; self.registers];
        for &(value, register) in &self.constants {
            blocks[register as usize].fill(value);
        }
        Registers { program: self, blocks, failures: Failures::default(), scratch: Vec::new() }
    }
}

impl<R: Copy> Op<R> {
    fn each(&self, mut of: impl FnMut(R)) {
        match self {
            Self::Constant(_) | Self::Load { .. } | Self::Coordinate { .. } => {}
            Self::Unary(_, a) => of(*a),
            Self::Binary(_, a, b) => [*a, *b].into_iter().for_each(of),
            Self::Choose(a, b, c) => [*a, *b, *c].into_iter().for_each(of),
            Self::Percentile(_, all) => all.iter().copied().for_each(&mut of),
        }
    }

    fn map<S>(&self, of: impl Fn(R) -> S) -> Op<S> {
        match self {
            Self::Constant(bits) => Op::Constant(*bits),
            &Self::Load { input, band, shift } => Op::Load { input, band, shift },
            &Self::Coordinate { axis, shift } => Op::Coordinate { axis, shift },
            Self::Unary(kind, a) => Op::Unary(*kind, of(*a)),
            Self::Binary(kind, a, b) => Op::Binary(*kind, of(*a), of(*b)),
            Self::Choose(a, b, c) => Op::Choose(of(*a), of(*b), of(*c)),
            Self::Percentile(p, all) => Op::Percentile(*p, all.iter().map(|&a| of(a)).collect()),
        }
    }
}

/// A program at work.
pub(super) struct Registers<'a> {
    program: &'a Program,
    blocks: Vec<Vec<f64>>,
    failures: Failures,
    scratch: Vec<f64>,
}

impl Registers<'_> {
    /// Runs the program over `len` samples; `fetch` fills in what is loaded.
    pub(super) fn run(&mut self, len: usize, mut fetch: impl FnMut(&Op<u32>, &mut [f64])) {
        self.failures.clear();
        for (op, register) in &self.program.steps {
            // No operand is in the register of the result.
            let mut block = std::mem::take(&mut self.blocks[*register as usize]);
            let out = &mut block[..len];
            let of = |register: u32| &self.blocks[register as usize][..len];
            match op {
                Op::Constant(bits) => out.fill(f64::from_bits(*bits)),
                Op::Load { .. } | Op::Coordinate { .. } => fetch(op, out),
                &Op::Unary(kind, a) => {
                    if kind.run(out, [of(a)]) {
                        self.failures.mark(out, of(a), of(a));
                    }
                }
                &Op::Binary(kind, a, b) => {
                    if kind.run(out, [of(a), of(b)]) {
                        self.failures.mark(out, of(a), of(b));
                    }
                }
                &Op::Choose(c, a, b) => {
                    for (((out, &c), &a), &b) in out.iter_mut().zip(of(c)).zip(of(a)).zip(of(b)) {
                        let chosen = if c != 0.0 { a } else { b };
                        *out = if c.is_nan() { c } else { chosen };
                    }
                }
                Op::Percentile(bits, all) => {
                    for (at, out) in out.iter_mut().enumerate() {
                        self.scratch.clear();
                        let samples = all.iter().map(|&a| of(a)[at]);
                        self.scratch.extend(samples.filter(|sample| !sample.is_nan()));
                        *out = percentile(f64::from_bits(*bits), &mut self.scratch);
                    }
                }
            }
            self.blocks[*register as usize] = block;
        }
    }

    /// Returns the samples of an output of the last run.
    pub(super) fn output(&self, number: usize, len: usize) -> &[f64] {
        &self.blocks[self.program.outputs[number] as usize][..len]
    }

    /// Returns of how many samples of an output some operation of the last run had
    /// operands but no result.
    pub(super) fn failed(&self, number: usize, len: usize) -> u64 {
        let failed = self.failures.0.iter();
        let lost = failed.zip(self.output(number, len)).filter(|(f, v)| **f & v.is_nan());
        lost.count() as u64
    }
}

/// Where operations had operands but no result; empty if all had one.
#[derive(Default)]
struct Failures(Vec<bool>);

impl Failures {
    fn clear(&mut self) {
        self.0.clear();
    }

    #[cold]
    fn mark(&mut self, out: &[f64], a: &[f64], b: &[f64]) {
        self.0.resize(BLOCK, false);
        for (((failed, out), a), b) in self.0.iter_mut().zip(out).zip(a).zip(b) {
            *failed |= out.is_nan() & !a.is_nan() & !b.is_nan();
        }
    }
}

/// The percentile of some samples, none of them missing; missing if there are none.
fn percentile(percentile: f64, samples: &mut [f64]) -> f64 {
    if samples.is_empty() {
        return f64::NAN;
    }
    samples.sort_unstable_by(f64::total_cmp);
    let (below, above, fraction) = ranks_beside(percentile, samples.len() as u64);
    interpolate_ranks(samples[below as usize], samples[above as usize], fraction)
}

/// Applies one operation to single numbers: how constants are folded.
pub(super) fn fold(op: &Op<f64>) -> Option<f64> {
    let mut out = [0.0];
    match op {
        Op::Unary(kind, a) => drop(kind.run(&mut out, [&[*a]])),
        Op::Binary(kind, a, b) => drop(kind.run(&mut out, [&[*a], &[*b]])),
        Op::Choose(c, a, b) => {
            out = [if c.is_nan() { *c } else { [*b, *a][usize::from(*c != 0.0)] }];
        }
        Op::Percentile(bits, all) => {
            let mut there: Vec<f64> = all.iter().copied().filter(|a| !a.is_nan()).collect();
            out = [percentile(f64::from_bits(*bits), &mut there)];
        }
        Op::Constant(_) | Op::Load { .. } | Op::Coordinate { .. } => return None,
    }
    Some(out[0])
}
