//! Instructions that frames took.

#[derive(Default)]
pub struct Instructions {
    sum: u64,
    most: u64,
    frames: u32,
}

impl Instructions {
    pub fn add(&mut self, count: u64) {
        self.sum += count;
        self.most = self.most.max(count);
        self.frames += 1;
    }

    pub fn mean(&self) -> u32 {
        (self.sum / u64::from(self.frames.max(1))) as u32
    }

    pub fn most(&self) -> u32 {
        self.most as u32
    }

    pub fn frames(&self) -> u32 {
        self.frames
    }
}
