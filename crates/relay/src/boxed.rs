//! Futures that begin on the heap, and places that are used again.

use std::future::Future;
use std::pin::Pin;

use parking_lot::Mutex;
use tokio_util::sync::ReusableBoxFuture;

/// Places kept at most by a core, for requests that begin where others have ended.
const MOST: usize = 64;

/// A future made where it will stay. `Box::pin` makes it on the stack, and copies all that it may ever
/// hold: thousands of bytes for a request, of which next to nothing is set.
pub(crate) fn boxed<F>(make: impl FnOnce() -> F) -> Pin<Box<F>> {
    let place = Box::new_uninit();
    Box::into_pin(Box::write(place, make()))
}

/// Where futures with this output have run. Whoever comes gets the place that was left last, which the
/// caches of its core still have; an allocator hands out all of its blocks in turn.
pub(crate) struct Places<T>(Mutex<Vec<ReusableBoxFuture<'static, T>>>);

impl<T> Places<T> {
    /// A place for a future.
    pub(crate) fn take<F>(&self, make: impl FnOnce() -> F) -> ReusableBoxFuture<'static, T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let left = self.0.lock().pop();
        match left {
            Some(mut place) => {
                place.set(make());
                place
            }
            None => ReusableBoxFuture::new(make()),
        }
    }

    /// The future there has come to its end.
    pub(crate) fn leave(&self, place: ReusableBoxFuture<'static, T>) {
        let mut left = self.0.lock();
        if left.len() < MOST {
            left.push(place);
        }
    }
}

impl<T> Default for Places<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_place_that_was_left_last_is_taken_next() {
        let places = Places::default();
        let numbered = |number: usize| places.take(|| async move { number });
        let mut running: Vec<_> = (0..=MOST).map(numbered).collect();
        let mut ended = Vec::new();
        for (number, place) in running.iter_mut().enumerate() {
            ended.push(std::ptr::from_ref(&*place.get_pin()).cast::<()>());
            assert_eq!(place.await, number);
        }
        for place in running {
            places.leave(place);
        }
        assert_eq!(places.0.lock().len(), MOST);
        let mut next = numbered(7);
        assert_eq!(std::ptr::from_ref(&*next.get_pin()).cast::<()>(), ended[MOST - 1]);
        assert_eq!(next.await, 7);
    }
}
