//! What the samples of several inputs have in common.

use crate::raster::DataType;

/// Returns the smallest type that holds all samples of two: numpy's rule
/// (`numpy.promote_types`), so that of a signed and an unsigned 64-bit integer
/// it is `f64`, which rounds beyond 2^53.
pub fn promoted(a: DataType, b: DataType) -> DataType {
    if a == b {
        return a;
    }
    if a.is_complex() || b.is_complex() {
        return complex(real(a.part(), b.part()));
    }
    real(a, b)
}

fn real(a: DataType, b: DataType) -> DataType {
    use DataType::{F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
    if a.is_float() || b.is_float() {
        let holds = |d: DataType| d == F32 || (!d.is_float() && d.bytes() <= 2);
        return if holds(a) && holds(b) { F32 } else { F64 };
    }
    if a.is_signed_integer() == b.is_signed_integer() {
        return if a.bytes() >= b.bytes() { a } else { b };
    }
    let (signed, unsigned) = if a.is_signed_integer() { (a, b) } else { (b, a) };
    // A signed type needs one bit more.
    let needed = match unsigned {
        U8 => I16,
        U16 => I32,
        U32 => I64,
        U64 => return F64,
        _ => I8,
    };
    [I8, I16, I32, I64]
        .into_iter()
        .find(|d| d.bytes() >= signed.bytes().max(needed.bytes()))
        .unwrap_or(F64)
}

fn complex(part: DataType) -> DataType {
    match part {
        DataType::U8 | DataType::I8 | DataType::I16 => DataType::CI16,
        DataType::U16 | DataType::I32 => DataType::CI32,
        DataType::F32 => DataType::CF32,
        _ => DataType::CF64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_numpy() {
        use DataType::{F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
        // numpy.promote_types, types in this order, the upper triangle by rows.
        let types = [U8, I8, U16, I16, U32, I32, U64, I64, F32, F64];
        let rows: [&[DataType]; 10] = [
            &[U8, I16, U16, I16, U32, I32, U64, I64, F32, F64],
            &[I8, I32, I16, I64, I32, F64, I64, F32, F64],
            &[U16, I32, U32, I32, U64, I64, F32, F64],
            &[I16, I64, I32, F64, I64, F32, F64],
            &[U32, I64, U64, I64, F64, F64],
            &[I32, F64, I64, F64, F64],
            &[U64, F64, F64, F64],
            &[I64, F64, F64],
            &[F32, F64],
            &[F64],
        ];
        for (i, row) in rows.iter().enumerate() {
            for (j, wanted) in row.iter().enumerate() {
                let (a, b) = (types[i], types[i + j]);
                assert_eq!((promoted(a, b), promoted(b, a)), (*wanted, *wanted), "{a} {b}");
            }
        }
        assert_eq!(promoted(DataType::CI16, U16), DataType::CI32);
        assert_eq!(promoted(DataType::CF32, F64), DataType::CF64);
    }
}
