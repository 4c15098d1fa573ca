//! Order-by clauses, and the merge sort that `$sort` uses too.

use std::cmp::Ordering;
use std::rc::Rc;

use super::operators::compare_text;
use super::{Evaluator, Frame, Stream};
use crate::ast::Term;
use crate::error::Error;
use crate::signature::with_value;
use crate::value::{Tuple, Val};

impl Evaluator<'_> {
    pub(super) fn sort(
        &mut self,
        terms: &[Term],
        position: usize,
        input: Stream,
        frame: &Rc<Frame>,
    ) -> Result<Stream, Error> {
        if let Stream::Empty | Stream::One(_) = input {
            return Ok(input);
        }
        let items = input.items();
        let keys = self.sort_keys(terms, items.iter().map(|item| (item, frame.clone())))?;
        let order = self.order(terms, position, &keys)?;
        let mut items = items;
        let take = |place: u32| std::mem::take(&mut items[place as usize]);
        Ok(Stream::Whole(Val::array(order.into_iter().map(take).collect())))
    }

    pub(super) fn sort_tuples(
        &mut self,
        terms: &[Term],
        position: usize,
        tuples: Vec<Tuple>,
        frame: &Rc<Frame>,
    ) -> Result<Vec<Tuple>, Error> {
        let frames = tuples
            .iter()
            .map(|tuple| (&tuple.item, Frame::with(frame, tuple.bindings.clone())));
        let keys = self.sort_keys(terms, frames)?;
        let order = self.order(terms, position, &keys)?;
        Ok(order
            .into_iter()
            .map(|place| tuples[place as usize].clone())
            .collect())
    }

    /// What each item is sorted by. Each term is evaluated once for an item; a single item is not looked at.
    fn sort_keys<'v>(
        &mut self,
        terms: &[Term],
        items: impl ExactSizeIterator<Item = (&'v Val, Rc<Frame>)>,
    ) -> Result<Vec<Vec<Val>>, Error> {
        if items.len() < 2 {
            return Ok(items.map(|_| Vec::new()).collect());
        }
        let mut keys = Vec::with_capacity(items.len());
        for (item, frame) in items {
            let mut key = Vec::with_capacity(terms.len());
            for term in terms {
                key.push(self.evaluate(&term.expression, item, &frame)?);
            }
            keys.push(key);
        }
        Ok(keys)
    }

    fn order(&mut self, terms: &[Term], position: usize, keys: &[Vec<Val>]) -> Result<Vec<u32>, Error> {
        merge_sort(keys.len(), |a, b| {
            for (term, (a, b)) in terms.iter().zip(keys[a].iter().zip(&keys[b])) {
                let length = |value: &Val| value.as_str().map_or(0, str::len);
                self.meter.compare(length(a), length(b))?;
                let order = compare(a, b).map_err(|error| error.at(position))?;
                match order {
                    None => {}
                    Some(Compared::Missing(order)) => return Ok(order == Ordering::Greater),
                    Some(Compared::Both(order)) => {
                        let order = if term.descending { order.reverse() } else { order };
                        return Ok(order == Ordering::Greater);
                    }
                }
            }
            Ok(false)
        })
    }
}

enum Compared {
    /// One of them is nothing, and comes last whatever the direction.
    Missing(Ordering),
    Both(Ordering),
}

fn compare(a: &Val, b: &Val) -> Result<Option<Compared>, Error> {
    match (a.is_undefined(), b.is_undefined()) {
        (true, true) => return Ok(None),
        (true, false) => return Ok(Some(Compared::Missing(Ordering::Greater))),
        (false, true) => return Ok(Some(Compared::Missing(Ordering::Less))),
        (false, false) => {}
    }
    let sortable = |value: &Val| value.as_f64().is_some() || value.as_str().is_some();
    if !sortable(a) || !sortable(b) {
        return Err(with_value(Error::new("T2008"), if sortable(a) { b } else { a }));
    }
    let order = match (a.as_f64(), b.as_f64(), a.as_str(), b.as_str()) {
        (Some(a), Some(b), ..) => a.partial_cmp(&b).unwrap_or(Ordering::Greater),
        (.., Some(a), Some(b)) => compare_text(a, b),
        _ => {
            let error = with_value(Error::new("T2007"), a);
            return Err(match b.to_json() {
                Some(value) => error.value2(value),
                None => error,
            });
        }
    };
    Ok((order != Ordering::Equal).then_some(Compared::Both(order)))
}

/// Sorts as many items by asking whether two are to be swapped, in the order in which jsonata-js asks; equal ones
/// keep theirs. Gives the place that each item comes from.
pub(crate) fn merge_sort(
    count: usize,
    mut swaps: impl FnMut(usize, usize) -> Result<bool, Error>,
) -> Result<Vec<u32>, Error> {
    let mut places: Vec<u32> = (0..count as u32).collect();
    let mut left = Vec::with_capacity(count / 2);
    sort_part(&mut places, &mut left, &mut swaps)?;
    Ok(places)
}

fn sort_part(
    places: &mut [u32],
    left: &mut Vec<u32>,
    swaps: &mut impl FnMut(usize, usize) -> Result<bool, Error>,
) -> Result<(), Error> {
    if places.len() <= 1 {
        return Ok(());
    }
    let middle = places.len() / 2;
    sort_part(&mut places[..middle], left, swaps)?;
    sort_part(&mut places[middle..], left, swaps)?;
    left.clear();
    left.extend_from_slice(&places[..middle]);
    // What is written never overtakes what of the right half is still to be read.
    let (mut a, mut b) = (0, middle);
    for to in 0..places.len() {
        if a == left.len() {
            break;
        }
        let from_right = b < places.len() && swaps(left[a] as usize, places[b] as usize)?;
        if from_right {
            places[to] = places[b];
            b += 1;
        } else {
            places[to] = left[a];
            a += 1;
        }
    }
    Ok(())
}
