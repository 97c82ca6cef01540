//! An output file that is whole or absent.

use std::fs::{File, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::num::NonZeroU64;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::temp;
use crate::error::{Error, Result};

/// What happens to a file that has the output's name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overwrite {
    /// The file stays and the output is refused.
    #[default]
    Refuse,
    /// The file is replaced, in one step, when the output is whole. A symbolic link is refused:
    /// whoever made it would choose which file is lost.
    Replace,
    /// As `Replace`, but a symbolic link to a regular file stays, and that file is replaced.
    Follow,
}

impl Overwrite {
    /// Whether a file that is there is replaced.
    pub fn replaces(self) -> bool {
        self != Self::Refuse
    }
}

/// Small appends are gathered until there are this many bytes.
const BUFFER: usize = 256 * 1024;

/// Once so many appended bytes wait to be written to the disk, the system is asked to begin.
const BURST: u64 = 16 << 20;

/// An output file that is whole or absent.
///
/// Bytes go to a file beside the target (without a name where the system can, so that even
/// SIGKILL leaves nothing behind) that takes the target's name in [`Staged::commit`]. Dropped
/// before that, it leaves no trace and an older target stays as it was.
#[derive(Debug)]
pub struct Staged {
    target: PathBuf,
    overwrite: Overwrite,
    permissions: Option<Permissions>,
    body: Body,
    /// Bytes written to the body; those in `buffer` follow.
    written: u64,
    /// How many of them the system was asked to write to the disk.
    begun: u64,
    buffer: Vec<u8>,
}

/// The file that is written, removed on drop if it has a name.
#[derive(Debug)]
struct Body {
    file: File,
    name: Option<PathBuf>,
}

impl Body {
    fn beside(target: &Path) -> io::Result<Self> {
        // `parent` of a bare file name is the empty path.
        let dir = directory_of(target);
        if let Some(file) = temp::unnamed(dir) {
            return Ok(Self { file, name: None });
        }
        let (file, name) = temp::named(target)?;
        Ok(Self { file, name: Some(name) })
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // Nothing can be done here about a refusal; the name says whose file it is.
            let _ = std::fs::remove_file(name);
        }
    }
}

impl Staged {
    /// The bytes of which gaps at the front are multiples: those of a page and of most file
    /// systems' blocks.
    pub(crate) const BLOCK: u64 = 4096;

    /// Begins an output that will be named `target`.
    ///
    /// # Errors
    ///
    /// `Usage` if `target` exists and may not be replaced, or is something else than a regular
    /// file, or a link and not to be followed; `Io` if the system refuses (no such directory, no permission). All name the target.
    pub fn create(target: impl AsRef<Path>, overwrite: Overwrite) -> Result<Self> {
        let target = target.as_ref();
        Self::create_bare(target, overwrite).map_err(|e| e.at_path(target))
    }

    fn create_bare(target: &Path, overwrite: Overwrite) -> Result<Self> {
        let mut resolved = target.to_path_buf();
        let mut permissions = None;
        match target.symlink_metadata() {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(Error::io("create", e)),
            Ok(found) => {
                let old = std::fs::metadata(target).map_err(|_| {
                    Error::usage("is a symbolic link that leads nowhere").expected("a file name")
                })?;
                if old.is_dir() {
                    return Err(Error::usage("is a directory").expected("a file name"));
                }
                if !old.is_file() {
                    return Err(Error::usage("is a pipe or a device").expected("a file name"));
                }
                if overwrite == Overwrite::Refuse {
                    return Err(exists());
                }
                if found.is_symlink() {
                    if overwrite == Overwrite::Replace {
                        return Err(Error::usage("is a symbolic link")
                            .expected("a file name")
                            .hint("name the file that it leads to, or write a raster with --follow-links"));
                    }
                    resolved =
                        target.canonicalize().map_err(|e| Error::io("follow the link", e))?;
                }
                permissions = Some(old.permissions());
            }
        }
        if resolved.file_name().is_none() {
            return Err(Error::usage("names no file").expected("a file name"));
        }
        let body = Body::beside(&resolved).map_err(|e| Error::io("create", e))?;
        Ok(Self {
            target: resolved,
            overwrite,
            permissions,
            body,
            written: 0,
            begun: 0,
            buffer: Vec::with_capacity(BUFFER),
        })
    }

