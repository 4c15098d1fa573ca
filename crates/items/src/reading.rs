//! Reading: the items of a source, one after the other, over however many objects they are spread.

use std::collections::VecDeque;

use json::{Str, Value};

use crate::fault::Fault;
use crate::format::{Format, Layout, Manifest};
use crate::listing;
use crate::manifest::{self, Addresses, Inventory};
use crate::object::{Entry, Object, Part, Rows};

/// Where an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The bucket.
    pub bucket: Str,
    /// The key.
    pub key: Str,
}

/// An item, and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The item, or the value of the member that it is.
    pub value: Value,
    /// Its name, when it is a member of a JSON object.
    pub key: Option<Str>,
    /// `Map.Item.Source`: the address of its object, or of the bucket that was listed.
    pub source: Str,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// An item.
    Item(Item),
    /// The bytes of this object are needed, from the given one on: [`Reading::give`].
    Bytes(Place, u64),
    /// A page of the listing is needed, the first one or the one of this token: [`Reading::give_page`].
    Page(Option<Str>),
    /// There are no more items.
    End,
}

/// Reads items. What it holds is bounded: what it was given last, one item, and the places that a manifest or a page of
/// a listing names.
pub struct Reading {
    layout: Layout,
    /// How many items may still come.
    left: u64,
    /// The bucket that is listed, and where its listing goes on.
    listing: Option<(Str, Listed)>,
    /// Entries of the page at hand that are items.
    entries: VecDeque<Value>,
    /// Objects that hold items.
    places: VecDeque<Place>,
    /// The format of the objects that hold items.
    format: Option<Format>,
    current: Option<Current>,
    /// How many bytes were read of objects that are done.
    bytes_before: u64,
}

enum Listed {
    /// Up to the page of this token; the first page has none.
    UpTo(Option<Str>),
    Whole,
}

/// The object that is being read.
struct Current {
    place: Place,
    object: Object,
    given: u64,
    source: Str,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Contents,
    Inventory,
    Addresses,
}

impl Reading {
    /// Reads an object. `items_max` is how many items are read at most; 0 sets no limit of its own.
    pub fn of_object(place: Place, layout: Layout, items_max: u64) -> Result<Self, Fault> {
        let mut reading = Self::new(layout, items_max);
        let (kind, rows) = match &reading.layout {
            Layout::Manifest(Manifest::Inventory) => (Kind::Inventory, Rows::Inventory(Inventory::default())),
            Layout::Manifest(Manifest::Athena(_)) => (Kind::Addresses, Rows::Addresses(Addresses::default())),
            Layout::Contents(format) => (Kind::Contents, Rows::new(format)?),
            Layout::Entries => return Err(Fault::Listing("an object has no entries")),
        };
        reading.open(place, kind, rows);
        Ok(reading)
    }

    /// Reads the listing of a bucket.
    pub fn of_listing(bucket: Str, layout: Layout, items_max: u64) -> Self {
        let mut reading = Self::new(layout, items_max);
        reading.listing = Some((bucket, Listed::UpTo(None)));
        reading
    }

    fn new(layout: Layout, items_max: u64) -> Self {
        let format = match &layout {
            Layout::Contents(format) | Layout::Manifest(Manifest::Athena(format)) => Some(format.clone()),
            Layout::Entries | Layout::Manifest(Manifest::Inventory) => None,
        };
        let left = match items_max {
            0 => crate::ITEMS_MAX,
            most => most.min(crate::ITEMS_MAX),
        };
        Self {
            layout,
            left,
            listing: None,
            entries: VecDeque::new(),
            places: VecDeque::new(),
            format,
            current: None,
            bytes_before: 0,
        }
    }

    /// The next item, or what is needed to find it. After a fault nothing comes.
    pub fn next_step(&mut self) -> Result<Next, Fault> {
        loop {
            if self.left == 0 {
                return Ok(Next::End);
            }
            if let Some(value) = self.entries.pop_front() {
                self.left -= 1;
                let bucket = self.listing.as_ref().map_or("", |(bucket, _)| bucket);
                let source = format!("S3://{bucket}").into();
                return Ok(Next::Item(Item {
                    value,
                    key: None,
                    source,
                }));
            }
            if let Some(current) = &mut self.current {
                match current.object.next_part()? {
                    Part::More => return Ok(Next::Bytes(current.place.clone(), current.given)),
                    Part::End => {
                        self.bytes_before = self.bytes_read();
                        self.current = None;
                    }
                    Part::Item(Entry { key, value }) if current.kind == Kind::Contents => {
                        let source = current.source.clone();
                        self.left -= 1;
                        return Ok(Next::Item(Item { value, key, source }));
                    }
                    Part::Item(named) => self.name(&named.value)?,
                }
                continue;
            }
            if let (Some(place), Some(format)) = (self.places.pop_front(), &self.format) {
                let rows = Rows::new(format)?;
                self.open(place, Kind::Contents, rows);
                continue;
            }
            return Ok(match &self.listing {
                Some((_, Listed::UpTo(token))) => Next::Page(token.clone()),
                Some((_, Listed::Whole)) | None => Next::End,
            });
        }
    }

    /// How many bytes were read so far, unpacked: those of all items, and more.
    pub fn bytes_read(&self) -> u64 {
        let current = self.current.as_ref();
        self.bytes_before + current.map_or(0, |current| current.object.bytes_read())
    }

    /// Gives it the bytes that it needs, and says whether the object ends with them.
    pub fn give(&mut self, bytes: &[u8], is_whole: bool) {
        if let Some(current) = &mut self.current {
            current.given += bytes.len() as u64;
            current.object.give(bytes, is_whole);
        }
    }

    /// Gives it the page that it needs: the answer to `ListObjectsV2`, with the names of the AWS SDK.
    pub fn give_page(&mut self, answer: &Value) -> Result<(), Fault> {
        let page = listing::page(answer)?;
        let Some((bucket, listed)) = &mut self.listing else {
            return Ok(());
        };
        if let (Listed::UpTo(Some(asked)), Some(next)) = (&*listed, &page.next)
            && asked == next
        {
            return Err(Fault::Listing("it goes on where it went on before"));
        }
        *listed = page.next.map_or(Listed::Whole, |token| Listed::UpTo(Some(token)));
        if self.layout == Layout::Entries {
            self.entries = page.entries.into();
            return Ok(());
        }
        let keys = page.entries.iter().filter_map(|entry| entry.get("Key")?.as_str());
        // Folders, which the console makes, hold nothing.
        let keys = keys.filter(|key| !key.ends_with('/'));
        self.places = keys
            .map(|key| Place {
                bucket: bucket.clone(),
                key: key.into(),
            })
            .collect();
        Ok(())
    }

    /// Takes in what a manifest names.
    fn name(&mut self, named: &Value) -> Result<(), Fault> {
        if let Some(text) = named.as_str() {
            let (bucket, key) = manifest::address(text)?;
            self.places.push_back(Place { bucket, key });
            return Ok(());
        }
        let (bucket, keys, format) = manifest::inventory(named)?;
        self.format = Some(format);
        self.places = keys
            .into_iter()
            .map(|key| Place {
                bucket: bucket.clone(),
                key,
            })
            .collect();
        Ok(())
    }

    fn open(&mut self, place: Place, kind: Kind, rows: Rows) {
        let Place { bucket, key } = &place;
        self.current = Some(Current {
            source: format!("S3://{bucket}/{key}").into(),
            object: Object::of(key, rows),
            place,
            given: 0,
            kind,
        });
    }
}
