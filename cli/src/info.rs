//! What files hold.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use lentil::video;
use lentil::{Error, Info, Kind, LeptonInfo, Options, Process};
use serde_json::{Value, json};

use crate::args;
use crate::failure::Failure;
use crate::info_video::{self, VideoInfo};
use crate::report::saving;
use crate::{say, tell};

/// Describes the files that the command line names; gives the exit status.
pub fn info(args: &args::Info) -> u8 {
    let options = args.limit.options();
    let mut status = 0;
    let mut values = Vec::new();
    for path in &args.inputs {
        let described = describe(path, &options);
        match &described {
            Err(
                Failure::Lentil(Error::Unsupported(_))
                | Failure::Video(video::Error::Unsupported(_)),
            ) if status == 0 => status = 3,
            Err(_) => status = 1,
            Ok(Described::Video(info)) if info.is_damaged() => status = 1,
            Ok(_) => {}
        }
        if args.json {
            values.push(to_json(path, &described));
        } else {
            match described {
                Ok(Described::Image(info)) => print(path, &info),
                Ok(Described::Video(info)) => {
                    say(path.display());
                    info.print();
                }
                Err(failure) => tell(format_args!("{}: {failure}", path.display())),
            }
        }
    }
    if args.json {
        say(json!({ "files": values }));
    }
    status
}

/// What a file holds.
enum Described {
    Image(Info),
    Video(VideoInfo),
}

fn describe(path: &Path, options: &Options) -> Result<Described, Failure> {
    let mut file = File::open(path).map_err(Failure::Read)?;
    let mut magic = [0; 4];
    let begun = file.read(&mut magic).map_err(Failure::Read)?;
    file.rewind().map_err(Failure::Read)?;
    if video::Stream::<File>::knows(&magic[..begun]) {
        let info = info_video::describe(&file, options.limits.memory)?;
        return Ok(Described::Video(info));
    }
    Ok(Described::Image(lentil::info(&file, options)?))
}

fn process(info: &Info) -> &'static str {
    match info.process {
        Process::Baseline => "baseline",
        Process::Extended => "extended sequential",
        Process::Progressive => "progressive",
        _ => "unknown",
    }
}

fn print(path: &Path, info: &Info) {
    say(path.display());
    print_image(info);
    say(format_args!("  JPEG        {} bytes", info.jpeg_bytes));
    if let Some(lepton) = &info.lepton {
        print_lepton(info, lepton);
    }
}

fn print_image(info: &Info) {
    if info.components.is_empty() {
        // A piece of a file, or what could not be coded.
        say("  image       none, only bytes");
        return;
    }
    let components: Vec<String> = info
        .components
        .iter()
        .map(|c| format!("{}:{}x{}", c.id, c.horizontal, c.vertical))
        .collect();
    say(format_args!(
        "  image       {} x {}, {}",
        info.width,
        info.height,
        process(info)
    ));
    say(format_args!("  components  {}", components.join(" ")));
    say(format_args!("  scans       {}", info.scans));
    if info.restart_interval != 0 {
        say(format_args!(
            "  restarts    every {} MCUs",
            info.restart_interval
        ));
    }
    let held = if info.held_whole {
        "the whole image"
    } else {
        "a row of MCUs"
    };
    say(format_args!(
        "  memory      {} bytes to restore it with one thread, {held} being held",
        info.restore_memory
    ));
}

fn print_lepton(info: &Info, lepton: &LeptonInfo) {
    let saved = saving(info.jpeg_bytes, info.file_bytes);
    say(format_args!(
        "  .lep        {} bytes, {saved:.2} % saved",
        info.file_bytes
    ));
    say(format_args!(
        "  format      version {}, form {}",
        lepton.version, lepton.form
    ));
    say(format_args!(
        "  header      {} bytes, {} of the JPEG kept as they are",
        lepton.header_bytes, lepton.verbatim_bytes
    ));
    for partition in &lepton.partitions {
        say(format_args!(
            "  partition   {} bytes from block row {}",
            partition.compressed_bytes, partition.first_block_row
        ));
    }
    if let Some(hash) = lepton.hash {
        say(format_args!("  XXH64       {hash:016x}"));
    }
}

fn to_json(path: &Path, described: &Result<Described, Failure>) -> Value {
    let mut value = json!({ "input": path.display().to_string() });
    let info = match described {
        Ok(Described::Image(info)) => info,
        Ok(Described::Video(info)) => {
            info.json(&mut value);
            return value;
        }
        Err(failure) => {
            value["reason"] = json!(failure.to_string());
            return value;
        }
    };
    let component = |c: &lentil::Component| json!({ "id": c.id, "horizontal": c.horizontal, "vertical": c.vertical });
    value["kind"] = json!(if info.kind == Kind::Jpeg {
        "jpeg"
    } else {
        "lepton"
    });
    value["width"] = json!(info.width);
    value["height"] = json!(info.height);
    value["process"] = json!(process(info));
    value["components"] = info.components.iter().map(component).collect();
    value["scans"] = json!(info.scans);
    value["restart_interval"] = json!(info.restart_interval);
    value["held_whole"] = json!(info.held_whole);
    value["restore_memory"] = json!(info.restore_memory);
    value["file_bytes"] = json!(info.file_bytes);
    value["jpeg_bytes"] = json!(info.jpeg_bytes);
    if let Some(lepton) = &info.lepton {
        let partition = |p: &lentil::Partition| json!({ "first_block_row": p.first_block_row, "compressed_bytes": p.compressed_bytes });
        value["saving_percent"] = json!(saving(info.jpeg_bytes, info.file_bytes));
        value["version"] = json!(lepton.version);
        value["form"] = json!(lepton.form);
        value["header_bytes"] = json!(lepton.header_bytes);
        value["verbatim_bytes"] = json!(lepton.verbatim_bytes);
        value["partitions"] = lepton.partitions.iter().map(partition).collect();
        value["xxh64"] = json!(lepton.hash.map(|h| format!("{h:016x}")));
    }
    value
}