    /// The path that the output will have.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The number of bytes so far.
    pub fn len(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    /// Tells whether there are no bytes so far.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds `bytes` at the end and returns the offset where they begin.
    ///
    /// # Errors
    ///
    /// `Io`, naming the target, if writing fails (disk full, for one).
    pub fn append(&mut self, bytes: &[u8]) -> Result<u64> {
        let offset = self.len();
        if self.buffer.len() + bytes.len() > BUFFER {
            self.flush()?;
        }
        if bytes.len() >= BUFFER {
            self.write_body(self.written, bytes)?;
            self.written += bytes.len() as u64;
        } else {
            self.buffer.extend_from_slice(bytes);
        }
        self.begin_writing();
        Ok(offset)
    }

    /// Asks the system to write what was appended to the disk while more is made: what is left for
    /// the end, where everything waits for the disk, is little.
    fn begin_writing(&mut self) {
        let Some(len) = NonZeroU64::new(self.written - self.begun).filter(|l| l.get() >= BURST)
        else {
            return;
        };
        // Of pages that are not on the disk yet this is what the advice does; those that are
        // written already it drops, of the file's end at most.
        #[cfg(target_os = "linux")]
        let _ = rustix::fs::fadvise(
            &self.body.file,
            self.begun,
            Some(len),
            rustix::fs::Advice::DontNeed,
        );
        self.begun += len.get();
    }

    /// Writes `bytes` over what is at `offset`, which may reach or lie past the end: a gap
    /// between the old end and `offset` is filled with zeros.
    ///
    /// # Errors
    ///
    /// `Io`, naming the target, if writing fails.
    pub fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.flush()?;
        self.write_body(offset, bytes)?;
        self.written = self.written.max(offset + bytes.len() as u64);
        Ok(())
    }

    /// Leaves a gap of zeros at the front of what is still empty and returns its length, `len` or 0:
    /// with `late`, only if the file system could not insert one later without copying all there is.
    ///
    /// Inserting waits for the disk. Still it is worth it for long pieces of whole pages, which are
    /// written in larger ones if they begin at 0: ext4 takes two thirds of the time.
    ///
    /// # Errors
    ///
    /// `Io`, naming the target, if the system refuses.
    ///
    /// # Panics
    ///
    /// If there are bytes.
    pub(crate) fn leave_front(&mut self, len: u64, late: bool) -> Result<u64> {
        assert!(self.is_empty(), "nothing is in front of the gap");
        if late && self.inserts() {
            return Ok(0);
        }
        self.written = len;
        self.body.file.set_len(len).map_err(|e| self.place("write", e))?;
        Ok(len)
    }

    /// Whether the file system inserts gaps: it tells apart what it cannot do and what makes no
    /// sense in an empty file.
    #[cfg(target_os = "linux")]
    fn inserts(&self) -> bool {
        use rustix::fs::FallocateFlags;
        let tried =
            rustix::fs::fallocate(&self.body.file, FallocateFlags::INSERT_RANGE, 0, Self::BLOCK);
        tried == Err(rustix::io::Errno::INVAL)
    }

    #[cfg(not(target_os = "linux"))]
    fn inserts(&self) -> bool {
        false
    }

    /// Moves all bytes back by `len` and leaves a gap of zeros at the front.
    ///
    /// `len` must be a multiple of 4096, so that the file system can do it without copying;
    /// where it cannot, the bytes are copied inside the kernel, with the same result.
    ///
    /// # Errors
    ///
    /// `Usage` if `len` is no multiple of that; `Io`, naming the target, if writing fails.
    pub fn insert_front(&mut self, len: u64) -> Result<()> {
        if !len.is_multiple_of(Self::BLOCK) {
            return Err(Error::usage("length of a front gap")
                .expected("a multiple of 4096")
                .found(len)
                .at_path(&self.target));
        }
        self.flush()?;
        if self.written > 0 && len > 0 && !self.shift_in_place(len)? {
            self.shift_by_copy(len)?;
        }
        self.written += len;
        self.body.file.set_len(self.written).map_err(|e| self.place("write", e))
    }

