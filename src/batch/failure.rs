//! Why an item failed, and whether to try again.

use std::error::Error as _;
use std::io::ErrorKind;

use rustix::io::Errno;

use crate::error::Error;

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// The input breaks its format.
    BadInput,
    /// The input is valid, but swath cannot do it.
    Unsupported,
    /// What was asked for makes no sense for this input.
    Request,
    /// A limit was met, with all of the memory too.
    Limit,
    /// Reading or writing failed as it may not fail again.
    Transient,
    /// The operating system refused for good: no such file, disk full.
    System,
    /// A defect of swath.
    Defect,
}

impl FailureKind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::BadInput,
        Self::Unsupported,
        Self::Request,
        Self::Limit,
        Self::Transient,
        Self::System,
        Self::Defect,
    ];

    /// Returns whose fault an error is.
    pub fn of(error: &Error) -> Self {
        match error {
            Error::Format(_) => Self::BadInput,
            Error::Unsupported(_) => Self::Unsupported,
            Error::Usage(_) => Self::Request,
            Error::Limit(_) => Self::Limit,
            Error::Io(_, source) if is_transient(source) => Self::Transient,
            Error::Io(..) => Self::System,
            Error::Cancelled | Error::Defect(_) => Self::Defect,
        }
    }

    /// Returns its name in journals, events and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadInput => "bad-input",
            Self::Unsupported => "unsupported",
            Self::Request => "request",
            Self::Limit => "limit",
            Self::Transient => "transient",
            Self::System => "system",
            Self::Defect => "defect",
        }
    }

    /// Returns what it means, for people.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::BadInput => "the input breaks its format",
            Self::Unsupported => "valid, but not supported",
            Self::Request => "makes no sense for this input",
            Self::Limit => "a limit was met",
            Self::Transient => "reading or writing failed, though tried again",
            Self::System => "the operating system refused",
            Self::Defect => "a defect of swath",
        }
    }
}

/// Whether an error of the operating system may be gone the next time: network disks, too many
/// open files, bad reads. A full disk or a missing file stays.
fn is_transient(error: &std::io::Error) -> bool {
    if let Some(number) = error.raw_os_error() {
        return [
            Errno::IO,
            Errno::AGAIN,
            Errno::INTR,
            Errno::BUSY,
            Errno::NFILE,
            Errno::MFILE,
            Errno::NOMEM,
            Errno::NOBUFS,
            Errno::NOLCK,
            Errno::STALE,
            Errno::TIMEDOUT,
            Errno::CONNRESET,
            Errno::CONNREFUSED,
            Errno::CONNABORTED,
            Errno::NETDOWN,
            Errno::NETUNREACH,
            Errno::NETRESET,
            Errno::HOSTDOWN,
            Errno::HOSTUNREACH,
        ]
        .iter()
        .any(|errno| errno.raw_os_error() == number);
    }
    matches!(
        error.kind(),
        ErrorKind::Interrupted
            | ErrorKind::WouldBlock
            | ErrorKind::TimedOut
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
    )
}

/// Why an item failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// Whose fault it is.
    pub kind: FailureKind,
    /// What happened, and what that came from, outermost first.
    pub chain: Vec<String>,
    /// What can be done about it.
    pub hint: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
}

impl Failure {
    /// Describes the error of the last attempt.
    pub fn new(error: &Error, attempts: u32) -> Self {
        let mut chain = vec![error.to_string()];
        let mut cause = error.source();
        while let Some(error) = cause {
            chain.push(error.to_string());
            cause = error.source();
        }
        let hint = error.detail().and_then(|detail| detail.hint.clone());
        Self { kind: FailureKind::of(error), chain, hint, attempts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_sorted_by_whose_fault_they_are() {
        let io = |errno: Errno| Error::io("read", errno.into());
        for (error, kind) in [
            (Error::format("x"), FailureKind::BadInput),
            (Error::unsupported("x"), FailureKind::Unsupported),
            (Error::limit("x"), FailureKind::Limit),
            (io(Errno::IO), FailureKind::Transient),
            (io(Errno::STALE), FailureKind::Transient),
            (io(Errno::NOSPC), FailureKind::System),
            (io(Errno::NOENT), FailureKind::System),
            (io(Errno::LOOP), FailureKind::System),
            (Error::io("x", ErrorKind::TimedOut.into()), FailureKind::Transient),
            (Error::io("x", ErrorKind::NotFound.into()), FailureKind::System),
            (Error::defect("x"), FailureKind::Defect),
        ] {
            assert_eq!(FailureKind::of(&error), kind, "{error}");
        }
        let failure = Failure::new(&io(Errno::IO).at_path("a.tif").hint("wait"), 3);
        assert_eq!(failure.chain.len(), 2);
        assert!(failure.chain[0].starts_with("a.tif: read: "), "{:?}", failure.chain);
        assert_eq!((failure.hint.as_deref(), failure.attempts), (Some("wait"), 3));
    }
}
