//! From a tree to a list of operations: names get their meanings, equal parts are
//! made once, constant parts now.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::functions::{self, Function, Reducer};
use super::program::{Binary, Id, Op, Shift, Unary, fold};
use super::tree::{Infix, Kind, Node, Prefix, Tree, error_at, nearest};
use crate::raster::Info;
use crate::{Error, Result};

/// An input as names see it.
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    /// Which of the distinct rasters it is.
    pub(super) input: usize,
    /// The one band (from 0) that the name means; `None` for all.
    pub(super) band: Option<u16>,
    pub(super) info: &'a Info,
}

/// What whole-raster numbers an expression may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Statistic {
    Min,
    Max,
    Mean,
    Std,
    Median,
    Count,
}

/// Finds a whole-raster number: of a band (from 0) of one of the distinct rasters.
/// It is missing where no sample is valid.
pub(super) type Ask<'a> = dyn FnMut(usize, u16, Statistic) -> Result<f64> + 'a;

/// The most operations of a program, and steps to make it.
const MOST: usize = 1 << 16;
/// The deepest nesting of parts once definitions are put in.
const DEEPEST: usize = 300;
/// The farthest that a sample may be away, in pixels: so much more is read around.
const FARTHEST: i32 = 512;
/// The widest neighbourhood.
const WIDEST: f64 = 31.0;

/// Makes the operations of a tree; returns them and the outputs.
pub(super) fn build(
    text: &str,
    tree: &Tree,
    names: &[Named<'_>],
    ask: &mut Ask<'_>,
) -> Result<(Vec<Op<Id>>, Vec<Id>)> {
    let mut builder = Builder {
        text,
        names,
        ask,
        scopes: Vec::new(),
        made: HashMap::new(),
        list: Vec::new(),
        seen: HashMap::new(),
        steps: 0,
        depth: 0,
    };
    let mut scope = None;
    for definition in &tree.definitions {
        if definition.name == "nodata" || names.iter().any(|input| input.name == definition.name) {
            let message = format!("`{}` has a meaning already", definition.name);
            return Err(error_at(text, definition.span.clone(), message).hint("take another name"));
        }
        let scoped = Scoped {
            name: &definition.name,
            parameters: definition.parameters.as_deref(),
            body: &definition.body,
            // A definition sees those before it, never itself: nothing recurs.
            sees: scope,
            next: scope,
        };
        builder.scopes.push(scoped);
        scope = Some(builder.scopes.len() - 1);
    }
    let outputs = builder.part(&tree.result, scope, Shift::default())?;
    // A definition that nothing uses is checked all the same.
    for (at, definition) in tree.definitions.iter().enumerate() {
        if definition.parameters.is_none() {
            builder.part(&definition.body, at.checked_sub(1), Shift::default())?;
        }
    }
    Ok((builder.list, outputs))
}

/// A name, what it stands for, and what that sees.
#[derive(Clone, Copy)]
struct Scoped<'a> {
    name: &'a str,
    parameters: Option<&'a [String]>,
    body: &'a Node,
    sees: Option<usize>,
    next: Option<usize>,
}

struct Builder<'a, 'ask> {
    text: &'a str,
    names: &'a [Named<'a>],
    ask: &'a mut Ask<'ask>,
    scopes: Vec<Scoped<'a>>,
    /// Values of definitions that were made already.
    made: HashMap<(usize, Shift), Vec<Id>>,
    list: Vec<Op<Id>>,
    seen: HashMap<Op<Id>, Id>,
    steps: usize,
    depth: usize,
}

type Bands = Vec<Id>;