    /// Lets the file system insert the gap; `false` if it cannot.
    #[cfg(target_os = "linux")]
    fn shift_in_place(&self, len: u64) -> Result<bool> {
        use rustix::fs::FallocateFlags;
        use rustix::io::Errno;
        match rustix::fs::fallocate(&self.body.file, FallocateFlags::INSERT_RANGE, 0, len) {
            Ok(()) => Ok(true),
            Err(e @ (Errno::NOSPC | Errno::IO | Errno::FBIG | Errno::DQUOT)) => {
                Err(self.place("insert space in", e.into()))
            }
            // No such call, not on this file system, or larger blocks than 4096.
            Err(_) => Ok(false),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn shift_in_place(&self, _len: u64) -> Result<bool> {
        Ok(false)
    }

    fn shift_by_copy(&mut self, len: u64) -> Result<()> {
        let body = Body::beside(&self.target).map_err(|e| self.place("create", e))?;
        self.body = self.copied_into(body, len)?;
        Ok(())
    }

    /// Copies the body's bytes to `offset` of another, empty one.
    fn copied_into(&mut self, mut body: Body, offset: u64) -> Result<Body> {
        let result = self.body.file.rewind().and_then(|()| {
            let from = &mut (&self.body.file).take(self.written);
            copy(from, &mut body.file, offset, self.written)
        });
        result.map_err(|e| self.place("copy", e))?;
        Ok(body)
    }

    /// Makes the output durable and gives it its name, in one step.
    ///
    /// # Errors
    ///
    /// `Io`, naming the target, if the system refuses; `Usage` if the target may not be
    /// replaced and something took its name meanwhile. The target is as before then; but if the
    /// system cannot make the new name durable, which is the last step and is said, it has it.
    pub fn commit(mut self) -> Result<()> {
        // While nothing has happened yet: handles may have run out.
        let directory = self.directory()?;
        self.settle()?;
        self.take_name()?;
        tracing::debug!(path = %self.target.display(), bytes = self.written, "output is in place");
        directory.map_or(Ok(()), |directory| self.sync(&directory))
    }

    /// Makes the bytes durable, still without the target's name.
    pub(super) fn settle(&mut self) -> Result<()> {
        self.flush()?;
        if let Some(permissions) = self.permissions.take() {
            let result = self.body.file.set_permissions(permissions);
            result.map_err(|e| self.place("keep the permissions of", e))?;
        }
        self.body.file.sync_all().map_err(|e| self.place("sync", e))
    }

    /// Gives what is settled the target's name, in one step.
    pub(super) fn take_name(&mut self) -> Result<()> {
        if self.body.name.is_none() {
            self.name_body()?;
        }
        if let Some(name) = &self.body.name {
            let result = match self.overwrite {
                Overwrite::Refuse => temp::rename_new(name, &self.target),
                Overwrite::Replace | Overwrite::Follow => std::fs::rename(name, &self.target),
            };
            result.map_err(|e| self.naming_error(e))?;
            self.body.name = None;
        }
        Ok(())
    }

    /// Whether an older file of the target's name gives way.
    pub(super) fn replaces(&self) -> bool {
        self.overwrite.replaces()
    }

    /// Names an unnamed body: as the target itself if nothing is to be replaced, else uniquely
    /// beside it, to be renamed over it.
    fn name_body(&mut self) -> Result<()> {
        let result = match self.overwrite {
            Overwrite::Refuse => temp::name(&self.body.file, &self.target).map(|()| None),
            Overwrite::Replace | Overwrite::Follow => {
                temp::unique(&self.target, |name| temp::name(&self.body.file, name))
                    .map(|((), name)| Some(name))
            }
        };
        match result {
            Ok(name) => self.body.name = name,
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Err(self.naming_error(e)),
            // Some file systems make unnamed files and then refuse to name them.
            Err(_) => {
                let (file, name) =
                    temp::named(&self.target).map_err(|e| self.place("create", e))?;
                let body = Body { file, name: Some(name) };
                self.body = self.copied_into(body, 0)?;
                self.body.file.sync_all().map_err(|e| self.place("sync", e))?;
            }
        }
        Ok(())
    }

    fn naming_error(&self, error: io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::AlreadyExists => exists().at_path(&self.target),
            _ => self.place("give its name to", error),
        }
    }

    /// Opens the directory of the target, if it may be: not every one may be opened to read, and
    /// the file itself will be whole and in place.
    pub(super) fn directory(&self) -> Result<Option<File>> {
        match File::open(directory_of(&self.target)) {
            Ok(directory) => Ok(Some(directory)),
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => Ok(None),
            Err(e) => Err(self.place("open the directory of", e)),
        }
    }

    /// Makes the new name durable too.
    pub(super) fn sync(&self, directory: &File) -> Result<()> {
        match directory.sync_all() {
            // Not every file system syncs directories.
            Err(e)
                if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) =>
            {
                Ok(())
            }
            result => result.map_err(|e| self.place("sync the directory of", e)),
        }
    }

