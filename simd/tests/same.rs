//! Every set of instructions gives the same streams and the same scan data.

use lentil_core::jpeg::{Block, Layout, Plan, Style};
use lentil_core::kernels::{Kernels, Scalar};
use lentil_core::lepton::partition::{Image, Memory};
use lentil_core::lepton::survey::{Findings, Lent, Survey, Want};
use lentil_core::lepton::transcode::{Compressor, Job, Restorer, RowStart, Status};
use lentil_core::lepton::{Model, Summary};
use lentil_simd::{Detected, detect};
use lentil_tests::jpeg_maker::{catalogue, make};

fn survey(jpeg: &[u8], rows: &mut Vec<RowStart>) -> Option<Survey> {
    let mut survey = Survey::new(0);
    let mut header = vec![0; 1 << 17];
    let mut from = 0;
    loop {
        let mut lent = Lent {
            header: &mut header,
            rows,
            image: &mut [],
            breaks: &mut [],
        };
        let (used, want) = survey.look(&jpeg[from..], true, &mut lent).ok()?;
        from += used;
        match want {
            Want::Rows(n) => rows.resize(n, RowStart::default()),
            Want::Nothing => return Some(survey),
            // Images of several scans have no strips.
            _ => return None,
        }
    }
}

/// The stream of one partition, and the scan data that it restores to.
fn both_ways(
    kernels: impl Kernels,
    found: &Findings<'_>,
    rows: &[RowStart],
    jpeg: &[u8],
) -> (Vec<u8>, Vec<u8>) {
    let coverage = found.coverage();
    let layout = Layout::strip(found.frame);
    let job = Job {
        kernels,
        image: Image::new(found.frame, found.header, coverage, layout),
        plan: Plan::new(found.frame, found.header, found.scan).unwrap(),
        style: Style {
            pad: found.pad_bits(),
            restarts: found.restarts.unwrap_or(u32::MAX),
        },
    };
    let all = 0..coverage.mcu_rows(found.frame);
    let mut blocks = vec![Block::ZERO; job.image.layout.blocks()];
    let mut summaries = vec![Summary::NEW; job.image.summaries()];
    let mut output = vec![0; jpeg.len() + (1 << 17)];

    let mut model = Box::new(Model::NEW);
    let mut memory = Memory {
        model: &mut model,
        blocks: &mut blocks,
        summaries: &mut summaries,
    };
    let scan = &jpeg[rows[0].offset as usize..];
    let mut compressor = Compressor::new(&job, all.clone(), &rows[0], found.units);
    let step = compressor.step(&job, &mut memory, scan, true, &mut output);
    let step = step.unwrap();
    assert_eq!(step.status, Status::Done);
    let stream = output[..step.written].to_vec();

    model.reset();
    let mut memory = Memory {
        model: &mut model,
        blocks: &mut blocks,
        summaries: &mut summaries,
    };
    let mut restorer = Restorer::new(&job, all, &rows[0]);
    let step = restorer.step(&job, &mut memory, &stream, true, &mut output);
    assert_eq!(step.unwrap().status, Status::Done);
    (stream, output[..step.unwrap().written].to_vec())
}

#[test]
fn sets_agree() {
    let mut compared = 0;
    for (name, spec) in catalogue() {
        let jpeg = make(&spec);
        let mut rows = Vec::new();
        let Some(survey) = survey(&jpeg, &mut rows) else {
            continue;
        };
        let found = survey.findings().unwrap();
        if name.contains("extreme") {
            continue;
        }
        let plain = both_ways(Scalar, &found, &rows, &jpeg);
        let same = |fast| assert!(plain == fast, "{name}");
        match detect() {
            Detected::Scalar(kernels) => same(both_ways(kernels, &found, &rows, &jpeg)),
            #[cfg(target_arch = "x86_64")]
            Detected::Avx2(kernels) => same(both_ways(kernels, &found, &rows, &jpeg)),
            #[cfg(target_arch = "x86_64")]
            Detected::Avx512(kernels) => {
                same(both_ways(kernels.avx2(), &found, &rows, &jpeg));
                same(both_ways(kernels, &found, &rows, &jpeg));
            }
            #[cfg(target_arch = "aarch64")]
            Detected::Neon(kernels) => same(both_ways(kernels, &found, &rows, &jpeg)),
        }
        compared += 1;
    }
    eprintln!("{compared} images with {:?}", detect());
    assert!(compared > 40);
}
