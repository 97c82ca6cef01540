//! Lines over time, drawn as SVG.

use std::fmt::Write;

use crate::report::human_bytes;

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 150.0;
/// Room for the numbers at the left, and for those below.
const LEFT: f64 = 66.0;
const BELOW: f64 = 20.0;
const ABOVE: f64 = 8.0;

/// A line: its name, its class in the style sheet, and points in seconds and values.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) class: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

/// Draws lines over `seconds` from 0, their values in bytes or plain numbers.
pub(crate) fn draw(title: &str, lines: &[Line], seconds: f64, bytes: bool) -> String {
    let most = lines.iter().flat_map(|l| &l.points).map(|p| p.1).fold(0.0, f64::max);
    let top = if bytes { round_bytes(most) } else { round_up(most) };
    let number = |value: f64| match value {
        _ if bytes => human_bytes(value as u64).replace(".0 ", " "),
        0.0..10.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    };
    let seconds = seconds.max(1e-3);
    let x = |at: f64| LEFT + (WIDTH - LEFT - 8.0) * (at / seconds).clamp(0.0, 1.0);
    let y = |value: f64| ABOVE + (HEIGHT - ABOVE - BELOW) * (1.0 - value / top);
    let mut out = String::new();
    // Writing to a string cannot fail.
    let mut put = |text: String| {
        let _ = writeln!(out, "{text}");
    };
    put(format!(r#"<figure><figcaption>{title}</figcaption>"#));
    put(format!(r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">"#));
    for part in [0.0, 0.5, 1.0] {
        let value = top * part;
        put(format!(
            r#"<path class="grid" d="M{LEFT} {0:.1}H{1}"/><text x="{2}" y="{3:.1}" class="left">{4}</text>"#,
            y(value),
            WIDTH - 8.0,
            LEFT - 6.0,
            y(value) + 4.0,
            number(value),
        ));
    }
    for (part, anchor) in [(0.0, "start"), (0.5, "middle"), (1.0, "end")] {
        let at = seconds * part;
        put(format!(
            r#"<text x="{:.1}" y="{:.1}" text-anchor="{anchor}">{}</text>"#,
            x(at),
            HEIGHT - 5.0,
            duration(at),
        ));
    }
    for line in lines {
        let mut path = String::new();
        for (i, &(at, value)) in line.points.iter().enumerate() {
            let _ = write!(path, "{}{:.1} {:.1}", if i == 0 { 'M' } else { 'L' }, x(at), y(value));
        }
        put(format!(r#"<path class="{}" d="{path}"/>"#, line.class));
    }
    put("</svg>".into());
    if lines.len() > 1 {
        let key = |l: &Line| format!(r#"<span class="key {}">{}</span>"#, l.class, l.name);
        put(format!("<p>{}</p>", lines.iter().map(key).collect::<String>()));
    }
    put("</figure>".into());
    out
}

/// The next of 1, 2, 2.5 and 5 times a power of ten.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|step| step * power);
    steps.into_iter().find(|&step| step >= value).unwrap_or(value)
}

/// As [`round_up`], in the unit that the bytes are written in.
fn round_bytes(bytes: f64) -> f64 {
    let power = bytes.max(1.0).log(1024.0).floor();
    let unit = 1024f64.powf(power);
    round_up(bytes / unit) * unit
}

/// Writes a time as people read it.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..120 => format!("{whole} s"),
        120..7200 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// How fast a sum grew, in units a second, over equal steps of time; `sums` are in seconds and
/// units, in the order of time.
pub(crate) fn rates(sums: &[(f64, f64)], steps: usize) -> Vec<(f64, f64)> {
    let Some(&(end, _)) = sums.last().filter(|last| last.0 > 0.0) else { return Vec::new() };
    let steps = steps.min(sums.len()).max(1);
    let at = |time: f64| {
        let after = sums.partition_point(|&(t, _)| t < time).min(sums.len() - 1);
        let (t1, v1) = sums[after];
        let (t0, v0) = if after == 0 { (0.0, 0.0) } else { sums[after - 1] };
        if t1 > t0 { v0 + (v1 - v0) * ((time - t0) / (t1 - t0)).clamp(0.0, 1.0) } else { v1 }
    };
    let step = end / steps as f64;
    let rate = |i: usize| {
        let (from, to) = (i as f64 * step, (i + 1) as f64 * step);
        ((from + to) / 2.0, (at(to) - at(from)) / step)
    };
    (0..steps).map(rate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_add_up_to_the_sum() {
        let sums = [(0.0, 0.0), (1.0, 10.0), (3.0, 10.0), (4.0, 50.0)];
        let rates = rates(&sums, 4);
        assert_eq!(rates, [(0.5, 10.0), (1.5, 0.0), (2.5, 0.0), (3.5, 40.0)]);
        assert!(super::rates(&[], 4).is_empty() && super::rates(&[(0.0, 1.0)], 4).is_empty());
    }

    #[test]
    fn scales_and_times_are_round() {
        assert_eq!([0.0, 1500.0, 420.0 * 1024.0].map(round_bytes), [1.0, 2048.0, 500.0 * 1024.0]);
        assert_eq!([0.0, 0.7, 2.1, 26.0, 100.0].map(round_up), [1.0, 1.0, 2.5, 50.0, 100.0]);
        assert_eq!(
            [3.25, 59.7, 150.0, 7300.0].map(duration),
            ["3.2 s", "60 s", "2 min 30 s", "2 h 1 min"]
        );
    }
}