    fn flush(&mut self) -> Result<()> {
        if !self.buffer.is_empty() {
            self.write_body(self.written, &self.buffer)?;
            self.written += self.buffer.len() as u64;
            self.buffer.clear();
        }
        Ok(())
    }

    fn write_body(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.body.file.write_all_at(bytes, offset).map_err(|e| self.place("write", e))
    }

    fn place(&self, action: &str, error: io::Error) -> Error {
        Error::io(action, error).at_path(&self.target)
    }
}

fn exists() -> Error {
    Error::usage("exists already").hint("`--overwrite` replaces it")
}

fn directory_of(target: &Path) -> &Path {
    target.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Copies exactly `len` bytes to `offset`; between files the kernel does it.
fn copy(from: &mut io::Take<&File>, to: &mut File, offset: u64, len: u64) -> io::Result<()> {
    to.seek(SeekFrom::Start(offset))?;
    let copied = io::copy(from, to)?;
    to.flush()?;
    if copied == len { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(dir).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// Begins an output whose body has no name, or has one as on systems without such files.
    fn begin(target: &Path, overwrite: Overwrite, unnamed: bool) -> Staged {
        let mut output = Staged::create(target, overwrite).unwrap();
        if !unnamed {
            let (file, name) = temp::named(target).unwrap();
            output.body = Body { file, name: Some(name) };
        }
        output
    }

    fn pattern(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i * 7 % 253) as u8).collect()
    }

    #[test]
    fn a_dropped_output_leaves_nothing_and_keeps_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a.tif");
        for unnamed in [true, false] {
            let mut output = begin(&target, Overwrite::Refuse, unnamed);
            output.append(&pattern(300_000)).unwrap();
            drop(output);
            assert!(names(dir.path()).is_empty());
        }
        std::fs::write(&target, b"old").unwrap();
        for unnamed in [true, false] {
            let mut output = begin(&target, Overwrite::Replace, unnamed);
            output.append(b"new").unwrap();
            drop(output);
            assert_eq!(std::fs::read(&target).unwrap(), b"old");
            assert_eq!(names(dir.path()), ["a.tif"]);
        }
    }

    #[test]
    fn a_committed_output_is_whole_and_alone() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a.tif");
        for unnamed in [true, false] {
            for overwrite in [Overwrite::Refuse, Overwrite::Replace] {
                let mut output = begin(&target, overwrite, unnamed);
                assert_eq!(output.append(b"head").unwrap(), 0);
                assert_eq!(output.append(&pattern(600_000)).unwrap(), 4);
                assert_eq!(output.append(b"tail").unwrap(), 600_004);
                output.write_at(1, b"EA").unwrap();
                output.write_at(600_010, b"far").unwrap();
                assert_eq!(output.len(), 600_013);
                output.commit().unwrap();
                let wanted = [b"hEAd", &pattern(600_000)[..], b"tail\0\0far"].concat();
                assert_eq!(std::fs::read(&target).unwrap(), wanted);
                assert_eq!(names(dir.path()), ["a.tif"]);
            }
            std::fs::remove_file(&target).unwrap();
        }
    }

    #[test]
    fn a_front_gap_is_the_same_inserted_or_copied() {
        let dir = tempfile::tempdir().unwrap();
        let mut results = Vec::new();
        for (i, copied) in [false, true].into_iter().enumerate() {
            for (j, unnamed) in [false, true].into_iter().enumerate() {
                let target = dir.path().join(format!("{i}{j}.tif"));
                let mut output = begin(&target, Overwrite::Refuse, unnamed);
                output.append(&pattern(300_001)).unwrap();
                if copied {
                    output.flush().unwrap();
                    output.shift_by_copy(8192).unwrap();
                    output.written += 8192;
                } else {
                    output.insert_front(8192).unwrap();
                }
                assert_eq!(output.len(), 308_193);
                output.write_at(100, b"directory").unwrap();
                assert_eq!(output.append(b"end").unwrap(), 308_193);
                output.commit().unwrap();
                results.push(std::fs::read(&target).unwrap());
            }
        }
        let mut wanted = vec![0; 8192];
        wanted[100..109].copy_from_slice(b"directory");
        wanted.extend(pattern(300_001));
        wanted.extend(b"end");
        for result in results {
            assert!(result == wanted);
        }
        assert_eq!(names(dir.path()).len(), 4);
    }

    #[test]
    fn a_front_gap_of_an_empty_output_is_zeros_and_odd_lengths_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a.tif");
        let mut output = Staged::create(&target, Overwrite::Refuse).unwrap();
        assert!(matches!(output.insert_front(100), Err(Error::Usage(_))));
        output.insert_front(0).unwrap();
        assert!(output.is_empty());
        output.insert_front(4096).unwrap();
        output.commit().unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), [0; 4096]);
    }

    #[test]
    fn existing_targets_are_refused_even_if_they_appear_late() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a.tif");
        for unnamed in [true, false] {
            let output = begin(&target, Overwrite::Refuse, unnamed);
            std::fs::write(&target, b"other").unwrap();
            let error = output.commit().unwrap_err();
            assert!(matches!(error, Error::Usage(_)), "{error}");
            assert!(error.detail().unwrap().hint.as_ref().unwrap().contains("--overwrite"));
            assert_eq!(std::fs::read(&target).unwrap(), b"other");
            assert_eq!(names(dir.path()), ["a.tif"]);
            let error = Staged::create(&target, Overwrite::Refuse).unwrap_err();
            assert!(error.to_string().contains("a.tif: exists already"), "{error}");
            std::fs::remove_file(&target).unwrap();
        }
    }

    #[test]
    fn targets_that_are_no_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let dangling = dir.path().join("dangling");
        symlink(dir.path().join("nowhere"), &dangling).unwrap();
        let to_dir = dir.path().join("to_dir");
        symlink(dir.path(), &to_dir).unwrap();
        for target in [dir.path(), Path::new("/dev/null"), &dangling, &to_dir, Path::new("..")] {
            for overwrite in [Overwrite::Replace, Overwrite::Follow] {
                let error = Staged::create(target, overwrite).unwrap_err();
                assert!(matches!(error, Error::Usage(_)), "{error}");
            }
        }
        let error = Staged::create(dir.path().join("no/a.tif"), Overwrite::Refuse).unwrap_err();
        assert!(matches!(error, Error::Io(..)), "{error}");
        assert!(error.to_string().contains("no/a.tif"), "{error}");
    }

    #[test]
    fn a_link_stays_a_link_and_permissions_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (dir.path().join("real.tif"), dir.path().join("link.tif"));
        std::fs::write(&real, b"old").unwrap();
        std::fs::set_permissions(&real, Permissions::from_mode(0o640)).unwrap();
        symlink("real.tif", &link).unwrap();
        let error = Staged::create(&link, Overwrite::Replace).unwrap_err();
        assert!(error.to_string().contains("is a symbolic link"), "{error}");
        assert_eq!(std::fs::read(&real).unwrap(), b"old");
        let mut output = Staged::create(&link, Overwrite::Follow).unwrap();
        output.append(b"new").unwrap();
        output.commit().unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read(&real).unwrap(), b"new");
        assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn a_new_file_has_the_mode_of_any_new_file() {
        let dir = tempfile::tempdir().unwrap();
        let (usual, target) = (dir.path().join("usual"), dir.path().join("a.tif"));
        std::fs::write(&usual, b"").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
        for unnamed in [true, false] {
            begin(&target, Overwrite::Refuse, unnamed).commit().unwrap();
            assert_eq!(mode(&target), mode(&usual));
            std::fs::remove_file(&target).unwrap();
        }
    }
}
