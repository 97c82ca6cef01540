//! Ramps by name.

use super::{Color, Ramp, Stop};

/// Ramps as colours at equal steps, six digits each.
///
/// The first six are every fifth of the 256 colours of matplotlib's maps of these names
/// (viridis, magma, inferno and plasma by N. Smith, S. van der Walt and E. Firing, in the
/// public domain; cividis by Nunez, Anderton and Renslow 2018; turbo by A. Mikhailov, Apache
/// 2.0): between them straight lines are off the map by up to 2 of 255, of cividis 4.
const EVEN: [(&str, &str); 7] = [
    (
        "viridis",
        "\
        44015446085c471063481769481d6f482475472a7a46307e453781433d844142873f48893d4e8a\
        3a538b38598c355e8d33638d31688e2e6d8e2c718e2a768e297b8e27808e25848e23898e218e8d\
        20928c1f978b1e9c891fa18821a58524aa8328ae802eb37c35b7793dbc7446c06f50c46a5ac864\
        65cb5e70cf577cd25089d54895d840a2da37b0dd2fbddf26cae11fd8e219e5e419f1e51dfde725",
    ),
    (
        "magma",
        "\
        00000402020b0504160907200e0b2b140e361a104221114e29115a311165390f6e420f754a1079\
        52137c5a167e6219806a1c81721f81792282812581892881912b81992d80a1307eaa337db2357b\
        ba3878c23b75ca3e72d2426fd9466be04c67e75263ec5860f1605df4695cf7725cf97b5dfb8560\
        fc8e64fd9869fea16efeaa74feb47bfebd82fec68afecf92fed89afde2a3fdebacfcf4b6fcfdbf",
    ),
    (
        "inferno",
        "\
        00000402020c0504170a072210092d160b391e0c45260c512f0a5b380962400a67490b6a510e6c\
        59106e61136e69166e71196e781c6d801f6c88226a902568982766a02a63a82e5fb0315bb73557\
        bf3952c63d4dcc4248d34743d94d3ddf5337e45a31e9612bed6925f1711ff47918f78212f98b0b\
        fa9407fb9d07fca60cfcb014fbba1ffac42af8cd37f6d746f4e156f2ea69f2f27df5f992fcffa4",
    ),
    (
        "plasma",
        "\
        0d08871b068d2605912f059638049a41049d4903a05102a35901a56100a76900a87100a87801a8\
        8004a88707a68e0ca49511a19c179ea21d9aa82296ae2892b42e8dba3388bf3984c43e7fc9447a\
        cd4a76d24f71d6556dda5b69de6164e26660e66c5ce97257ed7953f07f4ff3854bf58c46f79342\
        f99a3efba139fca835fdaf31feb72dfebe2afdc627fcce25fbd724f8df25f6e826f3f027f0f921",
    ),
    (
        "cividis",
        "\
        00224e002656002a5f002d68003070083370163770203a6f273e6e2e416d34456c3a486c3f4c6c\
        444f6c49536c4e566c535a6d575d6d5c616e60646f656870696b716d6f727272747676767a7a78\
        7e7d788381798885788d8878928c789690779b9476a09875a59c74aaa073afa471b5a86fbaac6d\
        bfb06bc4b468c9b965cfbd62d4c15fdac65bdfca57e5cf52ead34cf0d846f6dd3ffce236fee838",
    ),
    (
        "turbo",
        "\
        30123b36215f3b2f803f3e9c424bb54559cb4666dd4773eb4680f6458cfd4099ff38a5fb2fb2f4\
        27bee91fc9dd1ad4d018ddc21ae4b622ebaa2ff19b3ff68a52fa7a65fd6979fe598bff4b9cfe40\
        a9fb39b7f735c3f134d0ea34dbe236e5d938eecf3af5c53afaba39fdae35fea130fe932afc8423\
        f9751df46617ef5811e84b0ce14109d83706ce2d04c32503b71d02a916019b0f018b09027a0403",
    ),
    ("grey", "000000ffffff"),
];

/// matplotlib's `terrain`: water, shore, land, hills, rocks and snow.
const TERRAIN: [(f64, [u8; 3]); 6] = [
    (0.0, [51, 51, 153]),
    (15.0, [0, 153, 255]),
    (25.0, [0, 204, 102]),
    (50.0, [255, 255, 153]),
    (75.0, [128, 92, 84]),
    (100.0, [255, 255, 255]),
];

impl Ramp {
    /// The names that [`Ramp::named`] knows.
    pub const NAMES: [&str; 8] =
        ["viridis", "magma", "inferno", "plasma", "cividis", "turbo", "grey", "terrain"];

    /// Returns a ramp from the least to the largest value by its name (`gray` is `grey`);
    /// with `-` before it the other way round. `None` if there is none of this name.
    pub fn named(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let (plain, turned) = lower.strip_prefix('-').map_or((&lower[..], false), |n| (n, true));
        let plain = if plain == "gray" { "grey" } else { plain };
        let mut stops: Vec<(f64, [u8; 3])> = if plain == "terrain" {
            TERRAIN.to_vec()
        } else {
            let (_, digits) = EVEN.into_iter().find(|(own, _)| *own == plain)?;
            let colors = digits.as_bytes().as_chunks::<6>().0;
            let step = 100.0 / (colors.len() - 1) as f64;
            let place = |at: usize| if at + 1 == colors.len() { 100.0 } else { at as f64 * step };
            colors.iter().enumerate().map(|(at, color)| (place(at), of(color))).collect()
        };
        if turned {
            stops.iter_mut().for_each(|(percent, _)| *percent = 100.0 - *percent);
        }
        let stops = stops
            .into_iter()
            .map(|(percent, [r, g, b])| (Stop::Percent(percent), Color::from([r, g, b, 255])));
        Some(Self { stops: stops.collect(), ..Self::default() })
    }
}

/// Red, green and blue of six hexadecimal digits.
fn of(digits: &[u8; 6]) -> [u8; 3] {
    let digit = |at: usize| char::from(digits[at]).to_digit(16).unwrap_or(0) as u8;
    [0, 2, 4].map(|at| digit(at) * 16 + digit(at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_have_ramps_from_end_to_end() {
        for name in Ramp::NAMES {
            let ramp = Ramp::named(name).expect(name);
            assert_eq!(ramp.stops.first().map(|s| s.0), Some(Stop::Percent(0.0)), "{name}");
            assert_eq!(ramp.stops.last().map(|s| s.0), Some(Stop::Percent(100.0)), "{name}");
            let turned = Ramp::named(&format!("-{name}")).expect(name);
            assert_eq!(turned.stops[0], (Stop::Percent(100.0), ramp.stops[0].1));
        }
        let viridis = Ramp::named("Viridis").expect("a ramp");
        assert_eq!(viridis.stops.len(), 52);
        assert_eq!(viridis.stops[51].1, [0xfd, 0xe7, 0x25, 255]);
        assert!(Ramp::named("jet").is_none());
    }
}
