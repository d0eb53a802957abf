//! What built-in functions give stays the same as long as their versions do: stores remember it by these.

mod common;

use common::{Place, ignore, local};
use lentil::video::{Options, Preset};
use lentil_tests::jpeg_maker::{catalogue, make};
use lentil_tests::pictures::{Scene, y4m};
use lentil_thunk::excamera::{Cut, FILM, Film, graph};
use lentil_thunk::force;
use lentil_thunk::functions::BUILTINS;
use lentil_thunk::jpeg::Compress;

/// Whoever changes a digest below raises the version of each function that gives something else now.
const RAISE: &str = "a built-in function gives something else than it did: raise its version in thunk/src/functions";

#[test]
fn films_stay() {
    let place = Place::new();
    let size = (50, 38);
    let pictures: Vec<_> = (0..11)
        .map(|frame| Scene::Mixed.i420(size.0, size.1, frame))
        .collect();
    let film = y4m(size, " F24:1 Ip C420jpeg", &pictures);
    let mut found = Vec::new();
    for preset in [Preset::Realtime, Preset::Good, Preset::Best] {
        let cut = Cut {
            pictures: 4,
            chain: 2,
            warm_up: 2,
            preset,
            quantizer: 40,
            first_quantizer: 25,
            partitions: 2,
        };
        let film = Film::cut(
            &place.store,
            &film[..],
            cut.pictures,
            &Options::default().limits,
        )
        .unwrap();
        let graph = graph(&place.store, &film, &cut).unwrap();
        let forced = force(&place.store, &[graph.film], &local(2), &mut ignore).unwrap();
        found.push(forced.values[0].outputs[FILM].digest.to_string());
    }
    let expected = [
        "7daf8f3b5c3d82f20bb66c262ac5644698af14f6c6ddc5190c921b52fa51b857/14916",
        "ec0738fdaf25c2f5f9cfe2c003391e99b655114199835275954a71bbf83fb769/12806",
        "4798063e136c372b4ebd77f746213629521c43ba29d0bc6dc4b8ed8aa3af87b4/12430",
    ];
    assert_eq!(found, expected, "{RAISE}");
}

#[test]
fn photos_stay() {
    let place = Place::new();
    let (_, spec) = catalogue()
        .into_iter()
        .find(|(name, _)| name == "420_100x75")
        .unwrap();
    let jpeg = place.store.put(&make(&spec)).unwrap();
    let compress = Compress {
        partitions: None,
        memory: 64,
        range: None,
    };
    let thunk = compress.thunk(jpeg);
    let value = place.force(&thunk).unwrap().values.remove(0);
    let found = value.outputs["out.lep"].digest.to_string();
    let expected = "b85c01612b5d5bd28118bb4f3fb305e4310bcf84bf53ff7f586f3054946214a6/2333";
    assert_eq!(found, expected, "{RAISE}");
}

#[test]
fn names_and_versions_are_known() {
    let known: Vec<String> = BUILTINS
        .iter()
        .map(|one| format!("{}@{}", one.name, one.version))
        .collect();
    let expected = [
        "copy@1",
        "vp8-encode@1",
        "vp8-encode-after@1",
        "vp8-rebase@2",
        "vp8-join@1",
        "lepton-compress@1",
        "lepton-restore@1",
    ];
    assert_eq!(known, expected);
}
