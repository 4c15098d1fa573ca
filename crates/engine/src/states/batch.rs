//! Batch: the inputs of a Map's iterations, several for each.

use json::{Object, Value};

use crate::event::BatchBounds;

/// Puts inputs into batches, in their order, each with what all batches are given.
#[derive(Debug)]
pub struct Batcher {
    batch_input: Option<Value>,
    items_max: u64,
    bytes_max: u64,
    /// The bytes of a batch without items.
    frame: u64,
    bytes: u64,
    items: Vec<Value>,
}

impl Batcher {
    /// With these bounds. One item stands in a batch whatever its size.
    pub fn new(bounds: &BatchBounds) -> Self {
        let batch_input = bounds.input.as_ref().map(|input| input.value().clone());
        let frame = batch(Vec::new(), batch_input.as_ref()).to_text().len() as u64;
        Self {
            batch_input,
            items_max: bounds.items_max.unwrap_or(u64::MAX),
            bytes_max: bounds.bytes_max.unwrap_or(u64::MAX),
            frame,
            bytes: frame,
            items: Vec::new(),
        }
    }

    /// Adds an input. Gives the batch that is full without it, and how many items that has.
    pub fn push(&mut self, input: Value) -> Option<(Value, u64)> {
        // With the comma before it.
        let size = input.to_text().len() as u64 + 1;
        let count = self.items.len() as u64;
        let is_full = count > 0 && (count >= self.items_max || self.bytes + size > self.bytes_max);
        let full = if is_full { self.finish() } else { None };
        self.bytes += size;
        self.items.push(input);
        full
    }

    /// The batch that was begun, if any was, and how many items it has.
    pub fn finish(&mut self) -> Option<(Value, u64)> {
        if self.items.is_empty() {
            return None;
        }
        self.bytes = self.frame;
        let items = std::mem::take(&mut self.items);
        let count = items.len() as u64;
        Some((batch(items, self.batch_input.as_ref()), count))
    }
}

/// All batches of inputs.
pub(crate) fn batches(inputs: &[Value], bounds: &BatchBounds) -> Vec<Value> {
    let mut batcher = Batcher::new(bounds);
    let mut batches: Vec<Value> = inputs
        .iter()
        .filter_map(|input| batcher.push(input.clone()))
        .map(|(batch, _)| batch)
        .collect();
    batches.extend(batcher.finish().map(|(batch, _)| batch));
    batches
}

fn batch(items: Vec<Value>, batch_input: Option<&Value>) -> Value {
    let mut batch = Object::new();
    if let Some(input) = batch_input {
        batch.insert("BatchInput", input.clone());
    }
    batch.insert("Items", Value::from(items));
    batch.into()
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;

    fn sizes(inputs: &Value, items_max: u64, bytes_max: u64) -> Vec<usize> {
        let bounds = BatchBounds {
            items_max: Some(items_max),
            bytes_max: Some(bytes_max),
            input: None,
        };
        let inputs = inputs.as_array().unwrap();
        let batches = batches(inputs, &bounds);
        let items = |batch: &Value| batch.get("Items").unwrap().as_array().unwrap().len();
        batches.iter().map(items).collect()
    }

    #[test]
    fn a_batch_ends_at_either_bound() {
        let inputs = json!([1, 2, 3, 4, 5]);
        assert_eq!(sizes(&inputs, 2, u64::MAX), [2, 2, 1]);
        assert_eq!(sizes(&inputs, u64::MAX, u64::MAX), [5]);
        // {"Items":[]} has 12 bytes, and each digit two with its comma.
        assert_eq!(sizes(&inputs, 4, 16), [2, 2, 1]);
        assert_eq!(sizes(&inputs, 4, 1), [1, 1, 1, 1, 1]);
        assert_eq!(sizes(&json!([]), 2, 10), [0usize; 0]);
    }

    #[test]
    fn every_batch_has_the_same_input() {
        let (inputs, common) = (json!([1, 2]), json!({"a": 1}));
        let bounds = BatchBounds {
            items_max: Some(1),
            bytes_max: None,
            input: Some(common.into()),
        };
        assert_eq!(
            Value::from(batches(inputs.as_array().unwrap(), &bounds)),
            json!([{"BatchInput": {"a": 1}, "Items": [1]}, {"BatchInput": {"a": 1}, "Items": [2]}])
        );
    }
}
