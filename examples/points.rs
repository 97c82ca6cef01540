//! How many points a second one thread brings from one system to another, exactly.
//!
//! `cargo run --release --example points -- FROM TO X0 Y0 X1 Y1 COUNT`
//!
//! The points are those of a diagonal sweep between two corners. Prints points a
//! second, the best of five rounds, and the sums of the results.

use std::time::Instant;

use swath::crs::{Crs, Transformer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, numbers @ ..] = &args[..] else {
        return Err("usage: points FROM TO X0 Y0 X1 Y1 COUNT".into());
    };
    let numbers: Vec<f64> = numbers.iter().map(|n| n.parse()).collect::<Result<_, _>>()?;
    let [x0, y0, x1, y1, count] = numbers[..] else { return Err("five numbers, please".into()) };
    let transformer = Transformer::new(&Crs::parse(from)?, &Crs::parse(to)?)?;
    let count = count as usize;
    // As y sweeps once, x sweeps a thousand times.
    let share = |i: usize, turns: f64| (i as f64 / count as f64 * turns).fract();
    let xs: Vec<f64> = (0..count).map(|i| x0 + (x1 - x0) * share(i, 1000.0)).collect();
    let ys: Vec<f64> = (0..count).map(|i| y0 + (y1 - y0) * share(i, 1.0)).collect();
    let (mut best, mut sums) = (f64::INFINITY, (0.0, 0.0));
    for _ in 0..5 {
        let (mut x, mut y) = (xs.clone(), ys.clone());
        let start = Instant::now();
        transformer.transform(&mut x, &mut y);
        best = best.min(start.elapsed().as_secs_f64());
        sums = (x.iter().sum::<f64>(), y.iter().sum::<f64>());
    }
    println!("{} {} {}", count as f64 / best, sums.0, sums.1);
    Ok(())
}
