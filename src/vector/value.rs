//! What is said of a feature.

/// One thing that is said of a feature.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A whole number that is not negative.
    Unsigned(u64),
    /// A number.
    Float(f64),
    /// Words.
    Text(String),
    /// A JSON text.
    Json(String),
}

/// What kind of values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// [`Value::Bool`].
    Bool,
    /// [`Value::Integer`].
    Integer,
    /// [`Value::Unsigned`].
    Unsigned,
    /// [`Value::Float`].
    Float,
    /// [`Value::Text`].
    Text,
    /// [`Value::Json`].
    Json,
}

impl Value {
    /// Whether a field of this kind may have the value.
    pub(super) fn is(&self, kind: Kind) -> bool {
        matches!(
            (self, kind),
            (Self::Null, _)
                | (Self::Bool(_), Kind::Bool)
                | (Self::Integer(_), Kind::Integer)
                | (Self::Unsigned(_), Kind::Unsigned)
                | (Self::Float(_), Kind::Float)
                | (Self::Text(_), Kind::Text)
                | (Self::Json(_), Kind::Json)
        )
    }
}
