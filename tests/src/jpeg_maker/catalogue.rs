//! Named files of every kind that the codec must restore.

use super::content::Content;
use super::scripts::*;
use super::spec::{DhtPlace, EobRuns, Fill, Huffman, JpegSpec, Place, Process, QuantTable};

type Named = (String, JpegSpec);

/// Small files of every legal kind, and one of about 1.5 MB, `large_420`. Names are unique and fit for file names.
#[must_use]
pub fn catalogue() -> Vec<Named> {
    let mut list = Vec::new();
    sizes(&mut list);
    samplings(&mut list);
    component_counts(&mut list);
    sequential_scans(&mut list);
    restarts(&mut list);
    tables(&mut list);
    progressive(&mut list);
    eob_runs(&mut list);
    contents(&mut list);
    extras(&mut list);
    let large = JpegSpec::colour(2600, 1900, (2, 2))
        .with(|s| s.quant = vec![QuantTable::luma(93), QuantTable::chroma(93)]);
    add(&mut list, "large_420", large);
    list
}

fn add(list: &mut Vec<Named>, name: impl Into<String>, spec: JpegSpec) {
    list.push((name.into(), spec));
}

/// The usual subject: sides that no MCU divides.
fn usual() -> JpegSpec {
    JpegSpec::colour(100, 75, (2, 2))
}

fn wide(samplings: &[(u8, u8)]) -> JpegSpec {
    JpegSpec::of(100, 75, samplings)
}

fn sizes(list: &mut Vec<Named>) {
    for (w, h) in [(1, 1), (7, 9), (8, 8), (16, 16), (17, 33), (100, 75)] {
        add(list, format!("grey_{w}x{h}"), JpegSpec::grey(w, h));
        add(list, format!("420_{w}x{h}"), JpegSpec::colour(w, h, (2, 2)));
        add(
            list,
            format!("420_progressive_{w}x{h}"),
            JpegSpec::colour(w, h, (2, 2)).progressive(progressive_default(3)),
        );
    }
    let flat = |w, h| JpegSpec::grey(w, h).with(|s| s.content = Content::Flat);
    add(list, "grey_65535x8", flat(65535, 8));
    add(list, "grey_8x65535", flat(8, 65535));
    add(list, "420_1x300", JpegSpec::colour(1, 300, (2, 2)));
    add(list, "420_300x1", JpegSpec::colour(300, 1, (2, 2)));
}

fn samplings(list: &mut Vec<Named>) {
    let usual = [
        ("444", (1, 1)),
        ("422", (2, 1)),
        ("440", (1, 2)),
        ("411", (4, 1)),
        ("441", (1, 4)),
        ("410", (4, 2)),
        ("311", (3, 1)),
        ("331", (1, 3)),
    ];
    for (name, luma) in usual {
        add(list, name, JpegSpec::colour(100, 75, luma));
        add(
            list,
            format!("{name}_progressive"),
            JpegSpec::colour(100, 75, luma).progressive(progressive_default(3)),
        );
    }
    let odd: [(&str, &[(u8, u8)]); 7] = [
        ("luma_11_chroma_22", &[(1, 1), (2, 2), (2, 2)]),
        ("luma_21_chroma_12", &[(2, 1), (1, 2), (1, 2)]),
        ("luma_22_chroma_21", &[(2, 2), (2, 1), (2, 1)]),
        ("luma_22_chroma_12_21", &[(2, 2), (1, 2), (2, 1)]),
        ("luma_12_chroma_11_22", &[(1, 2), (1, 1), (2, 2)]),
        ("luma_and_cb_22", &[(2, 2), (2, 2), (1, 1)]),
        ("all_equal_21", &[(2, 1), (2, 1), (2, 1)]),
    ];
    for (name, sampling) in odd {
        add(list, name, wide(sampling));
        add(
            list,
            format!("{name}_progressive"),
            wide(sampling).progressive(progressive_default(3)),
        );
        add(
            list,
            format!("{name}_one_each"),
            wide(sampling).with(|s| s.scans = one_each(3)),
        );
    }
    // 18 and 10 blocks of all components; T.81 B.2.3 lets no more than 10 be interleaved.
    add(
        list,
        "luma_44_one_each",
        wide(&[(4, 4), (1, 1), (1, 1)]).with(|s| s.scans = one_each(3)),
    );
    add(
        list,
        "luma_32_one_each",
        wide(&[(3, 2), (1, 1), (3, 1)]).with(|s| s.scans = one_each(3)),
    );
}

