//! Graphs for Graphviz, and timelines as web pages.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use lentil_thunk::{Digest, Store, command_line};
use serde_json::Value;

use super::force::record_place;
use super::{args, open_store, read};
use crate::decode::begin;
use crate::failure::Failure;
use crate::say;

/// Draws what the command line names.
pub fn graph(args: &args::Graph) -> Result<(), Failure> {
    let store = open_store(&args.place)?;
    if let Some(place) = &args.dot {
        let text = dot(&store, &args.thunk)?;
        if place == Path::new("-") {
            say(text);
        } else {
            write(place, &text, args.force)?;
        }
    }
    if let Some(place) = &args.timeline {
        let path = record_place(&store, &args.thunk);
        let text = std::fs::read_to_string(&path)
            .map_err(|_| Failure::Thunk(format!("{} was never forced here", args.thunk)))?;
        let record = serde_json::from_str(&text);
        let record = record.map_err(|why| Failure::Thunk(format!("{}: {why}", path.display())))?;
        write(place, &timeline(&record), args.force)?;
    }
    Ok(())
}

fn write(place: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let mut output = begin(place, force)?;
    output
        .file()
        .write_all(text.as_bytes())
        .map_err(Failure::Write)?;
    output.put_in_place()
}

/// A box for each thunk, an arrow from each to those that wait for it; those whose value is known are filled.
fn dot(store: &Store, root: &Digest) -> Result<String, Failure> {
    let mut text = String::from("digraph thunks {\n  rankdir=LR;\n  node [shape=box];\n");
    let (mut wanted, mut seen) = (vec![*root], BTreeSet::new());
    while let Some(digest) = wanted.pop() {
        if !seen.insert(digest) {
            continue;
        }
        let thunk = read(store, &digest)?;
        let style = match store.remembered(&digest)? {
            Some(_) => ", style=filled",
            None => "",
        };
        let label = shortened(&command_line(&thunk));
        let short = &digest.hex()[..12];
        let _ = writeln!(text, "  t{short} [label={label:?}{style}];");
        for other in thunk.waits_for() {
            let _ = writeln!(text, "  t{} -> t{short};", &other.hex()[..12]);
            wanted.push(other);
        }
    }
    text.push_str("}\n");
    Ok(text)
}

fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// A bar for each thunk that an engine was asked for, in as few rows as they need.
fn timeline(record: &Value) -> String {
    const WIDTH: f64 = 1200.0;
    const ROW: usize = 18;
    let seconds = record["seconds"].as_f64().unwrap_or(0.0).max(1e-9);
    let mut bars: Vec<(f64, f64, &Value)> = Vec::new();
    for entry in record["thunks"].as_array().map_or(&[][..], Vec::as_slice) {
        if let (false, Some(start), Some(end)) = (
            entry["engine"].is_null(),
            entry["start"].as_f64(),
            entry["end"].as_f64(),
        ) {
            bars.push((start, end, entry));
        }
    }
    bars.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut rows, mut shapes): (Vec<f64>, String) = (Vec::new(), String::new());
    let mut names = BTreeSet::new();
    for (start, end, entry) in &bars {
        let free = rows.iter().position(|&until| until <= *start);
        let row = free.unwrap_or(rows.len());
        if row == rows.len() {
            rows.push(0.0);
        }
        rows[row] = *end;
        let name = escaped(entry["name"].as_str().unwrap_or_default());
        let (x, width) = (
            start / seconds * WIDTH,
            ((end - start) / seconds * WIDTH).max(0.5),
        );
        let _ = writeln!(
            shapes,
            r#"<rect x="{x:.2}" y="{}" width="{width:.2}" height="{}" fill="hsl({},55%,60%)"><title>{name} {} {start:.3} to {end:.3} s, {}</title></rect>"#,
            row * ROW,
            ROW - 2,
            hue(&name),
            escaped(entry["thunk"].as_str().unwrap_or_default()),
            escaped(entry["origin"].as_str().unwrap_or_default()),
        );
        names.insert(name);
    }
    let mut legend = String::new();
    for name in &names {
        let _ = write!(
            legend,
            r#"<span style="background:hsl({},55%,60%)">{name}</span> "#,
            hue(name)
        );
    }
    format!(
        "<!DOCTYPE html>\n<meta charset=\"utf-8\"><title>Thunks over time</title>\n\
         <style>body{{font-family:sans-serif}}span{{padding:2px 6px}}</style>\n\
         <p>{} thunks in {seconds:.3} s, at most {} at a time</p>\n<p>{legend}</p>\n\
         <svg width=\"{WIDTH}\" height=\"{}\" viewBox=\"0 0 {WIDTH} {}\">\n{shapes}</svg>\n",
        bars.len(),
        rows.len(),
        rows.len() * ROW,
        rows.len() * ROW,
    )
}

/// A colour for a name.
fn hue(name: &str) -> u8 {
    Digest::of(name.as_bytes()).hash[0]
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}