impl<'a> Builder<'a, '_> {
    fn error(
        &self,
        node: &Node,
        message: impl std::fmt::Display,
        hint: impl Into<String>,
    ) -> Error {
        error_at(self.text, node.span.clone(), message).hint(hint)
    }

    /// Adds an operation unless it is there; folds it if it is constant.
    fn push(&mut self, op: Op<Id>) -> Id {
        let value = |id: Id| match self.list[id as usize] {
            Op::Constant(bits) => Some(f64::from_bits(bits)),
            _ => None,
        };
        let folded = match &op {
            Op::Unary(kind, a) => value(*a).and_then(|a| fold(&Op::Unary(*kind, a))),
            Op::Binary(kind, a, b) => {
                value(*a).zip(value(*b)).and_then(|(a, b)| fold(&Op::Binary(*kind, a, b)))
            }
            Op::Choose(c, a, b) => match (value(*c), value(*a), value(*b)) {
                (Some(c), Some(a), Some(b)) => fold(&Op::Choose(c, a, b)),
                _ => None,
            },
            Op::Percentile(bits, all) => {
                let all: Option<Box<[f64]>> = all.iter().map(|&a| value(a)).collect();
                all.and_then(|all| fold(&Op::Percentile(*bits, all)))
            }
            Op::Constant(_) | Op::Load { .. } | Op::Coordinate { .. } => None,
        };
        let op = match folded {
            Some(value) if value.is_nan() => Op::Constant(f64::NAN.to_bits()),
            Some(value) => Op::Constant(value.to_bits()),
            None => op,
        };
        let next = self.list.len() as Id;
        match self.seen.entry(op.clone()) {
            Entry::Occupied(there) => *there.get(),
            Entry::Vacant(free) => {
                free.insert(next);
                self.list.push(op);
                next
            }
        }
    }

    fn constant(&mut self, value: f64) -> Id {
        self.push(Op::Constant(value.to_bits()))
    }

    fn unary(&mut self, kind: Unary, a: Id) -> Id {
        self.push(Op::Unary(kind, a))
    }

    fn binary(&mut self, kind: Binary, a: Id, b: Id) -> Id {
        self.push(Op::Binary(kind, a, b))
    }

    /// Makes the bands of a part, as seen some pixels away.
    fn part(&mut self, node: &'a Node, scope: Option<usize>, shift: Shift) -> Result<Bands> {
        self.steps += 1;
        if self.steps > MOST || self.list.len() > MOST {
            return Err(Error::limit("operations of an expression")
                .expected(format!("at most {MOST}"))
                .hint("a smaller neighbourhood, or fewer bands, need fewer"));
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error(
                node,
                format!("parts nested more than {DEEPEST} deep"),
                "name parts: `let part = ...;`",
            ));
        }
        let bands = match &node.kind {
            Kind::Number(value) => vec![self.constant(*value)],
            Kind::Name(name) => self.name(node, name, scope, shift)?,
            Kind::Index(of, band) => {
                let bands = self.part(of, scope, shift)?;
                let picked = bands.get(*band as usize - 1);
                vec![*picked.ok_or_else(|| {
                    self.error(
                        node,
                        format!("band {band} of {}", bands.len()),
                        "bands count from 1",
                    )
                })?]
            }
            Kind::Field(of, field) => self.field(node, of, field, shift)?,
            Kind::Method(of, name, arguments) => {
                if name != "at" {
                    return Err(self.error(
                        node,
                        format!("no method `{name}`"),
                        "there is `A.at(dx, dy)`, and `A.name` for a band",
                    ));
                }
                let [dx, dy] = self.exactly(node, arguments)?;
                let (dx, dy) = (self.whole(dx, scope)?, self.whole(dy, scope)?);
                let moved = self.moved(node, shift, dx, dy)?;
                self.part(of, scope, moved)?
            }
            Kind::Call(name, arguments) => self.call(node, name, arguments, scope, shift)?,
            Kind::Prefix(operator, of) => {
                let bands = self.part(of, scope, shift)?;
                let kind = match operator {
                    Prefix::Plus => None,
                    Prefix::Minus => Some(Unary::Negate),
                    Prefix::Not => Some(Unary::Not),
                    Prefix::BitNot => Some(Unary::BitNot),
                };
                match kind {
                    Some(kind) => bands.into_iter().map(|a| self.unary(kind, a)).collect(),
                    None => bands,
                }
            }
            Kind::Infix(operator, a, b) => {
                let (a, b) = (self.part(a, scope, shift)?, self.part(b, scope, shift)?);
                self.each(node, [a, b], |builder, [a, b]| builder.infix(*operator, a, b))?
            }
            Kind::Choice(c, a, b) => {
                let c = self.part(c, scope, shift)?;
                let (a, b) = (self.part(a, scope, shift)?, self.part(b, scope, shift)?);
                self.each(node, [c, a, b], |builder, [c, a, b]| builder.push(Op::Choose(c, a, b)))?
            }
            Kind::List(parts) => {
                let mut bands = Vec::new();
                for part in parts {
                    bands.extend(self.part(part, scope, shift)?);
                }
                bands
            }
        };
        if bands.is_empty() {
            return Err(self.error(node, "no bands", "a list has a value at least: `[A, B]`"));
        }
        self.depth -= 1;
        Ok(bands)
    }

    /// Applies an operation band by band; a single band goes with each of the others.
    fn each<const N: usize>(
        &mut self,
        node: &Node,
        operands: [Bands; N],
        mut of: impl FnMut(&mut Self, [Id; N]) -> Id,
    ) -> Result<Bands> {
        let bands = operands.iter().map(Vec::len).max().unwrap_or(0);
        if let Some(other) = operands.iter().map(Vec::len).find(|&len| len != 1 && len != bands) {
            return Err(self.error(
                node,
                format!("{bands} bands beside {other}"),
                "pick one with `A[1]`, or reduce them with `mean(A)`",
            ));
        }
        Ok((0..bands)
            .map(|band| {
                of(self, operands.each_ref().map(|o| o[if o.len() == 1 { 0 } else { band }]))
            })
            .collect())
    }

    fn infix(&mut self, operator: Infix, a: Id, b: Id) -> Id {
        let kind = match operator {
            Infix::Or => Binary::Or,
            Infix::And => Binary::And,
            Infix::Equal => Binary::Equal,
            Infix::NotEqual => Binary::NotEqual,
            Infix::Less => Binary::Less,
            Infix::LessEqual => Binary::LessEqual,
            Infix::Greater => return self.binary(Binary::Less, b, a),
            Infix::GreaterEqual => return self.binary(Binary::LessEqual, b, a),
            Infix::BitOr => Binary::BitOr,
            Infix::BitAnd => Binary::BitAnd,
            Infix::ShiftLeft => Binary::ShiftLeft,
            Infix::ShiftRight => Binary::ShiftRight,
            Infix::Add => Binary::Add,
            Infix::Subtract => Binary::Subtract,
            Infix::Multiply => Binary::Multiply,
            Infix::Divide => Binary::Divide,
            Infix::FloorDivide => Binary::FloorDivide,
            Infix::Modulo => Binary::Modulo,
            Infix::Power => return self.power(a, b),
        };
        self.binary(kind, a, b)
    }

    /// Squares and square roots are exact, and numpy makes them so.
    fn power(&mut self, a: Id, b: Id) -> Id {
        match self.list[b as usize] {
            Op::Constant(bits) if bits == 2f64.to_bits() => self.binary(Binary::Multiply, a, a),
            Op::Constant(bits) if bits == 0.5f64.to_bits() => self.unary(Unary::Sqrt, a),
            _ => self.binary(Binary::Power, a, b),
        }
    }

    fn find(&self, name: &str, mut scope: Option<usize>) -> Option<usize> {
        while let Some(at) = scope {
            if self.scopes[at].name == name {
                return Some(at);
            }
            scope = self.scopes[at].next;
        }
        None
    }

    fn name(
        &mut self,
        node: &Node,
        name: &str,
        scope: Option<usize>,
        shift: Shift,
    ) -> Result<Bands> {
        if let Some(at) = self.find(name, scope) {
            let Scoped { parameters, body, sees, .. } = self.scopes[at];
            if parameters.is_some() {
                return Err(self.error(
                    node,
                    format!("`{name}` is a function"),
                    format!("call it: `{name}(...)`"),
                ));
            }
            if let Some(bands) = self.made.get(&(at, shift)) {
                return Ok(bands.clone());
            }
            let bands = self.part(body, sees, shift)?;
            self.made.insert((at, shift), bands.clone());
            return Ok(bands);
        }
        if let Some(input) = self.names.iter().find(|input| input.name == name) {
            let bands = match input.band {
                Some(band) => band..band + 1,
                None => 0..input.info.bands,
            };
            let input = input.input;
            return Ok(bands.map(|band| self.push(Op::Load { input, band, shift })).collect());
        }
        match name {
            "nodata" => Ok(vec![self.constant(f64::NAN)]),
            "pi" => Ok(vec![self.constant(std::f64::consts::PI)]),
            _ => Err(self.unknown(node, name, scope)),
        }
    }

    fn unknown(&self, node: &Node, name: &str, mut scope: Option<usize>) -> Error {
        let error = error_at(self.text, node.span.clone(), format!("unknown name `{name}`"));
        if functions::find(name).is_some() {
            return error.hint(format!("the function is called `{name}(...)`"));
        }
        let mut known: Vec<&str> = self.names.iter().map(|input| input.name).collect();
        while let Some(at) = scope {
            known.push(self.scopes[at].name);
            scope = self.scopes[at].next;
        }
        match nearest(name, known.iter().copied()) {
            Some(like) => error.hint(format!("did you mean `{like}`?")),
            None if self.names.is_empty() => error.hint("it is no definition either"),
            None => error.hint(format!("known are {}; --in {name}=FILE adds it", known.join(", "))),
        }
    }

    fn field(&mut self, node: &Node, of: &Node, field: &str, shift: Shift) -> Result<Bands> {
        match &of.kind {
            Kind::Call(name, arguments) if name == "stat" => self.statistic(node, arguments, field),
            Kind::Name(name) => {
                let Some(input) = self.names.iter().find(|input| input.name == name) else {
                    return Err(self.unknown(of, name, None));
                };
                let described: Vec<(u16, &str)> = (0..input.info.bands)
                    .filter_map(|band| {
                        let said = input.info.metadata.bands.get(&band)?;
                        Some((band, said.description.as_deref()?))
                    })
                    .collect();
                let same = |a: &str| simple(a) == simple(field);
                let input_number = input.input;
                let Some((band, _)) = described.iter().find(|(_, name)| same(name)) else {
                    let message = format!("`{name}` has no band described as `{field}`");
                    let list: Vec<&str> = described.iter().map(|(_, name)| *name).collect();
                    let hint = if list.is_empty() {
                        format!("its bands have no descriptions: use `{name}[1]`")
                    } else {
                        format!("there are {}; or use `{name}[1]`", list.join(", "))
                    };
                    return Err(self.error(node, message, hint));
                };
                Ok(vec![self.push(Op::Load { input: input_number, band: *band, shift })])
            }
            _ => Err(self.error(
                node,
                "only inputs have bands with names",
                "pick a band by its number: `(...)[1]`",
            )),
        }
    }

    fn statistic(&mut self, node: &Node, arguments: &[Node], field: &str) -> Result<Bands> {
        let statistic = match field {
            "min" => Statistic::Min,
            "max" => Statistic::Max,
            "mean" => Statistic::Mean,
            "std" => Statistic::Std,
            "median" => Statistic::Median,
            "count" => Statistic::Count,
            _ => {
                return Err(self.error(
                    node,
                    format!("no statistic `{field}`"),
                    "there are min, max, mean, std, median and count",
                ));
            }
        };
        let (of, band) = match arguments {
            [Node { kind: Kind::Name(name), .. }] => (name, None),
            [Node { kind: Kind::Index(of, band), .. }] => match &of.kind {
                Kind::Name(name) => (name, Some(*band)),
                _ => {
                    return Err(self.error(
                        node,
                        "stat(...) takes an input",
                        "such as `stat(A[2]).mean`",
                    ));
                }
            },
            _ => {
                return Err(self.error(node, "stat(...) takes an input", "such as `stat(A).mean`"));
            }
        };
        let Some(input) = self.names.iter().find(|input| input.name == of) else {
            return Err(self.unknown(node, of, None));
        };
        let own = match input.band {
            Some(band) => band..band + 1,
            None => 0..input.info.bands,
        };
        let picked: Vec<u16> = match band {
            Some(band) => own.clone().skip(band as usize - 1).take(1).collect(),
            None => own.collect(),
        };
        let number = input.input;
        let mut bands = Vec::new();
        for band in picked {
            let value = (self.ask)(number, band, statistic)?;
            bands.push(self.constant(value));
        }
        if bands.is_empty() {
            return Err(self.error(node, format!("`{of}` has no such band"), "bands count from 1"));
        }
        Ok(bands)
    }

    fn exactly<const N: usize>(&self, node: &Node, given: &'a [Node]) -> Result<[&'a Node; N]> {
        let all: Vec<&Node> = given.iter().collect();
        <[&Node; N]>::try_from(all).map_err(|_| {
            let letters = ["A", "B", "C"];
            let name = match &node.kind {
                Kind::Call(name, _) => name,
                Kind::Method(_, name, _) => name,
                _ => "f",
            };
            let message = format!("takes {N} argument(s), found {}", given.len());
            let list = letters[..N.min(letters.len())].join(", ");
            self.error(node, message, format!("such as `{name}({list})`"))
        })
    }

    /// A number that is known now.
    fn number(&mut self, node: &'a Node, scope: Option<usize>) -> Result<f64> {
        let bands = self.part(node, scope, Shift::default())?;
        match (bands.len(), &self.list[bands[0] as usize]) {
            (1, Op::Constant(bits)) if !f64::from_bits(*bits).is_nan() => Ok(f64::from_bits(*bits)),
            _ => Err(self.error(
                node,
                "expected a constant number",
                "it may not depend on a pixel: `3`, or `let n = 3;`",
            )),
        }
    }

    fn whole(&mut self, node: &'a Node, scope: Option<usize>) -> Result<i32> {
        let value = self.number(node, scope)?;
        if value.fract() != 0.0 || value.abs() > f64::from(FARTHEST) {
            let message = format!("expected whole pixels up to {FARTHEST}, found {value}");
            return Err(self.error(node, message, "such as `A.at(-1, 0)`"));
        }
        Ok(value as i32)
    }

    fn moved(&self, node: &Node, shift: Shift, dx: i32, dy: i32) -> Result<Shift> {
        let moved = Shift { dx: shift.dx + dx, dy: shift.dy + dy };
        if moved.dx.abs() > FARTHEST || moved.dy.abs() > FARTHEST {
            return Err(self.error(
                node,
                format!("more than {FARTHEST} pixels away"),
                "neighbours of neighbours add up",
            ));
        }
        Ok(moved)
    }

    fn call(
        &mut self,
        node: &'a Node,
        name: &str,
        arguments: &'a [Node],
        scope: Option<usize>,
        shift: Shift,
    ) -> Result<Bands> {
        if let Some(at) = self.find(name, scope) {
            return self.defined(node, at, arguments, scope, shift);
        }
        let Some(function) = functions::find(name) else {
            let hint = match nearest(name, functions::names()) {
                Some(like) => format!("did you mean `{like}`?"),
                None => "the README lists the functions".into(),
            };
            return Err(self.error(node, format!("unknown function `{name}`"), hint));
        };
        match function {
            Function::Unary(kind) => {
                let [a] = self.exactly(node, arguments)?;
                let bands = self.part(a, scope, shift)?;
                Ok(bands.into_iter().map(|a| self.unary(kind, a)).collect())
            }
            Function::Binary(kind) => {
                let [a, b] = self.exactly(node, arguments)?;
                let (a, b) = (self.part(a, scope, shift)?, self.part(b, scope, shift)?);
                self.each(node, [a, b], |builder, [a, b]| match kind {
                    Binary::Power => builder.power(a, b),
                    _ => builder.binary(kind, a, b),
                })
            }
            Function::Coordinate(axis) => {
                let [] = self.exactly(node, arguments)?;
                // A row's y and a column's x do not change along the other way, but
                // on a rotated grid they do.
                Ok(vec![self.push(Op::Coordinate { axis, shift })])
            }
            Function::Where => {
                let [c, a, b] = self.exactly(node, arguments)?;
                let c = self.part(c, scope, shift)?;
                let (a, b) = (self.part(a, scope, shift)?, self.part(b, scope, shift)?);
                self.each(node, [c, a, b], |builder, [c, a, b]| builder.push(Op::Choose(c, a, b)))
            }
            Function::Clamp => {
                let [a, low, high] = self.exactly(node, arguments)?;
                let a = self.part(a, scope, shift)?;
                let low = self.part(low, scope, shift)?;
                let high = self.part(high, scope, shift)?;
                self.each(node, [a, low, high], |builder, [a, low, high]| {
                    let raised = builder.binary(Binary::AtLeast, a, low);
                    builder.binary(Binary::AtMost, raised, high)
                })
            }
            Function::Coalesce => {
                let Some((first, others)) = arguments.split_first() else {
                    return Err(self.error(
                        node,
                        "takes one argument or more",
                        format!("such as `{name}(A, B)`"),
                    ));
                };
                let mut bands = self.part(first, scope, shift)?;
                for other in others {
                    let other = self.part(other, scope, shift)?;
                    bands = self.each(node, [bands, other], |builder, [a, b]| {
                        builder.binary(Binary::Coalesce, a, b)
                    })?;
                }
                Ok(bands)
            }
            Function::Reduce(reducer) => {
                let mut all = Vec::new();
                for argument in arguments {
                    all.extend(self.part(argument, scope, shift)?);
                }
                if all.is_empty() {
                    return Err(self.error(
                        node,
                        "takes one argument or more",
                        format!("such as `{name}(A, B)`"),
                    ));
                }
                Ok(vec![self.reduce(reducer, &all)])
            }
            Function::Percentile => {
                let Some((percentile, others)) = arguments.split_first() else {
                    return Err(self.error(
                        node,
                        "takes a percentile and what it is of",
                        "such as `percentile(90, A, B)`",
                    ));
                };
                let p = self.number(percentile, scope)?;
                if !(0.0..=100.0).contains(&p) {
                    return Err(self.error(
                        percentile,
                        "a percentile is from 0 to 100",
                        "50 is the median",
                    ));
                }
                let mut all = Vec::new();
                for argument in others {
                    all.extend(self.part(argument, scope, shift)?);
                }
                if all.is_empty() {
                    return Err(self.error(
                        node,
                        "takes a percentile and what it is of",
                        "percentile(90, A, B, C)",
                    ));
                }
                Ok(vec![self.push(Op::Percentile(p.to_bits(), all.into()))])
            }
            Function::Focal => self.focal(node, arguments, scope, shift),
            Function::Convolve => self.convolve(node, arguments, scope, shift),
            Function::Stat => Err(self.error(
                node,
                "stat(A) is several numbers",
                "pick one: stat(A).mean, or min, max, std, median, count",
            )),
        }
    }

    fn defined(
        &mut self,
        node: &'a Node,
        at: usize,
        arguments: &'a [Node],
        scope: Option<usize>,
        shift: Shift,
    ) -> Result<Bands> {
        let Scoped { name, parameters, body, sees, .. } = self.scopes[at];
        let Some(parameters) = parameters else {
            return Err(self.error(
                node,
                format!("`{name}` is no function"),
                format!("`let {name}(a) = ...;` makes one"),
            ));
        };
        if parameters.len() != arguments.len() {
            let (wanted, found) = (parameters.len(), arguments.len());
            let message = format!("`{name}` takes {wanted} argument(s), found {found}");
            let hint = format!("`{name}({})`", parameters.join(", "));
            return Err(self.error(node, message, hint));
        }
        let mut inner = sees;
        for (name, body) in parameters.iter().zip(arguments) {
            // An argument sees what the caller does.
            let scoped = Scoped { name, parameters: None, body, sees: scope, next: inner };
            self.scopes.push(scoped);
            inner = Some(self.scopes.len() - 1);
        }
        self.part(body, inner, shift)
    }

    /// One sample of several, those that are missing left out.
    fn reduce(&mut self, reducer: Reducer, all: &[Id]) -> Id {
        let (first, others) = (all[0], &all[1..]);
        let mut chain = |kind| others.iter().fold(first, |so_far, &a| self.binary(kind, so_far, a));
        match reducer {
            Reducer::Sum => chain(Binary::FoldSum),
            Reducer::Min => chain(Binary::FoldMin),
            Reducer::Max => chain(Binary::FoldMax),
            Reducer::First => chain(Binary::Coalesce),
            Reducer::Last => {
                let backwards: Vec<Id> = all.iter().rev().copied().collect();
                self.reduce(Reducer::First, &backwards)
            }
            Reducer::Count => {
                let none = self.constant(0.0);
                all.iter().fold(none, |so_far, &a| self.binary(Binary::FoldCount, so_far, a))
            }
            Reducer::Mean => {
                let sum = self.reduce(Reducer::Sum, all);
                let count = self.reduce(Reducer::Count, all);
                self.binary(Binary::Divide, sum, count)
            }
            Reducer::Var => {
                let mean = self.reduce(Reducer::Mean, all);
                let squares: Vec<Id> = all
                    .iter()
                    .map(|&a| {
                        let off = self.binary(Binary::Subtract, a, mean);
                        self.binary(Binary::Multiply, off, off)
                    })
                    .collect();
                self.reduce(Reducer::Mean, &squares)
            }
            Reducer::Std => {
                let variance = self.reduce(Reducer::Var, all);
                self.unary(Unary::Sqrt, variance)
            }
            Reducer::Median => self.push(Op::Percentile(50f64.to_bits(), all.into())),
            Reducer::ArgMin | Reducer::ArgMax => {
                let kind = if reducer == Reducer::ArgMin { Reducer::Min } else { Reducer::Max };
                let best = self.reduce(kind, all);
                let missing = self.constant(f64::NAN);
                // From the end, so that the first of equals wins.
                (1..=all.len()).rev().zip(all.iter().rev()).fold(missing, |so_far, (number, &a)| {
                    let number = self.constant(number as f64);
                    let equal = self.binary(Binary::Equal, a, best);
                    // A missing sample is not the best one.
                    let none = self.constant(0.0);
                    let equal = self.binary(Binary::Coalesce, equal, none);
                    self.push(Op::Choose(equal, number, so_far))
                })
            }
        }
    }

    fn focal(
        &mut self,
        node: &'a Node,
        arguments: &'a [Node],
        scope: Option<usize>,
        shift: Shift,
    ) -> Result<Bands> {
        let [of, kind, size] = self.exactly(node, arguments)?;
        let reducer = match &kind.kind {
            Kind::Name(name) => functions::reducer(name),
            _ => None,
        };
        let Some(reducer) = reducer else {
            return Err(self.error(
                kind,
                "expected what is made of the neighbourhood",
                "such as mean, min, max, std, median or sum: focal(A, mean, 3)",
            ));
        };
        let side = self.number(size, scope)?;
        if !(side % 2.0 == 1.0 && (1.0..=WIDEST).contains(&side)) {
            return Err(self.error(
                size,
                format!("expected an odd side up to {WIDEST}, found {side}"),
                "such as `focal(A, mean, 3)`",
            ));
        }
        let neighbours = self.neighbours(node, of, side as i32, scope, shift)?;
        Ok(neighbours.into_iter().map(|all| self.reduce(reducer, &all)).collect())
    }

    /// The samples around, row by row, for each band of a part.
    fn neighbours(
        &mut self,
        node: &Node,
        of: &'a Node,
        side: i32,
        scope: Option<usize>,
        shift: Shift,
    ) -> Result<Vec<Bands>> {
        let mut by_band: Vec<Bands> = Vec::new();
        for (dy, dx) in
            (-(side / 2)..=side / 2).flat_map(|dy| (-(side / 2)..=side / 2).map(move |dx| (dy, dx)))
        {
            let moved = self.moved(node, shift, dx, dy)?;
            let bands = self.part(of, scope, moved)?;
            by_band.resize(bands.len(), Vec::new());
            for (all, band) in by_band.iter_mut().zip(bands) {
                all.push(band);
            }
        }
        Ok(by_band)
    }

    fn convolve(
        &mut self,
        node: &'a Node,
        arguments: &'a [Node],
        scope: Option<usize>,
        shift: Shift,
    ) -> Result<Bands> {
        let [of, list] = self.exactly(node, arguments)?;
        let mut weights = Vec::new();
        for id in self.part(list, scope, Shift::default())? {
            match self.list[id as usize] {
                Op::Constant(bits) if !f64::from_bits(bits).is_nan() => weights.push(id),
                _ => {
                    return Err(self.error(
                        list,
                        "weights are constant numbers",
                        "row by row: `[1,2,1, 2,4,2, 1,2,1]`",
                    ));
                }
            }
        }
        let side = (weights.len() as f64).sqrt();
        if !(side.fract() == 0.0 && side % 2.0 == 1.0 && side <= WIDEST) {
            let message = format!("expected 9, 25, 49 ... weights, found {}", weights.len());
            return Err(self.error(list, message, "row by row: `[1,2,1, 2,4,2, 1,2,1]`"));
        }
        let neighbours = self.neighbours(node, of, side as i32, scope, shift)?;
        let weighted = |builder: &mut Self, all: Bands| {
            let terms: Bands = all
                .into_iter()
                .zip(&weights)
                .map(|(a, &weight)| builder.binary(Binary::Multiply, a, weight))
                .collect();
            let (first, others) = (terms[0], &terms[1..]);
            others.iter().fold(first, |sum, &term| builder.binary(Binary::Add, sum, term))
        };
        Ok(neighbours.into_iter().map(|all| weighted(self, all)).collect())
    }
}

/// A description as it can be typed.
pub(in crate::ops) fn simple(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect::<String>()
        .to_lowercase()
}