fn component_counts(list: &mut Vec<Named>) {
    for (h, v) in [(2, 2), (2, 1), (1, 2), (4, 4)] {
        add(list, format!("grey_sampled_{h}{v}"), wide(&[(h, v)]));
        add(
            list,
            format!("grey_sampled_{h}{v}_progressive"),
            wide(&[(h, v)]).progressive(progressive_default(1)),
        );
    }
    let restarted = wide(&[(2, 2)]).with(|s| s.restart = 5);
    add(list, "grey_sampled_22_restart", restarted);
    add(list, "two_11", wide(&[(1, 1), (1, 1)]));
    add(
        list,
        "two_22_progressive",
        wide(&[(2, 2), (1, 1)]).progressive(progressive_default(2)),
    );
    add(list, "cmyk_11", wide(&[(1, 1); 4]));
    add(list, "cmyk_22", wide(&[(2, 2), (1, 1), (1, 1), (2, 2)]));
    add(
        list,
        "cmyk_one_each",
        wide(&[(1, 1); 4]).with(|s| s.scans = one_each(4)),
    );
    add(
        list,
        "cmyk_progressive",
        wide(&[(2, 1), (1, 1), (1, 1), (2, 1)]).progressive(progressive_default(4)),
    );
    let adobe = wide(&[(1, 1); 4]).segment(0xEE, b"Adobe\0\x64\0\0\0\0\x02".to_vec(), Place::Front);
    add(list, "cmyk_adobe", adobe);
    let letters = JpegSpec::colour(100, 75, (1, 1)).with(|s| {
        s.segments.clear();
        s.components
            .iter_mut()
            .zip(*b"RGB")
            .for_each(|(c, id)| c.id = id);
    });
    add(list, "ids_rgb", letters);
    let ids = usual().with(|s| {
        s.components
            .iter_mut()
            .zip([0, 255, 7])
            .for_each(|(c, id)| c.id = id)
    });
    add(list, "ids_0_255_7", ids);
    let same = usual().with(|s| s.components.iter_mut().for_each(|c| c.id = 1));
    add(list, "ids_all_equal", same);
}

fn sequential_scans(list: &mut Vec<Named>) {
    for (name, scans) in [
        ("one_each", one_each(3)),
        ("luma_then_chroma", luma_then_chroma(3)),
    ] {
        let spec = usual().with(|s| s.scans = scans);
        add(list, format!("420_{name}"), spec.clone());
        add(
            list,
            format!("420_{name}_restart"),
            spec.clone().with(|s| s.restart = 4),
        );
        add(
            list,
            format!("420_{name}_optimised"),
            spec.with(|s| {
                s.huffman = Huffman::Optimised;
                s.dht = DhtPlace::EachScan;
            }),
        );
    }
    let backwards = usual().with(|s| {
        s.scans = one_each(3);
        s.scans.reverse();
    });
    add(list, "420_one_each_backwards", backwards);
    let changing = usual().with(|s| {
        s.scans = one_each(3);
        s.scans[1].restart = Some(3);
        s.scans[2].restart = Some(0);
    });
    add(list, "420_restart_changes", changing);
}

fn restarts(list: &mut Vec<Named>) {
    for interval in [1, 7, 14, 35, 1000] {
        add(
            list,
            format!("420_restart_{interval}"),
            usual().with(|s| s.restart = interval),
        );
    }
    let progressive = usual().progressive(progressive_default(3));
    add(
        list,
        "420_progressive_restart_1",
        progressive.clone().with(|s| s.restart = 1),
    );
    add(
        list,
        "420_progressive_restart_9",
        progressive.clone().with(|s| s.restart = 9),
    );
    for kept in [0, 1, 3] {
        let missing = usual().with(|s| {
            s.restart = 2;
            s.keep_rst = Some(kept);
        });
        add(list, format!("420_rst_missing_after_{kept}"), missing);
    }
    let missing = progressive.with(|s| {
        s.restart = 9;
        s.keep_rst = Some(2);
    });
    add(list, "420_progressive_rst_missing", missing);
    for extra in [1, 3, 11] {
        add(
            list,
            format!("420_rst_trailing_{extra}"),
            usual().with(|s| s.trailing_rst = extra),
        );
    }
    let both = usual().with(|s| {
        s.restart = 5;
        s.trailing_rst = 2;
    });
    add(list, "420_restart_and_trailing", both);
    let aligned = JpegSpec::grey(64, 64).with(|s| {
        s.restart = 8;
        s.pad_bit = false;
    });
    add(list, "grey_restart_row_pad_0", aligned);
}

