//! Bytes that are told while more of them come.

/// Bytes that move before that is told.
const TOLD: u64 = 16 * 1024;

/// Tells from time to time how many bytes went either way, so that long transfers count before they
/// end; less than 16 KiB are told at their end alone.
pub(crate) struct Flow<F> {
    told: u64,
    tell: F,
}

impl<F: FnMut(u64, u64) -> bool> Flow<F> {
    /// `tell` is given the bytes sent and received up to now, and says whether more may come.
    pub(crate) fn new(tell: F) -> Self {
        Self { told: 0, tell }
    }

    /// So many bytes have been sent and received up to now; whether more may come.
    pub(crate) fn goes_on(&mut self, sent: u64, received: u64) -> bool {
        let all = sent + received;
        if all - self.told < TOLD {
            return true;
        }
        self.told = all;
        (self.tell)(sent, received)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_bytes_are_told_and_few_are_not() {
        let mut told = Vec::new();
        let mut flow = Flow::new(|sent, received| {
            told.push((sent, received));
            received < 2 * TOLD
        });
        let went = [(1, TOLD - 2), (1, TOLD - 1), (2, TOLD + 5), (2, 2 * TOLD)];
        let goes_on = went.map(|(sent, received)| flow.goes_on(sent, received));
        assert_eq!(goes_on, [true, true, true, false]);
        assert_eq!(told, [(1, TOLD - 1), (2, 2 * TOLD)]);
    }
}
