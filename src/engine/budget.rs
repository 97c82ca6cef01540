//! Memory limits of the machine and its containers.

use std::fs;
use std::path::Path;

/// The share of the machine's memory that a run takes by default.
const SHARE: u64 = 4;
/// The most a run takes by default: more rarely makes it faster.
const MOST: u64 = 512 << 20;
/// The least a run takes by default: a few tiles must fit.
const LEAST: u64 = 64 << 20;

/// Returns the bytes a run may use if nobody says: a quarter of the smallest
/// limit among the machine's memory and the cgroups (v1 or v2, all ancestors)
/// this process is in, but at least 64 MiB and at most 512 MiB.
pub fn default_memory() -> u64 {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|t| meminfo_total(&t));
    let cgroup = fs::read_to_string("/proc/self/cgroup")
        .ok()
        .and_then(|membership| cgroup_limit(Path::new("/sys/fs/cgroup"), &membership));
    let limit = [machine, cgroup].into_iter().flatten().min().unwrap_or(MOST * SHARE);
    (limit / SHARE).clamp(LEAST, MOST)
}

/// Reads `MemTotal` of `/proc/meminfo`, in bytes.
fn meminfo_total(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|l| l.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Finds the smallest memory limit, in bytes, of the cgroups that `membership`
/// (the text of `/proc/self/cgroup`) names below `root`, and of all their ancestors.
fn cgroup_limit(root: &Path, membership: &str) -> Option<u64> {
    let mut least = None;
    for line in membership.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        // v2 has one hierarchy without controllers; v1 one a controller.
        let (top, file) = if controllers.is_empty() {
            (root.to_path_buf(), "memory.max")
        } else if controllers.split(',').any(|c| c == "memory") {
            (root.join("memory"), "memory.limit_in_bytes")
        } else {
            continue;
        };
        // Inside a container the path may be the host's: those ancestors do not
        // exist here, but the root of the mount is the container's own group.
        let own = top.join(path.trim_start_matches('/'));
        for group in own.ancestors().take_while(|g| g.starts_with(&top)) {
            // "max", or v1's huge number, means no limit: neither is the least.
            let text = fs::read_to_string(group.join(file)).unwrap_or_default();
            if let Ok(limit) = text.trim().parse::<u64>() {
                least = Some(least.map_or(limit, |l: u64| l.min(limit)));
            }
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_limit_of_all_ancestors_counts() {
        let root = tempfile::tempdir().expect("temp dir");
        let leaf = root.path().join("kube/pod/box");
        fs::create_dir_all(&leaf).expect("dirs");
        fs::write(leaf.join("memory.max"), "max\n").expect("write");
        fs::write(root.path().join("kube/pod/memory.max"), "536870912\n").expect("write");
        fs::write(root.path().join("kube/memory.max"), "1073741824\n").expect("write");
        assert_eq!(cgroup_limit(root.path(), "0::/kube/pod/box\n"), Some(536_870_912));
        assert_eq!(cgroup_limit(root.path(), "0::/elsewhere\n"), None);
    }

    #[test]
    fn version_1_hierarchies_count_too() {
        let root = tempfile::tempdir().expect("temp dir");
        let group = root.path().join("memory/docker");
        fs::create_dir_all(&group).expect("dirs");
        fs::write(group.join("memory.limit_in_bytes"), "268435456\n").expect("write");
        let membership = "5:cpu,cpuacct:/docker\n4:memory:/docker/abc\n";
        assert_eq!(cgroup_limit(root.path(), membership), Some(268_435_456));
    }

    #[test]
    fn the_default_is_within_its_bounds() {
        assert!((LEAST..=MOST).contains(&default_memory()));
        assert_eq!(
            meminfo_total("MemTotal:       24689764 kB\nMemFree: 1 kB\n"),
            Some(25282318336)
        );
    }
}