fn tables(list: &mut Vec<Named>) {
    for (name, kind) in [
        ("optimised", Huffman::Optimised),
        ("even", Huffman::Even),
        ("long", Huffman::Long),
    ] {
        add(
            list,
            format!("420_{name}"),
            usual().with(|s| s.huffman = kind),
        );
    }
    add(list, "420_pad_0", usual().with(|s| s.pad_bit = false));
    add(
        list,
        "420_joined_tables",
        usual().with(|s| s.joined_tables = true),
    );
    let four = wide(&[(1, 1); 4]).with(|s| {
        s.process = Process::Extended;
        s.huffman = Huffman::Optimised;
        s.quant = [95, 70, 40, 10].map(QuantTable::luma).to_vec();
        for (number, c) in (0..).zip(&mut s.components) {
            (c.quant, c.huffman) = (number, 3 - number);
        }
    });
    add(list, "extended_four_tables", four);
    let wide_steps = usual().with(|s| {
        s.process = Process::Extended;
        s.quant = vec![QuantTable::flat(300), QuantTable::chroma(50)];
        s.quant[0].steps[63] = 65535;
    });
    add(list, "extended_dqt_16", wide_steps);
    let wide_small = usual()
        .progressive(progressive_default(3))
        .with(|s| s.quant.iter_mut().for_each(|q| q.wide = true));
    add(list, "progressive_dqt_16", wide_small);
    for quality in [5, 50, 98] {
        add(
            list,
            format!("420_quality_{quality}"),
            usual()
                .with(|s| s.quant = vec![QuantTable::luma(quality), QuantTable::chroma(quality)]),
        );
    }
}

fn progressive(list: &mut Vec<Named>) {
    type Script = fn(usize) -> Vec<super::spec::Scan>;
    let scripts: [(&str, Script); 3] = [
        ("spectral", progressive_spectral),
        ("successive", progressive_successive),
        ("dc_separate", progressive_dc_separate),
    ];
    for (name, script) in scripts {
        add(
            list,
            format!("420_progressive_{name}"),
            usual().progressive(script(3)),
        );
        add(
            list,
            format!("grey_progressive_{name}"),
            JpegSpec::grey(100, 75).progressive(script(1)),
        );
    }
    let spec = usual().progressive(progressive_default(3));
    add(
        list,
        "420_progressive_front_dht",
        spec.clone().with(|s| s.dht = DhtPlace::Front),
    );
    add(
        list,
        "420_progressive_standard",
        spec.clone().with(|s| s.huffman = Huffman::Standard),
    );
    add(
        list,
        "420_progressive_even",
        spec.clone().with(|s| s.huffman = Huffman::Even),
    );
    add(
        list,
        "420_progressive_pad_0",
        spec.clone().with(|s| s.pad_bit = false),
    );
    let dc_only = spec.clone().with(|s| s.scans.truncate(1));
    add(list, "420_progressive_dc_only", dc_only);
    add(
        list,
        "420_progressive_first_scans",
        spec.clone().with(|s| s.scans.truncate(5)),
    );
    add(
        list,
        "420_progressive_extreme",
        spec.with(|s| s.content = Content::Extreme),
    );
}

fn eob_runs(list: &mut Vec<Named>) {
    let sparse = JpegSpec::colour(250, 190, (2, 2))
        .progressive(progressive_default(3))
        .with(|s| {
            s.quant = vec![QuantTable::luma(20), QuantTable::chroma(20)];
        });
    let policies = [
        ("maximal", EobRuns::Maximal),
        ("like_libjpeg", EobRuns::LikeLibjpeg),
        ("limit_1", EobRuns::Limit(1)),
        ("limit_5", EobRuns::Limit(5)),
        ("limit_7", EobRuns::Limit(7)),
        ("random", EobRuns::RandomCuts(3)),
    ];
    for (name, policy) in policies {
        add(
            list,
            format!("eob_{name}"),
            sparse.clone().with(|s| s.eob_runs = policy),
        );
    }
    add(
        list,
        "eob_limit_3_even",
        sparse.with(|s| {
            s.eob_runs = EobRuns::Limit(3);
            s.huffman = Huffman::Even;
        }),
    );
    // 34 969 blocks with no AC at all: more than one run can hold.
    let flat = JpegSpec::grey(1496, 1496)
        .progressive(progressive_default(1))
        .with(|s| s.content = Content::Flat);
    add(list, "eob_longest", flat);
    // Late planes where nothing is new: correction bits of many blocks wait in one run.
    let correcting = JpegSpec::grey(250, 190)
        .progressive(progressive_successive(1))
        .with(|s| s.content = Content::Coarse);
    add(list, "eob_corrections_maximal", correcting.clone());
    add(
        list,
        "eob_corrections_like_libjpeg",
        correcting.with(|s| s.eob_runs = EobRuns::LikeLibjpeg),
    );
}

