//! The functions by name.

use super::program::{Axis, Binary, Unary};

/// What a name does when it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Unary(Unary),
    Binary(Binary),
    Coordinate(Axis),
    /// Of any number of samples one, those that are missing left out.
    Reduce(Reducer),
    Percentile,
    Where,
    Clamp,
    Coalesce,
    Focal,
    Convolve,
    Stat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reducer {
    Sum,
    Mean,
    Median,
    Min,
    Max,
    Std,
    Var,
    Count,
    First,
    Last,
    ArgMin,
    ArgMax,
}

const FUNCTIONS: [(&str, Function); 58] = {
    use Function::{Coordinate, Reduce};
    [
        ("abs", Function::Unary(Unary::Abs)),
        ("acos", Function::Unary(Unary::Acos)),
        ("asin", Function::Unary(Unary::Asin)),
        ("atan", Function::Unary(Unary::Atan)),
        ("cbrt", Function::Unary(Unary::Cbrt)),
        ("ceil", Function::Unary(Unary::Ceil)),
        ("cos", Function::Unary(Unary::Cos)),
        ("cosh", Function::Unary(Unary::Cosh)),
        ("degrees", Function::Unary(Unary::Degrees)),
        ("exp", Function::Unary(Unary::Exp)),
        ("expm1", Function::Unary(Unary::Expm1)),
        ("floor", Function::Unary(Unary::Floor)),
        ("isnodata", Function::Unary(Unary::IsMissing)),
        ("ln", Function::Unary(Unary::Log)),
        ("log", Function::Unary(Unary::Log)),
        ("log10", Function::Unary(Unary::Log10)),
        ("log1p", Function::Unary(Unary::Log1p)),
        ("log2", Function::Unary(Unary::Log2)),
        ("radians", Function::Unary(Unary::Radians)),
        ("round", Function::Unary(Unary::Round)),
        ("sign", Function::Unary(Unary::Sign)),
        ("sin", Function::Unary(Unary::Sin)),
        ("sinh", Function::Unary(Unary::Sinh)),
        ("sqrt", Function::Unary(Unary::Sqrt)),
        ("tan", Function::Unary(Unary::Tan)),
        ("tanh", Function::Unary(Unary::Tanh)),
        ("trunc", Function::Unary(Unary::Trunc)),
        ("atan2", Function::Binary(Binary::Atan2)),
        ("hypot", Function::Binary(Binary::Hypot)),
        ("mod", Function::Binary(Binary::Modulo)),
        ("pow", Function::Binary(Binary::Power)),
        ("xor", Function::Binary(Binary::BitXor)),
        ("x", Coordinate(Axis::X)),
        ("y", Coordinate(Axis::Y)),
        ("lon", Coordinate(Axis::Longitude)),
        ("lat", Coordinate(Axis::Latitude)),
        ("sum", Reduce(Reducer::Sum)),
        ("mean", Reduce(Reducer::Mean)),
        ("median", Reduce(Reducer::Median)),
        ("min", Reduce(Reducer::Min)),
        ("max", Reduce(Reducer::Max)),
        ("std", Reduce(Reducer::Std)),
        ("var", Reduce(Reducer::Var)),
        ("count", Reduce(Reducer::Count)),
        ("first", Reduce(Reducer::First)),
        ("last", Reduce(Reducer::Last)),
        ("argmin", Reduce(Reducer::ArgMin)),
        ("argmax", Reduce(Reducer::ArgMax)),
        ("percentile", Function::Percentile),
        ("where", Function::Where),
        ("clamp", Function::Clamp),
        ("coalesce", Function::Coalesce),
        ("focal", Function::Focal),
        ("convolve", Function::Convolve),
        ("stat", Function::Stat),
        ("bitand", Function::Binary(Binary::BitAnd)),
        ("bitor", Function::Binary(Binary::BitOr)),
        ("bitnot", Function::Unary(Unary::BitNot)),
    ]
};

/// Finds a function.
pub(super) fn find(name: &str) -> Option<Function> {
    FUNCTIONS.iter().find(|(own, _)| *own == name).map(|(_, function)| *function)
}

/// Finds what can be made of a neighbourhood.
pub(super) fn reducer(name: &str) -> Option<Reducer> {
    match find(name)? {
        Function::Reduce(reducer) => Some(reducer),
        _ => None,
    }
}

/// Returns the names of all functions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(name, _)| *name)
}
