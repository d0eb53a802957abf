//! Marker codes (T.81, table B.1): the byte after FF.

pub const SOF0: u8 = 0xc0;
pub const SOF1: u8 = 0xc1;
pub const SOF2: u8 = 0xc2;
pub const SOF15: u8 = 0xcf;
pub const DHT: u8 = 0xc4;
pub const JPG: u8 = 0xc8;
pub const DAC: u8 = 0xcc;
pub const RST0: u8 = 0xd0;
/// Start of image.
pub const SOI: u8 = 0xd8;
pub const EOI: u8 = 0xd9;
pub const SOS: u8 = 0xda;
pub const DQT: u8 = 0xdb;
pub const DRI: u8 = 0xdd;
pub const TEM: u8 = 0x01;
pub const APP0: u8 = 0xe0;
pub const APP15: u8 = 0xef;
pub const COM: u8 = 0xfe;