fn contents(list: &mut Vec<Named>) {
    for (name, content) in [
        ("noise", Content::Noise),
        ("extreme", Content::Extreme),
        ("flat", Content::Flat),
    ] {
        let spec = usual().with(|s| {
            s.content = content;
            s.quant = vec![QuantTable::flat(1); 2];
        });
        add(list, format!("420_{name}"), spec.clone());
        add(
            list,
            format!("420_{name}_progressive"),
            spec.progressive(progressive_default(3)),
        );
    }
    let steps = usual().with(|s| {
        s.content = Content::Extreme;
        s.quant = vec![QuantTable::flat(255); 2];
    });
    add(list, "420_extreme_step_255", steps);
}

fn extras(list: &mut Vec<Named>) {
    let exif = usual()
        .segment(0xE1, vec![0x41; 9000], Place::Front)
        .segment(0xFE, b"a comment".to_vec(), Place::Front);
    add(list, "app1_and_comment", exif);
    add(
        list,
        "comment_empty",
        usual().segment(0xFE, vec![], Place::Front),
    );
    add(
        list,
        "app15_full",
        usual()
            .segment(0xEF, vec![0xFF; 65533], Place::Front)
            .with(|s| s.width = 16),
    );
    add(
        list,
        "comment_last",
        usual().segment(0xFE, b"late".to_vec(), Place::End),
    );
    for (name, marker) in [("reserved", 0x02), ("exp", 0xDF), ("jpg0", 0xF0)] {
        add(
            list,
            format!("segment_{name}"),
            usual().segment(marker, vec![7], Place::Front),
        );
    }
    let height = usual().progressive(progressive_default(3)).segment(
        0xDC,
        vec![0, 75],
        Place::BeforeScan(1),
    );
    add(list, "dnl_between_progressive", height);
    let between = usual().with(|s| s.scans = one_each(3)).segment(
        0xFE,
        b"between".to_vec(),
        Place::BeforeScan(1),
    );
    add(list, "comment_between_scans", between);
    let between = usual().progressive(progressive_default(3)).segment(
        0xFE,
        vec![0xFF, 0xD9],
        Place::BeforeScan(4),
    );
    add(list, "comment_between_progressive", between);
    add(
        list,
        "tail_text",
        usual().with(|s| s.tail = b"trailing bytes \xFF\xD8 \xFF\xD9".to_vec()),
    );
    add(list, "tail_zeros", usual().with(|s| s.tail = vec![0; 5000]));
    add(
        list,
        "tail_progressive",
        usual()
            .progressive(progressive_default(3))
            .with(|s| s.tail = vec![0xFF; 3]),
    );
    add(list, "no_eoi", usual().with(|s| s.eoi = false));
    add(
        list,
        "no_eoi_progressive",
        usual()
            .progressive(progressive_default(3))
            .with(|s| s.eoi = false),
    );
    let fills = [
        (
            "dqt",
            Fill {
                dqt: 3,
                ..Fill::default()
            },
        ),
        (
            "sos",
            Fill {
                sos: 2,
                ..Fill::default()
            },
        ),
        (
            "eoi",
            Fill {
                eoi: 4,
                ..Fill::default()
            },
        ),
    ];
    for (name, fill) in fills {
        add(
            list,
            format!("fill_before_{name}"),
            usual().with(|s| s.fill = fill),
        );
    }
    let scans_filled = usual().with(|s| {
        s.scans = one_each(3);
        s.fill.sos = 1;
    });
    add(list, "fill_between_scans", scans_filled);
    let thumbnail = JpegSpec::colour(40, 30, (2, 1)).with(|s| s.seed = 9);
    add(
        list,
        "two_images",
        usual().with(|s| s.then = Some(Box::new(thumbnail.clone()))),
    );
    let progressive = thumbnail.progressive(progressive_default(3));
    let three = progressive
        .clone()
        .with(|s| s.then = Some(Box::new(JpegSpec::grey(9, 9))));
    add(
        list,
        "three_images",
        usual().with(|s| s.then = Some(Box::new(three))),
    );
}
