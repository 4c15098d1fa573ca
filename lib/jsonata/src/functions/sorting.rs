//! `$sort`: by a comparator, or by the natural order of numbers and texts.

use smallvec::smallvec;

use super::argument;
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::evaluate::comparator::KeyOrder;
use crate::evaluate::operators::compare_text;
use crate::evaluate::sort::merge_sort;
use crate::value::Val;

type Outcome = Result<Val, Error>;

pub(crate) fn sort(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let (array, func) = (argument(arguments, 0), argument(arguments, 1));
    let elements = array.elements();
    if array.is_undefined() || elements.len() <= 1 {
        return Ok(array.clone());
    }
    evaluator.meter.charge_elements(elements.len() * 2)?;
    let mut items = elements.to_vec();
    let places = places(evaluator, func, &items)?;
    // Each item is taken from its place once.
    let take = |place: u32| std::mem::take(&mut items[place as usize]);
    Ok(Val::array(places.into_iter().map(take).collect()))
}

/// Where the items of the sorted array come from.
fn places(evaluator: &mut Evaluator<'_>, func: &Val, items: &[Val]) -> Result<Vec<u32>, Error> {
    if func.is_undefined() {
        return natural(evaluator, items);
    }
    if let Some(order) = evaluator.key_order(func, items)? {
        return order.places(evaluator);
    }
    merge_sort(items.len(), |a, b| {
        let arguments = smallvec![items[a].clone(), items[b].clone()];
        let verdict = evaluator.apply(func, arguments, &Val::null(), None)?;
        Ok(is_true(&verdict))
    })
}

/// What JavaScript takes for true, as jsonata-js does here.
fn is_true(verdict: &Val) -> bool {
    match verdict {
        Val::Undefined | Val::Json(json::Value::Null | json::Value::Bool(false)) => false,
        Val::Json(json::Value::Number(number)) => number.as_f64() != 0.0 && !number.as_f64().is_nan(),
        Val::Json(json::Value::String(text)) => !text.is_empty(),
        _ => true,
    }
}

fn natural(evaluator: &mut Evaluator<'_>, items: &[Val]) -> Result<Vec<u32>, Error> {
    if let Some(numbers) = items.iter().map(Val::as_f64).collect() {
        return KeyOrder::ascending(numbers).places(evaluator);
    }
    let Some(texts) = items.iter().map(Val::as_str).collect::<Option<Vec<&str>>>() else {
        return Err(Error::new("D3070").index(1));
    };
    merge_sort(items.len(), |a, b| {
        evaluator.meter.compare(texts[a].len(), texts[b].len())?;
        Ok(compare_text(texts[a], texts[b]).is_gt())
    })
}
